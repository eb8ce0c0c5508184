"""
A site that is against its crawlers, the same way every time.

In tests: `with HostileSite() as site`, ask for `site.url("/cal?y=2026&m=11")`, throw a switch with
`site.switch("login")`, choose a robots.txt with `site.robots_txt("html")`. By hand:

    python -m tests.hostile.site --port 8080
    curl -X POST http://127.0.0.1:8080/switch/login           # on; `?off` is off
    curl -X POST http://127.0.0.1:8080/switch/robots-txt?html

Every page of `tests.nasty_pages` is there too. `/` leads to all that can be asked for; `/contents/KIND` to one kind.
"""

import argparse
import asyncio
import re
import threading

from tests.hostile import directives, moods, pages, redirects, traps, wire
from tests.nasty_pages import Answer, Out, Page, Request, Site, html
from tests.nasty_site import NastySite


def _body(name: str) -> Page:
    async def answer(site: Site, request: Request, out: Out) -> Answer:
        made = await asyncio.to_thread(pages.LARGE[name])
        return Answer(made, 200, {"Content-Type": "application/xml" if b"<urlset" in made[:20] else "text/html"})

    return answer


KINDS: dict[str, dict[str, Page]] = {
    "wire": wire.WIRE,
    "redirects": redirects.REDIRECTS,
    "traps": traps.TRAPS,
    "canonical": directives.CANONICAL,
    "robots": directives.ROBOTS_META,
    "types": directives.TYPES,
    "validators": moods.VALIDATORS,
    "bodies": {
        f"/{name}": Answer(body, 200, {"Content-Type": pages.type_of(name)}) for name, body in pages.BODIES.items()
    },
    "large": {f"/{name}": _body(name) for name in pages.LARGE},
}
HARMLESS = {"robots-moved.txt": Answer(b"User-agent: *\nDisallow: /secret\n")}


class HostileSite(NastySite):
    """The site, on a free port of 127.0.0.1, in a thread of its own."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.on: set[str] = set()
        """Switches that are on now."""
        self.pages |= {path: page for kind in KINDS.values() for path, page in kind.items()}
        self.pages |= {f"/turning/{name}/": moods.turning(name, self.on.__contains__) for name in moods.TURNS}
        self.pages |= {f"/{name}": page for name, page in HARMLESS.items()}
        self.pages["/"] = html("<h1>Contents</h1>" + traps.links(f"/contents/{kind}" for kind in (*KINDS, "turning")))
        self.pages["/contents/turning"] = html(traps.links(f"/turning/{name}/1" for name in moods.TURNS))
        for kind, found in KINDS.items():
            paths = traps.WORTH if kind == "traps" else found
            self.pages[f"/contents/{kind}"] = html(f"<h1>{kind}</h1>{traps.links(paths)}")

    def switch(self, name: str, *, on: bool = True) -> None:
        """Let pages below `/turning/NAME/` be what the name says, or articles again. Raises: KeyError."""
        _ = moods.TURNS[name]
        if on:
            self.on.add(name)
        else:
            self.on.discard(name)

    def robots_txt(self, name: str) -> None:
        """Answer for /robots.txt from now on. Raises: KeyError."""
        self.robots = directives.ROBOTS_TXT[name]

    def find(self, request: Request) -> Page:
        """The page of the longest path that fits; switches are thrown by POST."""
        path, _, query = request.path.partition("?")
        if request.method == "POST" and path.startswith("/switch/"):
            return self._switched(path.removeprefix("/switch/"), query)
        if path == "/robots.txt" or path in self.pages:
            return super().find(request)
        found = re.sub("/{2,}", "/", path)
        while found:
            found = found[: found.rstrip("/").rfind("/") + 1]
            if found in self.pages and found != "/":
                return self.pages[found]
        return html("<p>no such page", status=404)

    def _switched(self, name: str, query: str) -> Answer:
        try:
            if name == "robots-txt":
                self.robots_txt(query)
            else:
                self.switch(name, on=query != "off")
        except KeyError:
            known = [*moods.TURNS, *(f"robots-txt?{chosen}" for chosen in directives.ROBOTS_TXT)]
            return Answer(f"no switch {name!r}; there are: {' '.join(known)}\n".encode(), 404)
        return Answer(b"thrown\n", 200, {"Content-Type": "text/plain"})


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="Serve a site that is against its crawlers, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--robots-txt", choices=directives.ROBOTS_TXT, default="none")
    options = parser.parse_args()
    with HostileSite(options.port) as site:
        site.robots_txt(options.robots_txt)
        print(site.root, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
