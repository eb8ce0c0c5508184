"""Pages that say the same are one document, whichever came first."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from lib import composition
from lib.pipelines.crawl_book import MOST_ALIASES
from lib.pipelines.crawl_duplicates import preference
from lib.ports.source_reader import Fetch, Fetched
from tests.pipelines.test_crawl_model import ANY_MAY_GO, SITE, Answer, Imaginary, crawl, stored
from tests.site import Site, page
from tests.workbench import Workbench

WORDS = "amber basalt cedar delta ember fjord garnet heron iris juniper kestrel lichen marble nectar onyx".split()
PATHS = ("guide", "guide?print=1", "print/guide", "guide/", "g", "old/guide", "a/b/c", "z")
URLS = [f"{SITE}/{path}" for path in PATHS]


def saying(number: int) -> str:
    """A text of some length that nothing else says."""
    chance = random.Random(number)
    return f"# Subject {number}\n\n" + ". ".join(" ".join(chance.choices(WORDS, k=12)).capitalize() for _ in range(6))


def made_up(chance: random.Random) -> dict[str, Answer]:
    """A home page that links to pages of which many say the same."""
    home = Answer(text=saying(99), links=tuple(chance.sample(URLS, len(URLS))))
    kinds = ["page"] * 6 + ["gone"]
    found = {url: Answer(text=saying(chance.randint(0, 2)), kind=chance.choice(kinds)) for url in URLS}
    return {f"{SITE}/": home, **found}


def best(answers: dict[str, Answer]) -> dict[str, str]:
    """By text, the URL that must hold it."""
    chosen: dict[str, str] = {}
    for url in sorted((u for u, a in answers.items() if a.kind == "page"), key=preference, reverse=True):
        chosen[answers[url].text] = url
    return {url: text for text, url in chosen.items()}


@pytest.mark.parametrize("seed", range(40))
def test_the_same_urls_hold_the_texts_whatever_the_order_the_slices_and_the_past(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    bench = Workbench(tmp_path, ANY_MAY_GO)
    reader = Imaginary(chance=chance, validates=chance.random() < 0.5)
    for _ in range(4):
        crawler = replace(composition.crawler(), reader_for=lambda _: reader, slice_pages=chance.choice([1, 2, 5, 500]))
        reader.answers = made_up(chance)

        outcome = crawl(bench, crawler)

        assert outcome == "complete"
        assert stored(bench) == best(reader.answers)
    bench.close()


def test_a_better_url_takes_the_document_over_with_its_identity(bench: Workbench, site: Site) -> None:
    text = saying(1)
    site.pages = {"/": page("Home", saying(2), "/print/guide"), "/print/guide": page("Guide", text)}
    bench.crawl("site")
    [before] = [d for d in documents_of(bench) if d.url.endswith("/print/guide")]
    site.pages["/"] = page("Home", saying(2), "/print/guide", "/guide")
    site.pages["/guide"] = page("Guide", text)

    run = bench.crawl("site")

    [after] = [d for d in documents_of(bench) if d.title == "Guide"]
    assert (after.id, after.url, after.aliases) == (before.id, f"{site.url}/guide", (f"{site.url}/print/guide",))
    assert "gone" not in run.counts


def test_an_alias_that_says_something_else_becomes_a_document_again(bench: Workbench, site: Site) -> None:
    same = page("G", saying(1))
    site.pages = {"/": page("Home", saying(2), "/guide", "/z"), "/guide": same, "/z": same}
    bench.crawl("site")
    site.pages["/z"] = page("G", saying(3))

    bench.crawl("site")

    assert {d.url.removeprefix(site.url) for d in documents_of(bench)} == {"/", "/guide", "/z"}


def test_when_the_holder_is_gone_an_alias_answers(bench: Workbench, site: Site) -> None:
    same = page("G", saying(1))
    site.pages = {"/": page("Home", saying(2), "/guide", "/z"), "/guide": same, "/z": same}
    bench.crawl("site")
    del site.pages["/z"]

    bench.crawl("site")

    assert {d.url.removeprefix(site.url) for d in documents_of(bench)} == {"/", "/guide"}


def test_hundreds_of_urls_that_say_the_same_are_one_document_and_no_state_grows_without_end(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, ANY_MAY_GO)
    urls = [f"{SITE}/item?id={n}" for n in range(400)]
    reader = Imaginary({f"{SITE}/": Answer(text=saying(1), links=tuple(urls))})
    reader.answers |= {url: Answer(text=saying(2)) for url in urls}
    crawler = replace(composition.crawler(), reader_for=lambda _: reader)
    crawl(bench, crawler)
    assert set(stored(bench)) == {f"{SITE}/", urls[0]}
    assert len(bench.adapters.state.read("site", [urls[0]])[urls[0]].aliases) <= MOST_ALIASES
    reader.answers[urls[0]] = Answer(text=saying(3))
    reader.answers[urls[350]] = Answer(text=saying(4))

    crawl(bench, crawler)
    crawl(bench, crawler)

    assert set(stored(bench)) == {f"{SITE}/", urls[0], urls[1], urls[350]}
    bench.close()


def test_a_space_of_pages_that_say_the_same_is_not_walked_to_its_end(tmp_path: Path) -> None:
    class Endless(Imaginary):
        def fetched(self, fetch: Fetch) -> Fetched:
            fresh = (f"{fetch.url}-1", f"{fetch.url}-2", f"{SITE}/guide")
            self.answers.setdefault(fetch.url, Answer(text=saying(7), links=fresh))
            return super().fetched(fetch)

    bench = Workbench(tmp_path, ANY_MAY_GO)
    reader = Endless({f"{SITE}/": Answer(text=saying(1), links=(f"{SITE}/lost",))})
    reader.answers[f"{SITE}/guide"] = Answer(text=saying(2))
    crawler = replace(composition.crawler(), reader_for=lambda _: reader)

    counts = []
    for _ in range(2):
        assert crawl(bench, crawler) == "complete"
        run = bench.adapters.state.load_run("site")
        assert run
        counts.append(run.counts)

    assert counts[1]["found"] <= counts[0]["found"] < 150
    assert counts[0]["trap:same"] > 0
    assert set(stored(bench)) == {f"{SITE}/", f"{SITE}/guide", f"{SITE}/lost"}
    bench.close()


def paper(site: Site, text: str) -> str:
    """The print view of a guide, as sites make it."""
    more = f"<p>Printed on 3 May 2024</p><p>Printed from {site.url}/guide</p><p>{site.url}/guide</p>"
    back = "<p><a href=/guide>Back to article</a></p><p><a href=#>Print this page</a></p>"
    return f"<html><head><title>Print: Guide</title></head><body>{back}<h1>Guide</h1><p>{text}</p>{more}</body></html>"


def test_a_print_view_with_what_stands_on_paper_is_an_alias(bench: Workbench, site: Site) -> None:
    for links in (["/print/guide", "/guide"], ["/guide", "/print/guide"]):
        site.pages = {"/": page("Home", saying(2), *links), "/guide": page("Guide", saying(1))}
        site.pages["/print/guide"] = paper(site, saying(1))
        bench.crawl("site")

        [found] = [d for d in documents_of(bench) if "guide" in d.url]
        known = bench.adapters.state.read("site", [found.url])[found.url]  # the document may have been written before
        assert (found.url, known.aliases) == (f"{site.url}/guide", (f"{site.url}/print/guide",))


def test_a_print_view_that_says_another_number_is_a_page_of_its_own(bench: Workbench, site: Site) -> None:
    text = f"{saying(1)}. It opens at 9."
    site.pages = {"/": page("Home", saying(2), "/guide", "/print/guide"), "/guide": page("Guide", text)}
    site.pages["/print/guide"] = paper(site, text.replace("9.", "10."))

    bench.crawl("site")

    assert sum("guide" in d.url for d in documents_of(bench)) == 2


def documents_of(bench: Workbench):
    ids = [change.document_id for change in bench.adapters.documents.scan().changes if not change.deleted]
    return list(bench.adapters.documents.get(ids).values())
