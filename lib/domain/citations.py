"""Citations: every statement of an answer is tied to the exact words that support it, or loses its claim."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lib.domain.answers import Citation, Hit
from lib.domain.sentences import sentences
from lib.domain.tables import UNDERLINE, is_row_of
from lib.domain.words import terms, words

_MARKERS = re.compile(r"\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"\w")
_STOP = re.compile(r"[.!?]?\s*")
SUPPORT = 0.34
"""Least share of a statement's content words that its passage must hold. A paraphrase keeps names and subjects."""
QUOTE_SENTENCES = 2
"""Longest quote, sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """An answer after the check."""

    text: str
    """The answer; its markers are 1, 2, 3 ... in order of appearance, each with its citation."""
    citations: tuple[Citation, ...]
    dropped: int
    """Markers taken out: no such passage, or the passage does not support the statement."""


def ground(answer: str, hits: Sequence[Hit]) -> Grounded:
    """
    Check each marker `[n]` of an answer against hit number n, and give it the span that supports its statement.

    The statement of a marker is the sentence it ends. A marker stays if the hit exists, holds enough of the statement's
    content words, and holds every number in it. A statement that loses all its markers goes with them: it is a claim
    that nothing proves. Equal spans share a marker.
    Empty: an answer without markers gives no citations.
    """
    text, statement = "", ""
    spans: dict[tuple[int, int, int], int] = {}
    cited: list[Hit] = []
    citations: list[Citation] = []
    dropped = position = behind = 0
    for found in _MARKERS.finditer(answer):
        text += answer[position : found.start()]
        position = found.end()
        claim = _last_sentence(text, behind)
        statement = text[claim:] if claim is not None else statement  # `[1] [2]`: both prove the same one
        kept: list[int] = []
        for number in dict.fromkeys(int(n) for n in found[1].split(",")):
            span = _quote(statement, hits[number - 1]) if 0 < number <= len(hits) else None
            if span is None:
                dropped += 1
                continue
            key = (number, *span)
            if key not in spans:
                spans[key] = len(spans) + 1
                citations.append(_citation(spans[key], hits[number - 1], span))
                cited.append(hits[number - 1])
            kept.append(spans[key])
        if kept:
            text += "".join(f" [{marker}]" for marker in kept)
            behind = len(text)
        elif claim is not None and claim >= behind:
            text = text[:claim]
            position += len(_STOP.match(answer, position)[0])  # type: ignore[index]  # it matches the empty text too
    text = (text + answer[position:]).strip()
    return Grounded(text=_without_unproven(text, cited) if cited else text, citations=tuple(citations), dropped=dropped)


def _without_unproven(text: str, cited: Sequence[Hit]) -> str:
    """Take out each sentence that has no marker and that neither neighbouring marker's passage supports."""
    markers = list(_MARKERS.finditer(text))
    kept, at = "", 0
    for start, end in sentences(text):
        first = max([start, *(m.end() for m in markers if m.start() <= start < m.end())])  # `It is so. [1] And`
        behind = next((m for m in markers if m.end() > first), None)
        before = next((m for m in reversed(markers) if m.end() <= first), None)
        is_marked = behind is not None and not _WORD.search(text, max(first, end), behind.start())
        near = [cited[int(n) - 1] for m in (behind, before) if m for n in m[1].split(",")]
        if is_marked or _announces(text[first:end]) or any(_quote(text[first:end], hit) for hit in near):
            continue
        kept += text[at:first].rstrip(" ")
        at = end
    return (kept + text[at:]).strip()


def _announces(sentence: str) -> bool:
    """Say whether a sentence claims nothing itself: a heading, code, a marker alone, or `Three steps:`."""
    plain = _MARKERS.sub("", sentence).strip()
    return plain.startswith(("#", "```", "~~~")) or plain.rstrip("*_").endswith(":") or not set(terms(plain))


def _last_sentence(text: str, behind: int) -> int | None:
    """Where the last sentence after an offset starts; None if there is nothing after it."""
    spans = sentences(text[behind:])
    return behind + spans[-1][0] if spans and _WORD.search(text, behind) else None


def _quote(statement: str, hit: Hit) -> tuple[int, int] | None:
    """The span of the hit's text (offsets into it) that supports the statement best; None if nothing does."""
    wanted = set(terms(statement))
    if not wanted:
        return None
    held = set(terms(hit.text)) | set(terms(hit.title)) | set(terms(hit.heading))
    if len(wanted & held) < SUPPORT * len(wanted):
        return None
    numbers = {n.strip(".,") for n in _NUMBER.findall(statement)}
    if any(_plain(n) not in _numbers(hit) for n in numbers):
        return None
    at = hit.text.find(statement)
    if at >= 0:
        return at, at + len(statement)
    best: tuple[bool, float, int, int] | None = None
    spans = [(start, end) for start, end in sentences(hit.text) if not UNDERLINE.match(hit.text, end)]
    for first in range(len(spans)):
        start, end = spans[first]
        if is_row_of(statement, hit.text[start:end]):
            return start, end
        for last in range(first, min(first + QUOTE_SENTENCES, len(spans))):
            end = spans[last][1]
            text = hit.text[start:end]
            share = len(wanted & set(terms(text))) / len(wanted) - 0.15 * (last - first)
            holds = all(_plain(n) in _numbers_in(text) for n in numbers)
            if best is None or (holds, share) > best[:2]:
                best = (holds, share, start, end)
    return (best[2], best[3]) if best and best[1] > 0 else None


def _plain(number: str) -> str:
    return number.replace(",", "")


def _numbers(hit: Hit) -> set[str]:
    return _numbers_in(f"{hit.title} {hit.heading} {hit.text}") | {word for word in words(hit.text) if word.isdigit()}


def _numbers_in(text: str) -> set[str]:
    return {_plain(n.strip(".,")) for n in _NUMBER.findall(text)}


def _citation(marker: int, hit: Hit, span: tuple[int, int]) -> Citation:
    start, end = span
    return Citation(
        marker=marker,
        url=hit.url,
        title=hit.title,
        heading=hit.heading,
        quote=hit.text[start:end],
        document_id=hit.document_id,
        document_version=hit.document_version,
        start=hit.start + start,
        end=hit.start + end,
        fetched_at=hit.fetched_at,
    )
