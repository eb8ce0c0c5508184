"""What an Office file says of itself in its properties."""

import re
from dataclasses import dataclass
from html import unescape

from lib.adapters.files.containers import read_entry
from lib.adapters.web.inline_text import clean

_TITLE = re.compile(r"<dc:title(?:\s[^>]*)?>([^<]{1,1000})</dc:title>")
_LANGUAGE = re.compile(r"<dc:language(?:\s[^>]*)?>([^<]{1,40})</dc:language>")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_SAYS_NOTHING = re.compile(
    r"(?:powerpoint[- ]pr[äé]sentation|powerpoint presentation|presentation|untitled\d*|document\d*|dokument\d*|"
    r"slide 1|title|book\d*|unknown|\(anonymous\)|.{1,100}\.(?:docx?|pptx?|xlsx?|pdf|dvi|indd|tex|qxd|ps))",
    re.IGNORECASE,
)
_BY_WORD = re.compile(r"^microsoft (?:word|powerpoint|excel) - ", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """Title and language (BCP 47); each is empty if it is not stated."""

    title: str = ""
    language: str = ""


def read_properties(body: bytes) -> Properties:
    """Read the core properties of an OOXML file, a checked zip."""
    xml = read_entry(body, "docProps/core.xml")
    title, language = _TITLE.search(xml), _LANGUAGE.search(xml)
    return Properties(
        title=stated_title(unescape(title[1])) if title else "",
        language=stated_language(unescape(language[1])) if language else "",
    )


def stated_title(text: str) -> str:
    """Give a title as stated by a file; empty if it is what programs put there, such as a file name or "Untitled"."""
    title = _BY_WORD.sub("", clean(text))[:300]
    return "" if _SAYS_NOTHING.fullmatch(title) else title


def stated_language(text: str) -> str:
    """Give a language tag as stated; empty if it is none."""
    found = _TAG.fullmatch(text.strip().replace("_", "-"))
    return found[0] if found else ""
