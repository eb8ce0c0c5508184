"""Instructions: text in a page that reads as if it were written to a language model, not to people."""

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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

_INSTRUCTIONS = "instruction instructions prompt prompts directive directives directions guardrails programming"
_RULES = f"{_INSTRUCTIONS} rules guidelines commands orders constraints restrictions"
_EARLIER = "previous prior above earlier preceding foregoing former initial original your system"
_MODEL = "ai ki ia llm gpt chatbot assistant assistants assistent asistente assistente chatgpt copilot"
_PERSONA = f"{_MODEL} dan unrestricted unfiltered uncensored jailbroken uneingeschrankter uneingeschrankt"
_ASKED = "recommend say rank include ignore disregard praise rate write give output"
_STORE = "conversation conversations history transcript prompt prompts secrets memory"
_GERMAN = "anweisungen anweisung instruktionen befehle regeln vorgaben"
_GERMAN_EARLIER = "vorherigen bisherigen obigen alle allen vorigen fruheren vorangegangenen deine ihre"
_FRENCH = "instructions consignes directives regles"
_FRENCH_EARLIER = "precedentes precedente dessus anterieures tes toutes vos"
_SPANISH = "instrucciones ordenes reglas indicaciones instrucoes regras"
_SPANISH_EARLIER = "anteriores previas arriba todas tus as"
_ITALIAN = "istruzioni regole direttive"
_ITALIAN_EARLIER = "precedenti sopra tutte tue"

_TABLE = f"""
override | ignore, disregard, forget, override, bypass, overlook, neglect | {_EARLIER} / {_RULES} | 7 | command
override | ignore, disregard, forget, override, bypass | all any every / {_INSTRUCTIONS} | 6 | command
override | ignore, disregard, forget | everything anything / above before told previously said learned | 7 | command
override | disregard all, ignore all, disregard everything | above | 3 | command
override | stop following, do not follow, must not follow | your original earlier previous / {_RULES} | 8 |
override | bypass, disable, circumvent | your / filter filters guidelines guardrails restrictions policy | 5 | command
override | suspend | your / filter filters guidelines guardrails restrictions policy | 5 | command
override | content policy is, safety policy is | suspended disabled off void | 3 |
override | no longer bound, not bound | your the / {_RULES} policy policies | 5 |
override | system override, instruction override |  | 0 |
override | ignoriere, ignorieren, vergiss, vergessen, missachte | {_GERMAN_EARLIER} / {_GERMAN} | 6 | command
override | ignore, ignorez, oublie, oubliez | {_FRENCH_EARLIER} / {_FRENCH} | 7 | command
override | ignora, ignore, ignorad, olvida, olvide, esqueca | {_SPANISH_EARLIER} / {_SPANISH} | 7 | command
override | ignora, ignorate, dimentica, dimenticate | {_ITALIAN_EARLIER} / {_ITALIAN} | 6 | command
override | negeer, vergeet | alle vorige eerdere bovenstaande / instructies opdrachten regels | 5 | command
override | игнорируи, игнорируите, забудь, забудьте | все предыдущие прежние / инструкции указания правила | 5 | command
persona | you are now, you re now | {_PERSONA} evil hacker | 4 |
persona | you are now in, you are in, you re now in | developer dan god debug jailbreak unrestricted / mode | 3 |
persona | du bist jetzt, du bist nun, du bist ab sofort, sie sind jetzt | {_PERSONA} | 4 |
persona | tu es maintenant, tu es desormais, vous etes maintenant, ahora eres, a partir de ahora eres | {_PERSONA} | 4 |
persona | ora sei, adesso sei, da ora sei | {_PERSONA} | 4 |
persona | act as, behave as, roleplay as, pretend to be, pretend you are, simulate | {_PERSONA} | 4 | command
persona | enter, activate, enable, switch to | dan god jailbreak unrestricted / mode | 4 | command
persona | from now on you, from this point on you | answer respond reply speak act behave / as only with in | 5 |
prompt-leak | reveal, print, show, repeat, output | system initial hidden secret original your / prompt | 7 | command
prompt-leak | display, tell, disclose, leak | system initial hidden secret original your / prompt | 7 | command
prompt-leak | reveal, print, repeat, output, display | hidden secret system your / instructions | 5 | command
prompt-leak | disclose, leak | hidden secret system your / instructions | 5 | command
prompt-leak | repeat, print, output | above / text words everything / verbatim exactly word | 8 | command
prompt-leak | zeige, gib, verrate, nenne | systemprompt systemanweisung systemanweisungen | 6 | command
prompt-leak | affiche, revele, montre, repete, muestra, revela | prompt / systeme sistema tu tuo ton | 6 | command
prompt-leak | repite, mostra, rivela | prompt / systeme sistema tu tuo ton | 6 | command
secrecy | do not tell, don t tell, do not inform, don t inform, never tell | user / about this that these of | 6 |
secrecy | do not alert | user / about this that these of | 6 |
secrecy | do not mention, don t mention, never mention, never reveal | this these that instructions / user | 7 |
secrecy | do not reveal, don t reveal | this these that instructions / user | 7 |
secrecy | don t let, do not let | user / know | 3 |
secrecy | this without | informing telling notifying alerting / user | 4 |
secrecy | sag, sage, sagen sie, verrate | nutzer benutzer anwender / nichts nicht | 5 |
secrecy | ne dis, ne dites | utilisateur | 7 |
secrecy | no le digas, no digas, no informes | usuario | 6 |
secrecy | non dire, non rivelare | utente | 6 |
output | respond only with, reply only with | word phrase sentence text yes no ok following | 4 | command
output | answer only with, only respond with | word phrase sentence text yes no ok following | 4 | command
output | only reply with, respond exclusively with | word phrase sentence text yes no ok following | 4 | command
exfiltration | send, forward, post, upload, transmit, submit, append | {_STORE} / http https | 20 | command crosses
exfiltration | exfiltrate, leak | {_STORE} / http https | 20 | command crosses
encoded | decode, decrypt, base64, rot13 | follow obey execute comply | 12 | crosses
address | if you are an ai, if you are an llm | stop ignore praise recommend say include write add must | 12 | crosses
address | if you are a language model | stop ignore praise recommend say include write add must | 12 | crosses
address | if you re an ai, if you are a chatbot | stop ignore praise recommend say include write add must | 12 | crosses
address | new instruction, new instructions, updated instructions | only always never ignore | 3 | command crosses
address | note to, attention, message to, dear, hey | {_MODEL} / {_ASKED} | 8 | crosses
address | whenever you, when you | summarise summarize translate / page document text / include add mention say | 10 |
address | ai agents, ai assistants | reading summarizing summarising processing / must should | 5 |
address | ai models, llms, language models, assistants | reading summarizing summarising processing / must should | 5 |
address | as an ai you must, as a language model you must, as an assistant you must |  | 0 |
address | your new instructions are, your real task is, your actual task is, your true task is |  | 0 |
address | your real goal is, your new objective is, your only task is, your instructions are now |  | 0 |
"""
"""rule | openings, by commas | needs, by slashes | window | flags"""


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


def neutralise(text: str, spans: Iterable[Span]) -> str:
    """
    Take out every sentence that a span touches; a run of them leaves one note that says so.

    Headings, table rows and lines of code count as sentences. Without spans the text is returned as it is.
    """
    marked = sorted(spans)
    if not marked:
        return text
    pieces: list[str] = []
    end, at, is_in_run = 0, 0, False
    for first, last in sentences(text):
        while at < len(marked) and marked[at].end <= first:
            at += 1
        if at == len(marked) or marked[at].start >= last:
            is_in_run = False
            continue
        if not (is_in_run and not text[end:first].strip()):
            pieces += [text[end:first], REMOVED]
        end, is_in_run = last, True
    return "".join([*pieces, text[end:]])


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


@dataclass(frozen=True, slots=True)
class _Phrase:
    """An opening, word by word, and needs: sets of words of which each must have one, in any order, in the window."""

    rule: str
    opening: tuple[str, ...]
    needs: tuple[frozenset[str], ...]
    window: int
    """Words after the opening."""
    is_command: bool
    """Whether the opening must be a command to the reader to count."""
    crosses: bool
    """Whether the needs may stand behind the end of the sentence or a colon."""


def _by_first_word(table: str) -> dict[str, list[_Phrase]]:
    found: defaultdict[str, list[_Phrase]] = defaultdict(list)
    for line in table.strip().splitlines():
        rule, openings, needs, window, flags = (part.strip() for part in line.split("|"))
        sets = tuple(frozenset(need.split()) for need in needs.split("/") if need.strip())
        for opening in (tuple(words.split()) for words in openings.split(",")):
            phrase = _Phrase(rule, opening, sets, int(window), "command" in flags, "crosses" in flags)
            found[opening[0]].append(phrase)
    return dict(found)


_OPENINGS = _by_first_word(_TABLE)


def _phrases(text: str) -> Iterator[Span]:
    words = [_FOLDED[piece] for piece in _TOKEN.findall(text)]
    tokens: list[re.Match[str]] = []
    for at, word in enumerate(words):
        if word not in _OPENINGS:
            continue
        for phrase in _OPENINGS[word]:
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


def _match(phrase: _Phrase, words: list[str], at: int) -> int:
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
