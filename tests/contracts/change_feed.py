"""What every ChangeFeed keeps."""

import threading
from dataclasses import dataclass

import pytest

from lib.domain.documents import DocumentChange
from lib.ports.change_feed import ChangeFeed
from lib.ports.document_store import DocumentStore
from tests.examples import NOON, document, key, tombstone


@dataclass(frozen=True)
class Fed:
    """A feed, and the store it follows."""

    documents: DocumentStore
    feed: ChangeFeed


class ChangeFeedContract:
    @pytest.fixture
    def fed(self) -> Fed:
        """The feed of an empty store."""
        raise NotImplementedError

    def test_the_feed_of_an_empty_store_is_empty(self, fed):
        page = fed.feed.read("")

        assert page.changes == []
        assert fed.feed.read(page.cursor).changes == []

    def test_a_write_shows_up_with_version_and_trace_and_without_text(self, fed):
        written = document("a", version=4)
        fed.documents.put([written], expected={written.id: 0})

        [change] = fed.feed.read("").changes

        assert change.changed_at
        assert change == DocumentChange(
            document_id=written.id,
            version=4,
            deleted=False,
            changed_at=change.changed_at,
            traceparent=written.traceparent,
        )

    def test_after_the_cursor_there_is_only_what_came_later(self, fed):
        fed.documents.put([document("a")], expected={key("a"): 0})
        cursor = fed.feed.read("").cursor
        fed.documents.put([document("b")], expected={key("b"): 0})

        page = fed.feed.read(cursor)

        assert [change.document_id for change in page.changes] == [key("b")]
        assert fed.feed.read(page.cursor).changes == []
        assert fed.feed.read(page.cursor).cursor == page.cursor

    def test_a_refused_write_does_not_show_up(self, fed):
        fed.documents.put([document("a")], expected={key("a"): 0})
        cursor = fed.feed.read("").cursor
        fed.documents.put([document("a", version=5)], expected={key("a"): 3})

        assert fed.feed.read(cursor).changes == []

    def test_of_many_versions_the_newest_is_there_once(self, fed):
        for version in range(1, 5):
            fed.documents.put([document("a", version=version)], expected={key("a"): version - 1})

        assert _versions(_read_all(fed.feed, limit=2))[key("a")][-1] == 4
        assert len(fed.feed.read("", limit=100).changes) == 1

    def test_a_delete_shows_up_as_a_tombstone(self, fed):
        fed.documents.put([document("a")], expected={key("a"): 0})
        cursor = fed.feed.read("").cursor
        fed.documents.put([tombstone("a", version=2)], expected={key("a"): 1})

        [change] = fed.feed.read(cursor).changes

        assert (change.document_id, change.version, change.deleted) == (key("a"), 2, True)

    def test_the_heartbeat_rides_with_its_time(self, fed):
        fed.documents.put([document("a")], expected={key("a"): 0})
        fed.documents.heartbeat("2026-11-22T11:00:00.000Z")
        cursor = fed.feed.read("").cursor
        fed.documents.heartbeat(NOON)

        [change] = fed.feed.read(cursor).changes

        assert (change.kind, change.changed_at, change.deleted) == ("heartbeat", NOON, False)

    def test_pages_are_no_longer_than_the_limit_and_miss_nothing(self, fed):
        names = [f"page-{n}" for n in range(25)]
        for name in names:
            fed.documents.put([document(name)], expected={key(name): 0})

        changes = _read_all(fed.feed, limit=4)

        assert {change.document_id for change in changes} == {key(name) for name in names}

    def test_a_reader_beside_writers_sees_the_last_version_of_everything_and_versions_in_order(self, fed):
        def write(writer: int) -> None:
            for version in range(1, 21):
                changed = document(str(writer), version=version)
                assert fed.documents.put([changed], expected={changed.id: version - 1})[changed.id]

        writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for thread in writers:
            thread.start()
        seen, cursor = [], ""
        while True:
            finished = not any(thread.is_alive() for thread in writers)
            page = fed.feed.read(cursor, limit=3)
            seen += page.changes
            cursor = page.cursor
            if finished and not page.changes:
                break

        versions = _versions(seen)
        assert {key(str(n)): versions[key(str(n))][-1] for n in range(4)} == {key(str(n)): 20 for n in range(4)}
        assert all(found == sorted(found) for found in versions.values())


def _read_all(feed: ChangeFeed, *, limit: int) -> list[DocumentChange]:
    changes, cursor = [], ""
    while True:
        page = feed.read(cursor, limit=limit)
        assert len(page.changes) <= limit
        if not page.changes:
            return changes
        changes += page.changes
        cursor = page.cursor


def _versions(changes: list[DocumentChange]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for change in changes:
        found.setdefault(change.document_id, []).append(change.version)
    return found
