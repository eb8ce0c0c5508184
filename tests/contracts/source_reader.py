"""What every source reader must do."""

import threading
from dataclasses import dataclass

import pytest

from lib.domain.sources import Source
from lib.domain.urls import normalise
from lib.ports.source_reader import Fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """
    A source and resources of it, one for each outcome; an adapter names its own.

    None: the kind has no such resource, since its listing brings them all along.
    """

    source: Source
    page: str
    page_words: str
    """Words that its text holds."""
    unchanging: str | None
    """Confirms its own validators."""
    gone: str | None
    refused: str | None
    failing: str | None
    is_brought: bool = False
    """The page cannot be asked for: its listing brings it along, first."""

    def those(self, *urls: str | None) -> list[str]:
        """Those of them that there are."""
        return [url for url in urls if url is not None]


class SourceReaderContract:
    """Subclasses give the fixtures `reader` and `examples`."""

    @pytest.fixture
    def reader(self):
        raise NotImplementedError

    @pytest.fixture
    def examples(self):
        raise NotImplementedError

    def page(self, reader, examples):
        """The example as it is asked for, or else as its listing brings it along."""
        if examples.is_brought:
            return next(found.fetched for found in reader.discover(examples.source).found if found.url == examples.page)
        [result] = reader.read(examples.source, [Fetch(url=examples.page)])
        return result

    def test_what_is_listed_is_in_scope_once_and_spelled_one_way(self, reader, examples):
        listings = [[found.url for found in reader.discover(examples.source).found] for _ in range(2)]

        assert listings[0]
        assert listings[0] == list(dict.fromkeys(listings[0]))
        assert sorted(listings[0]) == sorted(listings[1])
        assert all(examples.source.in_scope(url) for url in listings[0])
        assert all(normalise(url) == url.partition("#")[0] for url in listings[0] if url.startswith("http"))

    def test_an_equal_stamp_or_cursor_means_that_nothing_changed(self, reader, examples):
        first = {found.url: found for found in reader.discover(examples.source).found}
        second = {found.url: found for found in reader.discover(examples.source).found}

        assert {url: found.stamp for url, found in first.items()} == {u: found.stamp for u, found in second.items()}

    def test_it_names_its_extractor(self, reader):
        assert "/" in reader.extractor

    def test_each_fetch_has_exactly_one_result(self, reader, examples):
        urls = examples.those(examples.page, examples.unchanging, examples.gone, examples.refused, examples.failing)

        results = list(reader.read(examples.source, [Fetch(url=url) for url in urls]))

        assert sorted(r.url for r in results) == sorted(urls)

    def test_nothing_to_fetch_gives_nothing(self, reader, examples):
        assert list(reader.read(examples.source, [])) == []

    def test_a_page_says_what_it_is_and_where_it_is_from(self, reader, examples):
        result = self.page(reader, examples)

        assert result.outcome == "page"
        assert examples.page_words in result.page.text
        assert result.page.title
        assert len(result.raw_hash) == 64
        assert result.fetched_at.endswith("+00:00")
        assert result.final_url

    def test_what_a_page_took_is_told_with_it_or_with_the_listing_that_brought_it(self, reader, examples):
        discovery = reader.discover(examples.source)
        told = [found.fetched for found in discovery.found if found.fetched] if examples.is_brought else []
        told += [discovery.account] if examples.is_brought else [self.page(reader, examples)]

        assert sum(each.requests for each in told) >= 1
        assert sum(each.size_bytes for each in told) > 0

    def test_the_same_bytes_have_the_same_hash(self, reader, examples):
        results = [self.page(reader, examples) for _ in range(2)]

        assert results[0].raw_hash == results[1].raw_hash

    def test_what_a_listing_brings_along_has_a_stamp(self, reader, examples):
        brought = [found for found in reader.discover(examples.source).found if found.fetched]

        assert brought or examples.unchanging
        assert all(found.stamp for found in brought)

    def test_what_has_not_changed_is_not_fetched_again(self, reader, examples):
        if examples.unchanging is None:
            return  # its stamp says so, as the test before this one asks for
        [first] = reader.read(examples.source, [Fetch(url=examples.unchanging)])
        known = Fetch(url=examples.unchanging, etag=first.etag, last_modified=first.last_modified)

        [second] = reader.read(examples.source, [known])

        assert (first.outcome, second.outcome) == ("page", "not_modified")
        assert second.page is None
        assert (second.etag, second.last_modified) == (first.etag, first.last_modified)

    def test_what_is_gone_is_told_from_what_failed_and_what_is_refused(self, reader, examples):
        urls = {examples.gone: "gone", examples.refused: "refused", examples.failing: "failed"}
        urls = {url: outcome for url, outcome in urls.items() if url is not None}

        results = {r.url: r for r in reader.read(examples.source, [Fetch(url=url) for url in urls])}

        assert {url: r.outcome for url, r in results.items()} == urls
        assert all(r.page is None and r.reason for r in results.values())

    def test_closing_early_leaves_nothing_behind(self, reader, examples):
        before = threading.active_count()
        results = reader.read(examples.source, [Fetch(url=examples.page)] * 20)
        next(results)

        results.close()

        assert threading.active_count() == before

    def test_a_reader_can_be_used_again_and_again(self, reader, examples):
        outcomes = [self.page(reader, examples).outcome for _ in range(3)]

        assert outcomes == ["page"] * 3
