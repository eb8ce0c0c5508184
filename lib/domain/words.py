"""Words: how questions and chunks are compared, in step with the text arm of the embedded index."""

import re
import unicodedata
from functools import lru_cache

from lib.domain.porter import stem

_WORD = re.compile(r"[^\W_]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")

_STOPWORDS = """
    a about above after again against all also am an and any are aren as at be because been before being below between
    both but by can cannot could couldn d did didn do does doesn doing don down during each either few for from further
    get had hadn has hasn have haven having he her here hers herself him himself his how i if in into is isn it its
    itself just ll m many may me might more most much must my myself no nor not now of off on once one only or other
    our ours ourselves out over own re s same shall she should shouldn so some such t than that the their theirs them
    themselves then there these they this those through to too under until up upon us ve very was wasn we were weren
    what when where which while who whom whose why will with within without won would wouldn you your yours yourself
    yourselves
"""
STOPWORDS = frozenset(_STOPWORDS.split())
"""English words that say nothing about the subject; question words among them."""


def words(text: str) -> list[str]:
    """Split into lower-case words without accents, in order; numbers are words, `7,000` is two."""
    return _WORD.findall(fold(text))


def fold(text: str) -> str:
    """Lower the case and drop accents. The length may change."""
    text = text.lower()
    return text if text.isascii() else _BEYOND_ASCII.sub(_without_accents, text)


def _without_accents(run: re.Match[str]) -> str:
    return _bare(run[0])


@lru_cache(maxsize=4_096)
def _bare(run: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", run) if not unicodedata.combining(c))
    # Korean syllables fall apart in NFD; Greek has a sigma of its own for the end of a word.
    return bare if bare.isascii() else unicodedata.normalize("NFC", bare).replace("\u03c2", "\u03c3")


@lru_cache(maxsize=4_096)
def stems(text: str) -> tuple[str, ...]:
    """The stem of every word, in order; the same for a chunk as often as it is asked for."""
    return tuple([_STEMS[word] for word in words(text)])


class _Stems(dict[str, str]):
    """A lookup in a dictionary costs a tenth of a call."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_STEMS:
            self.clear()
        found = self[word] = stem(word)
        return found


_MOST_STEMS = 100_000
_STEMS = _Stems()


def content_words(text: str) -> list[str]:
    """The words that carry a question's subject, each once, in order: no stopwords, unless there is nothing else."""
    every = list(dict.fromkeys(words(text)))
    return [word for word in every if word not in STOPWORDS] or every


def terms(text: str) -> list[str]:
    """Stems of the content words, each once, in order."""
    return list(dict.fromkeys(_STEMS[word] for word in content_words(text)))
