"""Pages as frames: what a parser process sends back is checked, as it may have been taken over by a file."""

from dataclasses import asdict, fields
from typing import Any

from lib.adapters.files.frames import BrokenFrame
from lib.domain.documents import Anchor
from lib.domain.pages import Page

_TEXTS = [field.name for field in fields(Page) if field.type in (str, "str") and field.name != "text"]


def to_frame(page: Page) -> tuple[dict[str, Any], bytes]:
    """Give header and body of the frame for a page."""
    header = asdict(page)
    text = header.pop("text")
    header["anchors"] = [[anchor.offset, anchor.fragment] for anchor in page.anchors]
    return header, text.encode("utf-8")


def from_frame(header: dict[str, Any], body: bytes) -> Page:
    """
    Make the page again.

    Raises: BrokenFrame if it is none.
    """
    try:
        text = body.decode("utf-8")
        anchors = tuple(
            Anchor(offset=_within(offset, len(text)), fragment=_text(fragment))
            for offset, fragment in header["anchors"]
        )
        return Page(
            text=text,
            anchors=anchors,
            links=tuple(_text(link) for link in header["links"]),
            noindex=header["noindex"] is True,
            **{name: _text(header[name]) for name in _TEXTS},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("a frame that holds no page") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where text belongs")
    return value


def _within(value: object, length: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= length:
        raise ValueError("an offset outside of the text")
    return value
