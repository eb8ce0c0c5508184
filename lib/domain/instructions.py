"""Instructions: text in a page that reads as if it were written to a language model, not to people."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lib.domain.edits import Edit
from lib.domain.instruction_phrases import OPENINGS, Phrase
from lib.domain.sentences import sentences
from lib.domain.words import fold

REMOVED = "[removed: text that reads like instructions to a model]"

_TOKEN = re.compile(r"[^\W_]+|[.!?;:|\u2026\u3002\uff01\uff1f]|\n(?=[\n#*+>-])")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff\u180e\xad]+")
_SENTENCE_WORDS = 8
"""Words before a command in which its sentence may have begun with a condition."""
_NOT_FOLLOWED = 3
"""Words before a command that are looked at for a negation."""

_MARKERS = (
    ("role-marker", re.compile(r"<\|[a-z_]{2,30}\|>|<</?SYS>>|\[/?INST\]", re.IGNORECASE)),
    ("role-marker", re.compile(r"^[ >*]{0,4}#{2,4} (?:System|Assistant|Human|Instruction)\s?:", re.MULTILINE)),
    ("hidden-text", re.compile("[\U000e0001\U000e0020-\U000e007f]{2,}")),
    ("hidden-text", re.compile("[\u200b-\u200d\u2060-\u2064\ufeff\u180e]{8,}")),
    ("hidden-text", re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")),
    ("exfiltration", re.compile(r"!\[[^\[\]\n]{0,100}\]\(https?://[^\s()]{1,300}=(?:\{|%7[Bb]|<)[^\s()]{1,100}\)")),
    ("override", re.compile("(?:忽略|无视|無視|忘记|忘記|忘れ)[^。\n]{0,12}(?:指令|指示|提示|规则|規則|命令)")),
    ("override", re.compile("(?:前|上)[^。\n]{0,8}(?:指令|指示|命令)[^。\n]{0,4}(?:無視|忘れ|忽略)")),
)
"""Signs that need no grammar. Every repetition is bounded or of one class, so that none looks back far."""
_FLAG = "\U0001f3f4"
"""A black flag: the tag characters behind it spell Scotland, and nothing secret."""
_BLOB = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}")
_BLOB_CHARS = 300
"""How far behind a request to decode the encoded text may stand."""


_BEFORE_NO_COMMAND = frozenset(
    """not never t dont cannot can could may might would who which that if when unless to without won nicht nie kann
    konnen wer n pas ne no nunca non mai""".split()
)
"""A verb behind one of these is denied, possible or told of somebody."""
_CONDITIONS = frozenset("if when unless wenn falls si quand cuando se quando".split())
"""A sentence that opens with one of these commands nothing without more."""
_TURNS = frozenset("that which who not nicht pas".split())
"""Behind one of these a sentence speaks of something else, unless the phrase asks for the word."""
_BEFORE_OF_A_COMMAND = frozenset(
    """and then now please just must should you also instead so but first always immediately kindly simply better again
    assistant ai chatbot bot model system below above step only s i want need bitte und dann jetzt sofort sie et puis
    maintenant por favor y ahora luego per ora e poi""".split()
)
"""A verb behind one of these, or behind none, is a command."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place where a text reads like instructions. Positional: there may be one for each sentence."""

    start: int
    end: int
    """Code points in the text that was searched."""
    rule: str
    """What it looks like: override, persona, prompt-leak, secrecy, output, exfiltration, encoded, address, ..."""


def find_instructions(text: str) -> list[Span]:
    """
    Find what reads like instructions to a model, in order of place; spans may overlap.

    Phrases are looked for in English and, the common ones, in German, French, Spanish, Italian, Portuguese, Dutch,
    Russian, Chinese and Japanese; then role markers of prompt formats, text hidden in invisible characters, and
    encoded text that asks to be followed. Words of a phrase may have others between them, and stand in one sentence.
    A command that is denied or conditional ("do not ignore", "you can ignore ... if") is none. Time grows with the
    length of the text alone.
    Empty: ordinary text gives []. Edge: a page about such attacks that quotes one is found too.
    Source: OWASP Top 10 for LLM applications 2025, LLM01 (prompt injection) and LLM07 (system prompt leakage).
    """
    found = {Span(hit.start(), hit.end(), rule) for rule, sign in _MARKERS for hit in sign.finditer(text)}
    found = {span for span in found if not (span.rule == "hidden-text" and text[max(0, span.start - 1)] == _FLAG)}
    visible, places = _without_invisible(text)
    for span in _phrases(visible):
        found.add(Span(places.original(span.start), places.original(span.end - 1) + 1, span.rule))
    return sorted(found)


def removals(text: str, spans: Iterable[Span]) -> list[Edit]:
    """
    The edits that take out every sentence that a span touches; a run of them leaves one note that says so.

    Headings, table rows and lines of code count as sentences. Empty: without spans there is nothing to take out.
    """
    marked = sorted(spans)
    found: list[Edit] = []
    at, is_in_run = 0, False
    for first, last in sentences(text) if marked else ():
        while at < len(marked) and marked[at].end <= first:
            at += 1
        if at == len(marked) or marked[at].start >= last:
            is_in_run = False
            continue
        goes_on = is_in_run and not text[found[-1].end : first].strip()
        start = found.pop().start if goes_on else first
        found.append(Edit(start, last, REMOVED))
        is_in_run = True
    return found


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the characters of a shortened text stood."""

    starts: list[int]
    """Offsets in the shortened text from which on more is missing."""
    missing: list[int]

    def original(self, at: int) -> int:
        index = bisect_right(self.starts, at) - 1
        return at + (self.missing[index] if index >= 0 else 0)


def _without_invisible(text: str) -> tuple[str, _Places]:
    """Take out what splits words for people's eyes only."""
    kept: list[str] = []
    places = _Places([], [])
    end = gone = 0
    for hit in _INVISIBLE.finditer(text):
        kept.append(text[end : hit.start()])
        places.starts.append(hit.start() - gone)
        gone += hit.end() - hit.start()
        places.missing.append(gone)
        end = hit.end()
    return "".join([*kept, text[end:]]), places


def _phrases(text: str) -> Iterator[Span]:
    words = [_FOLDED[piece] for piece in _TOKEN.findall(text)]
    tokens: list[re.Match[str]] = []
    for at, word in enumerate(words):
        if word not in OPENINGS:
            continue
        for phrase in OPENINGS[word]:
            last = _match(phrase, words, at)
            if last < 0 or (phrase.is_command and not _is_command(words, at)):
                continue
            tokens = tokens or list(_TOKEN.finditer(text))
            start, end = tokens[at].start(), tokens[last].end()
            if phrase.rule != "encoded" or _BLOB.search(text, end, end + _BLOB_CHARS):
                yield Span(start, end, phrase.rule)


class _Folded(dict[str, str]):
    """Words by how they are written; empty for a sign that ends a sentence. A lookup costs a tenth of a call."""

    def __missing__(self, piece: str) -> str:
        if len(self) >= _MOST_FOLDED:
            self.clear()
        found = self[piece] = fold(unicodedata.normalize("NFKC", piece)) if piece[0].isalnum() else ""
        return found


_MOST_FOLDED = 65_536
_FOLDED = _Folded()


def _match(phrase: Phrase, words: list[str], at: int) -> int:
    """The last word of a phrase that opens at a word; -1 if it is not there."""
    end = at + len(phrase.opening)
    if tuple(words[at:end]) != phrase.opening:
        return -1
    near = words[end : end + phrase.window]
    if any(need.isdisjoint(near) for need in phrase.needs):
        return -1
    missing = list(phrase.needs)
    for index, word in enumerate(near, end):
        met = next((need for need in missing if word in need), None)
        if met is not None:
            missing.remove(met)
            if not missing:
                return index
        elif word in _TURNS or not (word or phrase.crosses):
            return -1
    return -1 if missing else end - 1


def _is_command(words: list[str], at: int) -> bool:
    """Say whether a verb is meant as one: told to the reader, not denied, not on a condition, not told of others."""
    before = words[max(0, at - _SENTENCE_WORDS) : at]
    before = before[len(before) - before[::-1].index("") :] if "" in before else before
    if not before:
        return True
    is_denied = not _BEFORE_NO_COMMAND.isdisjoint(before[-_NOT_FOLLOWED:]) or before[0] in _CONDITIONS
    return not is_denied and before[-1] in _BEFORE_OF_A_COMMAND
