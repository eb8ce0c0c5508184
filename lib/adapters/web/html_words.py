"""What the names that authors give to parts of a page say about them: class, id and role to a verdict."""

import re
from functools import lru_cache
from itertools import pairwise

CLUTTER = 1
"""Almost never part of the main text: navigation, consent, share buttons."""
ASIDE = 2
"""Usually beside the main text: sidebars, promotions, related links, comments."""
MAIN = 4
"""A usual name of the element around the main text."""
UNSEEN = 8
"""Text for screen readers only, or hidden outright."""
MARKER = 16
"""Inline furniture: permalinks, edit links, footnote marks."""
KEEP = 32
"""Looks like an aside but is content: infoboxes, admonitions."""
PANEL = 64
"""A part of tabs or an accordion: hidden until asked for, but content."""

_CLUTTER = frozenset(
    "nav navbar navigation navigationbar navpath navheader navfooter navbox navlinks nav-links sitenav topnav sidenav "
    "subnav leftnav rightnav mainnav globalnav menu menubar submenu megamenu breadcrumb breadcrumbs crumbs crumb "
    "footer colophon cookie cookies consent gdpr ccpa onetrust share sharing sharebar sharebox shares sharethis "
    "addthis addtoany sharedaddy pager pagination paginator paging skip skiplink skiplinks skipnav toc "
    "tableofcontents pagetoc onthispage adsbygoogle advert adverts advertisement advertisements advertising adbox "
    "adslot ads ad dfp sponsored newsletter subscribe subscription signup popup modal overlay lightbox toast "
    "offcanvas drawer catlinks noprint toolbar topbar headerlink announcementbar editpage editthispage backtotop "
    "gototop prevnext langswitcher languageswitcher screenonly printfooter jumplink jumptonav siteheader sitefooter "
    "globalheader globalfooter pagefooter masthead wayfinding interstitial paywall tablist sitesub contentsub".split()
)
_ASIDE = frozenset(
    "sidebar sidebars aside rightrail leftrail siderail sidecolumn sidecol sidepanel banner related relatedposts "
    "recommended recommendations recommendation recirc recirculation outbrain taboola promo promos promoted "
    "promotion promotions trending mostread mostpopular popular upnext readnext readmore seealso social socials "
    "comments commentlist disqus respond tagcloud taglist authorbox authorbio aboutauthor searchbox searchform "
    "search login signin feedback helpful copyright widgetarea upsell crosssell donate donation callout-cta cta "
    "sitenotice titlearea".split()
)
_MAIN = frozenset(
    "content maincontent pagecontent postcontent entrycontent articlecontent sitecontent primarycontent bodycontent "
    "contentmain contentbody contentarea main article articlebody articletext post postbody entry entrybody "
    "entrytext story storybody storytext markdownbody markdown mwparseroutput mwcontenttext themedocmarkdown "
    "document documentbody rstcontent prose wikicontent doccontent docscontent docbody tdcontent bookbody "
    "nodecontent fieldnamebody pagebody textbody richtext wysiwyg govspeak mdcontent".split()
)
_KEEP = frozenset("infobox admonition admonitions callout pullquote footnotes note notes warning tip topic".split())
_PANEL = frozenset("tab tabs tabpanel tabcontent tabpane tabbed accordion collapse collapsible expander".split())
_UNSEEN = frozenset("sronly visuallyhidden screenreadertext assistivetext screenreader hiddenvisually".split())
_MARKER = frozenset(
    "headerlink permalink hashlink headinganchor anchorjslink anchorlink mweditsection editsection noprint "
    "srclink sourcelink viewsource viewcodelink viewcodeback seesrc "
    "footnotebackref footnotebackreference backlink materialicons materialsymbols materialsymbolsoutlined".split()
)
_NEGATIVE = frozenset("has with no without not hide hides".split())
_FRAME = frozenset(
    "site main page left right top bottom global primary secondary wrapper wrap container bar box list links link "
    "inner outer block widget area section header head l r col column cols local user mw p m js id the my app "
    "region sub".split()
)
_SPLIT = re.compile(r"[^0-9a-zA-Z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HIDDEN_EXACTLY = frozenset(("hidden", "d-none", "hide", "is-hidden", "sr-only", "invisible"))

_ROLES = {
    **dict.fromkeys(("navigation", "search", "contentinfo", "menu", "menubar", "toolbar", "tablist"), CLUTTER),
    **dict.fromkeys(("dialog", "alertdialog", "doc-toc", "doc-pagelist"), CLUTTER),
    **dict.fromkeys(("banner", "complementary"), ASIDE),
    "main": MAIN,
    "tabpanel": PANEL,
    "note": KEEP,
}


def of_role(role: str) -> int:
    """Verdict on a `role` attribute."""
    return _ROLES.get(role.strip().lower(), 0)


@lru_cache(maxsize=16_384)
def of_class(names: str) -> int:
    """Verdict on a whole `class` attribute: the union of what its names say."""
    if names.strip().lower() in _HIDDEN_EXACTLY:
        return UNSEEN
    verdict = 0
    for name in names.split()[:40]:
        verdict |= _of_name(name)
    return verdict


@lru_cache(maxsize=16_384)
def of_id(name: str) -> int:
    """
    Verdict on an `id`: only if nothing but layout words stands beside the telling one.

    Generated ids repeat a heading (`id="navigation-in-birds"`), so one telling word among others proves nothing.
    """
    tokens = _tokens(name)
    rest = [t for t in tokens if t not in _FRAME and not t.isdigit()]
    joined = "".join(tokens)
    if joined in _MAIN:
        return MAIN
    if joined == "header":
        return ASIDE
    if joined in _CLUTTER or (rest and all(t in _CLUTTER for t in rest)):
        return CLUTTER
    if joined in _ASIDE or (rest and all(t in _ASIDE or t in _CLUTTER for t in rest)):
        return ASIDE
    return 0


def _tokens(name: str) -> list[str]:
    return [token.lower() for token in _SPLIT.split(name[:100]) if token]


def _of_name(name: str) -> int:
    tokens = _tokens(name)
    if not tokens or any(t in _NEGATIVE for t in tokens[:-1]):
        return 0
    joined = "".join(tokens)
    words = {*tokens, joined, *(a + b for a, b in pairwise(tokens))}
    if joined in _UNSEEN or not words.isdisjoint(_UNSEEN):
        return UNSEEN
    verdict = 0
    if joined in _MAIN:
        verdict |= MAIN
    if not words.isdisjoint(_MARKER):
        verdict |= MARKER
    if not words.isdisjoint(_PANEL):
        verdict |= PANEL
    if not words.isdisjoint(_KEEP):
        return verdict | KEEP
    if not words.isdisjoint(_CLUTTER):
        verdict |= CLUTTER
    elif not words.isdisjoint(_ASIDE):
        verdict |= ASIDE
    return verdict
