"""ASP.NET route templates, as far as the local host reads them: `a/{b}`, `a/{b?}`, `{*rest}`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from lib.errors import BadInput
from local.host.functions import Function, HttpTrigger

_PARAMETER = re.compile(r"\{(\*{0,2})([A-Za-z_]\w*)(\??)\}")


@dataclass(frozen=True, slots=True)
class _Route:
    function: Function
    methods: frozenset[str]
    pattern: re.Pattern[str]
    shape: tuple[tuple[int, str], ...]
    """By segment: 0 and the literal, 1 for a parameter, 2 for a catch-all; sorts the most literal route first."""


class Routes:
    """All HTTP functions by their routes; the most literal one that fits wins."""

    def __init__(self, routes: Sequence[_Route]) -> None:
        self._routes = sorted(routes, key=lambda route: route.shape)

    @classmethod
    def of(cls, functions: Sequence[Function], *, prefix: str) -> Self:
        """Raises: BadInput for a template with constraints or defaults, and for two functions on one route."""
        routes: list[_Route] = []
        for function in functions:
            if isinstance(function.trigger, HttpTrigger):
                route = _compile(function, function.trigger, prefix)
                for other in routes:
                    shared = not route.methods or not other.methods or route.methods & other.methods
                    if shared and route.shape == other.shape:
                        raise BadInput(
                            f"functions {other.function.name!r} and {function.name!r} have the same route "
                            f"{function.trigger.route!r}: change one, or give them different methods"
                        )
                routes.append(route)
        return cls(routes)

    def __bool__(self) -> bool:
        return bool(self._routes)

    def match(self, method: str, path: str) -> tuple[Function, dict[str, str]] | None:
        """The function for a request and its route parameters; None if there is none."""
        for route in self._routes:
            if (not route.methods or method in route.methods) and (found := route.pattern.fullmatch(path.strip("/"))):
                return route.function, {name: value for name, value in found.groupdict().items() if value}
        return None


def _compile(function: Function, trigger: HttpTrigger, prefix: str) -> _Route:
    pattern, shape = "", list[tuple[int, str]]()
    segments = [segment for segment in f"{prefix}/{trigger.route}".split("/") if segment]
    for position, segment in enumerate(segments):
        slash = "/" if position else ""
        if parameter := _PARAMETER.fullmatch(segment):
            stars, name, optional = parameter.groups()
            body = f"(?P<{name}>{'.*' if stars else '[^/]+'})"
            pattern += f"(?:{slash}{body})?" if stars or optional else slash + body
            shape.append((2 if stars else 1, ""))
        elif "{" in segment:
            raise BadInput(
                f"function {function.name!r}: the local host does not imitate {segment!r} in the route "
                f"{trigger.route!r}, only {{name}}, {{name?}} and {{*rest}} as whole segments"
            )
        else:
            pattern += slash + re.escape(segment)
            shape.append((0, segment.lower()))
    return _Route(function, trigger.methods, re.compile(pattern, re.IGNORECASE | re.DOTALL), tuple(shape))
