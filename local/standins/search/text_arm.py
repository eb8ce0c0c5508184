"""The text arm: queries in simple syntax, scored as the embedded index scores them."""

import sqlite3
from collections.abc import Iterator, Sequence

from lib.domain.words import content_words, words
from local.standins.search.simple_query import Joined, Opposite, Query, Term

Scores = dict[int, float]
"""By row, best first."""


def matches(connection: sqlite3.Connection, query: Query, columns: Sequence[str]) -> Scores:
    """
    BM25 of every row that a query lets in, best first; 0 for rows that only a `not` lets in.

    Stopwords count only where there is nothing else, as in the embedded index.
    """
    telling = frozenset(content_words(" ".join(term.text for term, _ in _terms(query))))
    wanted = [term for term, is_wanted in _terms(query) if is_wanted]
    asked = list(dict.fromkeys(part for term in wanted for part in _parts(term, telling)))
    scores = _looked_up(connection, asked, columns)
    if _is_plain(query):
        return scores
    allowed = _rows(connection, query, columns, telling)
    found = {rid: score for rid, score in scores.items() if rid in allowed}
    return found | dict.fromkeys(sorted(allowed - found.keys()), 0.0)


def _looked_up(connection: sqlite3.Connection, parts: Sequence[str], columns: Sequence[str]) -> Scores:
    if not parts or not columns:
        return {}
    rows = connection.execute(
        "SELECT rowid, rank FROM words WHERE words MATCH ? ORDER BY rank",
        (f"{{{' '.join(columns)}}} : ({' OR '.join(parts)})",),
    )
    return {rid: -rank for rid, rank in rows}


def _rows(connection: sqlite3.Connection, query: Query, columns: Sequence[str], telling: frozenset[str]) -> set[int]:
    if isinstance(query, Term):
        return set(_looked_up(connection, _parts(query, telling), columns))
    if isinstance(query, Opposite):
        every = {rid for (rid,) in connection.execute("SELECT rid FROM documents")}
        return every - _rows(connection, query.inner, columns, telling)
    left = _rows(connection, query.left, columns, telling)
    right = _rows(connection, query.right, columns, telling)
    return left & right if query.word == "and" else left | right


def _is_plain(query: Query) -> bool:
    """Nothing but words, any of which will do."""
    if isinstance(query, Joined):
        return query.word == "or" and _is_plain(query.left) and _is_plain(query.right)
    return isinstance(query, Term)


def _terms(query: Query) -> Iterator[tuple[Term, bool]]:
    """All terms in order, each with whether it is looked for, or shall be absent."""
    waiting = [(query, True)]
    while waiting:
        one, is_wanted = waiting.pop()
        if isinstance(one, Term):
            yield one, is_wanted
        elif isinstance(one, Opposite):
            waiting.append((one.inner, not is_wanted))
        else:
            waiting += [(one.right, is_wanted), (one.left, is_wanted)]


def _parts(term: Term, telling: frozenset[str]) -> list[str]:
    """A term in the words of FTS5."""
    held = words(term.text)
    if not held:
        return []
    if term.kind == "phrase":
        return [f'"{" ".join(held)}"']
    if term.kind == "prefix":
        return [f'"{" ".join(held)}"*']
    return [f'"{word}"' for word in held if word in telling] or ([] if telling else [f'"{word}"' for word in held])
