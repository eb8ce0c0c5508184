"""Items and entries that are hard to tell apart, or of odd types: none is lost unsaid, none takes others along."""

from dataclasses import replace

import pytest

from lib.adapters.sources.feed import Feed
from lib.domain.sources import Source
from lib.errors import BadInput
from tests.adapters.sources.listings import as_json, as_xml, entry, web_client
from tests.adapters.sources.test_listing_crawls import API, FEED, benches, feed_of, texts
from tests.doubles import SettableClock
from tests.nasty_pages import Answer

__all__ = ["benches"]

APP = "https://help.example.com/#/article/"
LINKED = (("id", "id"), ("url", "link"), ("title", "name"), ("html", "body.html"), ("updated", "changed"))


@pytest.fixture
def linked(api_source):
    return replace(api_source, fields=LINKED)


@pytest.fixture
def look(apis, linked):
    """Found by address, and what was left out by rule."""

    def listed(of=linked, **since):
        discovery = apis.discover(of, **since)
        found = {found.url: found.fetched for found in discovery.found}
        return found, dict(discovery.account.refused)

    return listed


def test_links_that_differ_in_their_fragment_only_are_addresses_of_their_own(look, serve):
    serve([entry(n, link=f"{APP}{n}", html=f"<p>Article {n}.") for n in range(5)])

    found, refused = look()

    assert {url: fetched.page.text for url, fetched in found.items()} == {
        f"{APP}{n}": f"Article {n}." for n in range(5)
    }
    assert refused == {}


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("/a#x y", "/a#x%20y"),
        ("/a#", "/a"),
        ("/a#ä#b", "/a#%C3%A4%23b"),
        ("/a#!/b?c=d", "/a#!/b?c=d"),
        ("/a?utm_source=x#utm_campaign=y", "/a"),
        ("#top", "/api/items#top"),
    ],
)
def test_a_fragment_has_one_spelling(look, serve, site, link, address):
    serve([entry(1, link=link)])

    assert list(look()[0]) == [site.url(address)]


def test_items_with_one_link_and_several_ids_are_left_out_and_counted(look, serve, caplog):
    serve(
        [entry(1, link="https://x.example/"), entry(2, link="https://x.example/")],
        [entry(3, link="https://x.example/")],
    )

    found, refused = look()

    assert (list(found), refused) == (["https://x.example/"], {"identity": 2})
    assert "leave `url` out of `fields`" in caplog.text


def test_an_item_that_comes_again_on_the_next_page_is_no_other_one(look, serve):
    serve([entry(1, link="/a"), entry(2, link="/b")], [entry(2, link="/b"), entry(3, link="/c")])

    found, refused = look()

    assert (len(found), refused) == (3, {})


@pytest.mark.parametrize("odd", [["x"], {"a": 1}, True, 3.5, None])
@pytest.mark.parametrize("name", ["name", "changed", "link"])
def test_an_optional_field_of_a_wrong_type_counts_as_absent(look, serve, name, odd):
    serve([entry(1), entry(2), entry(3), {**entry(4), name: odd}])

    found, refused = look()

    assert [fetched.outcome for fetched in found.values()] == ["page"] * 4
    assert refused == {}


@pytest.mark.parametrize("odd", [["x"], {"a": 1}, True])
def test_an_item_whose_text_cannot_be_used_is_refused_alone(look, serve, site, odd):
    serve([entry(1), entry(2), {"id": 3, "body": {"html": odd}}, entry(4)])

    found, _ = look()

    wrong = found.pop(site.url("/api/items/3"))
    assert (wrong.outcome, wrong.rule, "the html of an item is" in wrong.reason) == ("refused", "type", True)
    assert [fetched.outcome for fetched in found.values()] == ["page"] * 3


def test_text_stands_in_for_html_of_a_wrong_type(look, serve, linked):
    serve([{"id": 1, "body": {"html": ["x"]}, "plain": "Words."}])

    [fetched] = look(replace(linked, fields=(*LINKED, ("text", "plain"))))[0].values()

    assert fetched.page.text == "Words."


@pytest.mark.parametrize("odd", [{"body": {"html": "x"}}, {"id": None}, {"id": ["x"]}, {"id": ".."}, "text", None, []])
def test_an_item_that_cannot_be_named_is_left_out_alone_and_counted(look, serve, caplog, odd):
    serve([entry(1), entry(2), odd, entry(3)])

    found, refused = look()

    assert (len(found), refused) == (3, {"identity": 1})
    assert "source=tickets" in caplog.text


def test_one_odd_item_alone_on_the_last_page_takes_no_listing_along(look, serve):
    serve([entry(1), entry(2)], [{"id": 3}])
    assert len(look()[0]) == 3

    serve([entry(1), entry(2)], [{"name": "nameless"}])
    assert look()[1] == {"identity": 1}


def test_one_odd_item_alone_among_changes_takes_none_along(look, serve, linked):
    serve([{"id": 3, "body": {"html": ["x"]}}])

    [fetched] = look(replace(linked, since="after"), since="2026-11-01")[0].values()

    assert fetched.outcome == "refused"


def test_a_crawl_keeps_the_good_items_and_counts_the_odd_ones(benches, site):
    bench = benches("api", API.format(more=""))
    good = [entry(n, html=f"<p>Number {n}.") for n in range(3)]
    site.pages["/list"] = as_json([*good, entry(7, name=["x"]), {"id": 8, "body": {"html": ["x"]}}, {"name": "no id"}])

    run = bench.crawl("it")

    assert set(texts(bench, site)) == {"/list/0", "/list/1", "/list/2", "/list/7"}
    counts = {name: count for name, count in run.counts.items() if name.startswith("refused")}
    assert (run.outcome, counts) == ("complete", {"refused": 2, "refused:identity": 1, "refused:type": 1})


@pytest.fixture
def feeds(site):
    with web_client(SettableClock()) as web:
        yield Feed(web, SettableClock())


@pytest.fixture
def notes(site):
    start = (site.url("/feed.xml"),)
    return Source(id="notes", kind="feed", start=start, content="feed", allow_private_network=True)


def atom(*entries):
    parts = "".join(
        f'<entry><id>{guid}</id><title>{guid}</title><link href="{link}"/><content>{text}</content></entry>'
        for guid, link, text in entries
    )
    return as_xml(f'<feed xmlns="http://www.w3.org/2005/Atom">{parts}</feed>')


def found_of(feeds, source):
    return {found.url: found.fetched.page.text for found in feeds.discover(source).found}


def test_entries_whose_links_differ_in_their_fragment_only_are_addresses_of_their_own(feeds, notes, site):
    site.pages["/feed.xml"] = atom(*((f"n{n}", f"/notes#d{n}", f"Note {n}.") for n in range(5)))

    assert found_of(feeds, notes) == {site.url(f"/notes#d{n}"): f"Note {n}." for n in range(5)}


def test_entries_that_share_a_link_open_it_and_are_told_apart_by_their_ids(feeds, notes, site):
    site.pages["/feed.xml"] = atom(("v1", "/changes", "One."), ("v2", "/changes", "Two."), ("a", "/about", "About."))

    first = found_of(feeds, notes)
    site.pages["/feed.xml"] = atom(("v3", "/changes", "Three."), ("v2", "/changes", "Two."), ("v1", "/changes", "One."))
    second = found_of(feeds, notes)

    assert {url.partition("#")[0] for url in first} == {site.url("/changes"), site.url("/about")}
    assert (sorted(first.values()), sorted(second.values())) == (["About.", "One.", "Two."], ["One.", "Three.", "Two."])
    assert len(first.keys() & second.keys()) == 2


def test_entries_without_ids_that_share_a_link_are_told_apart_by_their_titles(feeds, notes, site):
    parts = "".join(
        f"<item><link>/changes</link><title>v{n}</title><description>{n}.</description></item>" for n in (1, 2)
    )
    site.pages["/feed.xml"] = as_xml(f"<rss><channel>{parts}</channel></rss>")

    assert len(found_of(feeds, notes)) == 2


def test_pages_of_entries_are_asked_for_once_whatever_their_fragments(feeds, notes, site):
    site.pages["/feed.xml"] = atom(("a", "/ok#a", "A."), ("b", "/ok#b", "B."))

    assert [found.url for found in feeds.discover(replace(notes, content="page")).found] == [site.url("/ok")]


def test_a_pattern_speaks_of_the_page_and_not_of_its_fragment(feeds, notes, site):
    site.pages["/feed.xml"] = atom(("a", "/notes#a", "A."), ("b", "/other#b", "B."))

    assert set(found_of(feeds, replace(notes, exclude=(site.url("/notes"),)))) == {site.url("/other#b")}


def test_a_crawl_keeps_all_entries_of_one_page_and_what_was_one_document_stays_one(benches, site):
    bench = benches("feed", FEED.format(content="feed"))
    one = ("v1", "/changes", "Zebras are African equines.")
    two = ("v2", "/changes", "Okapis are shy forest giraffids.")
    site.pages["/list"] = atom(one)
    bench.crawl("it")
    [before] = bench.adapters.documents.scan().changes
    site.pages["/list"] = atom(two, one)

    run = bench.crawl("it")

    assert (run.outcome, run.counts["new"]) == ("complete", 1)
    assert sorted(texts(bench, site).values()) == sorted([one[2], two[2]])
    assert before.document_id in {change.document_id for change in bench.adapters.documents.scan().changes}


def test_entries_that_cannot_be_named_are_counted(benches, site):
    bench = benches("feed", FEED.format(content="feed"))
    site.pages["/list"] = feed_of(("", "Nameless."), ("/a", "Apples."))

    run = bench.crawl("it")

    assert (run.counts["new"], run.counts["refused"], run.counts["refused:identity"]) == (1, 1, 1)


def test_a_listing_of_nothing_but_odd_items_says_so(apis, linked, site):
    site.pages["/api/items"] = Answer(b'{"data": {"results": [{"id": []}, {"id": []}]}}')

    with pytest.raises(BadInput, match="correct its `fields`"):
        list(apis.discover(linked).found)
