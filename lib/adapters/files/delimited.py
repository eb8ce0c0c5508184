"""CSV and TSV to pages: charset and delimiter are found out."""

import csv
import io
from typing import Literal

from lib.adapters.files.kinds import suffix_of
from lib.adapters.files.pipe_tables import render_tables
from lib.adapters.web import charsets
from lib.domain.documents import MAX_TEXT_CHARS
from lib.domain.pages import Page
from lib.errors import BadInput

_DELIMITERS = ",;\t|"
_SAMPLE_CHARS = 32_768
_SAMPLE_ROWS = 50


def read_delimited(body: bytes, *, name: str, media_type: str = "") -> Page:
    """
    Make a page of a table in text: pieces of it under its header row, as sheets of workbooks.

    The title is empty. Delimiters: comma, semicolon, tab, bar, or what an Excel line `sep=` says.
    Raises: BadInput if it is larger than a document may be, or a cell is larger than 131,072 characters.
    """
    text = charsets.decode(body, media_type).replace("\x00", "")
    if len(text) > MAX_TEXT_CHARS:
        raise BadInput(f"{name!r} holds more than {MAX_TEXT_CHARS:,} characters: split it")
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip("\r")) == 5:
        delimiter, text = first[4], rest
    else:
        delimiter = "\t" if suffix_of(name) in (".tsv", ".tab") else _delimiter(text)
    try:
        rows = _rows(text, delimiter, csv.QUOTE_MINIMAL)
    except csv.Error:  # a quote that is never closed: then quotes are signs like others
        try:
            rows = _rows(text, delimiter, csv.QUOTE_NONE)
        except csv.Error as error:
            raise BadInput(f"{name!r} cannot be read as a table: {error}") from error
    is_tabbed = delimiter == "\t"
    return Page(
        title="",
        text="\n\n".join(render_tables(rows)),
        media_type="text/tab-separated-values" if is_tabbed else "text/csv",
    )


def _rows(text: str, delimiter: str, quoting: Literal[0, 3]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting))


def _delimiter(text: str) -> str:
    """
    Give the delimiter that cuts most of the first rows into the same number of cells, more cells being better.

    csv.Sniffer guesses letters for tables of one column, and its regular expressions take minutes on crafted text.
    """
    sample = text[:_SAMPLE_CHARS]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
            widths = [len(row) for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False) if row]
        except csv.Error:
            continue
        common = max(set(widths), key=widths.count, default=1)
        score = widths.count(common) / len(widths) + common / 1000 if common > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best
