"""Places: the pages and slides that a document's anchors name, found again in its cleaned text."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lib.domain.cleaning import snapshot_text
from lib.domain.documents import Anchor

_PLACE = re.compile(r"(?:page|slide)=[0-9]{1,9}")
# What both texts are compared by: cleaning takes signs and blanks away, but hardly ever a letter or a digit.
_WORD = re.compile(r"[^\W_]+")

_PROBE = 40
"""Letters and digits around a boundary that must agree. Shorter ones are common to many pages."""
_NEAR = 4_000
"""How far from where it should be a boundary is looked for at first; a link that runs over it has at most 3,500."""
_WIDE = 100
"""How many boundaries are looked for in all of the text: more would be slow, and only hostile texts have them."""


def is_place(fragment: str) -> bool:
    """Say whether a fragment names a page or a slide: `page=3`, `slide=12`. Chunks end there, and hits link there."""
    return _PLACE.fullmatch(fragment) is not None


def places(text: str, anchors: Sequence[Anchor], *, cleaned: str) -> tuple[Anchor, ...]:
    """
    Move the anchors of pages and slides from a document's Markdown to its cleaned text, in order.

    Each offset is that of the first character of its page that is left: the page is cleaned by itself, and its letters
    and digits are counted off in `cleaned`. Where both do not agree (a link, a comment or code that runs over the
    boundary) the words around it are looked for, first near by. A page without any shares the offset of the next text.
    cleaned: what `snapshot_text(text)` gives.
    Edge: a page whose words are not found is dropped, so that its text counts as the page's before. Offsets outside
    the text count as its ends. Other anchors are left out: without a page or a slide this gives ().
    """
    wanted = sorted((anchor for anchor in anchors if is_place(anchor.fragment)), key=lambda anchor: anchor.offset)
    if not wanted:
        return ()
    bounds = [0, *(min(max(anchor.offset, 0), len(text)) for anchor in wanted), len(text)]
    segments = [snapshot_text(text[start:end]) for start, end in pairwise(bounds)]
    ours = ["".join(_WORD.findall(segment)) for segment in segments]
    found = _offsets(cleaned, _aligned(ours, "".join(_WORD.findall(cleaned))), segments[1:])
    moved: list[Anchor] = []
    following = len(cleaned)
    for anchor, words, offset in zip(wanted[::-1], ours[:0:-1], found[::-1], strict=True):
        if not words:
            moved.append(Anchor(offset=following, fragment=anchor.fragment))
        elif offset is not None:
            following = offset
            moved.append(Anchor(offset=offset, fragment=anchor.fragment))
    return tuple(reversed(moved))


def fragment_at(found: Sequence[Anchor], offset: int) -> str:
    """The fragment of the place that an offset lies in: the last one that begins there or before; else empty."""
    number = bisect_right(found, offset, key=lambda anchor: anchor.offset)
    return found[number - 1].fragment if number else ""


def with_fragment(url: str, fragment: str) -> str:
    """Point a URL at a place, instead of where its own fragment points. Without a URL or a place it stays as it is."""
    return f"{url.partition('#')[0]}#{fragment}" if url and fragment else url


def _aligned(ours: Sequence[str], theirs: str) -> list[int | None]:
    """Where each segment but the first begins in `theirs`, in letters and digits; None if it is empty or lost."""
    whole = "".join(ours)
    found: list[int | None] = []
    drift, least, wide = 0, 0, _WIDE
    for start, words in zip(_starts(ours), ours[1:], strict=True):
        at = None
        if words:
            at = _boundary(whole, start, theirs, start + drift, least, reach=_NEAR)
            if at is None and wide:
                wide -= 1
                at = _boundary(whole, start, theirs, start + drift, least, reach=len(whole))
        if at is not None:
            drift, least = at - start, at
        found.append(at)
    return found


def _starts(parts: Sequence[str]) -> Iterator[int]:
    at = 0
    for part in parts[:-1]:
        at += len(part)
        yield at


def _boundary(ours: str, start: int, theirs: str, expected: int, least: int, *, reach: int) -> int | None:
    """Where the boundary at `start` of ours lies in theirs: where all around it agrees, or a long run on one side."""
    before, after = ours[max(0, start - _PROBE) : start], ours[start : start + _PROBE]
    probes = [(before + after, len(before))]
    probes += [(after, 0)] if len(after) == _PROBE else []
    probes += [(before, _PROBE)] if len(before) == _PROBE else []
    for off in (0, reach):
        for probe, shift in probes:
            low, high = max(least, expected - off) - shift, expected + off - shift
            at = _nearest(probe, theirs, expected - shift, max(0, low), high)
            if at is not None and at + shift < len(theirs):
                return at + shift
    return None


def _nearest(probe: str, text: str, expected: int, low: int, high: int) -> int | None:
    """The occurrence that begins nearest to `expected`, from low to high."""
    before = text.rfind(probe, low, max(0, min(expected, high) + len(probe)))
    after = text.find(probe, max(low, expected), max(0, high + len(probe)))
    return min((at for at in (before, after) if at >= 0), key=lambda at: abs(at - expected), default=None)


def _offsets(cleaned: str, positions: Sequence[int | None], segments: Sequence[str]) -> list[int | None]:
    """From counts of letters and digits, which grow, to offsets, with the signs that a segment begins with."""
    offsets: list[int | None] = []
    words = _WORD.finditer(cleaned)
    counted = start = end = before = 0  # letters and digits up to the end of the word from start to end
    for position, segment in zip(positions, segments, strict=True):
        if position is None:
            offsets.append(None)
            continue
        while counted <= position:
            before = end
            start, end = next(words).span()
            counted += end - start
        at = end - (counted - position)
        lead = "".join(_WORD.split(segment, maxsplit=1)[0].split())
        offsets.append(_with_lead(cleaned, before if at == start else at, at, lead))
    return offsets


def _with_lead(text: str, floor: int, at: int, lead: str) -> int:
    """Go back from a word over as many of the signs that led to it in its segment as still stand before it."""
    start = at
    for sign in reversed(lead):
        while at > floor and text[at - 1].isspace():
            at -= 1
        if at == floor or text[at - 1] != sign:
            break
        at = start = at - 1
    return start
