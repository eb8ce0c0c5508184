"""What stands between a page and the index: personal data, instructions to models, pages that turned into something."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from lib.domain.documents import Document
from lib.domain.instructions import find_instructions, neutralise
from lib.domain.meaning import fingerprint, meaning
from lib.domain.page_checks import suspicion
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.ports.crawl_state import UrlState
from lib.ports.masking import Masker
from lib.ports.source_reader import Fetched

INSTRUCTIONS = "instructions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A page as it may be stored, and what was found in it."""

    page: Page
    said: str
    """Its meaning."""
    mark: str
    """Hash of this text, by which an operator's decision on it is remembered."""
    fingerprint: str
    """Equal for pages that say the same; empty if there is too little to tell."""
    flags: tuple[str, ...] = ()
    rule: str = ""
    """Why it is held back: `login`, `captcha`, `consent`, `error-page`, `lost-text`, `instructions`; empty if not."""
    reason: str = ""


def inspect(result: Fetched, state: UrlState, before: Document | None, source: Source, masker: Masker) -> Inspected:
    """
    Look at a page before it becomes a document.

    before: the version that answers now; None if there is none. A text that an operator let through, or discarded, is
    not held back again.
    """
    page = result.page
    assert page is not None
    flags: list[str] = []
    rule = reason = ""
    old = before.text if before and not before.deleted else None
    if found := suspicion(page, before=old, status=result.status, final_url=result.final_url, requested_url=result.url):
        rule, reason = found.rule, found.reason
    if count := len(find_instructions(page.text)):
        flags.append(f"instructions {count}")
        if source.instructions == "neutralise":
            page = _by_place(page, lambda text: neutralise(text, find_instructions(text)))
            flags.append("neutralised")
        elif source.instructions == "hold" and not rule:
            rule, reason = INSTRUCTIONS, f"text that reads like instructions to a model, at {count} places"
    if source.personal_data != "keep":
        counts: Counter[str] = Counter()

        def masked(text: str) -> str:
            result, found = masker.mask(text)
            counts.update(found)
            return result

        cleaned = _by_place(page, masked)
        page = cleaned if source.personal_data == "mask" else page
        done = "masked" if source.personal_data == "mask" else "personal"
        flags += [f"{done} {kind} {count}" for kind, count in sorted(counts.items())]
    said = meaning(page.text)
    mark = mark_of(page.title, said)
    if rule and state.passed == mark:
        rule = reason = ""
    name = fingerprint(page.title, said)
    return Inspected(page=page, said=said, mark=mark, fingerprint=name, flags=tuple(flags), rule=rule, reason=reason)


def mark_of(title: str, said: str) -> str:
    """Name a text: 32 hexadecimal digits of the hash of its title and its meaning."""
    return hashlib.sha256(f"{title}\x00{said}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _by_place(page: Page, change: Callable[[str], str]) -> Page:
    """Change a text between its anchors, so that they stay with their words."""
    cuts = sorted({0, len(page.text), *(anchor.offset for anchor in page.anchors)})
    moved, pieces, at = {}, [], 0
    for start, end in pairwise(cuts):
        moved[start] = at
        pieces.append(change(page.text[start:end]))
        at += len(pieces[-1])
    moved[cuts[-1]] = at
    anchors = tuple(replace(anchor, offset=moved[anchor.offset]) for anchor in page.anchors)
    return replace(page, text="".join(pieces), anchors=anchors)
