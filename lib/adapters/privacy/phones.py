"""Phone numbers in a text, by the numbering plans of the world."""

import re
from collections.abc import Iterator, Sequence

from lib.adapters.privacy.contexts import is_named_otherwise, is_named_phone

_CANDIDATE = re.compile(r"(?<![\w.,/=#%&_-])[+(]{0,2}\d[\d ()/.\u00a0\u2010-\u2013-]{4,30}\d(?![\w_])")
_DIGITS = re.compile(r"\d+")
_SEPARATOR = re.compile(r"\d[ ()/.\u00a0\u2010-\u2013-]")
_DATE = re.compile(r"(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})(?!\d)")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?![.\d])")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 17
_MOST_GROUPS = 8
_MOST_TRIES = 10
"""Parts of one candidate that libphonenumber may try: it takes milliseconds for each."""


def find_phones(text: str, regions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """
    Find valid phone numbers as code point offsets, in order.

    A number with a plus is valid or not by itself; another one must be valid in one of the regions, and be written as
    people write numbers, in groups, or be called a phone number.
    Source: libphonenumber, leniency VALID (as the Python port `phonenumbers` has it).
    """
    known: dict[str, list[tuple[int, int]]] = {}
    for candidate in _CANDIDATE.finditer(text):
        piece, start = candidate[0], candidate.start()
        groups = _DIGITS.findall(piece)
        if len(groups) > _MOST_GROUPS or not _FEWEST_DIGITS <= sum(map(len, groups)) <= _MOST_DIGITS:
            continue
        if _DATE.search(piece) or _IP.match(piece.strip("() ")):
            continue
        is_international = "+" in piece
        is_announced = is_international or is_named_phone(text, start)
        if not is_announced and (is_named_otherwise(text, start) or not _SEPARATOR.search(piece)):
            continue
        if piece not in known:
            known[piece] = _valid(piece, [None] if is_international else regions)
        yield from ((start + first, start + last) for first, last in known[piece])


def _valid(piece: str, regions: Sequence[str | None]) -> list[tuple[int, int]]:
    import phonenumbers

    for region in regions:
        matches = phonenumbers.PhoneNumberMatcher(piece, region, phonenumbers.Leniency.VALID, max_tries=_MOST_TRIES)
        found = [(match.start + _opens_more(match.raw_string), match.end) for match in matches]
        if found:
            return found
    return []


def _opens_more(number: str) -> bool:
    """Say whether a number begins with a bracket that was opened around it."""
    return number.startswith("(") and number.count("(") > number.count(")")
