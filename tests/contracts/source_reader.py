"""What every source reader must do."""

import threading
from dataclasses import dataclass

import pytest

from lib.domain.sources import Source
from lib.domain.urls import normalise
from lib.ports.source_reader import Fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """A source and resources of it, one for each outcome; an adapter names its own."""

    source: Source
    page: str
    page_words: str
    """Words that its text holds."""
    unchanging: str
    """Confirms its own validators."""
    gone: str
    refused: str
    failing: str


class SourceReaderContract:
    """Subclasses give the fixtures `reader` and `examples`."""

    @pytest.fixture
    def reader(self):
        raise NotImplementedError

    @pytest.fixture
    def examples(self):
        raise NotImplementedError

    def test_seeds_are_normalised_in_scope_and_each_once(self, reader, examples):
        seeds = reader.seeds(examples.source)

        assert seeds
        assert seeds == list(dict.fromkeys(seeds))
        assert all(normalise(url) == url and examples.source.in_scope(url) for url in seeds)

    def test_each_fetch_has_exactly_one_result(self, reader, examples):
        urls = [examples.page, examples.unchanging, examples.gone, examples.refused, examples.failing]

        results = list(reader.read(examples.source, [Fetch(url=url) for url in urls]))

        assert sorted(r.url for r in results) == sorted(urls)

    def test_nothing_to_fetch_gives_nothing(self, reader, examples):
        assert list(reader.read(examples.source, [])) == []

    def test_a_page_says_what_it_is_and_where_it_is_from(self, reader, examples):
        [result] = reader.read(examples.source, [Fetch(url=examples.page)])

        assert result.outcome == "page"
        assert examples.page_words in result.page.text
        assert result.page.title
        assert len(result.raw_hash) == 64
        assert result.fetched_at.endswith("+00:00")
        assert normalise(result.final_url) == result.final_url
        assert result.requests >= 1
        assert result.size_bytes > 0

    def test_the_same_bytes_have_the_same_hash(self, reader, examples):
        results = [r for _ in range(2) for r in reader.read(examples.source, [Fetch(url=examples.page)])]

        assert results[0].raw_hash == results[1].raw_hash

    def test_what_has_not_changed_is_not_fetched_again(self, reader, examples):
        [first] = reader.read(examples.source, [Fetch(url=examples.unchanging)])
        known = Fetch(url=examples.unchanging, etag=first.etag, last_modified=first.last_modified)

        [second] = reader.read(examples.source, [known])

        assert (first.outcome, second.outcome) == ("page", "not_modified")
        assert second.page is None
        assert (second.etag, second.last_modified) == (first.etag, first.last_modified)

    def test_what_is_gone_is_told_from_what_failed_and_what_is_refused(self, reader, examples):
        urls = {examples.gone: "gone", examples.refused: "refused", examples.failing: "failed"}

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
        outcomes = [r.outcome for _ in range(3) for r in reader.read(examples.source, [Fetch(url=examples.page)])]

        assert outcomes == ["page"] * 3
