"""APIs: what of an item becomes a document, what is gone, and what does not fit its description."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.adapters.sources.api_items import load, order, read_items
from lib.errors import BadInput
from lib.ports.source_reader import Fetch
from tests.adapters.sources.listings import as_json, entry
from tests.contracts.source_reader import Examples, SourceReaderContract
from tests.nasty_pages import Answer


@pytest.fixture
def reader(apis):
    return apis


@pytest.fixture
def source(api_source):
    return api_source


class TestApi(SourceReaderContract):
    @pytest.fixture
    def reader(self, apis):
        return apis

    @pytest.fixture
    def examples(self, site, source, serve):
        serve([entry(1), entry(2)], [entry(2), entry(3)])
        return Examples(
            source=source,
            page=site.url("/api/items/1"),
            page_words="African equines",
            unchanging=None,
            gone=site.url("/api/items/never"),
            refused=None,
            failing=None,
            is_brought=True,
        )


def test_an_item_brings_its_title_and_text(reader, source, serve):
    serve([entry(1, html="<h2>Stripes</h2><p>All have.</p>")])

    [found] = reader.discover(source).found

    assert (found.fetched.page.title, found.fetched.page.text) == ("Item 1", "## Stripes\n\nAll have.")


def test_text_may_be_markdown(reader, source, serve):
    serve([{"url": "/wiki/Zebra", "text": "# Zebra\n\nIt has *stripes*."}])

    [found] = reader.discover(replace(source, fields=(("url", "url"), ("text", "text")))).found

    assert found.url.endswith("/wiki/Zebra")
    assert (found.fetched.page.title, found.fetched.page.text) == ("Zebra", "# Zebra\n\nIt has *stripes*.")


def test_a_stamp_is_the_time_of_change_or_else_a_hash(reader, source, serve):
    def stamps(*items):
        serve(list(items))
        return [found.stamp for found in reader.discover(source).found]

    assert stamps(entry(1, changed="2026-11-22"), entry(2)) == ["2026-11-22", *stamps(entry(2))]
    assert stamps(entry(2)) != stamps(entry(2, html="<p>Other.</p>"))


def test_what_is_marked_deleted_is_gone_whatever_its_date(reader, source, serve):
    serve([entry(1, changed="2026-11-22", is_deleted=True), entry(2, is_deleted="false"), entry(3, is_deleted=0)])

    found = list(reader.discover(source).found)

    assert [f.fetched.outcome for f in found] == ["gone", "page", "page"]
    assert found[0].fetched.status == 410
    assert found[0].stamp != "2026-11-22"


def test_an_item_that_the_whole_listing_does_not_name_is_gone(reader, source, site):
    [result] = reader.read(source, [Fetch(url=site.url("/api/items/9"))])

    assert (result.outcome, result.status, site.requests) == ("gone", 404, [])


def test_only_changes_are_asked_for_once_there_is_a_cursor(reader, source, serve, site):
    changing = replace(source, start=(site.url("/api/items?size=2"),), since="changed_after")
    serve([entry(1, changed="2026-11-22T09:30:00+01:00"), entry(2, changed="2026-11-22T09:00:00Z"), entry(3)])
    first = list(reader.discover(changing).found)

    again = reader.discover(changing, since=first[-1].cursor)

    assert [found.cursor for found in first] == ["", "", "2026-11-22T09:00:00Z"]
    assert (reader.discover(changing).unlisted, again.unlisted) == ("ask", "leave")
    assert list(again.found)[-1].cursor == "2026-11-22T09:00:00Z"
    assert site.paths()[-1] == "/api/items?size=2&changed_after=2026-11-22T09%3A00%3A00Z"


def test_numbers_are_compared_as_numbers(reader, source, serve):
    serve([entry(1, changed=9), entry(2, changed=10)])

    assert list(reader.discover(replace(source, since="since")).found)[-1].cursor == "10"


def test_a_time_that_is_still_to_come_hides_nothing(reader, source, serve):
    serve([entry(1, changed="2999-01-01T00:00:00Z"), entry(2, changed="2026-11-01")])

    assert list(reader.discover(replace(source, since="since")).found)[-1].cursor == "2026-11-01"


def test_a_source_without_since_is_always_listed_whole(reader, source, serve, site):
    serve([entry(1, changed="2026-11-22")])

    again = reader.discover(source, since="2026-11-22")

    assert [found.cursor for found in again.found] == [""]
    assert (again.unlisted, site.paths()) == ("ask", ["/api/items"])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"data": {"other": []}}, r"at `items` 'data.results' there is nothing .* an object with 'data'"),
        ({"data": {"results": {"1": 2}}}, "an object with '1' instead of a list"),
        ([1, 2], "the answer is a list of 2"),
        ({"data": {"results": [{"name": "x", "body": {"html": ""}}]}}, r"an item has no id 'id'.*'name', 'body'"),
        ({"data": {"results": ["x"]}}, "it is text; correct its `fields`"),
        ({"data": {"results": [{"id": 1, "content": "x"}]}}, r"no item has html 'body.html'.*'id', 'content'"),
        ({"data": {"results": [{"id": 1, "body": {"html": ["x"]}}]}}, "the html of an item is a list of 1, not text"),
    ],
)
def test_what_does_not_fit_its_description_says_what_is_there(reader, source, site, answer, said):
    site.pages["/api/items"] = as_json(answer)

    with pytest.raises(BadInput, match=said) as caught:
        list(reader.discover(source).found)

    assert "source 'tickets'" in str(caught.value)
    assert "correct its" in str(caught.value)


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"", b"\xff\xfe\x00", b"[" * 200_000, b"1" * 100_000])
def test_what_is_no_json_is_bad_input(reader, source, site, body):
    site.pages["/api/items"] = Answer(body, 200, {"Content-Type": "application/json"})

    with pytest.raises(BadInput, match=r"source 'tickets': (it is not JSON|it is JSON that is nested too deeply)"):
        list(reader.discover(source).found)


def test_halves_of_characters_do_no_harm(reader, source, site):
    body = b'{"data": {"results": [{"id": "\\ud800x", "name": "\\ud800", "body": {"html": "<p>Text \\udfff here"}}]}}'
    site.pages["/api/items"] = Answer(body)

    [found] = reader.discover(source).found

    assert json.dumps([found.url, found.stamp, found.fetched.page.title, found.fetched.page.text]).isascii()
    (found.url + found.stamp + found.fetched.page.title + found.fetched.page.text).encode()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "url", "t", "u", "d", "0"]), inner, max_size=4)
    ),
    max_leaves=8,
)
PATHS = st.sampled_from(["", "id", "url", "t", "u.0", "d", "0.id", "t.u"])


@settings(deadline=None)
@given(items=st.lists(ANYTHING, max_size=4), paths=st.lists(PATHS, min_size=6, max_size=6))
def test_no_json_does_harm(items, paths):
    fields = dict(zip(("id", "url", "title", "text", "updated", "deleted"), paths, strict=True))
    found = load(json.dumps(items).encode())

    with suppress(BadInput):
        for item in read_items(found, fields, start="http://h/i", at="http://h/i?page=1")[0]:
            assert item.url.startswith("http")
            assert item.stamp
            assert order(item.updated) <= max(order(item.updated), order("9"))


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_no_bytes_do_harm(body):
    with suppress(BadInput):
        load(body)
