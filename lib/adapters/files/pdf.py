"""PDF to pages, with an anchor for each page."""

import ctypes
from typing import Any

from lib.adapters.files.kinds import MEDIA_TYPES
from lib.adapters.files.office_properties import stated_language, stated_title
from lib.adapters.files.pdf_furniture import without_furniture
from lib.adapters.files.pdf_line_numbers import without_line_numbers
from lib.adapters.files.pdf_lines import Line, lines_of
from lib.adapters.files.pdf_paragraphs import blocks_of, setting_of
from lib.domain.documents import MAX_TEXT_CHARS, Anchor
from lib.domain.pages import Page
from lib.errors import BadInput

_MOST_BROKEN_PAGES = 100
"""A file with more of them is damaged as a whole."""
_READ_CLOSELY = 16
"""Pages in which each line is looked at for blanks that PDFium missed; further pages only if there were some."""
_MOST_READ = 1.5
"""Of the characters a document may have: running headers are read, too, before they go."""


def read_pdf(body: bytes, *, name: str) -> Page:
    """
    Make a page of a PDF: paragraphs, headings by size and weight of their font, lists; rows of tables as paragraphs.

    Anchors: `page=N`, from 1 as viewers count, where the text of each page that has some begins. Text stays on the page
    where it is printed, a sentence that runs over a page's end included, so that the page of a quote is right.
    The title is that of the properties, else a heading of the first page that none is larger than, else empty. The
    order of reading is that of the file.
    Raises: BadInput if it is locked with a password, damaged, a scan without text, or far too long.
    """
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(body) as document:
            pages, images = _pages(document, name)
            stated = document.get_metadata_dict().get("Title", "")
            language = _language(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise BadInput(f"{name!r} is encrypted: remove its password and try again") from error
        raise BadInput(f"{name!r} cannot be read as PDF: damaged or cut off ({error})") from error
    setting = setting_of(pages)
    kept = without_furniture(pages, body_size=setting.body_size)
    texts: list[str] = []
    anchors: list[Anchor] = []
    offset = 0
    first_heading = ""
    for number, lines in enumerate(kept, start=1):
        blocks = blocks_of(lines, setting)
        if not blocks:
            continue
        text = "\n\n".join(blocks)
        if not texts:
            first_heading = next((block[2:] for block in blocks if block.startswith("# ")), "")
        anchors.append(Anchor(offset=offset, fragment=f"page={number}"))
        texts.append(text)
        offset += len(text) + 2
    if not texts and images:
        count = "1 page is a picture" if len(pages) == 1 else f"{images} of its {len(pages)} pages are pictures"
        raise BadInput(f"{name!r} is a scan without text ({count}): run OCR (text recognition) on it first")
    return Page(
        title=stated_title(stated) or first_heading[:300],
        text="\n\n".join(texts),
        language=language,
        media_type=MEDIA_TYPES["pdf"],
        anchors=tuple(anchors),
    )


def _pages(document: Any, name: str) -> tuple[list[list[Line]], int]:
    """The lines of each page, and how many pages hold a picture and no text. A damaged page among others has none."""
    from pypdfium2 import PdfiumError

    pages: list[list[Line]] = []
    images = chars = broken = missed = 0
    for number in range(len(document)):
        try:
            lines, more, is_picture = _page(document, number, closely=number < _READ_CLOSELY or missed > 0)
        except PdfiumError:
            broken += 1
            if broken == min(len(document), _MOST_BROKEN_PAGES):
                raise
            lines, more, is_picture = [], 0, False
        pages.append(lines)
        images += is_picture
        missed += more
        chars += sum(len(line.text) for line in lines)
        if chars > _MOST_READ * MAX_TEXT_CHARS:
            raise BadInput(f"{name!r} holds more than {MAX_TEXT_CHARS:,} characters: split it")
    return pages, images


def _page(document: Any, number: int, *, closely: bool) -> tuple[list[Line], int, bool]:
    page = _with_filled_fields(document[number], document, number)
    try:
        text_page = page.get_textpage()
        lines, missed = lines_of(text_page, closely=closely)
        text_page.close()
        return without_line_numbers(lines), missed, not lines and _holds_image(page)
    finally:
        page.close()


def _with_filled_fields(page: Any, document: Any, number: int) -> Any:
    """The page with what was filled into a form as a part of its text, behind what is printed."""
    import pypdfium2.raw as pdfium

    if pdfium.FPDF_GetFormType(document) == pdfium.FORMTYPE_NONE or not pdfium.FPDFPage_GetAnnotCount(page):
        return page
    if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[number]


def _holds_image(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _language(document: Any) -> str:
    import pypdfium2.raw as pdfium

    buffer = (ctypes.c_ushort * 40)()
    size = pdfium.FPDFCatalog_GetLanguage(document, buffer, 80)
    return stated_language(bytes(buffer)[: max(0, min(size, 80) - 2)].decode("utf-16-le", "ignore"))
