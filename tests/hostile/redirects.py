"""Redirects that no crawler should follow, or not far; all under `/redirect/`."""

from tests.hostile.wire import says
from tests.nasty_pages import Answer, Out, Page, Request, Site, html, redirect

OUTSIDE = {
    "host": "http://elsewhere.test/", "port": "http://127.0.0.1:1/", "scheme-relative": "//elsewhere.test/",
    "credentials": "http://user:secret@127.0.0.1/", "lookalike": "http://127.0.0.1.elsewhere.test/",
}  # fmt: skip
PRIVATE = {
    "loopback": "http://127.0.0.2/", "localhost": "http://localhost/", "ten": "http://10.0.0.1/",
    "192": "http://192.168.0.1/", "172": "http://172.16.0.1/", "ipv6": "http://[::1]/", "link-local": "http://[fe80::1]/",
    "unique-local": "http://[fd00::1]/", "this": "http://0.0.0.0/", "short": "http://127.1/", "octal": "http://0177.0.0.1/",
    "decimal": "http://2130706433/", "hex": "http://0x7f000001/", "mapped": "http://[::ffff:127.0.0.1]/",
    "nat64": "http://[64:ff9b::7f00:1]/", "carrier": "http://100.64.0.1/", "wide": "http://\uff11\uff12\uff17.0.0.1/",
}  # fmt: skip
METADATA = {
    "ip": "http://169.254.169.254/latest/meta-data/", "decimal": "http://2852039166/", "hex": "http://0xa9fea9fe/",
    "octal": "http://0251.0376.0251.0376/", "mapped": "http://[::ffff:169.254.169.254]/", "azure": "http://168.63.129.16/",
    "aws-ipv6": "http://[fd00:ec2::254]/", "google-ipv6": "http://[fd20:ce::254]/", "google": "http://metadata.google.internal/computeMetadata/v1/",
    "alibaba": "http://100.100.100.200/", "oracle": "http://192.0.0.192/",
}  # fmt: skip
SCHEMES = {
    "file": "file:///etc/passwd", "ftp": "ftp://127.0.0.1/", "gopher": "gopher://127.0.0.1:25/_HELO",
    "data": "data:text/html,x", "javascript": "javascript:alert(1)", "ws": "ws://127.0.0.1/", "about": "about:blank",
    "blob": "blob:http://127.0.0.1/x", "ldap": "ldap://127.0.0.1/", "dict": "dict://127.0.0.1:11211/stats",
    "jar": "jar:http://127.0.0.1/x!/", "intent": "intent:x",
}  # fmt: skip
_WORDS = "<p>Behind the redirect there is a page with one sentence of its own.</p>"


async def _chain(site: Site, request: Request, out: Out) -> Answer:
    """`/redirect/chain/7` redirects seven times, then there is a page."""
    left = int(request.path.rpartition("/")[2] or 0)
    return redirect(f"/redirect/chain/{left - 1}", status=302) if left else html(f"<h1>Chain</h1>{_WORDS}")


async def _grows(site: Site, request: Request, out: Out) -> Answer:
    """Redirects to itself with a longer query each time."""
    return redirect(request.path + ("&" if "?" in request.path else "?") + "more=" + "x" * 50)


async def _deepens(site: Site, request: Request, out: Out) -> Answer:
    return redirect(request.path.rstrip("/") + "/again/")


async def _cookie_wall(site: Site, request: Request, out: Out) -> Answer:
    """Redirects to itself until a cookie comes back."""
    if "cookie" in request.headers:
        return html(f"<h1>Welcome</h1>{_WORDS}")
    return Answer(b"", 302, {"Location": request.path, "Set-Cookie": "seen=1"})


async def _flips(site: Site, request: Request, out: Out) -> Answer:
    """With and without the final slash, each sends to the other."""
    return redirect(request.path[:-1] if request.path.endswith("/") else request.path + "/", status=301)


def _located(raw: bytes, status: int = 302) -> Page:
    return says(b"HTTP/1.1 %d Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % (status, raw))


REDIRECTS: dict[str, Page] = {
    "/redirect/chain/": _chain,
    "/redirect/self": redirect("/redirect/self", status=301),
    "/redirect/a": redirect("/redirect/b", status=301),
    "/redirect/b": redirect("/redirect/c", status=307),
    "/redirect/c": redirect("/redirect/a", status=308),
    "/redirect/grows": _grows,
    "/redirect/deepens/": _deepens,
    "/redirect/cookie-wall": _cookie_wall,
    "/redirect/flips": _flips,
    "/redirect/flips/": _flips,
    "/redirect/home": redirect("/", status=302),
    "/redirect/gone": redirect("/gone", status=301),
    "/redirect/robots": redirect("/robots.txt"),
    "/redirect/nowhere": Answer(b"", 302),
    "/redirect/empty": _located(b""),
    "/redirect/fragment": _located(b"#top"),
    "/redirect/header-injection": _located(b"/ok%0d%0aX-Injected: yes"),
    "/redirect/raw-bytes": _located(b"/\xc3\xa4\xff"),
    "/redirect/utf-8": _located("/größe".encode()),
    "/redirect/blanks": _located(b"/a b\tc"),
    "/redirect/backslashes": _located(rb"\\elsewhere.test\x"),
    "/redirect/long": _located(b"/" + b"a" * 10_000),
    "/redirect/twice": _located(b"/ok\r\nLocation: /next"),
    "/redirect/300": _located(b"/ok", 300),
    "/redirect/304": _located(b"/ok", 304),
    "/redirect/201": _located(b"/ok", 201),
    "/redirect/refresh-header": html(_WORDS, Refresh="0; url=/redirect/refresh-header-2"),
    "/redirect/refresh-header-2": html(_WORDS, Refresh="0; url=/redirect/refresh-header"),
    "/redirect/meta": html("<meta http-equiv=refresh content='0;url=/redirect/meta-2'><p>One moment, please."),
    "/redirect/meta-2": html("<meta http-equiv=refresh content='0;url=/redirect/meta'><p>One moment, please."),
    "/redirect/meta-out": html("<meta http-equiv=refresh content='0;url=http://169.254.169.254/'><p>One moment."),
    "/redirect/script": html("<script>location.href='/ok'</script><p>If nothing happens, wait."),
} | {
    f"/redirect/{kind}/{name}": redirect(target)
    for kind, targets in {"out": OUTSIDE, "private": PRIVATE, "metadata": METADATA, "scheme": SCHEMES}.items()
    for name, target in targets.items()
}
