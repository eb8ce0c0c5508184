"""What every HeadStore keeps."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lib.domain.features import Head, Live
from lib.ports.feature_store import HeadStore
from tests.examples import NOON, SET_A, SET_B, key


class HeadStoreContract:
    @pytest.fixture
    def heads(self) -> HeadStore:
        """A store without heads."""
        raise NotImplementedError

    def flip(self, heads, version, *, feature_set=SET_A, access=("everyone",), chunks=1, **live):
        live = Live(version=version, chunks=chunks, **live)
        return heads.flip(key("a"), feature_set, live, source_id="handbook", access=access)

    def test_documents_never_built_or_denied_are_left_out(self, heads):
        assert heads.heads([key("a")]) == {}
        assert heads.heads([]) == {}

    def test_a_flip_makes_the_version_live(self, heads):
        live = Live(version=5, chunks=3, previous=4, flipped_at=NOON, deleted=False, unswept=True)

        assert heads.flip(key("a"), SET_A, live, source_id="handbook", access=("sales", "staff")) is True
        assert heads.heads([key("a")]) == {
            key("a"): Head(document_id=key("a"), source_id="handbook", access=("sales", "staff"), live={SET_A: live})
        }

    def test_a_flip_to_an_older_version_is_refused_and_changes_nothing(self, heads):
        self.flip(heads, 5, chunks=3)
        before = heads.heads([key("a")])

        assert self.flip(heads, 4, chunks=9, access=("boss",)) is False
        assert heads.heads([key("a")]) == before

    def test_a_flip_to_the_same_version_overwrites(self, heads):
        self.flip(heads, 5, chunks=3, unswept=True)

        assert self.flip(heads, 5, chunks=3, unswept=False) is True
        assert heads.heads([key("a")])[key("a")].live[SET_A] == Live(version=5, chunks=3)

    def test_a_flip_to_a_newer_version_sets_access_and_source(self, heads):
        self.flip(heads, 5, access=("everyone",))
        heads.flip(key("a"), SET_A, Live(version=6, chunks=1), source_id="blog", access=("boss",))

        head = heads.heads([key("a")])[key("a")]
        assert (head.access, head.source_id) == (("boss",), "blog")

    def test_a_flip_keeps_what_is_live_in_other_feature_sets(self, heads):
        self.flip(heads, 5, chunks=3)
        self.flip(heads, 5, chunks=8, feature_set=SET_B)
        self.flip(heads, 6, chunks=4)

        live = heads.heads([key("a")])[key("a")].live
        assert live == {SET_A: Live(version=6, chunks=4), SET_B: Live(version=5, chunks=8)}

    def test_a_set_that_lags_behind_does_not_bring_back_wider_access(self, heads):
        self.flip(heads, 4, access=("everyone",))
        self.flip(heads, 5, access=("boss",))
        self.flip(heads, 4, feature_set=SET_B, access=("everyone",))

        head = heads.heads([key("a")])[key("a")]
        assert head.access == ("boss",)
        assert head.live[SET_B].version == 4

    def test_a_tombstone_is_live_without_chunks(self, heads):
        self.flip(heads, 5, chunks=3)
        self.flip(heads, 6, chunks=0, deleted=True)

        assert heads.heads([key("a")])[key("a")].live[SET_A] == Live(version=6, chunks=0, deleted=True)

    def test_a_denial_makes_a_head_for_a_document_that_has_none(self, heads):
        heads.deny({key("a"): 7}, source_id="handbook")

        head = heads.heads([key("a")])[key("a")]
        assert (head.denied_below, head.live, head.source_id) == (7, {}, "handbook")

    def test_denials_only_grow(self, heads):
        heads.deny({key("a"): 7}, source_id="handbook")
        heads.deny({key("a"): 3}, source_id="handbook")
        assert heads.heads([key("a")])[key("a")].denied_below == 7

        heads.deny({key("a"): 9}, source_id="handbook")
        assert heads.heads([key("a")])[key("a")].denied_below == 9

    def test_a_denial_touches_nothing_else_of_the_head(self, heads):
        self.flip(heads, 5, chunks=3, access=("boss",))
        before = heads.heads([key("a")])[key("a")]
        heads.deny({key("a"): 6}, source_id="handbook")

        assert heads.heads([key("a")])[key("a")] == replace(before, denied_below=6)

    def test_a_flip_leaves_the_denial_to_the_readers(self, heads):
        heads.deny({key("a"): 6}, source_id="handbook")

        assert self.flip(heads, 5) is True
        assert self.flip(heads, 6) is True
        assert heads.heads([key("a")])[key("a")].denied_below == 6

    def test_many_documents_are_denied_and_read_in_one_call(self, heads):
        ids = [key(f"page-{n}") for n in range(200)]
        heads.deny({document: n + 1 for n, document in enumerate(ids)}, source_id="handbook")

        found = heads.heads([*ids, key("nowhere")])

        assert [found[document].denied_below for document in ids] == list(range(1, 201))
        assert len(found) == 200

    def test_every_write_is_seen_by_the_next_read(self, heads):
        for version in range(1, 30):
            self.flip(heads, version, chunks=version)
            heads.deny({key("b"): version}, source_id="handbook")
            found = heads.heads([key("a"), key("b")])
            assert (found[key("a")].live[SET_A].version, found[key("b")].denied_below) == (version, version)

    def test_writers_side_by_side_leave_the_greatest_version_and_denial(self, heads):
        def write(n: int) -> None:
            self.flip(heads, n, chunks=n)
            heads.deny({key("a"): n}, source_id="handbook")
            self.flip(heads, n, feature_set=SET_B)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, [17, 3, 40, 8, 25, 39, 1, 33, 12, 40, 5, 28]))

        head = heads.heads([key("a")])[key("a")]
        assert (head.live[SET_A].version, head.live[SET_B].version, head.denied_below) == (40, 40, 40)
