"""Crawls of feeds, APIs and sitemaps, one after the other, through the whole pipeline."""

import pytest

from tests.adapters.sources.listings import as_json, as_xml, entry
from tests.nasty_pages import Answer, html, redirect
from tests.workbench import Workbench

INDEX = ("<sitemapindex>", "</sitemapindex>")
FEED = "content: {content}"
API = """items: ""
    fields: {{id: id, title: name, html: body.html, updated: changed, deleted: is_deleted}}
    max_gone: 1
    {more}"""


@pytest.fixture
def benches(tmp_path, site):
    made = []

    def make(kind, fields):
        lines = f'sources:\n  - id: it\n    kind: {kind}\n    start: ["{site.url("/list")}"]\n'
        made.append(Workbench(tmp_path, f"{lines}    allow_private_network: true\n    {fields}\n"))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


def texts(bench, site):
    ids = [change.document_id for change in bench.adapters.documents.scan().changes if not change.deleted]
    found = bench.adapters.documents.get(ids).values()
    return {document.url.removeprefix(site.root): document.text for document in found}


def feed_of(*entries, **headers):
    items = "".join(
        f"<item><link>{path}</link><description>{text}</description><guid>{''.join(guid)}</guid></item>"
        for path, text, *guid in entries
    )
    return as_xml(f"<rss><channel>{items}</channel></rss>", **headers)


def test_texts_of_a_feed_are_kept_changed_and_never_lost(benches, site):
    bench = benches("feed", FEED.format(content="feed"))
    site.pages["/list"] = feed_of(("/a", "Apples."), ("/b", "Bananas."), ETag='"1"')
    first = bench.crawl("it")
    site.pages["/list"] = feed_of(("/b", "Bananas are berries."), ("/c", "Cherries."), ETag='"2"')
    second = bench.crawl("it")

    assert (first.outcome, first.counts["new"]) == ("complete", 2)
    assert (second.outcome, second.counts["new"], second.counts["changed"]) == ("complete", 1, 1)
    assert texts(bench, site) == {"/a": "Apples.", "/b": "Bananas are berries.", "/c": "Cherries."}
    assert set(site.paths()) == {"/list"}


def test_pages_of_a_feed_are_read_when_their_entries_are_new(benches, site):
    bench = benches("feed", FEED.format(content="page"))
    site.pages |= {"/list": feed_of(("/ok", "Short.")), "/more": site.pages["/ok"]}
    bench.crawl("it")
    site.pages["/list"] = feed_of(("/more", "Short."), ("/ok", "Short."))

    run = bench.crawl("it")

    assert (run.outcome, run.counts["avoided"], run.counts["new"]) == ("complete", 1, 1)
    assert site.paths() == ["/list", "/ok", "/list", "/more"]


def identities(bench, site):
    """Ids of the documents that answer, by path."""
    ids = [change.document_id for change in bench.adapters.documents.scan().changes if not change.deleted]
    found = bench.adapters.documents.get(ids).values()
    return {document.url.removeprefix(site.root): document.id for document in found}


@pytest.mark.parametrize("content", ["feed", "page"])
def test_an_entry_that_moved_keeps_its_document(benches, site, content):
    def entries(first):
        site.pages["/list"] = feed_of((first, "Apples.", "tag:1"), ("/b", "Bananas.", "tag:2"))

    site.pages |= {path: html(f"<main><h1>{path}</h1><p>It is about fruit.</main>") for path in ("/a", "/b", "/new")}
    bench = benches("feed", FEED.format(content=content))
    entries("/a")
    bench.crawl("it")
    before = identities(bench, site)
    entries("/new")
    moved = bench.crawl("it")
    after = identities(bench, site)
    entries("/a")
    back = bench.crawl("it")

    assert (moved.outcome, moved.counts.get("new", 0), back.outcome) == ("complete", 0, "complete")
    assert after == {"/new": before["/a"], "/b": before["/b"]}
    assert identities(bench, site) == before


def test_an_item_of_an_api_that_moved_keeps_its_document(benches, site):
    bench = benches("api", API.replace("id: id,", "id: id, url: at,").format(more=""))
    site.pages["/list"] = as_json([entry(1, at="/one"), entry(2, at="/two", html="<p>Two.")])
    bench.crawl("it")
    before = identities(bench, site)
    site.pages["/list"] = as_json([entry(1, at="/moved"), entry(2, at="/two", html="<p>Two.")])

    bench.crawl("it")

    assert identities(bench, site) == {"/moved": before["/one"], "/two": before["/two"]}


def test_entries_that_share_an_id_are_never_taken_for_each_other(benches, site):
    bench = benches("feed", FEED.format(content="feed"))
    site.pages["/list"] = feed_of(("/a", "Apples.", "tag:all"), ("/b", "Bananas.", "tag:all"))
    bench.crawl("it")
    before = identities(bench, site)
    site.pages["/list"] = feed_of(("/c", "Cherries.", "tag:all"), ("/b", "Bananas.", "tag:all"))

    bench.crawl("it")

    assert before.items() < identities(bench, site).items()
    assert texts(bench, site) == {"/a": "Apples.", "/b": "Bananas.", "/c": "Cherries."}


def test_an_unchanged_feed_costs_one_request(benches, site):
    async def conditional(site, request, out):
        return Answer(b"", 304) if "if-none-match" in request.headers else feed_of(("/a", "Apples."), ETag='"1"')

    site.pages["/list"] = conditional
    bench = benches("feed", FEED.format(content="feed"))
    bench.crawl("it")
    asked = len(site.paths())

    runs = [bench.crawl("it") for _ in range(2)]

    assert len(site.paths()) == asked + 2
    assert all(request.headers.get("if-none-match") == '"1"' for request in site.requests[-1:])
    assert texts(bench, site) == {"/a": "Apples."}
    assert [(run.outcome, run.counts.get("fetched", 0)) for run in runs] == [("complete", 0)] * 2


def test_items_of_an_api_come_change_and_go(benches, site):
    bench = benches("api", API.format(more=""))
    site.pages["/list"] = as_json([entry(1, html="<p>One."), entry(2, html="<p>Two."), entry(3, html="<p>Three.")])
    first = bench.crawl("it")
    changed = [entry(1, html="<p>One."), entry(2, html="<p>Two and more."), entry(4, html="<p>Four.")]
    site.pages["/list"] = as_json(changed)
    second = bench.crawl("it")

    assert (first.outcome, first.counts["new"]) == ("complete", 3)
    counts = {name: second.counts[name] for name in ("avoided", "changed", "new", "gone")}
    assert counts == {"avoided": 1, "changed": 1, "new": 1, "gone": 1}
    assert texts(bench, site) == {"/list/1": "One.", "/list/2": "Two and more.", "/list/4": "Four."}


def test_a_crawl_asks_an_api_for_what_changed_and_deletes_what_it_calls_deleted(benches, site):
    bench = benches("api", API.format(more="since: after"))
    times = [f"2026-11-0{day}T00:00:00Z" for day in (1, 2, 3)]
    all_of_it = [entry(n, html=f"<p>Number {n}.", changed=times[n]) for n in range(2)]
    site.pages["/list"] = as_json(all_of_it)
    bench.crawl("it")
    site.pages["/list"] = as_json([entry(1, changed=times[2], is_deleted=True), entry(5, changed=times[2])])
    second = bench.crawl("it")
    site.pages["/list"] = as_json([entry(5, changed=times[2])])
    third = bench.crawl("it")

    assert [p.partition("after=")[2][:10] for p in site.paths()] == ["", "2026-11-02", "2026-11-03"]
    assert (second.outcome, second.counts["gone"], second.counts["new"]) == ("complete", 1, 1)
    assert (third.outcome, third.counts["avoided"]) == ("complete", 2)
    assert set(texts(bench, site)) == {"/list/0", "/list/5"}


def test_a_listing_that_breaks_off_deletes_nothing(benches, site):
    bench = benches("api", API.format(more=""))
    site.pages["/list"] = as_json([entry(1), entry(2)])
    bench.crawl("it")
    site.pages["/list"] = as_json([entry(1)], Link='</broken>; rel="next"')
    run = bench.crawl("it")

    assert run.outcome == "failed"
    assert "cannot be read now: HTTP 500" in run.error
    assert set(texts(bench, site)) == {"/list/1", "/list/2"}


def test_listed_sitemaps_that_are_refused_are_counted_by_rule_and_stop_nothing(benches, site):
    bench = benches("sitemap", "title: h1")
    paths = ["/map.xml", "/away.xml", "/file.xml", "/missing.xml", "/secret.xml", "/ok"]
    listed = [*map(site.url, paths), "http://169.254.169.254/map.xml", "file:///etc/passwd"]
    site.robots = Answer(b"User-agent: *\nDisallow: /secret\n")
    site.pages |= {
        "/list": as_xml("".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in listed).join(INDEX)),
        "/map.xml": as_xml(f"<urlset><url><loc>{site.url('/ok')}</loc></url></urlset>"),
        "/away.xml": redirect("http://169.254.169.254/map.xml"),
        "/file.xml": redirect("file:///etc/passwd"),
    }

    run = bench.crawl("it")

    assert (run.outcome, set(texts(bench, site))) == ("complete", {"/ok"})
    assert {name: count for name, count in run.counts.items() if name.startswith("refused")} == {
        "refused": 7,
        "refused:address": 1,
        "refused:redirect": 1,
        "refused:robots": 1,
        "refused:scope": 2,
        "refused:status": 1,
        "refused:type": 1,
    }


@pytest.mark.parametrize("content", ["feed", "page"])
def test_entries_that_are_excluded_later_leave_though_their_feed_does_not_name_them_any_more(benches, site, content):
    bench = benches("feed", FEED.format(content=content) + "\n    max_gone: 1")
    site.pages["/list"] = feed_of(("/ok", "Apples."), ("/next", "Bananas."), ("/soup", "Cherries."))
    bench.crawl("it")
    site.pages["/list"] = feed_of(("/soup", "Cherries."))
    lines = f'sources:\n  - id: it\n    kind: feed\n    start: ["{site.url("/list")}"]\n    max_gone: 1\n'
    bench.use(
        f'{lines}    allow_private_network: true\n    content: {content}\n    exclude: ["{site.url("/ok")}"]\n',
    )

    run = bench.crawl("it")

    assert (run.outcome, run.counts["gone"]) == ("complete", 1)
    assert set(texts(bench, site)) == {"/next", "/soup"}
