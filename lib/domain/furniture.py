"""Furniture: lines that change, or come and go, while a page says the same."""

import re
from collections.abc import Sequence
from functools import lru_cache

from lib.domain.furniture_words import (
    AD,
    ADDRESSED,
    AGO,
    BY,
    COUNTER,
    DATE_WORDS,
    DAYS,
    DISCUSSION,
    IS_CLOCK,
    IS_LAST,
    IS_MADE,
    IS_TIMED,
    LABEL,
    MADE,
    MONTHS,
    OPENS_AD,
    WEEKDAYS,
)
from lib.domain.page_controls import PRINT
from lib.domain.words import fold

_TOKEN = re.compile(r"\d{1,2}:\d\d(?::\d\d)?|\d{1,2}/\d{1,2}/\d{2,4}|[^\W_]+")
_WORD = re.compile(r"[^\W_]+")
_URL = re.compile(r"<?(?:https?://|www\.)[^\s<>\"]+>?")
_NUMBER = re.compile(r"(?<![^\W_])(?<!\d[.,:/-])(\d{1,3}(?:[.,' ]\d{3})+|\d+(?:[.,]\d+)?)[kmb]?(?![^\W_])(?![.,:/-]\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE_NUMBER = re.compile(r"\d{1,4}(?:st|nd|rd|th|h|er|am|pm|z|utc)?|\d{1,2}t\d{1,2}|\d{8}(?:t\d{6}z?)?|\d{6}z?")
_CUTS = tuple(map(re.compile, (r"(?<=[\w)])\.\s(?=[A-Z\d])", r"\s[-–—/]\s", r",\s")))
"""Between several on one line; a date has commas of its own."""
_CODE = re.compile(r"[_{}\[\]\\;=`\"]")
"""Signs of what is written for machines."""
_MOST_WORDS = 30
_LONGEST_NAME = 4
"""Words of a name behind `by`."""
_LONGEST_PROJECT = 6

_COPYRIGHT = re.compile(
    r"(?i:copyright (?:©|\(c\))|\(c\) copyright|©(?: copyright)?) ?.{0,40}?(?:19|20)\d\d\b"
    r"|(?i:copyright|\(c\)) (?:19|20)\d\d(?: ?[-–,] ?(?:19|20)\d\d)*,? (?:by )?[A-Z]"
)
"""A bare `(c)` may stand before the third clause of a contract."""
_COPYRIGHT_WORDS = 14
_ID = re.compile(
    r"(?:(?:build|request|session|trace|correlation|incident|transaction|cloudflare ray|ray|csrf|anfrage|sitzungs?)"
    r"[ -]?(?:id|nonce|token|number|nummer|hash)|nonce|id de (?:requete|session|sesion|solicitud))"
    r"(?: ?[:=#] ?| )(?P<id>[0-9a-z][0-9a-z-]{3,79})(?:\.\.\.|…)?",
    re.IGNORECASE,
)
_BUILD = re.compile(r"(?:build|session|request|trace)(?: ?[:=#] ?| )(?P<id>[0-9a-f]{6,40})", re.IGNORECASE)
_RETRIEVED = re.compile(r"retrieved from \"https?://[^\"\s]+\"", re.IGNORECASE)


@lru_cache(maxsize=4_096)
def is_furniture(part: str) -> bool:
    """
    Say whether a line, or a part of one between bars, is furniture and nothing else.

    Furniture: counters, dates of making and of printing, times that have passed since, who made it and with what,
    render times, copyright lines, labels of advertisements, print buttons, ids of builds, requests and sessions.
    part: in one line, without marks of Markdown. Where a number may be what a page is about, it is none: a year, a
    version, a count of what no page counts of itself.
    """
    return _is_furniture(part) or any(cut.search(part) and all(map(_is_furniture, cut.split(part))) for cut in _CUTS)


@lru_cache(maxsize=1_024)
def is_discussion(part: str) -> bool:
    """Say whether a heading is that of what readers wrote, with how much it is: `3 Comments`."""
    folded = fold(part)
    return bool(DISCUSSION.fullmatch(_counted(folded))) and not _names_a_year(folded)


def opens_advertisement(part: str) -> bool:
    """Say whether what is linked right behind this line belongs to an advertisement."""
    return OPENS_AD.fullmatch(" ".join(_WORD.findall(fold(part)))) is not None


def is_label(part: str) -> bool:
    """Say whether a date of making is what stands on the next line: `Last updated:`."""
    said = " ".join(_TOKEN.findall(fold(part)))
    if not LABEL.fullmatch(said) or IS_TIMED.fullmatch(said):
        return False
    return part.rstrip("*_")[-1:] == ":" or IS_LAST.search(said) is not None


def is_date(part: str) -> bool:
    """Say whether a line is a date, a time, or both."""
    return _is_date(_TOKEN.findall(fold(part)))


def _is_furniture(part: str) -> bool:
    folded = fold(part)
    if "://" in folded or "www." in folded:
        folded = _URL.sub(" U ", folded)
    if _CODE.search(folded):
        return bool(_RETRIEVED.fullmatch(part)) or _is_id(part)
    if (since := folded.rfind(" since ")) > 0 and _is_date(_TOKEN.findall(folded[since + len(" since ") :])):
        folded = folded[:since]
    tokens = _TOKEN.findall(folded)
    if not tokens or len(tokens) > _MOST_WORDS:
        return False
    said = " ".join(tokens)
    if AD.fullmatch(said) or (PRINT.fullmatch(said) and "(" not in part) or _is_past(tokens):
        return True
    if len(tokens) <= _COPYRIGHT_WORDS and _COPYRIGHT.match(part):
        return True
    if (label := LABEL.match(said)) and part[-1] != ":":
        length = label[0].count(" ") + 1
        if " ".join(tokens[:length]) == label[0] and _is_made(label[0], tokens[length:]):
            return True
    if "U" in tokens:
        return _is_addressed(tokens)
    counted = _counted(folded)
    if COUNTER.fullmatch(counted) and not _names_a_year(folded):
        return True
    return MADE.fullmatch(counted) is not None or _is_id(part)


def _is_id(part: str) -> bool:
    named = _ID.fullmatch(part) or _BUILD.fullmatch(part)
    return bool(named and re.search(r"\d", named["id"]) and re.search("[a-zA-Z]", named["id"]))


def _counted(folded: str) -> str:
    return " ".join(_WORD.findall(_NUMBER.sub("N", folded)))


def _names_a_year(folded: str) -> bool:
    """Say whether a number may be a year: `Downloads 2026`, and not `Downloads: 2026`."""
    return any(
        _YEAR.fullmatch(number[0]) and folded[: number.start()].rstrip()[-1:] not in (":", "(", "=")
        for number in _NUMBER.finditer(folded)
    )


def _is_past(tokens: Sequence[str]) -> bool:
    """Say whether words tell how long ago something was done, and perhaps who did it."""
    for end in (len(tokens), *(at for at, word in enumerate(tokens) if word in BY)):
        name = tokens[end + 1 :]
        if AGO.fullmatch(" ".join(tokens[:end])) and _is_name(name):
            return True
    return False


def _is_made(label: str, tokens: Sequence[str]) -> bool:
    """Say whether a label is followed by when, perhaps by whom, and by nothing else."""
    if IS_TIMED.fullmatch(label) and not any(":" in token for token in tokens):
        return False
    if _is_when(tokens) or (IS_CLOCK.fullmatch(label) and not WEEKDAYS.isdisjoint(tokens) and len(tokens) == 1):
        return True
    if len(tokens) > 2 and tokens[-1] == "U" and tokens[-2] in ("from", "von", "de", "desde"):
        return _is_made(label, tokens[:-2])
    at = next((at for at, word in enumerate(tokens) if word in BY), -1)
    if at < 0:
        return False
    if at == 0:
        return any(_is_name(tokens[1:end]) and _is_when(tokens[end:]) for end in range(2, 2 + _LONGEST_NAME))
    when, name = tokens[:at], tokens[at + 1 :]
    is_tool = bool(IS_MADE.fullmatch(label))
    if is_tool and "for" in when and at - when.index("for") <= _LONGEST_PROJECT + 1:
        when = when[: when.index("for")]
    return _is_when(when) and _is_name(name, with_version=is_tool)


def _is_name(tokens: Sequence[str], *, with_version: bool = False) -> bool:
    """Say whether words may be a name, or nothing at all."""
    return len(tokens) <= _LONGEST_NAME and (with_version or not any(map(_has_digit, tokens)))


def _is_when(tokens: Sequence[str]) -> bool:
    return _is_date(tokens) or AGO.fullmatch(" ".join(tokens)) is not None


def _is_date(tokens: Sequence[str]) -> bool:
    numbers = 0
    is_whole = has_month = has_year = False
    for token in tokens:
        if token in MONTHS:
            has_month = True
        elif token in DAYS or ":" in token or "/" in token:
            is_whole = True
        elif _DATE_NUMBER.fullmatch(token):
            numbers += 1
            has_year = has_year or bool(_YEAR.fullmatch(token))
            is_whole = is_whole or len(token) >= 6
        elif token not in DATE_WORDS and token not in WEEKDAYS:
            return False
    return is_whole or (has_month and numbers > 0) or (has_year and numbers > 1)


def _is_addressed(tokens: Sequence[str]) -> bool:
    """Say whether an address is named as that of the page, and perhaps when it was printed."""
    end = tokens.index("U") + 1
    rest = tokens[end:]
    return bool(ADDRESSED.fullmatch(" ".join(tokens[:end]))) and (not rest or _is_when(rest))


def _has_digit(token: str) -> bool:
    return any(map(str.isdigit, token))
