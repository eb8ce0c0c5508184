"""What every HeldItems keeps."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from lib.domain.documents import Document, Provenance
from lib.domain.held import HeldItem, held_id
from lib.ports.held_items import HeldItems
from tests.examples import NOON, document, key, tombstone


def held_item(name: str = "a", *, source: str = "handbook", **changes: Any) -> HeldItem:
    url = f"https://example.com/{name}"
    values: dict[str, Any] = {
        "id": held_id(source, url),
        "source_id": source,
        "url": url,
        "document_id": key(name, source),
        "rule": "lost-text",
        "reason": "The page lost 93 % of its text: Grüße, 世界 🌍.",
        "crawl_id": "c1",
        "first_at": NOON,
        "last_at": "2026-11-22T12:30:00.000Z",
        "fingerprint": "f" * 64,
        "draft": document(name, source=source),
        "count": 3,
    }
    return HeldItem(**{**values, **changes})


@cache
def long_draft(seed: int, *, chars: int = 1_000_000) -> Document:
    """A draft of `document("a")` whose text hardly gets shorter when it is packed."""
    letters = [chr(code) for code in range(0x4E00, 0x5E00)] + ["🌍", '"', "\n"]
    return document("a", text="".join(random.Random(seed).choices(letters, k=chars)))


class HeldItemsContract:
    @pytest.fixture
    def held(self) -> HeldItems:
        """No items."""
        raise NotImplementedError

    def test_an_item_reads_back_as_it_was_put(self, held):
        provenance = Provenance(
            fetched_at=NOON,
            crawl_id="c1",
            requested_url="https://example.com/asked",
            final_url="https://example.com/a",
            etag='W/"1"',
            last_modified="Sun, 22 Nov 2026 10:00:00 GMT",
            extractor="test 1",
            raw_hash="e" * 64,
            published="2026-11-01",
            flags=("instructions", "masked email 2"),
        )
        item = held_item(draft=document("a", provenance=provenance))
        held.put([item])

        assert held.get([item.id]) == {item.id: item}

    @pytest.mark.parametrize(
        "item",
        [
            held_item("", document_id="", rule="mass-delete", draft=None, count=1),
            held_item("a", draft=tombstone("a", version=2)),
            held_item("a", draft=document("a", text="", anchors=(), access=(), aliases=(), language="")),
        ],
        ids=["no draft", "a tombstone", "an empty draft"],
    )
    def test_an_item_with_little_in_it_reads_back_as_it_was_put(self, held, item):
        held.put([item])

        assert held.get([item.id]) == {item.id: item}

    def test_a_huge_draft_reads_back_whole(self, held):
        item = held_item(draft=long_draft(7, chars=3_000_000))
        held.put([item])

        assert held.get([item.id]) == {item.id: item}

    def test_half_surrogate_pairs_survive_in_a_draft_and_become_question_marks_elsewhere(self, held):
        odd = document("a", text="half \ud83d a pair, and \x00", title="\udc00")
        item = held_item(draft=odd, reason="no file 'caf\udce9'", url="https://example.com/\udce9")
        held.put([item])

        assert held.get([item.id])[item.id] == replace(item, reason="no file 'caf?'", url="https://example.com/?")

    def test_unknown_ids_are_left_out(self, held):
        held.put([held_item("a"), held_item("b")])

        assert set(held.get([held_item("nowhere").id, held_item("a").id, held_item("a").id])) == {held_item("a").id}
        assert held.get([]) == {}

    def test_many_ids_may_be_asked_for_in_one_call(self, held):
        items = [held_item(f"page-{n}", source=f"source-{n % 3}") for n in range(30)]
        held.put(items)

        unknown = [held_item(f"nowhere-{n}").id for n in range(400)]
        assert held.get([*unknown, *(item.id for item in items)]) == {item.id: item for item in items}

    @pytest.mark.parametrize("before", ["short", "long", "none"])
    @pytest.mark.parametrize("after", ["short", "long", "none"])
    def test_a_put_replaces_the_item_with_the_same_id_whole(self, held, before, after):
        drafts = {"short": lambda n: document("a", version=n), "long": long_draft, "none": lambda _: None}
        held.put([held_item(draft=drafts[before](1)), held_item("other")])
        item = held_item(
            rule="login", reason="Another.", crawl_id="c2", fingerprint="e", document_id="", draft=drafts[after](2)
        )
        held.put([item])

        assert held.get([item.id]) == {item.id: item}
        assert held.count() == {"handbook": 2}

    def test_of_one_id_twice_in_a_call_the_last_stays(self, held):
        held.put([held_item(count=1), held_item(count=2)])

        assert held.get([held_item().id]) == {held_item().id: held_item(count=2)}

    def test_putting_or_removing_nothing_is_no_error(self, held):
        held.put([])
        held.remove([])

        assert (held.count(), held.list()) == ({}, [])

    def test_a_list_has_everything_but_the_draft(self, held):
        held.put([held_item(), held_item("long", draft=long_draft(1))])

        assert held.list() == sorted([held_item(draft=None), held_item("long", draft=None)], key=lambda item: item.id)

    def test_a_list_goes_by_id_in_portions_and_by_source(self, held):
        items = [held_item(name, source="blog" if name in "ace" else "handbook", draft=None) for name in "abcdef"]
        held.put(items)
        everything = sorted(items, key=lambda item: item.id)
        of_blog = [item for item in everything if item.source_id == "blog"]

        assert held.list() == everything
        assert held.list(limit=2) == everything[:2]
        assert held.list(after=everything[1].id, limit=3) == everything[2:5]
        assert held.list(after=everything[-1].id) == []
        assert held.list(source_id="blog") == of_blog
        assert held.list(source_id="blog", after=of_blog[0].id, limit=1) == of_blog[1:2]
        assert held.list(source_id="nowhere") == []

    def test_sources_do_not_mix(self, held):
        ours, theirs = held_item("a"), held_item("a", source="handbook-2", rule="login")
        held.put([ours, theirs, held_item("b")])
        held.remove([ours.id])

        assert held.get([ours.id, theirs.id]) == {theirs.id: theirs}
        assert held.count() == {"handbook": 1, "handbook-2": 1}

    def test_a_removed_item_is_forgotten_and_may_come_back(self, held):
        item = held_item(draft=long_draft(1))
        held.put([item, held_item("b")])
        held.remove([item.id, held_item("never there").id])
        held.remove([item.id])

        assert (held.get([item.id]), held.count()) == ({}, {"handbook": 1})
        assert [found.id for found in held.list()] == [held_item("b").id]
        held.put([item])
        assert held.get([item.id]) == {item.id: item}

    def test_a_source_without_items_is_not_counted(self, held):
        held.put([held_item("a"), held_item("b", source="blog"), held_item("c", source="blog")])
        held.remove([held_item("a").id])

        assert held.count() == {"blog": 2}

    def test_writers_of_one_item_leave_one_of_theirs_whole(self, held):
        items = [held_item(draft=long_draft(n, chars=100_000), count=n) for n in range(4)]

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda item: held.put([item]), items))

        assert held.get([items[0].id])[items[0].id] in items
        assert held.count() == {"handbook": 1}
