"""Blocks of Markdown put together: blank lines, anchors, headings that lost their text."""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from lib.domain.documents import Anchor


@dataclass(slots=True)
class Piece:
    """A block of the result."""

    text: str
    level: int = 0
    """1 to 6 for a heading."""
    starts_item: bool = False
    in_list: bool = False
    is_term: bool = False
    fragment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown:
    """Rendered text, and where its headings with ids are."""

    text: str
    anchors: tuple[Anchor, ...]
    headings: tuple[tuple[int, str], ...]
    """Level and text of each heading."""


def assemble(pieces: Sequence[Piece | None]) -> Markdown:
    """Join blocks; None stands where something was left out, and a heading with nothing but that below it goes too."""
    parts: list[str] = []
    anchors: list[Anchor] = []
    headings: list[tuple[int, str]] = []
    offset = 0
    before: Piece | None = None
    for index, piece in enumerate(pieces):
        if piece is None or (piece.level and _is_orphan(pieces, index)):
            continue
        if before is not None:
            separator = "\n" if piece.starts_item and piece.in_list and before.in_list else "\n\n"
            parts.append(separator)
            offset += len(separator)
        if piece.level:
            headings.append((piece.level, piece.text.lstrip("#").strip()))
            if piece.fragment:
                anchors.append(Anchor(offset=offset, fragment=piece.fragment))
        parts.append(piece.text)
        offset += len(piece.text)
        before = piece
    return Markdown(text="".join(parts), anchors=tuple(anchors), headings=tuple(headings))


def _is_orphan(pieces: Sequence[Piece | None], index: int) -> bool:
    """Say whether all that stood below a heading was left out."""
    heading = pieces[index]
    assert heading is not None
    if heading.level == 1:
        return False
    left_out = False
    for below in range(index + 1, len(pieces)):
        piece = pieces[below]
        if piece is None:
            left_out = True
        else:
            return left_out and 0 < piece.level <= heading.level
    return left_out


def fragment_of(heading: etree._Element) -> str:
    """The id that links to a heading use: its own, one in it, its permalink's, or that of the section it opens."""
    if own := heading.get("id"):
        return own
    for inner in heading.iter():
        if found := inner.get("id") or (inner.get("name") if inner.tag == "a" else None):
            return found
        if inner.tag == "a" and len(target := inner.get("href", "")) > 1 and target[0] == "#":
            return target[1:]
    element = heading
    for _ in range(2):
        before = element.getprevious()
        if before is not None:
            is_target = before.tag in ("a", "span") and not len(before) and not (before.text or "").strip()
            return (before.get("id") or before.get("name") or "") if is_target else ""
        parent = element.getparent()
        if parent is None or parent.tag in ("body", "main"):
            return ""
        if found := parent.get("id"):
            return found
        element = parent
    return ""
