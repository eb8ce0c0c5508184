"""Texts to token ids, as the uncased BERT models want them, with the standard library alone."""

import re
import unicodedata
from collections.abc import Sequence

UNKNOWN, START, END = 100, 101, 102
"""Ids of [UNK], [CLS] and [SEP]."""

_SPECIAL = {"[PAD]": 0, "[UNK]": UNKNOWN, "[CLS]": START, "[SEP]": END, "[MASK]": 103}
_MAX_WORD_CHARS = 100  # the model's max_input_chars_per_word: a longer word is one [UNK]
_CACHED_WORDS = 60_000  # about 15 MB of words and ids
_CACHED_WORD_CHARS = 40  # longer ones (addresses, hashes) hardly come back
_CACHED_CHARS = 20_000

# str.split() splits at these too, the model's tokenizer drops them.
_DROPPED_BLANKS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")

# The model's tokenizer carries the Unicode 8 tables. What later versions call a mark, a punctuation or a format
# character is an ordinary letter to it. Without this list the ids, and with them chunk borders and vectors, would
# change with the Python version (found by comparing every code point of Unicode 18).
_LETTERS = """
5c8-5c9 61d 7fd 890-891 897-89f 8ca-8e2 9fd-9fe a76 afa-aff b53-b55 c04 c3c c77 c84 d00 d3b-d3c d81 eba ece 180f
1885-1886 1abf-1af0 1b4e-1b4f 1b7d-1b7f 1df6-1dfb 2e43-2e4f 2e52-2e5d 2e60-2e63 a82c a8c5 a8ff a9bd 10d24-10d27
10d69-10d6e 10eab-10ead 10ecb-10ed0 10ef0-10eff 10f46-10f50 10f55-10f59 10f82-10f89 11070 11073-11074 110c2 110cd
111cf 1123e 11241 1133b 113bb-113c0 113ce 113d0 113d2 113d4-113d5 113d7-113d8 113e1-113e2 11438-1143f 11442-11444
11446 1144b-1144f 1145a-1145b 1145d-1145e 11660-1166c 116b9 1182f-11837 11839-1183b 1193b-1193c 1193e 11943-11946
119d4-119d7 119da-119db 119e0 119e2 11a01-11a0a 11a33-11a38 11a3b-11a47 11a51-11a56 11a59-11a5b 11a8a-11a96
11a98-11a9c 11a9e-11aa2 11b00-11b09 11b60 11b62-11b64 11b66 11be1 11c30-11c36 11c38-11c3d 11c3f 11c41-11c45
11c70-11c71 11c92-11ca7 11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47
11d90-11d91 11d95 11d97 11df0 11ef3-11ef4 11ef7-11ef8 11f00-11f01 11f36-11f3a 11f40 11f42-11f4f 11f5a 11fff
12ff1-12ff2 13430-13440 13447-13455 1611e-16129 1612d-1612f 16d6d-16d6f 16e97-16e9a 16f4f 16fe2 16fe4 1cf00-1cf2d
1cf30-1cf46 1d127-1d128 1d25b-1d25c 1e000-1e006 1e008-1e018 1e01b-1e021 1e023-1e024 1e026-1e02a 1e08f 1e130-1e136
1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e5ff 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5 1e944-1e94a 1e95e-1e95f
"""
_MARKS = frozenset("\u1734\U0001171e")  # marks without width in Unicode 8, with width since
_PUNCTUATION = frozenset("\u166d\U000111c9")  # punctuation in Unicode 8, not since

_IDEOGRAPHS = (
    range(0x4E00, 0xA000),
    range(0x3400, 0x4DC0),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B820),
    range(0x2B920, 0x2CEB0),  # not 2B820: a slip of the tokenizer the model was published with
    range(0xF900, 0xFB00),
    range(0x2F800, 0x2FA20),
)


class WordPiece:
    """
    The tokenizer of an uncased BERT model.

    Same ids as the `tokenizer.json` published with all-MiniLM-L6-v2, for every code point, on every Python version;
    a special token written out in a text, such as "[SEP]", is that token. Safe to use from several threads.
    Source: Wu et al. 2016, arXiv 1609.08144 (WordPiece); BERT's tokenization.py; Hugging Face tokenizers 0.23.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._starts = {piece: index for index, piece in enumerate(vocabulary) if not piece.startswith("##")}
        self._rests = {piece[2:]: index for index, piece in enumerate(vocabulary) if piece.startswith("##")}
        self._longest = max(map(len, vocabulary), default=0)
        self._words: dict[str, tuple[int, ...]] = {}
        letters = _letters()
        self._cleaned = _Cleaned(letters)
        self._folded = _Folded(letters)

    def ids(self, text: str, *, limit: int | None = None) -> list[int]:
        """Token ids without [CLS] and [SEP]; at most `limit` of them, and no more of the text is looked at."""
        found: list[int] = []
        words = self._words
        for run in _runs(text):
            if isinstance(run, int):
                found.append(run)
            else:
                for word in run.split():
                    found += words.get(word) or self._word(word)
                    if limit is not None and len(found) >= limit:
                        break
            if limit is not None and len(found) >= limit:
                return found[:limit]
        return found

    def _word(self, word: str) -> tuple[int, ...]:
        """Token ids of a piece of text without blanks: several words once its punctuation is split off."""
        cleaned = unicodedata.normalize("NFD", word.translate(self._cleaned)).translate(self._folded)
        ids = tuple(piece for part in cleaned.split() for piece in self._pieces(part))
        if len(word) <= _CACHED_WORD_CHARS:
            if len(self._words) >= _CACHED_WORDS:
                self._words.clear()
            self._words[word] = ids
        return ids

    def _pieces(self, word: str) -> Sequence[int]:
        """Longest known piece first; a word with an unknown piece is unknown as a whole."""
        whole = self._starts.get(word)
        if whole is not None:
            return (whole,)
        if len(word) > _MAX_WORD_CHARS:
            return (UNKNOWN,)
        pieces: list[int] = []
        known, start = self._starts, 0
        while start < len(word):
            for end in range(min(len(word), start + self._longest), start, -1):
                piece = known.get(word[start:end])
                if piece is not None:
                    break
            else:
                return (UNKNOWN,)
            pieces.append(piece)
            known, start = self._rests, end
        return pieces


class _Characters(dict[int, str | None]):
    """What becomes of a code point, for str.translate: worked out when first met, then remembered."""

    def __init__(self, letters: frozenset[int]) -> None:
        super().__init__()
        self._letters = letters

    def __missing__(self, code: int) -> str | None:
        if len(self) >= _CACHED_CHARS:
            self.clear()
        becomes = self[code] = self._becomes(chr(code))
        return becomes

    def _becomes(self, char: str) -> str | None:
        raise NotImplementedError

    def _category(self, char: str) -> str:
        return "Lo" if ord(char) in self._letters else unicodedata.category(char)


class _Cleaned(_Characters):
    """First step: no control characters, ideographs stand alone. Unassigned code points stay."""

    def _becomes(self, char: str) -> str | None:
        code = ord(char)
        if char in "\t\n\r" or self._category(char) in ("Zs", "Zl", "Zp"):
            return " "
        if code == 0xFFFD or self._category(char) in ("Cc", "Cf", "Co", "Cs"):
            return None
        return f" {char} " if any(code in block for block in _IDEOGRAPHS) else char


class _Folded(_Characters):
    """Last step, after decomposition: no accents, lower case, punctuation stands alone."""

    def _becomes(self, char: str) -> str | None:
        category = self._category(char)
        if char in _PUNCTUATION or category.startswith("P") or (char.isascii() and category in ("Sm", "Sc", "Sk")):
            return f" {char} "
        if char in _MARKS or category == "Mn":
            return None
        # One character at a time: str.lower() would write a Greek sigma at the end of a word in another way.
        return char.lower()


def _letters() -> frozenset[int]:
    spans = (span.partition("-") for span in _LETTERS.split())
    return frozenset(code for first, _, last in spans for code in range(int(first, 16), int(last or first, 16) + 1))


_SPECIAL_TEXT = re.compile(f"({'|'.join(map(re.escape, _SPECIAL))})")


def _runs(text: str) -> list[str | int]:
    """The text, cut at special tokens that are written out in it."""
    parts = _SPECIAL_TEXT.split(text) if "[" in text else [text]
    return [_SPECIAL[part] if part in _SPECIAL else _DROPPED_BLANKS.sub("", part) for part in parts]
