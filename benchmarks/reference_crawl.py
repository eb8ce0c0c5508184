"""Which pages a site has: a breadth-first crawl by the standard library alone, one page after the other."""

import http.client
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("a", "area") and (href := named.get("href")) and "nofollow" not in (named.get("rel") or ""):
            self.found.append(href)


def is_page(url: str) -> bool:
    """Say whether a URL is one of the pages that every crawler here is told to fetch."""
    return urlsplit(url).path.endswith((".html", "/"))


def crawl(root: str) -> set[str]:
    """URLs of all pages that links lead to from `root` and that are there."""
    connection = http.client.HTTPConnection(urlsplit(root).netloc, timeout=30)
    seen, waiting, found = {root + "/"}, deque([root + "/"]), set()
    while waiting:
        url = waiting.popleft()
        connection.request("GET", url.removeprefix(root))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            continue
        found.add(url)
        links = _Links()
        links.feed(body.decode("utf-8", "replace"))
        for link in links.found:
            target = urldefrag(urljoin(url, link.strip())).url
            if target.startswith(root + "/") and is_page(target) and target not in seen:
                seen.add(target)
                waiting.append(target)
    connection.close()
    return found
