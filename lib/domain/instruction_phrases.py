"""The phrases by which text addresses a model: a table, and what it says."""

from collections import defaultdict
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Phrase:
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


def _by_first_word(table: str) -> dict[str, list[Phrase]]:
    found: defaultdict[str, list[Phrase]] = defaultdict(list)
    for line in table.strip().splitlines():
        rule, openings, needs, window, flags = (part.strip() for part in line.split("|"))
        sets = tuple(frozenset(need.split()) for need in needs.split("/") if need.strip())
        for opening in (tuple(words.split()) for words in openings.split(",")):
            phrase = Phrase(rule, opening, sets, int(window), "command" in flags, "crosses" in flags)
            found[opening[0]].append(phrase)
    return dict(found)


OPENINGS = _by_first_word(_TABLE)
