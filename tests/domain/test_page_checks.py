import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.page_checks import suspicion
from lib.domain.pages import Page

HANDBOOK = " ".join(
    f"The {name} keeps its own stock of {thing} and reports every week how much of it is left in room {number}."
    for number, (name, thing) in enumerate(
        [
            ("kitchen", "flour"), ("harbour", "rope"), ("library", "paper"), ("garden", "seeds"), ("museum", "glass"),
            ("garage", "oil"), ("office", "ink"), ("school", "chalk"), ("clinic", "gauze"), ("theatre", "paint"),
        ]
    )
)  # fmt: skip

WALLS = [
    ("captcha", "Just a moment...", "Checking your browser before accessing example.com."),
    ("captcha", "Just a moment...", ""),
    ("captcha", "Attention Required! | Cloudflare", "Sorry, you have been blocked. You are unable to access this."),
    ("captcha", "example.com", "Verify you are human by completing the action below. Ray ID: 8f3a"),
    ("captcha", "", "Request unsuccessful. Incapsula incident ID: 877000390121-33"),
    ("captcha", "", "Please enable JS and disable any ad blocker"),
    (
        "captcha",
        "Access Denied",
        "Access Denied. You don't have permission to access this on this server. Reference #18",
    ),
    ("captcha", "Shop", "Pardon Our Interruption. Something about your browser made us think you were a bot."),
    ("captcha", "", "Bestätigen Sie, dass Sie ein Mensch sind."),
    ("captcha", "", "Vérifiez que vous êtes humain."),
    ("captcha", "", "Verifica que eres humano."),
    ("captcha", "", "Verifica di essere umano."),
    ("error-page", "404 Not Found", "nginx"),
    ("error-page", "Page not found | Acme", "Sorry. Try the search."),
    ("error-page", "Acme", "Internal Server Error. Please try again later."),
    ("error-page", "503", "Service Unavailable"),
    ("error-page", "", "502 Bad Gateway"),
    ("error-page", "Acme", "Our site is down for maintenance. Thank you for your patience."),
    ("error-page", "", "Error establishing a database connection"),
    ("error-page", "Account Suspended", "This account has been suspended. Contact your hosting provider."),
    ("error-page", "acme.example", "This domain is for sale. Make an offer."),
    ("error-page", "Acme", "Die Seite wurde nicht gefunden."),
    ("error-page", "Acme", "Page introuvable"),
    ("error-page", "Acme", "Página no encontrada"),
    ("error-page", "Acme", "Pagina non trovata"),
    ("login", "Sign in", "Sign in to continue. Email. Password. Forgot your password?"),
    ("login", "Intranet", "You must be logged in to see this page."),
    ("login", "Acme", "Bitte melden Sie sich an."),
    ("login", "Acme", "Veuillez vous connecter."),
    ("login", "Acme", "Debe iniciar sesión."),
    ("login", "Acme", "Effettua l'accesso."),
]
CONSENT = [
    "Before you continue to Google. We use cookies and data to deliver our services. Accept all. Reject all.",
    "Wir verwenden Cookies. Zustimmen und weiter, mit Werbung und Tracking.",
    "Avant de continuer, acceptez: nous utilisons des cookies.",
    "Antes de continuar: utilizamos cookies.",
    "Prima di continuare: utilizziamo i cookie.",
]
ARTICLES = [
    ("How to fix 404 Not Found", "A server says 404 Not Found when it has no page at an address."),
    ("Sign in with a passkey", "Please log in once with your password, then sign in to your account with a passkey."),
    ("What is a CAPTCHA?", "Sites that say verify you are human want to keep bots out. Complete the captcha to go on."),
    ("Cookie banners and the law", "We use cookies, say most banners; accept all cookies is the largest button."),
    (
        "Maintenance of pumps",
        "A pump that is under maintenance must be marked. Service unavailable signs hang beside it.",
    ),
    ("Just a moment in history", "It was just a moment, and the error 404 joke was born."),
]


def check(title, text, **others):
    return suspicion(Page(title=title, text=text), **{"before": None, **others})


def rule(found):
    return found.rule if found else None


@pytest.mark.parametrize(("expected", "title", "text"), WALLS)
@pytest.mark.parametrize("before", [None, HANDBOOK])
def test_a_page_that_is_next_to_nothing_but_a_wall_is_suspicious(expected, title, text, before):
    found = check(title, text, before=before)

    assert rule(found) == expected
    assert found.reason.endswith(".")


@pytest.mark.parametrize("text", CONSENT)
def test_a_consent_page_in_the_place_of_a_known_page_is_suspicious(text):
    assert rule(check("Acme", text, before=HANDBOOK)) == "consent"


@pytest.mark.parametrize("text", CONSENT)
def test_a_new_page_about_cookies_is_not_suspicious(text):
    assert check("Acme", text) is None


@pytest.mark.parametrize(("title", "text"), ARTICLES)
@pytest.mark.parametrize("before", [None, HANDBOOK])
def test_a_long_article_about_walls_and_errors_is_never_suspicious(title, text, before):
    article = f"{text} {HANDBOOK} {HANDBOOK.replace('stock', 'list').replace('room', 'chapter')}"

    assert check(title, article, before=before and before.replace("week", "month")) is None


@pytest.mark.parametrize(("expected", "title", "text"), [wall for wall in WALLS if wall[2]])
def test_a_page_that_was_like_that_before_is_not_suspicious(expected, title, text):
    assert check(title, f"{text} New.", before=text) is None


@pytest.mark.parametrize(
    "banner", [*CONSENT, "Please log in.", "Under maintenance on Sunday.", "Protected by reCAPTCHA."]
)
def test_a_banner_over_the_former_text_is_not_suspicious(banner):
    assert check("Acme", f"{banner}\n\n{HANDBOOK}", before=HANDBOOK) is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_a_page_that_lost_most_of_its_words_is_suspicious(share):
    all_words = HANDBOOK.split()

    found = check("Handbook", " ".join(all_words[: int(share * len(all_words))]), before=HANDBOOK)

    assert rule(found) == "lost-text"
    assert "210" in found.reason


@pytest.mark.parametrize("share", [0.35, 0.6, 1.0])
def test_a_page_that_was_shortened_is_not_suspicious(share):
    all_words = HANDBOOK.split()

    assert check("Handbook", " ".join(all_words[: int(share * len(all_words))]), before=HANDBOOK) is None


def test_a_page_that_was_rewritten_is_not_suspicious():
    rewritten = " ".join(f"Each week the {word} sends a list of what it holds." for word in HANDBOOK.split()[::10])

    assert check("Handbook", rewritten, before=HANDBOOK) is None


def test_a_short_text_cannot_be_lost():
    assert check("Note", "Gone.", before="A note of a few words that somebody took down.") is None


def test_another_page_behind_the_same_address_is_suspicious():
    home = "Willkommen bei Acme! Unsere Produkte, Angebote, Aktionen und Neuigkeiten finden Kunden hier. " * 9
    addresses = {"requested_url": "https://acme.example/handbook", "final_url": "https://acme.example/"}

    assert rule(check("Acme", home, before=HANDBOOK, **addresses)) == "lost-text"
    assert check("Acme", home, before=HANDBOOK) is None


def test_an_address_that_leads_to_a_login_is_suspicious():
    addresses = {"requested_url": "https://acme.example/handbook", "final_url": "https://acme.example/login?next=x"}

    assert rule(check("Acme", "Welcome to the portal. User name.", **addresses)) == "login"
    assert check("Acme", "Welcome to the portal. User name.", requested_url=addresses["final_url"]) is None


def test_an_address_that_leads_to_a_consent_host_is_suspicious():
    addresses = {"requested_url": "https://www.acme.example/x", "final_url": "https://consent.acme.example/m?c=1"}

    assert rule(check("Acme", "Your choice.", **addresses)) == "consent"


def test_a_redirect_within_a_site_is_not_suspicious():
    addresses = {"requested_url": "http://acme.example/handbook/", "final_url": "https://www.acme.example/handbook"}

    assert check("Handbook", HANDBOOK, before=HANDBOOK, **addresses) is None


def test_an_error_status_with_little_text_is_suspicious():
    found = check("Acme", "Come back.", status=503)

    assert (rule(found), "503" in found.reason) == ("error-page", True)


def test_an_ordinary_short_page_is_not_suspicious():
    assert check("Contact", "Write to us or call. We are open from nine to five.") is None
    assert check("Empty", "") is None


@given(st.text(max_size=300), st.one_of(st.none(), st.text(max_size=300)))
def test_any_text_is_judged(text, before):
    assert check(text[:20], text, before=before) is None or check(text[:20], text, before=before).reason


@given(st.text(min_size=1, max_size=300))
def test_an_unchanged_page_is_not_suspicious(text):
    assert not check("", text, before=text)
