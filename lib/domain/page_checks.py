"""Page checks: whether a fetched page is what it claims to be, or a wall, an error or a ruin in its place."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from lib.domain.pages import Page
from lib.domain.words import words

Rule = Literal["login", "captcha", "consent", "error-page", "lost-text"]

SAME_PAGE = 0.5
"""A page that still has this share of the former word triples is that page, whatever else it says."""
LOST = 0.3
"""A page that has less than this share of the former words has lost its text."""
FEWEST_BEFORE = 100
"""Words that a text must have had before it can be lost: shorter ones change as a whole."""
_REPLACED = 0.02
"""Below this share of word triples nothing of the former text is there: two texts on one subject share more."""
_OPENING = 30
"""Words at the head of a text in which an error or a wall says what it is."""
_JUDGED_CHARS = 20_000
"""Of a new page: more are an article in any case."""
_LONGEST = 250
"""Words from which on a page is an article about walls or errors, not one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Why a page should not replace what is known of it."""

    rule: Rule
    reason: str
    """One sentence for the people who look after the source."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """What a page of one kind says. Phrases are folded words."""

    rule: Rule
    phrases: tuple[str, ...]
    titles: tuple[str, ...]
    """Whole titles, or the part before the site's name."""
    most_words: int
    """Of a page that was another one before."""
    most_words_if_new: int
    """Of a page that nobody knows; 0: never."""
    what: str


def _list(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.replace("\n", "|").split("|") if phrase.strip())


_CAPTCHA = _Sign(
    "captcha",
    _list("""
    verify you are human|verify that you are human|verifying you are human|verify you are not a robot
    prove you are human|confirm you are human|confirm that you are human|confirm you are a human
    confirm you are not a robot|i am not a robot|i m not a robot|are you a robot|checking your browser
    checking if the site connection is secure|needs to review the security of your connection
    enable javascript and cookies to continue|complete the security check to access|complete the captcha
    solve the captcha|performing security verification|unusual traffic from your computer network|ddos protection by
    please enable js and disable any ad blocker|request unsuccessful incapsula incident id|pardon our interruption
    press hold to confirm|made us think you were a bot|made us think that you are a bot|cloudflare ray id
    access denied you don t have permission to access|protected by recaptcha|hcaptcha challenge
    bestatigen sie dass sie ein mensch sind|ich bin kein roboter|sicherheitsuberprufung wird durchgefuhrt
    verifiez que vous etes humain|verifier que vous etes humain|je ne suis pas un robot|confirmez que vous etes humain
    verifique que es un ser humano|verifica que eres humano|no soy un robot|verifique que usted es humano
    verifica di essere umano|conferma di essere umano|non sono un robot|verifica che sei umano
    """),
    _list("""
    just a moment|attention required|robot or human|human verification|security check|ddos guard|are you human
    pardon our interruption|captcha|nur einen moment|un instant|einen moment bitte|un momento|solo un momento
    """),
    120,
    60,
    "asks visitors to prove that they are human",
)
_ERROR = _Sign(
    "error-page",
    _list("""
    404 not found|error 404|404 error|page not found|page cannot be found|page can t be found|page could not be found
    page you are looking for|page you requested|page doesn t exist|page does not exist|internal server error
    500 server error|service unavailable|service temporarily unavailable|bad gateway|gateway timeout|gateway time out
    down for maintenance|under maintenance|undergoing maintenance|maintenance mode|we will be back soon
    error establishing a database connection|database error|could not connect to the database|sqlstate
    account suspended|account has been suspended|this domain is for sale|domain may be for sale|buy this domain
    domain has expired|domain is parked|something went wrong|an unexpected error|application error
    seite nicht gefunden|seite wurde nicht gefunden|seite existiert nicht|fehler 404|interner serverfehler
    dienst nicht verfugbar|wartungsarbeiten|wegen wartung|diese domain steht zum verkauf|ein fehler ist aufgetreten
    page introuvable|page non trouvee|page n existe pas|erreur 404|erreur interne du serveur|service indisponible
    maintenance en cours|site en maintenance|ce domaine est a vendre|une erreur est survenue
    pagina no encontrada|pagina no existe|error interno del servidor|servicio no disponible|en mantenimiento
    este dominio esta en venta|ha ocurrido un error|se ha producido un error
    pagina non trovata|pagina non esiste|errore 404|errore interno del server|servizio non disponibile|in manutenzione
    questo dominio e in vendita|si e verificato un errore
    """),
    _list("""
    404|403|500|502|503|not found|error|maintenance|site maintenance|forbidden|403 forbidden|server error
    504 gateway time out|wartung|wartungsmodus|fehler|erreur|mantenimiento|manutenzione|errore
    """),
    150,
    40,
    "is an error page",
)
_LOGIN = _Sign(
    "login",
    _list("""
    sign in to continue|log in to continue|login to continue|please log in|please sign in|please login
    you must be logged in|you must log in|you need to log in|you need to sign in|you need to be logged in
    sign in to your account|log in to your account|login required|authentication required|sign in to view
    log in to view|sign in with your|log in with your|forgot your password|forgot password|your session has expired
    enter your username and password|enter your email and password
    bitte melden sie sich an|bitte loggen sie sich ein|bitte anmelden|sie mussen sich anmelden
    sie mussen angemeldet sein|passwort vergessen|kennwort vergessen|melden sie sich an um
    veuillez vous connecter|connectez vous pour|vous devez etre connecte|mot de passe oublie|identifiez vous
    inicia sesion para|inicie sesion para|debe iniciar sesion|debes iniciar sesion|olvidado su contrasena
    olvidaste tu contrasena|has olvidado tu contrasena
    accedi per continuare|effettua l accesso|effettuare l accesso|devi accedere|password dimenticata
    """),
    _list("""
    sign in|log in|login|signin|anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesion|inicio de sesion
    acceder|accedi|accesso|authentication required|single sign on
    """),
    150,
    30,
    "asks visitors to sign in",
)
_CONSENT = _Sign(
    "consent",
    _list("""
    before you continue to|before you continue|accept all cookies|accept cookies|cookies to continue|cookie wall
    we value your privacy|we use cookies|cookie preferences|manage your consent|agree and continue|consent to cookies
    bevor sie fortfahren|bevor du fortfahrst|wir verwenden cookies|alle cookies akzeptieren|zustimmen und weiter
    mit werbung und tracking|ihre privatsphare ist uns wichtig|cookies zustimmen
    avant de continuer|avant d acceder|nous utilisons des cookies|accepter tous les cookies|accepter et continuer
    antes de continuar|utilizamos cookies|usamos cookies|aceptar todas las cookies|aceptar y continuar
    prima di continuare|utilizziamo i cookie|usiamo i cookie|accetta tutti i cookie|accetta e continua
    """),
    (),
    _LONGEST,
    0,
    "asks for consent to cookies before it shows its text",
)
_SIGNS = (_CAPTCHA, _ERROR, _LOGIN, _CONSENT)

_LOGIN_PARTS = frozenset(
    "login signin sign-in log-in sso oauth oauth2 saml saml2 auth authorize anmelden connexion".split()
)
_LOGIN_HOSTS = frozenset("login signin sso auth idp accounts".split())


def suspicion(
    page: Page, *, before: str | None, status: int = 200, final_url: str = "", requested_url: str = ""
) -> Suspicion | None:
    """
    Say whether a page looks like something in the place of the page; None if it does not.

    before: the text of the last good version, None for a new page. final_url: where redirects led.
    Known pages: short ones that say so are walls, bot challenges, consent or error pages; a page of which less than
    30 % of the words are left, or that leads elsewhere with nothing of the former text, has lost its text.
    New pages: only challenges, bare login walls and error pages with next to no other text.
    Never: a page that still has half of the former word triples, one whose former text was of the same kind, and
    articles of more than 250 words.
    Source: the texts of Cloudflare, Akamai, Imperva, DataDome, PerimeterX, Google and common web servers.
    """
    if before == page.text:
        return None
    now = words(page.text if before is not None else page.text[:_JUDGED_CHARS])
    former = words(before or "")
    if before is not None and _share(former, now) >= SAME_PAGE:
        return None
    leads_elsewhere = bool(final_url and requested_url) and _place(final_url) != _place(requested_url)
    if status >= 400 and len(now) <= _ERROR.most_words:
        return Suspicion(
            rule="error-page", reason=f"The server answered with status {status} and a page of {len(now)} words."
        )
    title = " ".join(words(page.title))
    for sign in _SIGNS:
        if _shows(sign, title, page, now, is_new=before is None) and not (
            before is not None and _shows(sign, "", Page(title="", text=before), former, is_new=False)
        ):
            return Suspicion(rule=sign.rule, reason=f"The page {sign.what} and has only {_counted(now)}.")
    if leads_elsewhere and len(now) <= _LOGIN.most_words and _is_login(final_url) and not _is_login(requested_url):
        return Suspicion(rule="login", reason=f"The address leads to a sign-in page, {_counted(now)} long.")
    if leads_elsewhere and len(now) <= _CONSENT.most_words and _host(final_url).startswith("consent."):
        return Suspicion(rule="consent", reason=f"The address leads to a page that {_CONSENT.what}.")
    return _lost(former, now, leads_elsewhere=leads_elsewhere)


def _shows(sign: _Sign, title: str, page: Page, found: list[str], *, is_new: bool) -> bool:
    """Say whether a short page says what it is, in its title or near its beginning."""
    most = sign.most_words_if_new if is_new else sign.most_words
    if not found:
        return bool(title) and bool(most) and _is_title(sign, title, page.title)
    if len(found) > most:
        return False
    opening = f" {' '.join(found[: _OPENING if is_new else _LONGEST])} "
    says = any(f" {phrase} " in opening for phrase in sign.phrases)
    if sign.rule == "consent":
        return sum(f" {phrase} " in opening for phrase in sign.phrases) >= 2 or (
            says and ("before you" in title or len(found) <= 2 * _OPENING)
        )
    if says or any(f" {phrase} " in f" {title} " for phrase in sign.phrases):
        return True
    return len(found) <= _OPENING and _is_title(sign, title, page.title)


def _is_title(sign: _Sign, title: str, raw: str) -> bool:
    """Say whether the title, or what stands before or behind a bar or dash, is one of the sign's."""
    parts = raw.replace("|", " - ").replace("–", " - ").replace("—", " - ").replace("·", " - ").split(" - ")
    return title in sign.titles or any(" ".join(words(part)) in sign.titles for part in parts)


def _lost(former: list[str], now: list[str], *, leads_elsewhere: bool) -> Suspicion | None:
    if len(former) < FEWEST_BEFORE:
        return None
    if len(now) < LOST * len(former):
        return Suspicion(
            rule="lost-text", reason=f"The page has {_counted(now)} where its last version had {len(former):,}."
        )
    left = sum((Counter(former) & Counter(now)).values()) / len(former)
    if left < LOST and leads_elsewhere and _share(former, now) < _REPLACED:
        return Suspicion(
            rule="lost-text", reason="The address leads to another page, which has none of the former text."
        )
    return None


def _share(former: list[str], now: list[str]) -> float:
    """How much of the former word triples are still there, 0 to 1; texts of fewer words are compared by words."""
    size = 3 if len(former) >= 3 else 1
    before, after = (set(zip(*(found[at:] for at in range(size)), strict=False)) for found in (former, now))
    return len(before & after) / len(before) if before else 0.0


def _counted(found: list[str]) -> str:
    return "1 word" if len(found) == 1 else f"{len(found):,} words"


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _place(url: str) -> tuple[str, str]:
    return _host(url).removeprefix("www."), urlsplit(url).path.rstrip("/")


def _is_login(url: str) -> bool:
    parts = urlsplit(url).path.lower().removesuffix(".php").removesuffix(".aspx").removesuffix(".html").split("/")
    return not _LOGIN_PARTS.isdisjoint(parts) or _host(url).split(".")[0] in _LOGIN_HOSTS
