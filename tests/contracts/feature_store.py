"""What every FeatureStore keeps."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from lib.domain.features import Features, chunk_id
from lib.errors import NotYet
from lib.ports.feature_store import FeatureStore
from tests.examples import SET_A, SET_B, features, hash_of, key, vector


class FeatureStoreContract:
    @pytest.fixture
    def store(self) -> FeatureStore:
        """An empty store."""
        raise NotImplementedError

    def test_features_read_back_as_they_were_saved(self, store):
        saved = features("a", version=3, paragraphs=("eins", "zwei \U0001f30d", "drei"))
        store.save(saved)

        assert _same(store.read(key("a"), 3, SET_A), saved)

    def test_what_was_never_saved_reads_as_none(self, store):
        store.save(features("a", version=3))

        assert store.read(key("a"), 2, SET_A) is None
        assert store.read(key("a"), 3, SET_B) is None
        assert store.read(key("b"), 3, SET_A) is None

    def test_a_document_without_chunks_is_features_too(self, store):
        saved = features("a", paragraphs=())
        store.save(saved)

        assert _same(store.read(key("a"), 1, SET_A), saved)

    def test_a_chunk_keeps_its_page(self, store):
        saved = features("a", paragraphs=tuple(f"paragraph {n}" for n in range(450)))
        pages = tuple(replace(chunk, fragment=f"page={chunk.ordinal}") for chunk in saved.chunks[:250])
        saved = replace(saved, chunks=(*pages, *saved.chunks[250:]))
        store.save(saved)

        assert _same(store.read(key("a"), 1, SET_A), saved)

    def test_saving_twice_leaves_one_copy(self, store):
        store.save(features("a"))
        store.save(features("a"))

        assert _same(store.read(key("a"), 1, SET_A), features("a"))
        assert store.stale(key("a"), SET_A, below=2) == _ids("a", 1, SET_A, 2)

    def test_vectors_are_exact_to_float16(self, store):
        store.save_vectors(key("a"), {"h1": vector("one"), "h2": vector("two")})

        found = store.vectors(key("a"), ["h1", "h2", "h3"])

        assert set(found) == {"h1", "h2"}
        for name, seed in (("h1", "one"), ("h2", "two")):
            assert found[name].dtype == np.float32
            np.testing.assert_allclose(found[name], vector(seed), atol=2e-4)
            assert abs(float(np.linalg.norm(found[name])) - 1) < 1e-5
        assert store.vectors(key("a"), []) == {}

    def test_vectors_belong_to_a_document(self, store):
        store.save_vectors(key("a"), {"h1": vector("one")})

        assert store.vectors(key("b"), ["h1"]) == {}

    def test_versions_share_vectors(self, store):
        store.save(features("a", version=1, paragraphs=("same", "old")))
        newer = features("a", version=2, paragraphs=("same", "new"))
        store.save(replace(newer, vectors={hash_of("new"): vector("new")}))

        assert _same(store.read(key("a"), 2, SET_A), newer)

    def test_vectors_saved_ahead_are_not_needed_again(self, store):
        ahead = features("a")
        store.save_vectors(key("a"), ahead.vectors)
        store.save(replace(ahead, vectors={}))

        assert _same(store.read(key("a"), 1, SET_A), ahead)

    def test_features_whose_vectors_are_nowhere_are_refused_whole(self, store):
        with pytest.raises(NotYet):
            store.save(features("a", with_vectors=False))

        assert store.read(key("a"), 1, SET_A) is None
        assert store.stale(key("a"), SET_A, below=2) == []

    def test_feature_sets_are_apart(self, store):
        store.save(features("a", feature_set=SET_A, paragraphs=("one",)))
        store.save(features("a", feature_set=SET_B, paragraphs=("one",)))
        store.drop(key("a"), SET_A, below=2)

        assert store.read(key("a"), 1, SET_A) is None
        assert len(store.read(key("a"), 1, SET_B).chunks) == 1

    def test_stale_names_the_chunks_of_older_versions_only(self, store):
        for version in (1, 2, 3):
            store.save(features("a", version=version))
        store.save(features("b", version=1))

        assert store.stale(key("a"), SET_A, below=3) == _ids("a", 1, SET_A, 2) + _ids("a", 2, SET_A, 2)
        assert store.stale(key("a"), SET_A, below=1) == []
        assert store.stale(key("nowhere"), SET_A, below=9) == []

    def test_a_drop_forgets_older_versions_and_says_which_chunks_they_had(self, store):
        for version in (1, 2, 3):
            store.save(features("a", version=version))

        assert sorted(store.drop(key("a"), SET_A, below=3)) == _ids("a", 1, SET_A, 2) + _ids("a", 2, SET_A, 2)
        assert store.read(key("a"), 2, SET_A) is None
        assert _same(store.read(key("a"), 3, SET_A), features("a", version=3))
        assert store.drop(key("a"), SET_A, below=3) == []

    def test_a_drop_keeps_vectors_that_a_build_in_progress_has_just_saved(self, store):
        store.save(features("a", version=1))
        store.save_vectors(key("a"), {"not in any chunk yet": vector("x")})
        store.drop(key("a"), SET_A, below=2)

        assert set(store.vectors(key("a"), ["not in any chunk yet"])) == {"not in any chunk yet"}

    def test_snapshots_are_found_by_version_and_cleaner(self, store):
        for version, cleaner in ((1, "1"), (2, "1"), (2, "2"), (3, "1")):
            store.save(features("a", version=version, cleaner=cleaner, feature_set=SET_B if cleaner == "2" else SET_A))

        def found(**which):
            snapshot = store.snapshot(key("a"), **which)
            return snapshot and (snapshot.version, snapshot.cleaner)

        assert store.snapshot(key("a"), version=2, cleaner="1") == features("a", version=2).snapshot
        assert found() == (3, "1")
        assert found(version=2) == (2, "2")
        assert found(cleaner="2") == (2, "2")
        assert found(version=1, cleaner="2") is None
        assert found(version=9) is None
        assert store.snapshot(key("nowhere")) is None

    def test_a_superseded_snapshot_outlives_its_chunks(self, store):
        store.save(features("a", version=1))
        store.save(features("a", version=2))
        store.drop(key("a"), SET_A, below=2)

        assert store.snapshot(key("a"), version=1) == features("a", version=1).snapshot

    def test_an_erasure_takes_the_texts_and_the_vectors_too(self, store):
        store.save(features("a", version=1))
        store.save(features("a", version=2, paragraphs=("other",)))
        store.drop(key("a"), SET_A, below=2)
        gone = store.drop(key("a"), SET_A, below=4, snapshots=True)

        assert gone == _ids("a", 2, SET_A, 1)
        assert store.snapshot(key("a")) is None
        assert store.vectors(key("a"), list(features("a").vectors)) == {}

    def test_an_erasure_in_one_set_leaves_the_other_sets_chunks_known(self, store):
        store.save(features("a", feature_set=SET_A))
        store.save(features("a", feature_set=SET_B))
        store.drop(key("a"), SET_A, below=2, snapshots=True)

        assert store.read(key("a"), 1, SET_B) is None
        assert store.stale(key("a"), SET_B, below=2) == _ids("a", 1, SET_B, 2)

    def test_an_erasure_spares_a_newer_version(self, store):
        store.save(features("a", version=1))
        store.save(features("a", version=5))
        store.drop(key("a"), SET_A, below=2, snapshots=True)

        assert _same(store.read(key("a"), 5, SET_A), features("a", version=5))

    def test_builds_side_by_side_lose_nothing(self, store):
        def build(n: int) -> None:
            store.save(features(f"page-{n % 6}", version=n + 1, paragraphs=(f"one {n}", "two")))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(build, range(48)))

        for n in range(48):
            wanted = features(f"page-{n % 6}", version=n + 1, paragraphs=(f"one {n}", "two"))
            assert _same(store.read(wanted.document_id, wanted.version, SET_A), wanted)


def _same(found: Features | None, wanted: Features) -> bool:
    assert found is not None
    assert replace(found, vectors={}) == replace(wanted, vectors={})
    assert set(found.vectors) == set(wanted.vectors)
    for name, expected in wanted.vectors.items():
        np.testing.assert_allclose(found.vectors[name], expected, atol=2e-4)
    return True


def _ids(name: str, version: int, feature_set: str, count: int) -> list[str]:
    return [chunk_id(key(name), version, feature_set, ordinal) for ordinal in range(count)]
