"""How many tokens a text can have, where the model's tokenizer is not known."""

import re

LONGEST_WORD = 20
_PARTS = re.compile(r"[A-Za-z]+|\s+|[^\x00-\x7f]+|.", re.DOTALL)
_VOWEL = re.compile(r"[aeiouyAEIOUY]")


def bound(text: str) -> int:
    """
    An upper bound for text in words: nothing for a single space, half its letters for a word, one for each byte of
    what is left.

    No byte-pair or word-piece tokenizer makes more tokens than bytes; for words they make one of three letters and
    more. What looks like no word (long, of mixed case, without vowels: keys, hashes, base64) counts by the letter.
    """
    return sum(map(_COSTS.__getitem__, _PARTS.findall(text)))


def cut(text: str, most: int) -> str:
    """The beginning of a text, as far as its bound is at most that many tokens."""
    tokens = 0
    for match in _PARTS.finditer(text):
        tokens += _COSTS[match[0]]
        if tokens > most:
            room = most - (tokens - _COSTS[match[0]])
            return text[: match.start()] + _beginning(match[0], room)
    return text


def _cost(part: str) -> int:
    if part == " ":
        return 0
    if part.isspace():
        return 1 + part.count("\n") + len(part) // 8
    if not part.isascii():
        return len(part.encode("utf-8", "replace"))
    return (len(part) + 1) // 2 if _is_word(part) else len(part)


class _Costs(dict[str, int]):
    """A lookup in a dictionary costs a tenth of a call."""

    def __missing__(self, part: str) -> int:
        cost = _cost(part)
        if len(part) <= _REMEMBERED_CHARS:
            if len(self) >= _MOST_COSTS:
                self.clear()
            self[part] = cost
        return cost


_REMEMBERED_CHARS = 40
_MOST_COSTS = 50_000
_COSTS = _Costs()


def _is_word(part: str) -> bool:
    same_case = part.islower() or part.isupper() or part[1:].islower()
    return len(part) <= LONGEST_WORD and same_case and bool(_VOWEL.search(part))


def _beginning(part: str, room: int) -> str:
    """Only runs that can be very long are worth a piece of them."""
    if part.isspace() or _is_word(part):
        return ""
    return part.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
