"""
Spaces without end, made of few pages.

Each trap has a start and a number of pages that are worth having; everything else is the same again under another
address, or nothing. All is a function of the address, except session ids, which also count the requests.
"""

import calendar
import hashlib
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from tests.nasty_pages import Answer, Out, Page, Request, Site, html, redirect

COLORS, SIZES, SORTS = ("red", "green", "blue"), ("s", "m", "l"), ("price", "name", "newest")
_SUBJECTS = "bridges canals lighthouses orchards quarries railways windmills harbours".split()


def article(number: int, *, about: str = "") -> str:
    """A text of a few sentences that no other number has."""
    subject = about or _SUBJECTS[number % len(_SUBJECTS)]
    return (
        f"<h1>Article {number} on {subject}</h1><p>This is article number {number}, and what it says about {subject} "
        f"stands nowhere else: {_id(subject, number)} of them were counted in the year {1700 + number}.</p>"
        f"<p>Whoever reads on learns that {subject} were {'rare' if number % 2 else 'common'} then, and why.</p>"
    )


def links(urls: Iterable[str]) -> str:
    """A navigation of links."""
    return "<nav>" + " ".join(f'<a href="{url}">{url[:40]}</a>' for url in urls) + "</nav>"


def _id(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))


def _number(text: str, default: int = 1) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


async def _cal(site: Site, request: Request, out: Out) -> Answer:
    """`/cal?y=2026&m=11`: a month without a single event, the months beside it, its days. No page worth having."""
    asked = _query(request)
    year, month = _number(asked.get("y", ""), 2026), min(12, max(1, _number(asked.get("m", ""), 11)))
    near = [divmod(year * 12 + month - 1 + step, 12) for step in (-12, -1, 1, 12)]
    days = [f"/cal?y={year}&m={month}&d={day}" for day in range(1, calendar.monthrange(min(year, 9999) or 1, month)[1])]
    grid = links([*(f"/cal?y={y}&m={m + 1}" for y, m in near), *days])
    return html(f"<title>{year}-{month:02}</title><h1>{year}-{month:02}</h1><p>No events.</p>{grid}")


async def _archive(site: Site, request: Request, out: Out) -> Answer:
    """`/archive/2026/11/22/`: the same as folders; every day redirects to the next one that has something: none."""
    parts = [_number(part) for part in request.path.split("/")[2:] if part]
    deeper = [f"{request.path.rstrip('/')}/{n}/" for n in (1, 2, 3)]
    return html(f"<h1>{'-'.join(map(str, parts)) or 'Archive'}</h1><p>Nothing was posted then.</p>{links(deeper)}")


def _session(site: Site, request: Request) -> str:
    return _id("session", request.path, site.counts[request.path])


async def _session_path(site: Site, request: Request, out: Out) -> Answer:
    """`/session/path/3;jsessionid=...`: five articles; every link carries a new id."""
    number = _number(request.path.partition(";")[0].rpartition("/")[2])
    fresh = _session(site, request).upper()
    return html(article(number) + links(f"/session/path/{n};jsessionid={fresh}.node{n}" for n in range(1, 6)))


def _session_query(name: str) -> Page:
    async def answer(site: Site, request: Request, out: Out) -> Answer:
        path = request.path.partition("?")[0]
        fresh, folder = _session(site, request), path.rpartition("/")[0]
        number = _number(path.rpartition("/")[2])
        return html(article(number) + links(f"{folder}/{n}?{name}={fresh}" for n in range(1, 6)))

    return answer


async def _next(site: Site, request: Request, out: Out) -> Answer:
    """`/next/1`: an empty page that only knows the next one."""
    number = _number(request.path.rpartition("/")[2])
    follow = f'<link rel=next href="/next/{number + 1}"><a href="/next/{number + 1}">Next</a>'
    return html(f"<title>Results</title><h1>Results</h1><p>There are no more results.</p>{follow}")


async def _spiral(site: Site, request: Request, out: Out) -> Answer:
    """`/spiral/a/`: links without a leading slash, on a server that answers every depth with the same two pages."""
    last = request.path.rstrip("/").rpartition("/")[2]
    number = 1 if last == "a" else 2
    return html(article(number) + links(["a/", "b/", "a/b/", "../a/b/"]))


async def _shop(site: Site, request: Request, out: Out) -> Answer:
    """`/shop?color=red&size=s&sort=price`: twelve articles, filtered and sorted in any order of parameters."""
    asked = _query(request)
    colors = asked.get("color", "").split(",")
    kept = [n for n in range(12) if not asked.get("color") or COLORS[n % 3] in colors]
    kept = [n for n in kept if not asked.get("size") or SIZES[n // 3 % 3] in asked["size"].split(",")]
    kept.sort(reverse=asked.get("sort", "") == "newest")
    facets = [f"/shop?{urlencode(changed)}" for changed in _refined(asked)]
    listed = "".join(f'<li><a href="/shop/{n}">Article {n}</a>' for n in kept)
    return html(f"<h1>Shop</h1><ul>{listed}</ul>{links(facets)}")


def _refined(asked: dict[str, str]) -> list[dict[str, str]]:
    found = []
    for name, values in {"color": COLORS, "size": SIZES, "sort": SORTS, "view": ("grid", "list")}.items():
        for value in values:
            had = [v for v in asked.get(name, "").split(",") if v]
            value_now = value if name in ("sort", "view") else ",".join(dict.fromkeys([*had, value]))
            found.append({**{k: v for k, v in asked.items() if k != name}, name: value_now})
    return found


async def _shop_item(site: Site, request: Request, out: Out) -> Answer:
    number = _number(request.path.partition("?")[0].rpartition("/")[2])
    return html(article(number) + links([f"/shop/{number}?ref=list", f"/shop/{number}?variant=2", "/shop"]))


async def _search(site: Site, request: Request, out: Out) -> Answer:
    """`/search?q=a`: finds nothing, and proposes longer searches."""
    asked = _query(request).get("q", "")
    proposed = links(f"/search?q={asked}+{word}" for word in _SUBJECTS[:4])
    return html(f"<h1>Search</h1><p>Nothing was found for it.</p>{proposed}")


async def _tags(site: Site, request: Request, out: Out) -> Answer:
    """`/tags/red+blue`: any set of tags has a page."""
    had = [t for t in request.path.rpartition("/")[2].split("+") if t]
    return html(f"<h1>Tagged {' '.join(had)}</h1>" + links(f"/tags/{'+'.join([*had, s])}" for s in _SUBJECTS))


async def _twins(site: Site, request: Request, out: Out) -> Answer:
    """`/twins/1`: four articles; print views, tracking parameters, cases and index files show each again."""
    path = request.path.partition("?")[0].lower().rstrip("/").removesuffix("/index.html").removesuffix("/print")
    number = _number(path.rpartition("/")[2])
    own = f"/twins/{number}"
    twins = [
        f"{own}?print=1", f"{own}/print", f"{own}?utm_source=feed&utm_medium=rss", f"{own}?fbclid={_id(number)}",
        f"{own}/", f"/TWINS/{number}", f"{own}/index.html", f"/twins//{number}", f"{own}?replytocom={number}",
        f"{own}?lang=en", f"{own}?amp=1", f"{own}?ref=twitter", f"{own}#comments", f"{own}?v=1",
        f"{own}?_={_id(request.path)}",
    ]  # fmt: skip
    is_print = "print" in request.path
    body = article(number) + ("" if is_print else links([*twins, *(f"/twins/{n}" for n in range(1, 5))]))
    return html(body)


async def _anything(site: Site, request: Request, out: Out) -> Answer:
    """Every address below has the same page, with status 200: a soft 404 with fresh links."""
    return html(
        "<h1>Oh no!</h1><p>The page that you are looking for may have moved. Perhaps one of these helps you.</p>"
        + links(f"/anything/{_id(request.path, n)}" for n in range(10))
    )


TRAPS: dict[str, Page] = {
    "/cal": _cal,
    "/archive/": _archive,
    "/session/path/": _session_path,
    "/session/php/": _session_query("PHPSESSID"),
    "/session/sid/": _session_query("sid"),
    "/session/java/": _session_query("jsessionid"),
    "/next/": _next,
    "/spiral/": _spiral,
    "/shop": _shop,
    "/shop/": _shop_item,
    "/search": _search,
    "/tags/": _tags,
    "/twins/": _twins,
    "/TWINS/": _twins,
    "/anything/": _anything,
    "/out": redirect("http://elsewhere.test/"),
}
WORTH = {
    "/cal?y=2026&m=11": 0, "/archive/2026/": 0, "/session/path/1": 5, "/session/php/1": 5, "/session/sid/1": 5,
    "/session/java/1": 5, "/next/1": 0, "/spiral/a/": 2, "/shop": 12, "/search?q=": 0, "/tags/": 0, "/twins/1": 4,
    "/anything/": 0,
}  # fmt: skip
"""Starts, and how many different articles can be had from each."""
