"""The words of furniture: tables of what counters, dates of making, print views and advertisements say."""

import re

MONTHS = frozenset(
    """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec januar februar marz mai juni juli oktober dezember
    janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    """.split()
)
WEEKDAYS = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
    montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miercoles jueves viernes sabado domingo
    """.split()
)
DAYS = frozenset("today yesterday heute gestern hoy ayer".split())
DATE_WORDS = frozenset(
    """
    at on the of am pm a m p utc gmt cet cest est edt pst pdt bst z t time um uhr den der le la les h er el de del las
    """.split()
)
BY = frozenset("by using with von par por".split())

_PAGE = r"(?:page|article|document|documentation|post|site|website|web ?page|file|entry|topic|manual|guide|report)"
_DONE = r"(?:updated|modified|changed|edited|revised|reviewed|refreshed|saved|generated|built|rendered|compiled|synced)"
_PRINTED = r"(?:printed|printed out)"
_LABEL = (
    rf"(?:(?:(?:this|the) )?{_PAGE} )?(?:was |is |has been )?last {_DONE}(?: on| at)?"
    rf"|(?:(?:this|the) )?{_PAGE} (?:was |is |has been )?(?:automatically |auto )?{_DONE}(?: on| at)?"
    rf"|(?:(?:this|the) )?{_PAGE} (?:was |is )?{_PRINTED}(?: on| at)?"
    r"|(?:auto ?|automatically )?generated(?: on| at)?|(?:updated|modified|edited|rendered|posted)(?: on| at)?"
    r"|last (?:update|modification|change|edit|revision|review|build|posted|sync|refresh)(?: on| at)?"
    r"|(?:last )?(?:build|generation|modification|compilation|export|print|printing) (?:date|time|timestamp)"
    r"|date (?:of )?(?:(?:the )?(?:last )?(?:update|modification|generation|build|printing)|last updated|last modified"
    r"|updated|modified|generated|built|printed)"
    rf"|{_PRINTED}(?: on| at)?"
    r"|(?:current (?:time|date|date and time)|server time|local time|today s date)(?: is)?|the time is now|it is now"
    r"|today is|(?:built|compiled)(?: on| at)?"
    r"|zuletzt (?:aktualisiert|geandert|bearbeitet)(?: am)?|letzte (?:aktualisierung|anderung|bearbeitung)(?: am)?"
    r"|aktualisiert(?: am)?|stand|(?:generiert|erzeugt|gedruckt|ausgedruckt) am|druckdatum"
    r"|aktuelle (?:uhrzeit|zeit)|serverzeit|heute ist"
    r"|derniere (?:mise a jour|modification)(?: le)?|mise? a jour(?: le)?|modifie le|genere le|page generee le"
    r"|imprime le|date d impression|heure actuelle|nous sommes le"
    r"|ultima (?:actualizacion|modificacion)(?: el)?|actualizado(?: el)?|modificado el|generado el|pagina generada el"
    r"|impreso el|fecha de impresion|hora actual|hoy es"
)
LABEL = re.compile(rf"(?:{_LABEL})(?= |$)")
"""What stands before a date of making; folded words."""
IS_TIMED = re.compile(r"(?:built|compiled)(?: \w\w)?")
"""Houses are built, too, but not at a time of day."""
IS_CLOCK = re.compile(r"today is|heute ist|hoy es|nous sommes le")
IS_LAST = re.compile(r"\b(?:last|date|zuletzt|letzte|derniere|ultima)\b")
IS_MADE = re.compile(r".*(?:generated|built|rendered|compiled|generiert|erzeugt|genere)(?: \w\w)?")

_UNIT = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|mo|months?|y|yrs?|years?)"
_SOME = r"(?:about |over |almost |nearly |around |more than |less than )"
_AGO = (
    rf"{_SOME}?(?:\d+ ?|an? |one |a few |several ){_UNIT} ago|just now|a moment ago|moments ago|yesterday"
    r"|vor (?:\d+|eine[rmn]?) (?:sekunden?|minuten?|stunden?|tag(?:en)?|wochen?|monat(?:en)?|jahr(?:en)?)"
    r"|il y a (?:\d+|une?) (?:secondes?|minutes?|heures?|jours?|semaines?|mois|ans?)"
    r"|hace (?:\d+|una?) (?:segundos?|minutos?|horas?|dias?|semanas?|mes(?:es)?|anos?)"
)
_POSTED = (
    r"(?:(?:last )?(?:posted|published|updated|edited|modified|seen|active|answered|asked|commented|replied)"
    r"|veroffentlicht|aktualisiert|bearbeitet|publie|mis a jour|modifie|publicado|actualizado|modificado)"
)
AGO = re.compile(rf"(?:{_POSTED} )?(?:{_AGO})")

_MANY = (
    r"(?:total |unique |all time |today s )?(?:views|page ?views|hits|page hits|downloads|visits|visitors|followers"
    r"|comments|likes|(?:users|guests|members|readers|visitors)(?: currently)? online|online (?:users|guests|members)"
    r"|kommentare|aufrufe|seitenaufrufe|zugriffe|besucher|commentaires|vues|visites|visiteurs|telechargements"
    r"|comentarios|vistas|visitas|descargas|visitantes)"
)
_ONES = (
    r"(?:total |unique )?(?:views?|page ?views?|hits?|downloads?|visits?|visitors?|followers?|comments?|repl(?:y|ies)"
    r"|likes?|shares?|reactions?|aufrufe?|seitenaufrufe?|zugriffe?|kommentare?|antworten|besucher|vues?|visites?"
    r"|visiteurs?|telechargements?|commentaires?|reponses?|vistas?|visitas?|descargas?|visitantes?|comentarios?"
    r"|respuestas?)"
)
_SPAN = r"(?: today| yesterday| online| online now| so far| in total| total| this (?:week|month|year)| heute| gesamt)?"
_PEOPLE = r"(?:N|no|one) (?:users?|guests?|visitors?|members?|people|readers?|robots?)"
_COUNT = (
    rf"(?:{_MANY}{_SPAN} N(?: times)?|(?:bisher )?N {_ONES}{_SPAN}"
    r"|(?:visitor|hit|view|visit|download|comment) count(?:er)? N)"
)
_SEEN = (
    r"(?:viewed|visited|accessed|downloaded|shared)(?: already)? N times?(?: today| so far)?"
    r"|liked by N (?:people|users|readers|members)"
    rf"|(?:this|the) {_PAGE} (?:has been |was )?(?:viewed|visited|accessed|downloaded|read|shared) N times?(?: so far)?"
    r"|(?:bisher )?N mal (?:gelesen|angesehen|aufgerufen|angezeigt)|(?:vu|lu|consulte) N fois|(?:visto|leido) N veces"
)
COUNTER = re.compile(
    rf"{_COUNT}(?: (?:and )?{_COUNT})*|{_SEEN}"
    r"|(?:view|show|see|read|load)(?: all)? N(?: more)? (?:comments?|replies)|no comments yet"
    rf"|(?:(?:there (?:are|is)|we have) )?(?:currently )?{_PEOPLE}(?: and {_PEOPLE})?(?: (?:are|is))?"
    rf"(?: currently| now)? (?:online|browsing this (?:page|forum)|viewing this {_PAGE})(?: now| right now)?"
    rf"|{_PEOPLE} (?:are |is )?(?:currently )?(?:reading|viewing|watching) this(?: {_PAGE})?(?: now| right now)?"
    rf"|(?:currently |now )?online {_PEOPLE}"
    r"|N people (?:like|liked|found|read|shared) this(?: page| article| post)?"
    r"|(?:N (?:out )?of )?N (?:people |users |readers |customers )?found this (?:page |article |answer )?"
    r"(?:helpful|useful)"
    r"|N min(?:utes?)? read|(?:you are )?(?:the )?visitor (?:number |no |nr )?N"
    r"|sie sind (?:der )?besucher (?:nummer|nr) N|N personen gefallt das"
    r"|vous etes le visiteur (?:numero|n|no) N|N personnes aiment ca"
    r"|(?:usted es|eres) el visitante (?:numero|n|no) N|(?:a )?N personas les gusta esto"
)
"""Whole lines, folded, with N for each number."""
DISCUSSION = re.compile(
    r"N (?:comments?|repl(?:y|ies)|kommentare?|antworten|commentaires?|reponses?|comentarios?|respuestas?)"
    r"|(?:comments|kommentare|commentaires|comentarios) N"
)
"""Headings that count."""

_TOOLS = (
    "asciidoctor|docbook|docfx|docusaurus|docutils|dokka|doxygen|epydoc|gitbook|godoc|gtk doc|haddock|hevea|hugo"
    "|javadoc|jekyll|jsdoc|latex2html|makeinfo|mandoc|mkdocs|ocamldoc|pandoc|pdoc|perldoc|phpdocumentor|pod2html|rdoc"
    "|rustdoc|sphinx|tex4ht|texi2html|typedoc|valadoc|yard|yelp"
)
MADE = re.compile(
    rf"(?:this )?(?:{_PAGE} )?(?:was |is )?(?:rendered|generated|loaded|created|served|built) in"
    r" N (?:ms|s|secs?|(?:milli)?seconds?)(?: (?:(?:with|using|and) )?N (?:sql |database |db )?queries)?"
    r"|(?:diese )?seite (?:wurde )?in N (?:ms|s|sek|sekunden?) (?:geladen|erzeugt|generiert|erstellt)"
    r"|(?:cette )?page (?:generee|chargee|affichee) en N (?:ms|s|sec|secondes?)"
    r"|(?:esta )?pagina (?:generada|cargada|creada) en N (?:ms|s|seg|segundos?)"
    rf"|(?:{_PAGE} )?(?:generated|created|built|made|produced) (?:automatically )?(?:by|using|with)"
    rf" (?:the )?(?:{_TOOLS})(?: version)?(?: [\dN]\w*)*"
    r"|page N of N|seite N von N|page N sur N|pagina N de N"
)
"""How long it took, with what, and page numbers on paper; folded words with N for each number."""
AD = re.compile(
    r"advertisements?|ads?|sponsored(?: content| posts?| links?)?|promoted|anzeigen?|werbung|gesponsert|publicite"
    r"|annonce|sponsorise|contenu sponsorise|publicidad|anuncio|patrocinado|contenido patrocinado"
    r"|advertisement (?:continue reading below|scroll to continue)|(?:article|story) continues below(?: advertisement)?"
)
OPENS_AD = re.compile(r"advertisements?|sponsored(?: content| posts?| links?)?|promoted|werbung|publicite|publicidad")
"""Labels of advertisements that mean nothing else; what is linked right behind them belongs to them."""

ADDRESSED = re.compile(
    rf"(?:(?:this|the) {_PAGE} (?:was |is )?)?{_PRINTED} from (?:(?:the|our) (?:website|web site|site) )?(?:at )?U"
    r"|page url U|url of this (?:page|article|document) U|perma ?link U|permanent link U"
    r"|(?:gedruckt|ausgedruckt) von U|imprime (?:de|depuis) U|impreso desde U"
)
"""What names an address as that of the page; folded words with U for it."""
