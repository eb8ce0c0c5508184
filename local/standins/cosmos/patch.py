"""Partial updates: the operations of a patch, and the condition under which it is made."""

import copy
from collections.abc import Sequence
from typing import Any

from local.standins.cosmos import partition_keys
from local.standins.cosmos.errors import bad_request, precondition_failed
from local.standins.cosmos.sql_evaluation import compiled
from local.standins.cosmos.sql_parser import parse
from local.standins.cosmos.values import UNDEFINED, dig

MOST = 10
"""Operations of one patch."""
_KNOWN = {"add", "set", "replace", "remove", "incr", "move"}
_SYSTEM = {"id", "_rid", "_self", "_etag", "_attachments", "_ts"}


def patched(document: dict[str, Any], patch: Any, key_paths: Sequence[str]) -> dict[str, Any]:
    """
    A copy of a document after a patch `{"operations": [{"op", "path", "value"|"from"}], "condition"?}`.

    All operations are made, or none. Raises: CosmosError 400 for an operation that cannot be made (unknown, on a path
    that is not there, on the id or the partition key), 412 if the condition does not hold.
    """
    operations = patch.get("operations") if isinstance(patch, dict) else None
    if not isinstance(operations, list) or not 1 <= len(operations) <= MOST:
        raise bad_request(f"A patch has 1 to {MOST} operations.")
    if patch.get("condition"):
        _check_condition(document, str(patch["condition"]))
    changed = copy.deepcopy(document)
    guarded = [partition_keys.steps(path) for path in key_paths]
    for number, operation in enumerate(operations):
        kind, path = operation.get("op"), operation.get("path")
        if kind not in _KNOWN or not isinstance(path, str) or not path.startswith("/"):
            raise _refused(number, f"{kind!r} at {path!r} is no operation of a patch")
        names = [name.replace("~1", "/").replace("~0", "~") for name in path[1:].split("/")]
        touched = [names, operation["from"][1:].split("/")] if kind == "move" and "from" in operation else [names]
        for steps in touched:
            if steps[0] in _SYSTEM or any(guard[: len(steps)] == steps for guard in guarded):
                raise _refused(number, f"{path!r} is a system property or the partition key")
        _apply(changed, number, operation, names)
    return changed


def _check_condition(document: dict[str, Any], condition: str) -> None:
    query = parse(f"SELECT * {condition}")
    if query.where is None:
        raise bad_request("The condition of a patch has no WHERE.")
    if compiled(query.where, {})(document) is not True:
        raise precondition_failed()


def _apply(document: dict[str, Any], number: int, operation: dict[str, Any], names: list[str]) -> None:
    kind = operation["op"]
    if kind == "move":
        source = str(operation.get("from", ""))[1:].split("/")
        value = _remove(document, number, source)
    elif kind == "remove":
        _remove(document, number, names)
        return
    elif "value" not in operation:
        raise _refused(number, "it has no value")
    else:
        value = operation["value"]
    parent, last = _parent(document, number, names), names[-1]
    old = parent.get(last, UNDEFINED) if isinstance(parent, dict) else dig(parent, [_index(parent, number, last)])
    if kind == "replace" and old is UNDEFINED:
        raise _refused(number, "there is nothing at its path to replace")
    if kind == "incr":
        if not _is_number(value) or (old is not UNDEFINED and not _is_number(old)):
            raise _refused(number, "only a number can be incremented, by a number")
        value = value if old is UNDEFINED else old + value
    if isinstance(parent, dict):
        parent[last] = value
    elif kind in {"add", "move"}:
        parent.insert(_index(parent, number, last), value)
    elif old is UNDEFINED:
        raise _refused(number, "its index is past the end of the array")
    else:
        parent[_index(parent, number, last)] = value


def _remove(document: dict[str, Any], number: int, names: list[str]) -> Any:
    parent, last = _parent(document, number, names), names[-1]
    if isinstance(parent, list):
        index = _index(parent, number, last)
        if index < len(parent):
            return parent.pop(index)
    elif last in parent:
        return parent.pop(last)
    raise _refused(number, "there is nothing at its path to remove")


def _parent(document: dict[str, Any], number: int, names: list[str]) -> Any:
    found: Any = document
    for name in names[:-1]:
        found = dig(found, [_index(found, number, name) if isinstance(found, list) else name])
    if not isinstance(found, dict | list):
        raise _refused(number, "the parent of its path is not there")
    return found


def _index(array: list[Any], number: int, name: str) -> int:
    if name == "-":
        return len(array)
    if not name.isascii() or not name.isdigit() or int(name) > len(array):
        raise _refused(number, f"{name!r} is no index of the array")
    return int(name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refused(number: int, why: str) -> Exception:
    return bad_request(f"For operation {number} of the patch: {why}.")
