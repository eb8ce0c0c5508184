"""The reader of websites: its contract, what it sends, what it reports, and that it is polite."""

import threading
import time
from dataclasses import replace

import pytest

from lib.adapters.sources.sitemap import Sitemap
from lib.domain.sources import Source
from lib.errors import BadInput
from lib.ports.source_reader import Fetch
from tests.adapters.web.conftest import TIMEOUT_S
from tests.contracts.source_reader import Examples, SourceReaderContract
from tests.nasty_pages import Answer, html


class TestWebsiteReader(SourceReaderContract):
    @pytest.fixture
    def reader(self, make_reader):
        return make_reader()

    @pytest.fixture
    def examples(self, site, source):
        return Examples(
            source=source,
            page=site.url("/ok"),
            page_words="African equines",
            unchanging=site.url("/conditional"),
            gone=site.url("/gone"),
            refused=site.url("/png"),
            failing=site.url("/broken"),
        )


class TestSitemapReader(TestWebsiteReader):
    @pytest.fixture
    def of_kind(self):
        return Sitemap

    @pytest.fixture
    def source(self, site):
        listed = "".join(f"<url><loc>{site.url(path)}</loc></url>" for path in ("/ok", "/next#top", "/ok"))
        site.pages["/sitemap.xml"] = Answer(f"<urlset>{listed}</urlset>".encode(), 200, {"Content-Type": "text/xml"})
        return Source(id="listed", kind="sitemap", start=(site.url("/sitemap.xml"),), allow_private_network=True)


def test_one_user_agent_with_contact_says_who_asks(site, read):
    read("/ok")

    assert {r.headers["user-agent"] for r in site.requests} == {"Plumbline/0.1 (+https://example.com/bot)"}


def test_a_contact_cannot_smuggle_a_header(site, make_reader, read):
    result = read("/ok", using=make_reader(contact="me\r\nX-Evil: 1"))

    assert result.outcome == "page"
    assert all("x-evil" not in r.headers for r in site.requests)


def test_a_page_brings_links_title_and_language(read, site):
    start, zebras = read("/").page, read("/ok").page

    assert start.links == (site.url("/ok"), site.url("/next"), "http://elsewhere.test/")
    assert (zebras.title, zebras.language, zebras.media_type) == ("Zebras", "en", "text/html")


def test_fragments_are_not_sent(read, site):
    assert read(site.url("/ok#top")).outcome == "page"
    assert site.paths() == ["/ok"]


def test_start_urls_are_normalised(reader, site, source):
    shouted = replace(source, start=(site.root.upper() + "/a/../#top", site.url("/")))

    assert [found.url for found in reader.discover(shouted).found] == [site.url("/")]


def test_a_start_url_that_cannot_be_is_bad_input(reader, source):
    with pytest.raises(BadInput, match="correct its `start`"):
        reader.discover(replace(source, start=("http://user:password@example.com/",)))


def test_scope_is_compared_with_normalised_start_urls(reader, site, source, read):
    shouted = replace(source, start=(site.root.upper() + "/",))

    assert read(site.url("/ok"), of=shouted).outcome == "page"


def test_out_of_scope_is_refused_without_a_request(site, source, read):
    result = read("/ok", of=replace(source, exclude=(site.url("/ok"),)))

    assert (result.outcome, result.requests, site.requests) == ("refused", 0, [])


def test_a_hop_back_to_a_hostile_validator_is_not_a_header(read, site):
    assert read("/ok", etag='"a"\r\nX-Evil: 1', last_modified="x\r\nX-Evil: 1").outcome == "page"
    assert all("x-evil" not in r.headers for r in site.requests)


def test_requests_and_bytes_are_counted(read):
    first, second = read("/ok"), read("/down/2")

    assert (first.requests, second.requests) == (2, 3)  # robots.txt is asked for once
    assert 100 < first.size_bytes < 1000


@pytest.mark.parametrize(
    ("path", "outcome", "status"),
    [("/login", "refused", 401), ("/secret", "refused", 403), ("/teapot", "refused", 418), ("/missing", "gone", 404),
     ("/gone", "gone", 410), ("/nothing", "refused", 204), ("/broken", "failed", 500)],
)  # fmt: skip
def test_each_status_has_its_outcome(read, path, outcome, status):
    result = read(path)

    assert (result.outcome, result.status, result.page) == (outcome, status, None)
    assert str(status) in result.reason


def test_a_304_that_nobody_asked_for_is_a_failure(read, site):
    site.pages["/sleepy"] = Answer(b"", 304)

    assert read("/sleepy").outcome == "failed"


def test_a_stumbling_server_is_asked_again(read, site):
    result = read("/stumbles")

    assert (result.outcome, result.page.title) == ("page", "Up again")
    assert result.requests == len(site.requests)


def test_a_reset_connection_fails_after_a_few_tries(read, site):
    result = read("/reset")

    assert result.outcome == "failed"
    assert 2 <= site.counts["/reset"] <= 4


def test_never_more_requests_at_once_than_allowed(make_reader, site, read):
    paths = [f"/gated/{n}" for n in range(12)]
    opener = threading.Thread(target=lambda: _when(lambda: site.at_once == 3, site.gate.set))
    opener.start()

    results = read(*paths, using=make_reader(concurrency=3, timeout_s=20))
    opener.join()

    assert {r.outcome for r in results.values()} == {"page"}
    assert site.most_at_once == 3


def test_crawl_delay_spaces_requests(site, read):
    site.robots = Answer(b"User-agent: *\nCrawl-delay: 0.2\n")

    results = read("/ok", "/next", "/")

    times = [r.at for r in site.requests]
    assert {r.outcome for r in results.values()} == {"page"}
    assert times[-1] - times[1] >= 0.38  # the gaps together: one request may be slow to arrive


def test_a_crawl_delay_beyond_patience_fails_the_rest_for_now(site, read):
    site.robots = Answer(b"User-agent: *\nCrawl-delay: 3600\n")

    results = read("/ok", "/next", "/").values()

    assert sorted(r.outcome for r in results) == ["failed", "failed", "page"]
    assert all(3000 < r.retry_after_s <= 3600 for r in results if r.outcome == "failed")


def test_retry_after_leaves_the_host_alone(site, read):
    busy = read("/busy")
    after = read("/ok")

    assert (busy.outcome, busy.status, after.outcome) == ("failed", 429, "failed")
    assert 7000 < busy.retry_after_s <= 7200
    assert 7000 < after.retry_after_s <= 7200
    assert site.paths() == ["/busy"]


def test_retry_after_may_be_a_date(read):
    result = read("/busy-date")

    assert (result.status, round(result.retry_after_s)) == (503, 3600)


@pytest.mark.parametrize(
    "value", ["Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 +99999999999999", "-5", "²"]
)
def test_a_retry_after_that_is_no_time_does_no_harm(site, read, value):
    site.pages["/odd"] = Answer(b"", 503, {"Retry-After": value})

    result = read("/odd")

    assert (result.outcome, result.status) == ("failed", 503)
    assert result.retry_after_s < 60


def test_a_date_that_is_no_time_costs_no_page(site, read, source):
    said = "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"
    site.pages["/dated"] = html(f"<time datetime='{said}'>{said}</time><p>Words that count.")

    result = read("/dated", of=replace(source, published="time"))

    assert (result.outcome, result.page.published) == ("page", "")


def test_a_short_retry_after_is_waited_for(site, read):
    assert read("/busy-once").page.title == "At last"
    assert site.paths() == ["/busy-once", "/busy-once"]


def test_a_server_too_busy_to_say_for_how_long_is_given_time(make_reader, site, read):
    site.pages["/flat-out"] = Answer(b"", 429)

    result = read("/flat-out", using=make_reader(timeout_s=0.5))

    assert (result.outcome, site.counts["/flat-out"]) == ("failed", 1)
    assert result.retry_after_s > 0.5


def test_closing_early_stops_what_is_in_flight(reader, source, site):
    results = reader.read(
        source, [Fetch(url=site.url(path)) for path in ("/ok", "/silent", "/silent?2", "/never-ends")]
    )
    first = next(results)
    started = time.monotonic()

    results.close()

    assert first.outcome == "page"
    assert time.monotonic() - started < TIMEOUT_S
    assert not [t for t in threading.enumerate() if t.name.startswith("plumbline")]


def test_an_iterator_that_nobody_starts_costs_nothing(reader, source, site):
    reader.read(source, [Fetch(url=site.url("/ok"))])

    assert site.requests == []


def test_results_wait_until_they_are_taken(make_reader, source, site):
    site.pages["/many/"] = html("<p>one of many")
    results = make_reader(concurrency=1).read(source, [Fetch(url=site.url(f"/many/{n}")) for n in range(50)])
    next(results)
    _when(lambda: len(site.paths()) >= 4, lambda: None)

    served = len(site.paths())
    results.close()

    assert served <= 6


def _when(is_so, then, within_s=10):
    deadline = time.monotonic() + within_s
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)
    then()
