"""What every DocumentStore keeps."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.domain.documents import Totals
from lib.ports.document_store import DocumentStore
from tests.examples import NOON, document, key, tombstone


class DocumentStoreContract:
    @pytest.fixture
    def store(self) -> DocumentStore:
        """An empty store."""
        raise NotImplementedError

    def test_a_document_reads_back_as_it_was_put(self, store):
        written = document("a", version=7)

        assert store.put([written], expected={written.id: 0}) == {written.id: True}
        assert store.get([written.id]) == {written.id: written}

    def test_unknown_ids_are_left_out(self, store):
        store.put([document("a")], expected={key("a"): 0})

        assert store.get([key("nowhere"), key("a"), key("a")]) == {key("a"): document("a")}
        assert store.get([]) == {}

    def test_nothing_to_put_writes_nothing(self, store):
        assert store.put([], expected={}) == {}
        assert store.totals().documents == 0

    def test_a_long_text_reads_back_whole(self, store):
        letters = random.Random(7)
        text = "".join(letters.choices("abcdefghijklmnopqrstuvwxyz äöü世🌍\n", k=1_500_000))
        written = document("long", text=text)
        store.put([written], expected={written.id: 0})

        assert store.get([written.id])[written.id].text == text

    def test_the_next_version_replaces_the_one_before(self, store):
        store.put([document("a", version=3)], expected={key("a"): 0})

        assert store.put([document("a", version=5)], expected={key("a"): 3}) == {key("a"): True}
        assert store.get([key("a")])[key("a")] == document("a", version=5)

    @pytest.mark.parametrize("expected", [0, 2, 4])
    def test_a_version_that_is_not_the_expected_one_refuses_the_write(self, store, expected):
        store.put([document("a", version=3)], expected={key("a"): 0})

        assert store.put([document("a", version=9)], expected={key("a"): expected}) == {key("a"): False}
        assert store.get([key("a")])[key("a")].version == 3

    def test_an_expected_version_of_an_unknown_document_refuses_the_write(self, store):
        assert store.put([document("a", version=9)], expected={key("a"): 3}) == {key("a"): False}
        assert store.get([key("a")]) == {}

    def test_each_document_of_a_call_succeeds_or_fails_alone(self, store):
        store.put([document("b", version=3)], expected={key("b"): 0})

        written = store.put(
            [document(name, version=5) for name in "abc"], expected={key("a"): 0, key("b"): 1, key("c"): 0}
        )

        assert written == {key("a"): True, key("b"): False, key("c"): True}
        assert {d.version for d in store.get([key("a"), key("c")]).values()} == {5}
        assert store.get([key("b")])[key("b")].version == 3

    @pytest.mark.parametrize(
        ("documents", "expected"),
        [
            ([document("a", version=3)], {key("a"): 3}),
            ([document("a", version=2)], {key("a"): 3}),
            ([document("a", version=3)], {}),
            ([document("a", version=3), document("a", version=4)], {key("a"): 0}),
        ],
        ids=["same version", "older version", "nothing expected", "twice in one call"],
    )
    def test_a_wrong_call_writes_nothing_at_all(self, store, documents, expected):
        with pytest.raises(ValueError, match=key("a")):
            store.put([document("good"), *documents], expected={**expected, key("good"): 0})
        assert store.get([key("good"), key("a")]) == {}

    def test_a_tombstone_keeps_id_and_version_and_no_text(self, store):
        store.put([document("a", version=3)], expected={key("a"): 0})
        store.put([tombstone("a", version=4)], expected={key("a"): 3})

        gone = store.get([key("a")])[key("a")]
        assert (gone.deleted, gone.version, gone.text) == (True, 4, "")

    def test_a_document_comes_back_on_top_of_its_tombstone(self, store):
        store.put([tombstone("a", version=4)], expected={key("a"): 0})

        assert store.put([document("a", version=5)], expected={key("a"): 0}) == {key("a"): False}
        assert store.put([document("a", version=5)], expected={key("a"): 4}) == {key("a"): True}
        assert not store.get([key("a")])[key("a")].deleted

    def test_a_scan_pages_through_documents_and_tombstones(self, store):
        names = [f"page-{n}" for n in range(7)]
        store.put([document(name, version=2) for name in names], expected={key(name): 0 for name in names})
        store.put([tombstone("page-3", version=9)], expected={key("page-3"): 2})

        pages, cursor = [], None
        while True:
            page = store.scan(cursor=cursor, limit=3)
            pages.append(page)
            cursor = page.cursor
            if cursor is None:
                break

        changes = {change.document_id: change for page in pages for change in page.changes}
        assert sum(len(page.changes) for page in pages) == len(changes) == 7
        assert all(len(page.changes) <= 3 for page in pages)
        assert (changes[key("page-3")].version, changes[key("page-3")].deleted) == (9, True)
        assert {change.kind for change in changes.values()} == {"document"}

    def test_a_scan_of_an_empty_store_is_one_empty_page(self, store):
        page = store.scan()

        assert (page.changes, page.cursor) == ([], None)

    def test_a_scan_of_one_source_sees_nothing_else(self, store):
        for source in ("handbook", "blog", "handbook-2"):
            written = document("a", source=source)
            store.put([written, document("b", source=source)], expected={written.id: 0, key("b", source): 0})

        page = store.scan(source_id="handbook")

        assert {change.document_id for change in page.changes} == {key("a"), key("b")}
        assert store.scan(source_id="nowhere").changes == []

    def test_a_scan_sees_every_document_that_is_there_throughout_while_others_come_change_and_go(self, store):
        names = [f"page-{n}" for n in range(30)]
        store.put([document(name) for name in names], expected={key(name): 0 for name in names})

        seen, cursor, step = set(), None, 1
        while True:
            page = store.scan(cursor=cursor, limit=4)
            seen.update(change.document_id for change in page.changes)
            cursor, step = page.cursor, step + 1
            if cursor is None:
                break
            changed = document(f"page-{step % 30}", version=step)
            store.put([changed, document(f"new-{step}")], expected={changed.id: 1, key(f"new-{step}"): 0})

        assert seen >= {key(name) for name in names}

    def test_totals_count_live_documents_by_source(self, store):
        assert store.totals() == Totals(documents=0, by_source={})
        for name, source in (("a", "handbook"), ("b", "handbook"), ("c", "blog")):
            store.put([document(name, source=source)], expected={key(name, source): 0})
        store.put([document("a", version=2)], expected={key("a"): 1})  # a new version counts once
        store.put([document("b", version=9)], expected={key("b"): 7})  # a refused write does not count
        store.put([tombstone("b", version=2)], expected={key("b"): 1})
        store.put([tombstone("b", version=3)], expected={key("b"): 2})  # gone twice is gone once
        store.put([tombstone("never", version=1)], expected={key("never"): 0})

        totals = store.totals()

        assert totals.documents == 2
        assert {source: n for source, n in totals.by_source.items() if n} == {"handbook": 1, "blog": 1}

    def test_a_document_that_comes_back_counts_again(self, store):
        store.put([document("a")], expected={key("a"): 0})
        store.put([tombstone("a", version=2)], expected={key("a"): 1})
        store.put([document("a", version=3)], expected={key("a"): 2})

        assert store.totals().documents == 1

    def test_the_heartbeat_is_no_document(self, store):
        store.put([document("a")], expected={key("a"): 0})
        store.heartbeat(NOON)
        store.heartbeat(NOON)

        assert store.totals().documents == 1
        assert [change.document_id for change in store.scan().changes] == [key("a")]

    def test_a_purge_spares_documents_and_young_tombstones(self, store):
        store.put([document("a"), tombstone("b", version=2)], expected={key("a"): 0, key("b"): 0})

        assert store.purge(deleted_before="2001-01-01T00:00:00.000Z") == 0
        assert set(store.get([key("a"), key("b")])) == {key("a"), key("b")}

    def test_of_writers_who_expect_the_same_version_one_wins(self, store):
        store.put([document("a", version=1)], expected={key("a"): 0})

        def write(version: int) -> bool:
            return store.put([document("a", version=version)], expected={key("a"): 1})[key("a")]

        with ThreadPoolExecutor(8) as pool:
            written = list(pool.map(write, range(2, 26)))
        won = [version for version, was_written in enumerate(written, start=2) if was_written]

        assert won == [store.get([key("a")])[key("a")].version]

    def test_writers_side_by_side_lose_nothing(self, store):
        def write(writer: int) -> None:
            for n in range(10):
                name = f"{writer}-{n}"
                assert store.put([document(name)], expected={key(name): 0})[key(name)]

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))

        assert store.totals().documents == 80
        assert len(store.get([key(f"{writer}-{n}") for writer in range(8) for n in range(10)])) == 80
