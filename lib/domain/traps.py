"""Traps: addresses that a site makes without end, told by how they look, so that every crawl tells the same ones."""

import re
from urllib.parse import unquote, urlsplit

DEEPEST = 24
"""Folders in a path; documents of people lie less deep."""
LONGEST_CHAIN = 200
"""Links from a start to a page: a chain of `next` links of that length has no end."""
FIRST_YEAR, YEARS_AHEAD = 1970, 2
"""A calendar's pages before and after have nothing on them."""
LONGEST_CALENDAR = 24
"""Links from a start to a page of a calendar that is asked for by date: `next month` goes on for ever."""
_REPEATED = re.compile(r"((?:/[^/]+){1,4})\1\1(?=/|$)")
_CALENDAR = re.compile(r"(?i)/(?:cal|calendar|kalender|calendrier|events?|agenda|archives?)(?=/)")
_DAY_IN_PATH = re.compile(r"/(\d{4})[/-](0?[1-9]|1[0-2])(?=[/-]|$)")
_YEAR_IN_QUERY = re.compile(r"(?i)(?:^|&)(?:cal_?)?(?:year|yr|y|jahr)=(\d{1,5})(?=&|$)")
_DAY_IN_QUERY = re.compile(
    r"(?i)(?:^|&)(?:(?:cal_?)?(?:date|day|month|week|datum|tag|monat)=(?P<day>\d{4})(?:-?\d\d){0,2}"
    r"|(?:start|end|from|to)=(?P<span>\d{4})-\d\d(?:-\d\d)?)(?=&|$)"
)


def trap(url: str, *, depth: int, year: int) -> str:
    """
    Say what kind of trap a normalised URL looks like; empty if none.

    depth: links from a start. year: the present one. `spiral`: folders that repeat three times in a row. `deep`: more
    than DEEPEST folders. `calendar`: a month or day far from now. `chain`: more than LONGEST_CHAIN links away.
    """
    parts = urlsplit(url)
    path, query = parts.path, unquote(parts.query)
    if _REPEATED.search(path):
        return "spiral"
    if path.count("/") > DEEPEST:
        return "deep"
    asked = [found[1] for found in _YEAR_IN_QUERY.finditer(query)]
    asked += [found["day"] or found["span"] for found in _DAY_IN_QUERY.finditer(query)]
    years = asked
    if depth > LONGEST_CALENDAR or _CALENDAR.search(path):  # elsewhere four digits may be anything
        years = [*asked, *(found[1] for found in _DAY_IN_PATH.finditer(path))]
    if (asked and depth > LONGEST_CALENDAR) or any(
        not FIRST_YEAR <= int(found) <= year + YEARS_AHEAD for found in years
    ):
        return "calendar"
    return "chain" if depth > LONGEST_CHAIN else ""
