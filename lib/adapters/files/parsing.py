"""Files to pages: one entry for all formats."""

from collections.abc import Callable
from dataclasses import replace

from lib.adapters.files.containers import check_zip
from lib.adapters.files.delimited import read_delimited
from lib.adapters.files.docx import read_docx
from lib.adapters.files.email_message import read_email
from lib.adapters.files.kinds import SUFFIXES, Kind, base_name, is_readable, kind_of
from lib.adapters.files.pdf import read_pdf
from lib.adapters.files.pptx import read_pptx
from lib.adapters.files.source_code import read_code
from lib.adapters.files.spreadsheets import read_workbook
from lib.adapters.web.html_page import read_html
from lib.adapters.web.page_head import last_segment
from lib.adapters.web.selectors import AUTOMATIC, Selectors, html_reader
from lib.adapters.web.text_page import read_markdown, read_text
from lib.domain.documents import MAX_TEXT_CHARS
from lib.domain.pages import Page
from lib.errors import BadInput

EXTRACTOR = "plumbline-files/4"
"""Name and version of this extraction: a new version makes new documents."""
_ZIPPED = frozenset(("docx", "pptx", "xlsx", "xlsb", "ods"))

_TEXTS: dict[str, Callable[..., Page]] = {"markdown": read_markdown, "text": read_text}

__all__ = ["EXTRACTOR", "SUFFIXES", "is_readable", "parse_file"]


def parse_file(body: bytes, *, name: str, url: str, media_type: str = "", selectors: Selectors = AUTOMATIC) -> Page:
    """
    Make a page of a file of any format that is read, in this process: `LimitedParser` is for files from strangers.

    name: file name or path; with the bytes and the media type it tells the format, and it is the title of last resort.
    selectors: what to take of HTML.
    Edge: an empty file gives a page without text.
    Raises: BadInput, naming the file, if it cannot be read or holds more than 4 million characters. MemoryError.
    """
    if not body.strip():
        return Page(title=base_name(name), text="", media_type="text/plain")
    return _parse(body, name=name, url=url, media_type=media_type, html=html_reader(selectors), is_attachment=False)


def _parse(
    body: bytes, *, name: str, url: str, media_type: str, html: Callable[..., Page], is_attachment: bool
) -> Page:
    kind = kind_of(body, name=name, media_type=media_type)
    try:
        page = _read(body, kind, name=name, url=url, media_type=media_type, html=html, is_attachment=is_attachment)
    except (BadInput, MemoryError):
        raise
    except BaseException as error:
        # The parsers raise whatever a damaged file leads them to, a panic of Rust (a BaseException) included.
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        raise BadInput(f"{name!r} cannot be read as {kind}: damaged? ({type(error).__name__})") from error
    if len(page.text) > MAX_TEXT_CHARS:
        raise BadInput(f"{name!r} holds more than {MAX_TEXT_CHARS:,} characters: split it")
    title = _without_surrogates(page.title)[:300] or base_name(name)
    return replace(page, title=title, text=_without_surrogates(page.text))


def _read(
    body: bytes, kind: Kind, *, name: str, url: str, media_type: str, html: Callable[..., Page], is_attachment: bool
) -> Page:
    def read_attachment(inner: bytes, inner_name: str, inner_type: str) -> Page:
        return _parse(inner, name=inner_name, url=url, media_type=inner_type, html=read_html, is_attachment=True)

    if kind in _ZIPPED:
        check_zip(body, name)
    match kind:
        case "pdf":
            return read_pdf(body, name=name)
        case "docx":
            return read_docx(body)
        case "pptx":
            return read_pptx(body)
        case "xlsx" | "xlsb" | "xls" | "ods":
            return read_workbook(body, name=name, kind=kind)
        case "email":
            return read_email(body, name=name, url=url, read_attachment=None if is_attachment else read_attachment)
        case "table":
            return read_delimited(body, name=name, media_type=media_type)
        case "code":
            return read_code(body, name=name, media_type=media_type)
        case _:
            page = _TEXTS.get(kind, html)(body, url=url, content_type=media_type)
            return replace(page, title="") if page.title == last_segment(url) else page


def _without_surrogates(text: str) -> str:
    """Halves of characters, which no store takes, become `?`: offsets stay."""
    return text.encode("utf-8", "replace").decode("utf-8")
