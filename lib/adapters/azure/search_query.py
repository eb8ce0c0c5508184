"""Questions and filters in the languages of AI Search, so that neither can say more than it should."""

import unicodedata
from collections.abc import Sequence

from lib.adapters.azure.search_fields import GROUPS, KEY, SOURCE
from lib.domain.retrieval import SearchRequest
from lib.domain.words import content_words, words

MOST_TERMS = 32
"""Words of a question that are looked up, once its stopwords are gone; as in the embedded index."""
MOST_QUESTION_CHARS = 4_000
_JOINERS = frozenset("'\u2019.,_")
"""May stand within a word (O'Brien, 7,000, example.com): analyzers decide what they mean there."""
_DELIMITERS = "|;~^,!#*"


def query_text(question: str) -> str:
    """
    The words of a question to look for, in simple query syntax, none of them an operator.

    Only letters, digits and marks are kept, and joiners between them; `'` is escaped, as that syntax asks. Accents
    stay: what they count for is the analyzer's decision. No stopwords, unless there is nothing else. Empty: no words.
    """
    text = question[:MOST_QUESTION_CHARS]
    asked = frozenset(content_words(text)[:MOST_TERMS])
    return " ".join(term.replace("'", r"\'") for term in _terms(text) if not asked.isdisjoint(words(term)))


def _terms(text: str) -> list[str]:
    """Runs of letters, digits and marks, with joiners inside; each once, in order."""
    text = unicodedata.normalize("NFC", text)
    wordy = [unicodedata.category(c)[0] in "LNM" for c in text]
    kept = [
        c if wordy[at] or (c in _JOINERS and 0 < at < len(text) - 1 and wordy[at - 1] and wordy[at + 1]) else " "
        for at, c in enumerate(text)
    ]
    return list(dict.fromkeys("".join(kept).lower().split()))


def plain_text(question: str) -> str:
    """A question as the semantic ranker reads it: valid Unicode, of bounded length."""
    return question[:MOST_QUESTION_CHARS].encode("utf-8", "replace").decode("utf-8")


def pre_filter(request: SearchRequest) -> str | None:
    """Groups and sources of a request as an OData filter; None if everything passes."""
    parts = []
    if request.groups is not None:
        parts.append(f"{GROUPS}/any(g: {one_of('g', request.groups)})")
    if request.source_ids is not None:
        parts.append(one_of(SOURCE, request.source_ids))
    return " and ".join(parts) or None


def with_keys(condition: str | None, keys: Sequence[str]) -> str:
    """The same filter, narrowed to some chunks."""
    narrowed = one_of(KEY, keys)
    return f"{condition} and {narrowed}" if condition else narrowed


def one_of(variable: str, values: Sequence[str]) -> str:
    """
    Say that a variable is one of some values, whatever characters they contain.

    `search.in` splits its list at a delimiter, which must occur in no value: the first such one is taken. Where there
    is none, each value is compared alone.
    """
    wanted = list(dict.fromkeys(values))
    delimiter = next((c for c in _DELIMITERS if not any(c in value for value in wanted)), None)
    if delimiter is None or len(wanted) < 2 or "" in wanted:
        compared = " or ".join(f"{variable} eq {literal(value)}" for value in wanted)
        return f"({compared})" if wanted else "false"
    return f"search.in({variable}, {literal(delimiter.join(wanted))}, '{delimiter}')"


def literal(value: str) -> str:
    """A string in OData: quotes are doubled, halves of surrogate pairs cannot be sent."""
    return "'" + value.encode("utf-8", "replace").decode("utf-8").replace("'", "''") + "'"
