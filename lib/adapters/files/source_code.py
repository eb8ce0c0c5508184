"""Source code and configuration to pages: a fenced block with its language."""

import re

from lib.adapters.files.code_languages import CODE, CODE_NAMES
from lib.adapters.files.kinds import base_name, suffix_of
from lib.adapters.web import charsets
from lib.adapters.web.inline_text import clean_lines
from lib.domain.pages import Page

_TICKS = re.compile(r"^ {0,3}(`{3,})", re.MULTILINE)


def read_code(body: bytes, *, name: str, media_type: str = "") -> Page:
    """Make a page of a file of code, as it is; the title is the file's name. A blank file has no text."""
    base = base_name(name)
    language, real_type = CODE_NAMES.get(base.lower()) or CODE.get(suffix_of(base)) or ("json", "application/json")
    text = clean_lines(charsets.decode(body, media_type))
    fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    return Page(title=base, text=f"{fence}{language}\n{text}\n{fence}" if text.strip() else "", media_type=real_type)
