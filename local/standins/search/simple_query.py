"""The simple query syntax, as Lucene's SimpleQueryParser reads it: everything is a query, nothing is an error."""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Term:
    """Words to look for: any of them, all in a row, or as the beginning of one."""

    text: str
    kind: Literal["word", "phrase", "prefix"]


@dataclass(frozen=True, slots=True)
class Opposite:
    """What does not match."""

    inner: "Query"


@dataclass(frozen=True, slots=True)
class Joined:
    """Both, or either."""

    word: Literal["and", "or"]
    left: "Query"
    right: "Query"


Query = Term | Opposite | Joined
_PIECE = re.compile(r'"(?:\\.|[^"\\])*"|[()|+]|(?:\\.|[^\s()|+"\\])+|["\\]', re.DOTALL)


def parse(text: str, *, mode: Literal["any", "all"]) -> Query | None:
    r"""
    Read a query; None if it names no words.

    `+` and, `|` or, `-word` not, `"a phrase"`, `begin*`, parentheses, `\` before a character takes it as it is. Words
    side by side are joined as the mode says, and a `not` too: in mode `any` it lets in all that does not match.
    """
    return _Reader(_PIECE.findall(text), "and" if mode == "all" else "or").group()


class _Reader:
    def __init__(self, pieces: list[str], default: Literal["and", "or"]) -> None:
        self._pieces = pieces[::-1]
        self._default = default

    def group(self) -> Query | None:
        found: Query | None = None
        word: Literal["and", "or", ""] = ""
        while self._pieces:
            piece = self._pieces.pop()
            if piece == ")":
                break
            if piece in ("+", "|"):
                word = word or ("and" if piece == "+" else "or")
                continue
            operand = self._operand(piece)
            if operand is None:
                continue
            found = operand if found is None else Joined(word or self._default, found, operand)
            word = ""
        return found

    def _operand(self, piece: str) -> Query | None:
        negated = False
        while piece.startswith("-"):
            negated, piece = not negated, piece[1:]
        if not piece and self._pieces and self._pieces[-1][0] in '("':
            piece = self._pieces.pop()
        if piece == "(":
            found = self.group()
        elif len(piece) > 1 and piece[0] == piece[-1] == '"':
            found = Term(_plain(piece[1:-1]), "phrase")
        elif re.search(r"[^\\]\*$", piece):
            found = Term(_plain(piece[:-1]), "prefix")
        else:
            found = Term(_plain(piece), "word") if piece not in ('"', "\\", "") else None
        return Opposite(found) if negated and found is not None else found


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
