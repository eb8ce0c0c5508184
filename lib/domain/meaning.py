"""Meaning: a page's text without what changes while nothing changes."""

import re
import unicodedata

from lib.domain.furniture import is_date, is_discussion, is_furniture, is_label, opens_advertisement

_LONGEST_FURNITURE = 200
"""Characters of a line that may be furniture."""
_LONGEST_WITHOUT_DIGIT = 80
_LINE_OF_PROSE = 30
"""Characters from which on a line may be one that goes on in the next."""
_MOST_LINKED = 3
"""Linked lines behind the label of an advertisement that belong to it."""

_MOST_PASSES = 4
"""More would be needed only by a text that was made to need them."""

_Lines = list[tuple[str, bool]]
"""Lines, each with whether it is code."""

_ESCAPES = re.compile(r"(?<!\\)\\++(?=[!-/:-@\[\]^-`{-~])")
_QUOTES = str.maketrans(
    "\u2018\u2019\u201a\u201b\u2039\u203a\u201c\u201d\u201e\u201f\u00ab\u00bb", "''''''\"\"\"\"\"\""
)
_ADDRESS = ("http://", "https://", "www.")
_CODE_FENCE = ("```", "~~~")
_DIGIT = re.compile(r"\d")
_BARS = re.compile(r"[|·•‧]")
_DECORATION = re.compile(r"^[\s>*_+-]+|[\s*_]+$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_LINKED_LINE = re.compile(r"(?:[-*+] )?!?\[.*\]\([^()]*\)")

_TARGET = re.compile(r"(?:https?://|\]\()[^\s()<>\"']+")
_SESSION = re.compile(
    r"(?<=[?&;])(?:(?:php|j|asp)sessionid[a-z]*|phpsessid|cfid|cftoken"
    r"|(?:s|sid|sess|sessid|session|session_?id|token|nonce|_?csrf(?:_?token)?|_wpnonce|authenticity_token)"
    r"(?==[\w.~%+-]{0,80}\d)(?==[\w.~%+-]{16}))=[^&;#]*[&;]?",
    re.IGNORECASE,
)
_EMPTY_QUERY = re.compile(r"(?<![?&;])[?&;]++(?=#|$)")
_YEARS = re.compile(
    r"((?:©|\bcopyright)(?: ?(?:©|\(c\)|copyright|by)){0,2}),? ?(?:19|20)\d\d\b"
    r"(?: ?[-–,] ?(?:(?:19|20)\d\d|present|heute)\b)*",
    re.IGNORECASE,
)


def meaning(text: str) -> str:
    """
    Leave out the lines that consist of furniture only, and write the others in one way.

    Furniture: see `lib.domain.furniture`, in English, German, French and Spanish. Several on one line, between `|` or
    `·`, are furniture too, and so are a label whose date stands on the next line, and what is linked right behind the
    label of an advertisement. Of other lines, parts between `·` that are furniture are left out, years behind `©`, and
    session ids in links. Beside anything else, in a sentence that goes on in the next line, in a heading, a table row
    or in code, they stay: there a date or number may be what the page is about.
    Blanks, Markdown escapes and quotation marks come in one form. Idempotent. Empty: furniture alone gives "".
    """
    lines = [_normal(line) for line in unicodedata.normalize("NFC", text).replace("\r", "\n").split("\n")]
    said = list(zip(lines, _code(lines), strict=True))
    for _ in range(_MOST_PASSES):  # what stood around a line that is gone may be furniture now
        before, said = said, _left(said)
        if said == before:
            break
    return "\n".join(line for line, _ in said)


def _left(lines: _Lines) -> _Lines:
    """What is left of lines; blank ones neither at the ends nor side by side."""
    kept: _Lines = []  # from the last line to the first: a line is judged by what is kept behind it
    for at in range(len(lines) - 1, -1, -1):
        line, is_code = lines[at]
        if not line:
            if kept and kept[-1][0]:
                kept.append(("", False))
        elif is_code:
            kept.append((line, True))
        elif rest := _rest(line, lines[at - 1][0] if at else "", kept):
            kept.append((rest, False))
    if kept and not kept[-1][0]:
        kept.pop()
    return kept[::-1]


def _rest(line: str, above: str, behind: _Lines) -> str:
    """A line without its furniture; what belongs to a label behind which it stands goes with it."""
    is_row = line[0] == "|"
    if "=" in line and ("://" in line or "](" in line):
        line = _TARGET.sub(_without_session, line)
    if is_row or not _may_be_furniture(line, above, behind):
        return line if is_row or line[0] == "#" else _without_years(line)
    if line[0] == "#":
        return "" if is_discussion(line.lstrip("# ")) else line
    parts = [part for part in map(_plain, _BARS.split(line)) if part]
    if parts and all(map(is_furniture, parts)):
        if opens_advertisement(parts[0]):
            _drop_linked(behind)
        return ""
    if line[0] not in "-*+" and is_label(line) and _drop_date(behind):
        return ""
    return _without_years(_without_parts(line) if "·" in line else line)


def _may_be_furniture(line: str, above: str, behind: _Lines) -> bool:
    if len(line) > _LONGEST_FURNITURE or (len(line) > _LONGEST_WITHOUT_DIGIT and not _DIGIT.search(line)):
        return False
    following = behind[-1][0] if behind else ""
    if following[:1].islower() and not following.startswith(_ADDRESS):
        return False
    return not ((line[0].islower() or line[0].isdigit()) and _goes_on(above))


def _goes_on(line: str) -> bool:
    """Say whether a sentence may go on in the next line."""
    if len(line) < _LINE_OF_PROSE or line[0] in "#|>" or line[-1] in ".!?:;|*_)]":
        return False
    return len(line) > _LONGEST_FURNITURE or not (is_furniture(_plain(line)) or is_label(line) or is_date(line))


def _without_years(line: str) -> str:
    has_years = ("©" in line or "opyright" in line) and "`" not in line
    return _YEARS.sub(r"\1", line) if has_years else line


def _without_parts(line: str) -> str:
    parts = line.split(" · ")
    kept = [part for part in parts if not ((plain := _plain(part)) and is_furniture(plain))]
    return " · ".join(kept)


def _plain(part: str) -> str:
    """A part of a line without marks of Markdown; of links their texts."""
    if "](" in part:
        part = _LINK.sub(r"\1", _LINK.sub(r"\1", part))  # twice: a picture may be linked
    return _DECORATION.sub("", part)


def _drop_date(behind: _Lines) -> bool:
    """Drop the date on the next line, if there is one."""
    at = -1 if behind and behind[-1][0] else -2
    if len(behind) >= -at and is_date(behind[at][0]):
        del behind[at:]
        return True
    return False


def _drop_linked(behind: _Lines) -> None:
    """Drop the next lines, as far as they are nothing but links."""
    for _ in range(_MOST_LINKED):
        at = -1 if behind and behind[-1][0] else -2
        if len(behind) < -at or not _LINKED_LINE.fullmatch(behind[at][0]):
            return
        del behind[at:]


def _without_session(target: re.Match[str]) -> str:
    short, count = _SESSION.subn("", target[0])
    return _EMPTY_QUERY.sub("", short) if count else target[0]


def _normal(line: str) -> str:
    if not line.isascii():
        line = line.translate(_QUOTES)
    return " ".join((_ESCAPES.sub("", line) if "\\" in line else line).split())


def _code(lines: list[str]) -> list[bool]:
    """Which lines are code or its fences."""
    found: list[bool] = []
    fence = ""
    for line in lines:
        opened = line[:3] if line.startswith(_CODE_FENCE) else ""
        found.append(bool(fence or opened))
        if not fence:
            fence = opened
        elif opened == fence and not line.strip(fence[0]):
            fence = ""
    return found
