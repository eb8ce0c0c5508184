"""Pages of an API: to an end whatever they say, on their own host, and with its secrets nowhere else."""

from dataclasses import replace

import pytest

from lib.adapters.sources.api_items import find
from lib.errors import BadInput, Unreachable
from tests.adapters.sources.listings import as_json, entry
from tests.nasty_pages import Answer, redirect
from tests.nasty_site import NastySite


@pytest.fixture
def reader(apis):
    return apis


@pytest.fixture
def source(api_source):
    return api_source


def test_pages_are_read_to_the_last_and_items_named_once(listed, serve, site):
    serve([entry(1), entry(2)], [entry(2), entry("a/b")], [])

    assert listed() == ["1", "2", "a%2Fb"]
    assert site.paths() == ["/api/items", "/api/items?page=1", "/api/items?page=2"]


def test_the_answer_itself_may_be_the_list_and_a_header_names_the_next(listed, source, site):
    async def answer(site, request, out):
        more = {"Link": '</x>; rel="prev", </api/items?p=2>; title="a, b"; rel="last next"'}
        return as_json([entry(2)]) if "?" in request.path else as_json([entry(1)], **more)

    site.pages["/api/items"] = answer

    assert listed(replace(source, items="", next="")) == ["1", "2"]


@pytest.mark.parametrize("last", [None, "", False, 0, "absent"])
def test_a_cursor_goes_into_the_query_of_the_start(listed, source, site, last):
    async def answer(site, request, out):
        after = {"c/1 ä": last} if "%2F" in request.path else {"": "c/1 ä"}
        token = next(iter(after.values()))
        meta = {} if token == "absent" else {"cursor": token}
        return as_json({"data": {"results": [entry(len(site.paths()))]}, "meta": meta})

    site.pages["/api/items"] = answer
    paged = replace(source, start=(site.url("/api/items?size=50&after=0"),), next="after=meta.cursor")

    assert listed(paged) == ["1", "2"]
    assert site.paths()[1] == "/api/items?size=50&after=c%2F1%20%C3%A4"


def test_keys_that_have_dots_are_found(listed, source, site):
    odata = {"value": [entry(1)], "@odata.nextLink": site.url("/api/more")}
    site.pages |= {"/api/items": as_json(odata), "/api/more": as_json({"value": [entry(2)]})}

    assert listed(replace(source, items="value", next="@odata.nextLink")) == ["1", "2"]
    assert find({"a": [{"b.c": {"0": "x"}}]}, "a.0.b.c.0") == "x"


@pytest.mark.parametrize("next_", ["next", "page=meta.page"])
def test_paging_that_goes_in_circles_ends(reader, source, site, next_):
    always = {"data": {"results": [entry(1)]}, "next": "/api/items", "meta": {"page": 7}}
    site.pages["/api/items"] = as_json(always)

    with pytest.raises(BadInput, match="was read already; correct its `next`"):
        list(reader.discover(replace(source, next=next_)).found)

    assert len(site.paths()) <= 2


def test_paging_that_never_has_anything_new_ends(reader, source, site):
    async def answer(site, request, out):
        return as_json({"data": {"results": [entry(1)]}, "next": f"/api/items?page={len(site.requests)}"})

    site.pages["/api/items"] = answer

    with pytest.raises(BadInput, match="3 pages in a row had no new item"):
        list(reader.discover(source).found)

    assert len(site.paths()) == 4


def test_more_items_than_the_source_wants_are_no_whole_listing(reader, source, serve):
    serve([entry(1), entry(2)], [entry(3), entry(4)])
    taken = []

    with pytest.raises(BadInput, match="more than 3 items; raise `max_pages`"):
        taken.extend(found.url for found in reader.discover(replace(source, max_pages=3)).found)

    assert len(taken) in (2, 3)  # the last one waits for its cursor


def test_as_many_items_as_the_source_wants_are_a_whole_listing(listed, source, serve):
    serve([entry(1), entry(2)], [entry(3)])

    assert listed(replace(source, max_pages=3)) == ["1", "2", "3"]


def test_pages_are_read_as_they_are_taken(reader, source, site):
    async def answer(site, request, out):
        number = len(site.paths())
        return as_json({"data": {"results": [entry(number)]}, "next": f"/api/items?page={number}"})

    site.pages["/api/items"] = answer
    found = reader.discover(source).found
    next(found)

    found.close()

    assert len(site.paths()) <= 5


@pytest.mark.parametrize("to", ["http://127.0.0.1:9/items", "https://elsewhere.test/", "javascript:x", {"a": 1}, 7])
def test_a_next_page_elsewhere_is_not_asked_for(reader, source, site, to):
    site.pages["/api/items"] = as_json({"data": {"results": [entry(1)]}, "next": to})

    with pytest.raises(BadInput, match="next"):
        list(reader.discover(source).found)

    assert site.paths() == ["/api/items"]


@pytest.mark.parametrize("how", ["redirect", "next"])
def test_a_secret_is_not_sent_to_another_host(reader, source, site, monkeypatch, how):
    monkeypatch.setenv("SOURCE_TICKETS", "s3cret")
    own = replace(source, headers=(("X-Api-Key", "secret:TICKETS"),))
    with NastySite() as other:
        other.pages["/x"] = as_json({"data": {"results": [entry(1)]}})
        onward = {"data": {"results": []}, "next": other.url("/x")}
        site.pages["/api/items"] = redirect(other.url("/x")) if how == "redirect" else as_json(onward)
        found = reader.discover(own).found

        if how == "redirect":
            assert len(list(found)) == 1
        else:
            with pytest.raises(BadInput, match="its next page is elsewhere"):
                list(found)

    assert [r.headers.get("x-api-key") for r in site.requests] == ["s3cret"]
    assert all("x-api-key" not in request.headers for request in other.requests)


def test_a_secret_that_an_api_puts_into_its_links_is_not_shown(reader, source, site):
    site.pages["/api/items"] = as_json({"data": {"results": []}, "next": "/broken?api_key=SECRET&page=2"})

    with pytest.raises(Unreachable, match=r"/broken\?api_key=\*\*\*&page=2'") as caught:
        list(reader.discover(source).found)

    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_denied_secret_is_named_and_not_shown(reader, source, site, monkeypatch, status):
    monkeypatch.setenv("SOURCE_TICKETS", "s3cret")
    site.pages["/api/items"] = Answer(b"no", status)

    with pytest.raises(BadInput, match=rf"HTTP {status}; check the `headers` .*\(headers: Authorization\)") as caught:
        list(reader.discover(replace(source, headers=(("Authorization", "Token secret:TICKETS"),))).found)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "s3cret\r\nX-Evil: 1"])
def test_a_secret_that_cannot_be_sent_is_bad_input(reader, source, monkeypatch, value):
    monkeypatch.setenv("SOURCE_TICKETS", value)

    with pytest.raises(BadInput, match=r"SOURCE_TICKETS|correct the secret") as caught:
        reader.discover(replace(source, headers=(("Authorization", "Token secret:TICKETS"),)))

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("path", "error"), [("/missing", BadInput), ("/broken", Unreachable), ("/busy", Unreachable)])
def test_no_answer_now_is_told_from_none_at_all(reader, source, site, path, error):
    with pytest.raises(error, match="source 'tickets'"):
        list(reader.discover(replace(source, start=(site.url(path),))).found)


def test_robots_txt_is_obeyed_without_headers_and_not_asked_with_them(reader, source, serve, site):
    site.robots = Answer(b"User-agent: *\nDisallow: /api/\n")
    serve([entry(1)])

    with pytest.raises(BadInput, match=r"robots\.txt forbids it"):
        list(reader.discover(source).found)
    known = list(reader.discover(replace(source, headers=(("X-Client", "plumbline"),))).found)

    assert len(known) == 1
    assert [request.path for request in site.requests] == ["/robots.txt", "/api/items"]
