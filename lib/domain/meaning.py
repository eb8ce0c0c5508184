"""Meaning: a page's text without what changes while nothing changes, and fingerprints of it."""

import hashlib
import re
import unicodedata

from lib.domain.blocks import blocks
from lib.domain.words import words

FEWEST_WORDS = 25
"""A text of fewer words says too little to call two pages the same."""
_LINE_OF_PROSE = 6
"""Words from which on a paragraph counts as prose: labels and buttons are shorter."""
_LONGEST_FURNITURE = 200
"""Characters of a line that may be furniture."""

_ESCAPES = re.compile(r"(?<!\\)\\++(?=[!-/:-@\[\]^-`{-~])")
_QUOTES = str.maketrans(
    "\u2018\u2019\u201a\u201b\u2039\u203a\u201c\u201d\u201e\u201f\u00ab\u00bb", "''''''\"\"\"\"\"\""
)
# Letters, digits, the vowel signs of scripts that have them, and the signs that change what a number says.
_WORD = re.compile(
    "(?:[^\\W_]|[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0980-\u0e2e\u0e30-\u0e4e\u0e80-\u1fff\ua8e0-\uabff])+|[$€£¥₹%‰]"
)
_PARTS = re.compile(r"[|·•‧]")
_DECORATION = re.compile(r"^[\s#>*_+-]+|[\s*_]+$")

_AGO_EN = r"(?:#|an?) (?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?) ago"
_AGO = (
    rf"(?:{_AGO_EN}|just now|yesterday"
    r"|vor (?:#|eine[rmn]?) (?:sekunden?|minuten?|stunden?|tag(?:en)?|wochen?|monat(?:en)?|jahr(?:en)?)"
    r"|il y a (?:#|une?) (?:secondes?|minutes?|heures?|jours?|semaines?|mois|ans?)"
    r"|hace (?:#|una?) (?:segundos?|minutos?|horas?|dias?|semanas?|mes(?:es)?|anos?))"
)
_POSTED = (
    r"(?:(?:last )?(?:posted|published|updated|edited|modified|seen|active|answered|asked)|veroffentlicht|aktualisiert"
    r"|bearbeitet|publie|mis a jour|modifie|publicado|actualizado|modificado)"
)
_COUNTED = (
    r"views?|comments?|replies|reply|likes?|shares?|reactions?|page views|people (?:like|liked|found|read) this"
    r"|people found this helpful|users online|visitors(?: online| today)?|min(?:utes?)? read"
    r"|aufrufe?|kommentare?|antworten|besucher(?: online)?|personen gefallt das"
    r"|vues?|commentaires?|reponses?|visiteurs|personnes aiment ca"
    r"|vistas?|visitas|comentarios?|respuestas?|visitantes|personas les gusta esto"
)
_FORMS = re.compile(
    rf"(?:{_POSTED} )?{_AGO}"
    rf"|# (?:{_COUNTED})|(?:views|page views|comments|kommentare|aufrufe|commentaires|vues|comentarios|visitas) #"
    r"|a # personas les gusta esto"
    r"|(?:this )?(?:page )?(?:was )?(?:rendered|generated|loaded|created|served) in # (?:ms|s|sec|(?:milli)?seconds?)"
    r"|(?:diese )?seite (?:wurde )?in # (?:ms|s|sek|sekunden?) (?:geladen|erzeugt|generiert|erstellt)"
    r"|(?:cette )?page (?:generee|chargee|affichee) en # (?:ms|s|sec|secondes?)"
    r"|(?:esta )?pagina (?:generada|cargada|creada) en # (?:ms|s|seg|segundos?)"
    r"|(?:you are )?(?:the )?visitor (?:number|no|nr)? ?#|sie sind (?:der )?besucher (?:nummer|nr) #"
    r"|vous etes le visiteur (?:numero|n|no) #|(?:usted es|eres) el visitante (?:numero|n|no) #"
    r"|advertisements?|ads?|sponsored(?: content| post)?|promoted|anzeigen?|werbung|gesponsert|publicite|annonce"
    r"|sponsorise|contenu sponsorise|publicidad|anuncio|patrocinado|contenido patrocinado"
)
"""Whole lines, folded, with # for every run of numbers."""

_DATED = tuple(
    """
    last updated|last updated on|last update|updated|updated on|last modified|last modified on|last changed|last edited
    last edited on|page last updated|page last modified|this page was last updated|this page was last updated on
    this page was last edited on|this page was last modified|this page was last modified on|last reviewed|generated
    generated on|generated at|page generated|page generated on|this page was generated on|rendered on|rendered at
    current time|current date|current date and time|server time|local time|the time is now|today is|posted|last posted
    zuletzt aktualisiert|zuletzt aktualisiert am|letzte aktualisierung|letzte anderung|zuletzt geandert
    zuletzt geandert am|zuletzt bearbeitet am|aktualisiert|aktualisiert am|stand|generiert am|erzeugt am
    aktuelle uhrzeit|aktuelle zeit|serverzeit|heute ist
    derniere mise a jour|derniere mise a jour le|mis a jour|mis a jour le|mise a jour le|derniere modification
    derniere modification le|modifie le|genere le|page generee le|heure actuelle|nous sommes le
    ultima actualizacion|ultima actualizacion el|actualizado|actualizado el|ultima modificacion|modificado el
    generado el|pagina generada el|hora actual|hoy es
    """.replace("\n", "|").split("|")
)
_DATE_LABELS = frozenset(" ".join(label.split()) for label in _DATED) - {""}
_LONGEST_LABEL = 6
_DATE_WORDS = frozenset(
    """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
    mon tue wed thu fri sat sun at on the of am pm a m p utc gmt cet cest est edt pst pdt bst z t today yesterday
    januar februar marz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag
    um uhr den der
    janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi vendredi
    samedi dimanche le la les h er
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes miercoles
    jueves viernes sabado domingo el de del las
    """.split()
)
_DATE_NUMBER = re.compile(r"\d{1,4}(?:st|nd|rd|th|h|er|am|pm|z|utc)?|\d{1,2}t\d{1,2}|\d{8}(?:t\d{6}z?)?|\d{6}z?")
_HAS_DIGIT = re.compile(r"\d")
_NUMBERS = re.compile(r"(?<!\S)\d+[kmb]?(?: \d+[kmb]?)*(?!\S)")

_COPYRIGHT = re.compile(r"(?:copyright )?(?:©|\(c\))(?: copyright)? ?.{0,40}?(?:19|20)\d\d\b", re.IGNORECASE)
_COPYRIGHT_WORDS = 14

_ID = re.compile(
    r"(?:build|request|session|trace|correlation|incident|transaction|cloudflare ray|ray|csrf|anfrage|sitzungs?)?"
    r"[ -]?(?:id|nonce|token|number|nummer|hash|build|build id|id de (?:requete|session|sesion|solicitud))"
    r"(?: ?[:=#] ?| )(?P<id>[0-9a-z][0-9a-z-]{3,79})(?:\.\.\.|…)?",
    re.IGNORECASE,
)
_CODE_FENCE = ("```", "~~~")


def meaning(text: str) -> str:
    """
    Leave out the lines that consist of furniture only, and write the others in one way.

    Furniture: when a page was updated, generated or posted, counters of views, comments and likes, render times, the
    copyright line, the current time, labels of advertisements, ids of builds, requests and sessions; in English,
    German, French and Spanish. Several on one line, between `|` or `·`, are furniture too, and so is a label whose
    date stands on the next line. Beside anything else, in a sentence that goes on in the next line, in a table row
    or in code, they stay: there a date or number may be what the page is about.
    Blanks, Markdown escapes and quotation marks come in one form. Idempotent. Empty: furniture alone gives "".
    """
    lines = [_normal(line) for line in unicodedata.normalize("NFC", text).replace("\r", "\n").split("\n")]
    kept: list[str] = []  # from the last line to the first: a line is judged by what is kept behind it
    for line, is_code in reversed(list(zip(lines, _code(lines), strict=True))):
        if not line:
            if kept and kept[-1]:
                kept.append("")
        elif is_code or not _is_left_out(line, kept):
            kept.append(line)
    return "\n".join(reversed(kept)).strip("\n")


def fingerprint(title: str, said: str) -> str:
    """
    Name what a page says, so that a print view and a variant of an address have the same name.

    title: counts only if the text has no heading of its own: print views change it. said: its `meaning`. 32 hexadecimal
    digits of SHA-256 over the words of headings, list items, table rows, code, and of paragraphs that have at least six
    words or a digit; case and signs do not count, but for percent and currencies.
    Edge: "" for fewer than FEWEST_WORDS words.
    """
    kept: list[str] = []
    has_heading = False
    for block in blocks(said):
        found = _words(said[block.start : block.end])
        has_heading = has_heading or block.kind == "heading"
        if block.kind != "paragraph" or len(found) >= _LINE_OF_PROSE or any(map(_HAS_DIGIT.search, found)):
            kept += found
    heading = [] if has_heading else _words(title)
    return _hash(" ".join(heading), " ".join(kept)) if len(kept) >= FEWEST_WORDS else ""


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _normal(line: str) -> str:
    return " ".join(_ESCAPES.sub("", line.translate(_QUOTES)).split())


def _code(lines: list[str]) -> list[bool]:
    """Which lines are code or its fences."""
    found: list[bool] = []
    fence = ""
    for line in lines:
        opened = line[:3] if line.startswith(_CODE_FENCE) else ""
        found.append(bool(fence or opened))
        if not fence:
            fence = opened
        elif opened == fence and not line.strip(fence[0]):
            fence = ""
    return found


def _is_left_out(line: str, behind: list[str]) -> bool:
    """Say whether a line is furniture; a date that belongs to its label goes with it."""
    if len(line) > _LONGEST_FURNITURE or line.startswith("|"):
        return False
    following = behind[-1] if behind else ""
    if following[:1].islower():
        return False
    parts = [part for part in (_DECORATION.sub("", part) for part in _PARTS.split(line)) if part]
    if not parts:
        return False
    if " ".join(words(line)) in _DATE_LABELS:
        at = -1 if following else -2
        if len(behind) >= -at and _is_date(words(behind[at])):
            del behind[at:]
            return True
        return False
    return all(_is_furniture(part) for part in parts)


def _is_furniture(part: str) -> bool:
    found = words(part)
    if not found:
        return False
    if _FORMS.fullmatch(_NUMBERS.sub("#", " ".join(found))):
        return True
    for length in range(1, min(_LONGEST_LABEL, len(found) - 1) + 1):
        if " ".join(found[:length]) in _DATE_LABELS and _is_date(found[length:]):
            return True
    if len(found) <= _COPYRIGHT_WORDS and _COPYRIGHT.match(part):
        return True
    named = _ID.fullmatch(part)
    return bool(named and _HAS_DIGIT.search(named["id"]) and re.search("[a-zA-Z]", named["id"]))


def _is_date(found: list[str]) -> bool:
    has_number = any(_HAS_DIGIT.search(word) for word in found) or found in (["today"], ["yesterday"])
    return has_number and all(word in _DATE_WORDS or _DATE_NUMBER.fullmatch(word) for word in found)
