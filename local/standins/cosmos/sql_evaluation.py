"""
What an expression is worth for an item, with three outcomes for a condition: true, false and undefined.

An operator that gets a value of a type it is not for gives undefined, and so does what is built on that; WHERE keeps an
item only if its condition is true. `=` and `!=` compare values of different types (false, true); with undefined they
are undefined. `<` and the like are undefined across types and for arrays and objects.
Source: `ScalarExpressionEvaluator` of the offline engine in the tests of Azure/azure-cosmos-dotnet-v3. (The manual has
a table where `=` across types is undefined; the two differ only under NOT and !=.)
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.standins.cosmos.errors import bad_request
from local.standins.cosmos.sql_tree import (
    AGGREGATES,
    Array,
    Binary,
    Call,
    Expression,
    In,
    Literal,
    Logic,
    Not,
    Object,
    Parameter,
    Path,
)
from local.standins.cosmos.values import UNDEFINED, compare, contains, dig, equal, rank, sort_key

Item = Any
Compiled = Callable[[Item], Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language, and how many arguments it may get."""

    counts: tuple[int, ...]
    call: Callable[..., Any]


class Aggregate:
    """Collects one value per item."""

    def __init__(self, name: str, argument: Compiled) -> None:
        self._name = name
        self._argument = argument
        self._count = 0
        self._best: Any = UNDEFINED
        self._sum: Any = 0

    def add(self, item: Item) -> None:
        value = self._argument(item)
        if value is UNDEFINED:
            return
        self._count += 1
        self._sum = self._sum + value if _are_numbers(self._sum, value) else UNDEFINED
        wins = operator.gt if self._name == "MAX" else operator.lt
        if rank(value) <= 5 and (self._best is UNDEFINED or wins(sort_key(value), sort_key(self._best))):
            self._best = value

    def result(self) -> Any:
        """COUNT and SUM of nothing are 0; MIN and MAX of nothing, and SUM over what is no number, are undefined."""
        return {"COUNT": self._count, "SUM": self._sum}.get(self._name, self._best)


def compiled(
    expression: Expression, parameters: Mapping[str, Any], aggregates: list[Aggregate] | None = None
) -> Compiled:
    """
    A function from an item to the value of an expression.

    aggregates: takes the aggregates that the expression contains; they are read when the function is called.
    Raises: CosmosError 400 for a parameter without value, or an aggregate where none may be.
    """
    match expression:
        case Literal(value):
            return lambda _: value
        case Parameter(name):
            value = parameter(parameters, name)
            return lambda _: value
        case Path(steps):
            names = [parameter(parameters, s.name) if isinstance(s, Parameter) else s for s in steps]
            return lambda item: dig(item, names)
        case Call(name, (argument,)) if name in AGGREGATES:
            if aggregates is None:
                raise bad_request(f"The aggregate {name} may stand only in SELECT.")
            aggregate = Aggregate(name, compiled(argument, parameters))
            aggregates.append(aggregate)
            return lambda _: aggregate.result()
        case _:
            return _composed(expression, lambda part: compiled(part, parameters, aggregates))


def _composed(expression: Expression, inner: Callable[[Expression], Compiled]) -> Compiled:
    match expression:
        case Binary(sign, left, right):
            first, second, apply = inner(left), inner(right), _BINARY[sign]
            return lambda item: apply(first(item), second(item))
        case Logic(word, parts):
            return _logic([inner(part) for part in parts], decisive=word == "OR")
        case Not(part):
            held = inner(part)
            return lambda item: (not found) if isinstance(found := held(item), bool) else UNDEFINED
        case In(needle, options):
            wanted, found = inner(needle), [inner(option) for option in options]
            return lambda item: _in(wanted(item), found, item)
        case Array(parts):
            items = [inner(part) for part in parts]
            return lambda item: [value for make in items if (value := make(item)) is not UNDEFINED]
        case Object(pairs):
            made = [(name, inner(part)) for name, part in pairs]
            return lambda item: {name: value for name, make in made if (value := make(item)) is not UNDEFINED}
        case Call(name, arguments):
            call, given = FUNCTIONS[name].call, [inner(argument) for argument in arguments]
            return lambda item: call(*[argument(item) for argument in given])
    raise AssertionError(expression)


def parameter(parameters: Mapping[str, Any], name: str) -> Any:
    """The value of a parameter; the nameless one is undefined. Raises: CosmosError 400 if it has none."""
    if not name:
        return UNDEFINED
    if name not in parameters:
        raise bad_request(f"The parameter {name} has no value.")
    return parameters[name]


def _logic(parts: Sequence[Compiled], *, decisive: bool) -> Compiled:
    def decide(item: Item) -> Any:
        outcome: Any = not decisive
        for part in parts:
            found = part(item)
            if found is decisive:
                return decisive
            if not isinstance(found, bool):
                outcome = UNDEFINED
        return outcome

    return decide


def _in(needle: Any, options: Sequence[Compiled], item: Item) -> Any:
    return UNDEFINED if needle is UNDEFINED else any(equal(needle, option(item)) for option in options)


def _equals(one: Any, other: Any) -> Any:
    return UNDEFINED if one is UNDEFINED or other is UNDEFINED else equal(one, other)


def _differs(one: Any, other: Any) -> Any:
    found = _equals(one, other)
    return (not found) if isinstance(found, bool) else UNDEFINED


def _compares(holds: Callable[[int, int], bool]) -> Callable[[Any, Any], Any]:
    def decide(one: Any, other: Any) -> Any:
        found = compare(one, other)
        return holds(found, 0) if isinstance(found, int) else UNDEFINED

    return decide


def _counts(calculate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def decide(one: Any, other: Any) -> Any:
        if not _are_numbers(one, other):
            return UNDEFINED
        try:
            return calculate(one, other)
        except ZeroDivisionError:
            return UNDEFINED

    return decide


def _are_numbers(*values: Any) -> bool:
    return all(rank(value) == 4 for value in values)


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "??": lambda one, other: other if one is UNDEFINED else one,
    "=": _equals,
    "!=": _differs,
    "<": _compares(operator.lt),
    "<=": _compares(operator.le),
    ">": _compares(operator.gt),
    ">=": _compares(operator.ge),
    "+": _counts(operator.add),
    "-": _counts(operator.sub),
    "*": _counts(operator.mul),
    "/": _counts(operator.truediv),
    "%": _counts(lambda one, other: abs(one) % abs(other) * (1 if one >= 0 else -1)),
}


def _is(*ranks: int) -> Function:
    return Function((1,), lambda value: rank(value) in ranks)


def _of_texts(answer: Callable[[str, str], bool]) -> Function:
    def call(text: Any, part: Any) -> Any:
        return answer(text, part) if isinstance(text, str) and isinstance(part, str) else UNDEFINED

    return Function((2,), call)


def _array_contains(array: Any, wanted: Any, partial: Any = False) -> Any:  # noqa: FBT002 - as the language has it
    if not isinstance(array, list) or wanted is UNDEFINED or not isinstance(partial, bool):
        return UNDEFINED
    return any((contains if partial else equal)(item, wanted) for item in array)


FUNCTIONS = {
    "IS_DEFINED": _is(1, 2, 3, 4, 5, 6, 7),
    "IS_NULL": _is(1),
    "IS_BOOL": _is(2, 3),
    "IS_NUMBER": _is(4),
    "IS_STRING": _is(5),
    "IS_ARRAY": _is(6),
    "IS_OBJECT": _is(7),
    "ARRAY_CONTAINS": Function((2, 3), _array_contains),
    "ARRAY_LENGTH": Function((1,), lambda array: len(array) if isinstance(array, list) else UNDEFINED),
    "STARTSWITH": _of_texts(str.startswith),
    "ENDSWITH": _of_texts(str.endswith),
    "CONTAINS": _of_texts(lambda text, part: part in text),
}
"""The functions of the subset, besides the aggregates."""
