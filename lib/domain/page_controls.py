"""Controls: what buttons and links around a text say, on screen and on paper."""

import re

_TEXT = r"(?:page|article|document|post|topic|story|chapter|section|version)"
_SCREEN = r"(?:full|desktop|mobile|classic|regular|standard|normal|amp|non amp|web|online|print|printable)"

PRINT = re.compile(
    rf"(?:click here to |please )?print (?:(?:this|the) )?{_TEXT}(?: (?:view|preview|format))?"
    r"|(?:view |show |open )?(?:a |the )?(?:print|printable|printer friendly|print friendly)"
    rf" (?:view|preview|format|{_TEXT})(?: of (?:this|the) {_TEXT})?|printer friendly|print friendly"
    rf"|(?:go )?(?:back|return) to (?:the )?(?:original |full |main |web |online )?{_TEXT}"
    rf"|(?:view|read|see) (?:the )?(?:original|full|online) {_TEXT}(?: online)?"
    r"|(?:seite|artikel) drucken|druck(?:version|ansicht)|zuruck zum artikel|zuruck zur (?:seite|webseite)"
    r"|imprimer (?:cette page|l article|la page)|version imprimable|retour a (?:l article|la page)"
    r"|imprimir (?:esta pagina|el articulo)|version (?:imprimible|para imprimir)"
    r"|volver (?:al articulo|a la pagina)"
)
"""What leads to print views and back; folded words."""
CONTROL = re.compile(
    rf"(?:{PRINT.pattern})"
    rf"|(?:view|see|show|open|switch to|go to|visit)(?: the| this)? {_SCREEN} (?:site|website|view|{_TEXT})"
    rf"|{_SCREEN} (?:site|website|version|view)|(?:open|view|read)(?: this)? in (?:the |our )?app|get (?:the|our) app"
    rf"|share(?: this)?(?: {_TEXT})?(?: on \w+| by e ?mail| with a friend)?"
    rf"|e ?mail(?: this)?(?: {_TEXT})?(?: to a friend)?|bookmark(?: this)?(?: {_TEXT})?|save(?: this)? {_TEXT}"
    rf"|(?:save|download|export)(?: this)?(?: {_TEXT})?(?: as)?(?: a)? pdf"
    r"|tweet|follow us(?: on \w+)?|subscribe|leave a (?:comment|reply)|add a comment|copy(?: the)?(?: link)?|permalink"
    r"|print|printable|drucken|imprimer|imprimir|close(?: this)? window"
    r"|home|home ?page|menu|search|contents|table of contents|on this page|close|up|top|skip to (?:main )?content"
    r"|(?:go )?(?:back|return) to (?:the )?(?:top|home|home ?page|start|list|overview|index|contents|site|website)"
    rf"|(?:previous|prev|next|first|last|newer|older|back)(?: {_TEXT})?"
    r"|(?:read|learn|see|show|load|view) (?:more|less|all)|continue reading|log ?in|sign ?in|sign up|register"
    rf"|edit(?: this)?(?: {_TEXT})?|report(?: (?:this|a))?(?: problem)?"
    r"|zuruck|weiter|nach oben|startseite|inhalt|suche|teilen|weiterlesen|mehr lesen"
    r"|als pdf (?:speichern|herunterladen)|retour|suivant|precedent|accueil|haut de page|partager|lire la suite"
    r"|volver|siguiente|anterior|inicio|compartir|leer mas|arriba"
)
"""These, and all others; folded words. None says anything of a subject."""
