"""Tables in pieces: each small enough for a chunk, and each with the names of its columns above it."""

from collections.abc import Iterator, Sequence

from lib.domain.blocks import blocks
from lib.domain.sentences import prose_sentences
from lib.domain.tables import UNDERLINE, cells_of, with_tables
from lib.domain.token_bound import bound, cut

PIECE_TOKENS = 220
"""Most tokens of a piece, by their upper bound: the embedded model, which takes the fewest, has room for them."""
_MOST_HEAD = PIECE_TOKENS // 2
_MOST_NAME = 40
"""Of a name of a column, and of the first cell of a row that goes on elsewhere."""
_COLUMN = 6
"""What a column costs beside its name: a bar in the header row, a bar and three dashes below, and one to spare."""
_LINE_END = 2


def in_pieces(text: str) -> str:
    """
    Cut the long tables of a cleaned text into pieces, so that each chunk with rows has their header row.

    Rows: as many in a piece as fit; a row appended at the end changes the last piece alone. A table whose header row
    is too long is cut between columns too, and each piece begins with the first of them. A row that is too long goes on
    in the next piece, behind its first cell. What is repeated is cut short where it has more than 40 tokens; names of
    columns then stand in full in the first row.
    Left as they are: tables that fit, and those without names of columns.
    """
    if not UNDERLINE.search(text):
        return text
    kept: list[str] = []
    at = 0
    for table in with_tables(text, blocks(text)):
        lines = [text[row.start : row.end] for row in table] if len(table) > 1 else []
        if sum(bound(line) + _LINE_END for line in lines) > PIECE_TOKENS:
            kept += [text[at : table[0].start], "\n\n".join(_pieces(lines))]
            at = table[-1].end
    return "".join([*kept, text[at:]])


def _pieces(lines: Sequence[str]) -> Iterator[str]:
    names = cells_of(lines[0])
    rows = [cells_of(line) for line in lines[2:]]
    short = [_short(name) for name in names]
    if short != names:
        rows.insert(0, names)
    short += [""] * (max(map(len, [names, *rows])) - len(names))
    for first, end in _columns(short):
        if not first:
            yield from _with_heads(short[:end], [row[:end] for row in rows])
        elif more := [[_short(row[0]), *row[first:end]] for row in rows if any(row[first:end])]:
            yield from _with_heads([short[0], *short[first:end]], more)
        elif any(short[first:end]):
            yield from _with_heads(short[first:end], [])
        rows = [row for row in rows if len(row) > end]


def _short(text: str) -> str:
    return text if bound(text) <= _MOST_NAME else f"{cut(text, _MOST_NAME - 3)}…"


def _columns(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of columns whose names fit above rows, beside the first one."""
    costs = [bound(name) + _COLUMN for name in names]
    first, size = 0, 0
    for number, cost in enumerate(costs):
        if size + cost > _MOST_HEAD and number > first + (first == 0):
            yield first, number
            first, size = number, costs[0]
        size += cost
    yield first, len(names)


def _with_heads(names: list[str], rows: Sequence[list[str]]) -> Iterator[str]:
    head = [_line(names), "|" + " --- |" * len(names)]
    room = PIECE_TOKENS - sum(bound(line) + _LINE_END for line in head)
    lines: list[str] = []
    left = room
    for row in rows:
        for part in _parts([*row, *[""] * (len(names) - len(row))], room - _LINE_END - len(names) - 1):
            line = _line(part)
            size = bound(line) + _LINE_END
            if lines and size > left:
                yield "\n".join([*head, *lines])
                lines, left = [], room
            lines.append(line)
            left -= size
    yield "\n".join([*head, *lines])


def _parts(row: list[str], room: int) -> Iterator[list[str]]:
    """A row, if its cells have no more than `room` tokens; else several that share it, each with its first cell."""
    sizes = [bound(cell) for cell in row]
    if sum(sizes) <= room:
        yield row
        return
    key = row[0] if len(row) > 1 and sizes[0] <= _MOST_NAME else ""
    start = [key, *[""] * (len(row) - 1)]
    room -= bound(key)
    part, left = start.copy(), room
    for column in range(1 if key else 0, len(row)):
        for piece in _cell_parts(row[column], room):
            size = bound(piece)
            if size > left:
                yield part
                part, left = start.copy(), room
            part[column] = f"{part[column]} {piece}".strip()
            left -= size
    yield part


def _cell_parts(cell: str, room: int) -> Iterator[str]:
    """A cell in parts of at most `room` tokens: whole sentences, else whole words, if there are any."""
    at = 0
    while at < len(cell):
        start = cut(cell[at : at + 8 * room], room)
        if at + len(start) < len(cell):
            whole = prose_sentences(start, 0, len(start))
            end = whole[-2][1] if len(whole) > 1 else start.rfind(" ")
            start = start[:end] if end > 0 else start.removesuffix("\\") or start
        yield start.strip()
        at += len(start)


def _line(cells: Sequence[str]) -> str:
    return " ".join(["|", *(f"{cell} |" if cell else "|" for cell in cells)])
