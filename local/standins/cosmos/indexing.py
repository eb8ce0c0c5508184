"""Which properties the indexing policy of a container indexes: ORDER BY needs it, filters do without."""

from collections.abc import Mapping, Sequence
from typing import Any

from local.standins.cosmos.partition_keys import steps as names_in
from local.standins.cosmos.sql_tree import Parameter

_ALWAYS = {("id",), ("_ts",)}


def is_indexed(definition: Mapping[str, Any], steps: Sequence[str | int | Parameter]) -> bool:
    """Whether the value at a path is indexed: the longest included or excluded path that covers it decides."""
    policy = definition["indexingPolicy"]
    names = [step if isinstance(step, str) else "[]" for step in steps]
    if policy.get("indexingMode") == "none":
        return False
    if tuple(names) in _ALWAYS:
        return True
    included = _closest(policy.get("includedPaths", []), names)
    excluded = _closest(policy.get("excludedPaths", []), names)
    return included > excluded


def _closest(paths: Sequence[Mapping[str, Any]], names: list[str]) -> int:
    """The length of the longest path that covers a property; -1 if none does."""
    return max((_covers(names_in(entry["path"]), names) for entry in paths), default=-1)


def _covers(pattern: list[str], names: list[str]) -> int:
    *head, end = pattern or ["?"]
    if end == "*":
        return len(head) if names[: len(head)] == head else -1
    return len(head) + 1 if end == "?" and names == head else -1
