"""What every Registry keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.errors import Conflict
from lib.ports.registry import Item, Registry


class RegistryContract:
    @pytest.fixture
    def registry(self) -> Registry:
        """An empty registry."""
        raise NotImplementedError

    def test_an_item_reads_back_as_it_was_put(self, registry):
        value = {"recipe": {"cleaner": "1", "n": 1.5}, "history": ["a", None, True], "name": "Grüße"}

        assert registry.put("feature_sets", "fs1", value, revision=0) == Item(
            kind="feature_sets", id="fs1", value=value, revision=1
        )
        assert registry.get("feature_sets", "fs1") == Item(kind="feature_sets", id="fs1", value=value, revision=1)

    def test_what_is_not_there_is_none(self, registry):
        registry.put("live", "fs1", {}, revision=0)

        assert registry.get("feature_sets", "fs1") is None
        assert registry.get("live", "fs2") is None

    def test_each_write_gives_the_next_revision(self, registry):
        registry.put("live", "x", {"n": 1}, revision=0)

        assert registry.put("live", "x", {"n": 2}, revision=1).revision == 2
        assert registry.get("live", "x").value == {"n": 2}

    @pytest.mark.parametrize("revision", [0, 1, 3])
    def test_a_write_over_somebody_elses_conflicts(self, registry, revision):
        registry.put("live", "x", {"n": 1}, revision=0)
        registry.put("live", "x", {"n": 2}, revision=1)

        with pytest.raises(Conflict, match="x"):
            registry.put("live", "x", {"n": 3}, revision=revision)
        assert registry.get("live", "x").value == {"n": 2}

    def test_a_revision_of_an_item_that_is_not_there_conflicts(self, registry):
        with pytest.raises(Conflict):
            registry.put("live", "x", {}, revision=1)

    def test_items_of_a_kind_are_listed_by_id(self, registry):
        for kind, name in (("a", "2"), ("a", "10"), ("b", "0"), ("a", "1")):
            registry.put(kind, name, {}, revision=0)

        assert [item.id for item in registry.list("a")] == ["1", "10", "2"]
        assert registry.list("c") == []

    def test_a_deleted_item_is_gone_and_may_be_new_again(self, registry):
        registry.put("a", "1", {}, revision=0)
        registry.delete("a", "1")
        registry.delete("a", "1")

        assert registry.get("a", "1") is None
        assert registry.put("a", "1", {"again": True}, revision=0).value == {"again": True}

    def test_of_writers_with_the_same_revision_one_wins(self, registry):
        def write(n: int) -> int:
            try:
                registry.put("live", "x", {"n": n}, revision=0)
            except Conflict:
                return 0
            return 1

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(write, range(16))) == 1
