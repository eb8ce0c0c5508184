"""JSON values as Cosmos DB compares them, with undefined beside null."""

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final


class Undefined(Enum):
    """The value of a property that is not there."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


def dump(value: Any) -> str:
    """Compact JSON. Raises: ValueError on NaN and infinities, which JSON has not."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dig(value: Any, names: Iterable[str | int]) -> Any:
    """What lies at a path, or UNDEFINED."""
    for name in names:
        if isinstance(value, Mapping) and isinstance(name, str):
            value = value.get(name, UNDEFINED)
        elif isinstance(value, list) and isinstance(name, int) and not isinstance(name, bool):
            value = value[name] if 0 <= name < len(value) else UNDEFINED
        else:
            return UNDEFINED
    return value


def rank(value: Any) -> int:
    """The place of a value's type in the order of all values: undefined, null, false, true, numbers, strings, ..."""
    if isinstance(value, str):
        return 5
    if isinstance(value, bool):
        return 3 if value else 2
    if isinstance(value, int | float):
        return 4
    if value is UNDEFINED:
        return 0
    if value is None:
        return 1
    return 6 if isinstance(value, list) else 7


def sort_key(value: Any) -> tuple[int, Any]:
    """What ORDER BY sorts by. Arrays and objects are ordered among themselves by their JSON: our own choice."""
    order = rank(value)
    if order in {4, 5}:
        return order, value
    return (order, json.dumps(value, sort_keys=True)) if order > 5 else (order, 0)


def equal(one: Any, other: Any) -> bool:
    """Deep equality; true is not 1, and values of different types are never equal."""
    if rank(one) != rank(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(value, other[name]) for name, value in one.items())
    return bool(one == other)


def contains(whole: Any, part: Any) -> bool:
    """Equal, or an object that has at least the properties of *part*, each containing its."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(name in whole and contains(whole[name], value) for name, value in part.items())
    return equal(whole, part)


def compare(one: Any, other: Any) -> int | Undefined:
    """-1, 0 or 1 for two numbers, strings, booleans or nulls; UNDEFINED for anything else."""
    kinds = {3: 2}  # false and true are one type here
    first, second = rank(one), rank(other)
    if kinds.get(first, first) != kinds.get(second, second) or first in {0, 6, 7}:
        return UNDEFINED
    return 0 if one is None else (one > other) - (one < other)
