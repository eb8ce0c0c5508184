"""PPTX to pages: a heading for each slide, what stands on it, and its notes."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lib.adapters.files.kinds import MEDIA_TYPES
from lib.adapters.files.office_properties import read_properties
from lib.adapters.files.pipe_tables import render_table
from lib.adapters.files.plain_lines import heading, plain_line
from lib.adapters.web.inline_text import clean
from lib.domain.documents import Anchor
from lib.domain.pages import Page

_MAX_DEPTH = 20
"""Of groups of shapes in groups."""


def read_pptx(body: bytes) -> Page:
    """
    Make a page of a presentation, with an anchor `slide=N`, from 1, at the heading of each slide.

    Hidden slides are read too. The title is that of the properties, else of the first slide that has one, else empty.
    Left out: pictures, charts, SmartArt, comments, masters and layouts.
    """
    from pptx import Presentation

    deck = Presentation(BytesIO(body))
    blocks: list[str] = []
    anchors: list[Anchor] = []
    offset = 0
    first_title = ""
    for number, slide in enumerate(deck.slides, start=1):
        title_shape = slide.shapes.title
        title = clean(title_shape.text_frame.text) if title_shape is not None else ""
        first_title = first_title or title
        anchors.append(Anchor(offset=offset, fragment=f"slide={number}"))
        on_slide = [heading(2, title or f"Slide {number}")]
        own = None if title_shape is None else title_shape.shape_id
        on_slide += [block for shape in _shapes(slide.shapes, 0) if shape.shape_id != own for block in _blocks(shape)]
        if slide.has_notes_slide:
            notes = slide.notes_slide.notes_text_frame
            lines = [plain_line(line) for line in notes.text.splitlines()] if notes is not None else []
            if said := "\n".join(filter(None, lines)):
                on_slide.append(f"Notes: {said}")
        text = "\n\n".join(on_slide)
        blocks.append(text)
        offset += len(text) + 2
    said_of_itself = read_properties(body)
    return Page(
        title=said_of_itself.title or first_title,
        text="\n\n".join(blocks),
        language=said_of_itself.language,
        media_type=MEDIA_TYPES["pptx"],
        anchors=tuple(anchors),
    )


def _shapes(shapes: Any, depth: int) -> Iterator[Any]:
    """All shapes, those in groups too, in the file's order, which is the order a screen reader takes."""
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < _MAX_DEPTH:
            yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _blocks(shape: Any) -> Iterator[str]:
    if getattr(shape, "has_table", False):
        table = render_table([[cell.text_frame.text for cell in row.cells] for row in shape.table.rows])
        if table:
            yield table
    elif getattr(shape, "has_text_frame", False):
        is_body = shape.is_placeholder and not _is_furniture(shape)
        if shape.is_placeholder and not is_body:
            return
        paragraphs = [(p.level, line) for p in shape.text_frame.paragraphs if (line := plain_line(_flat(p.text)))]
        is_list = is_body and len(paragraphs) > 1
        if is_list:
            lines = [f"{'  ' * level}- {line.removeprefix('- ')}" for level, line in paragraphs]
        else:
            lines = [line for _, line in paragraphs]
        if lines:
            yield "\n".join(lines)


def _is_furniture(shape: Any) -> bool:
    """Date, footer and slide number."""
    from pptx.enum.shapes import PP_PLACEHOLDER

    return shape.placeholder_format.type in (
        PP_PLACEHOLDER.DATE,
        PP_PLACEHOLDER.FOOTER,
        PP_PLACEHOLDER.SLIDE_NUMBER,
        PP_PLACEHOLDER.HEADER,
    )


def _flat(text: str) -> str:
    """A line break in a paragraph is a vertical tab here."""
    return text.replace("\v", " ")
