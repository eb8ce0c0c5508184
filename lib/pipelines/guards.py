"""What a title and a text become before they are stored, by the policies of their source; crawled or pushed alike."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lib.domain.documents import Anchor
from lib.domain.edits import Edit, edited, moved
from lib.domain.held import HeldItem
from lib.domain.instructions import find_instructions, removals
from lib.domain.sources import Source
from lib.domain.titles import find_in_title, neutral_title
from lib.ports.held_items import HeldItems
from lib.ports.masking import Masker

VERSION = "guards/2"
"""Name and version of what pages are looked at for, here and in `lib.domain.meaning`: a new one reads all anew."""
INSTRUCTIONS = "instructions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A title and a text as they may be stored, and what was found in them."""

    title: str
    text: str
    anchors: tuple[Anchor, ...]
    """Those that may be stored, with their words."""
    flags: tuple[str, ...]
    """As in provenance."""
    reason: str
    """Why it is held back, in words; empty if it is not."""


def guard(title: str, text: str, anchors: Sequence[Anchor], *, source: Source, masker: Masker) -> Guarded:
    """
    Look for instructions to a model and for personal data, and do with them what the source says.

    An anchor that is named after personal data would lead nowhere under another name: where it is masked, it is left
    out. Addresses stay as they are, so that they open.
    """
    anchors = tuple(sorted(anchors, key=lambda anchor: anchor.offset))
    flags: list[str] = []
    reason = ""
    spans = find_instructions(text)
    if count := len(spans) + len(find_in_title(title)):
        flags.append(f"{INSTRUCTIONS} {count}")
        if source.instructions == "neutralise":
            text, anchors = _edited(text, anchors, removals(text, spans))
            flags.append("neutralised")
        elif source.instructions == "hold":
            reason = f"text that reads like instructions to a model, at {count} places"
    counts: Counter[str] = Counter()
    is_masked = source.personal_data == "mask"
    if source.personal_data != "keep":
        found = masker.find(text)
        named = masker.find("\n".join(anchor.fragment for anchor in anchors))
        counts.update(place.kind for place in [*found, *named])
        if is_masked:
            text, anchors = _edited(text, anchors, [Edit(at.start, at.end, f"[{at.kind}]") for at in found])
        if is_masked and named:
            anchors = tuple(anchor for anchor in anchors if not masker.find(anchor.fragment))
    if source.instructions == "neutralise":
        title = neutral_title(title, text)
    if source.personal_data != "keep":
        masked, found_in_title = masker.mask(title)
        counts.update(found_in_title)
        title = masked if is_masked else title
    flags += [f"{'masked' if is_masked else 'personal'} {kind} {count}" for kind, count in sorted(counts.items())]
    return Guarded(title=title, text=text, anchors=anchors, flags=tuple(flags), reason=reason)


def put_held(found: Sequence[HeldItem], held: HeldItems) -> None:
    """Hold items back. Those that were held back with the same text before keep since when, and are counted."""
    before = held.get([item.id for item in found])
    held.put(
        [
            replace(item, first_at=old.first_at, count=old.count + 1)
            if (old := before.get(item.id)) and old.fingerprint == item.fingerprint
            else item
            for item in found
        ]
    )


def mark_of(title: str, said: str) -> str:
    """Name a text: 32 hexadecimal digits of the hash of its title and its meaning."""
    return hashlib.sha256(f"{title}\x00{said}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _edited(text: str, anchors: tuple[Anchor, ...], edits: Sequence[Edit]) -> tuple[str, tuple[Anchor, ...]]:
    """Change a text; its anchors stay with their words."""
    if not edits:
        return text, anchors
    offsets = moved([anchor.offset for anchor in anchors], edits)
    stayed = tuple(replace(anchor, offset=offset) for anchor, offset in zip(anchors, offsets, strict=True))
    return edited(text, edits), stayed
