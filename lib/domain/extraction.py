"""Extraction: the sentences of some passages that answer a question, or none."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lib.domain.sentences import sentences
from lib.domain.tables import UNDERLINE, cells_of, row_text
from lib.domain.words import terms

EMBEDDED = 6
"""Sentences whose meaning is compared with the question's, picked by words first: 16 gave the same answers, slower."""
MOST_SENTENCES = 3
NEAR_BEST = 0.86
"""A further sentence is quoted if it scores this share of the best one."""
PASSAGE_WEIGHT = 2.0
"""What the score of a sentence's passage counts beside the sentence's own: both together tell best what to refuse."""
SUPPORT = 1.69
"""Least score of the best sentence; below it the question counts as not answered. See docs/performance.md."""
NUMBER_MISSING, NAME_MISSING = 1.0, 0.25
"""Off the score for each number, or name, of the question that the passage does not hold: it is about another one."""
_PREFIX = re.compile(r"^\s*(?:[-*+]\s+|\d{1,3}[.)]\s+|>\s*|\|\s*)+")
_WORD = re.compile(r"\w+")
_RULE = re.compile(r"^[\s|:*_=-]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage to quote from."""

    context: str
    """Title and headings: what the text is about."""
    text: str
    score: float
    """How well it supports an answer, 0 to 1, as the ranking has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage."""

    passage: int
    """Index of the passage, best first."""
    text: str
    score: float


def extract(
    question: str, passages: Sequence[Source], *, cosines: Callable[[str, list[str]], list[float]]
) -> list[Sentence]:
    """
    Pick the sentences that answer a question, best first; none if nothing supports an answer.

    passages: best first.
    cosines: similarity of the question with each of some texts.
    Score: cosine + share of the question's words in the sentence, weighted by rarity among all sentences, those in the
    context counting half, + PASSAGE_WEIGHT x score of the passage; a little less for each rank of the passage.
    """
    pool = [(number, cleaned) for number, p in enumerate(passages) for cleaned in _statements(p.text)]
    asked = terms(question)
    if not pool or not asked:
        return []
    held = [frozenset(terms(text)) for _, text in pool]
    counts = Counter(term for found in held for term in found)
    rarity = {term: math.log(1 + len(pool) / (0.5 + counts[term])) for term in asked}
    whole = sum(rarity.values())
    contexts = [frozenset(terms(p.context)) for p in passages]

    def coverage(place: int) -> float:
        context = contexts[pool[place][0]]
        return sum(w * (1.0 if t in held[place] else 0.5 * (t in context)) for t, w in rarity.items()) / whole

    names = _names(question)
    everywhere = [contexts[number] | frozenset(terms(p.text)) for number, p in enumerate(passages)]

    def penalty(place: int) -> float:
        missing = [any(sign.isdigit() for sign in name) for name in names - everywhere[pool[place][0]]]
        return NUMBER_MISSING * sum(missing) + NAME_MISSING * (len(missing) - sum(missing))

    covered = [coverage(place) for place in range(len(pool))]
    order = sorted(range(len(pool)), key=lambda place: (-covered[place] + 0.02 * pool[place][0], place))[:EMBEDDED]
    texts = [f"{passages[pool[place][0]].context}\n{pool[place][1]}" for place in order]
    similar = dict(zip(order, cosines(question, texts), strict=True))
    ranked = [PASSAGE_WEIGHT * p.score - 0.02 * number for number, p in enumerate(passages)]
    scored = [
        Sentence(passage=pool[p][0], text=pool[p][1], score=similar[p] + covered[p] + ranked[pool[p][0]] - penalty(p))
        for p in order
        if held[p] - set(asked)  # what only repeats the question answers nothing
    ]
    if not scored:
        return []
    scored.sort(key=lambda sentence: -sentence.score)
    if scored[0].score < SUPPORT:
        return []
    return _without_repeats([s for s in scored if s.score >= NEAR_BEST * scored[0].score])[:MOST_SENTENCES]


def _names(question: str) -> set[str]:
    """Terms of words with a digit, and of words with a capital that stand within a sentence."""
    found = [(word[0], question[: word.start()].rstrip()) for word in _WORD.finditer(question)]
    return {
        term
        for word, before in found
        if any(sign.isdigit() for sign in word) or (word[0].isupper() and before and before[-1] not in ".?!")
        for term in terms(word)
    }


def _statements(text: str) -> Iterator[str]:
    """What a text says, piece by piece: its sentences, and its table rows with the names of their columns."""
    names: list[str] = []
    for start, end in sentences(text):
        sentence = text[start:end]
        cells = cells_of(sentence)
        if UNDERLINE.match(text, end):
            names = cells
        elif cells and len(cells) == len(names) and not _RULE.match(sentence):
            yield row_text(names, cells)
        elif cleaned := _clean(sentence):
            names = names if cells else []
            yield cleaned


def _clean(sentence: str) -> str:
    """A sentence as it can stand in an answer; empty for headings, rules and fences."""
    text = " ".join(sentence.split())
    if text.startswith(("#", "```", "~~~")) or _RULE.match(text):
        return ""
    return _PREFIX.sub("", text).strip().strip("|").strip()


def _without_repeats(found: list[Sentence]) -> list[Sentence]:
    kept: list[Sentence] = []
    for sentence in found:
        new = set(terms(sentence.text))
        if all(len(new & set(terms(other.text))) < 0.8 * max(1, len(new)) for other in kept):
            kept.append(sentence)
    return kept
