"""What stands between a page and the index: pages that turned into something, and what the source's policies say."""

from dataclasses import dataclass, replace

from lib.domain.documents import Document
from lib.domain.fingerprints import fingerprint
from lib.domain.meaning import meaning
from lib.domain.page_checks import suspicion
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.pipelines.guards import INSTRUCTIONS, guard, mark_of
from lib.ports.crawl_state import UrlState
from lib.ports.masking import Masker
from lib.ports.source_reader import Fetched


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
    old = before.text if before and not before.deleted else None
    found = suspicion(page, before=old, status=result.status, final_url=result.final_url, requested_url=result.url)
    guarded = guard(page.title, page.text, page.anchors, source=source, masker=masker)
    rule, reason = (found.rule, found.reason) if found else (INSTRUCTIONS if guarded.reason else "", guarded.reason)
    page = replace(page, title=guarded.title, text=guarded.text, anchors=guarded.anchors)
    said = meaning(page.text)
    mark = mark_of(page.title, said)
    if rule and state.passed == mark:
        rule = reason = ""
    name = fingerprint(page.title, said, address=result.final_url or result.url)
    return Inspected(page=page, said=said, mark=mark, fingerprint=name, flags=guarded.flags, rule=rule, reason=reason)
