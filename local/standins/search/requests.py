"""What a search asks for, read from its body; what the stand-in does not know is refused, never ignored."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from local.standins.search.definitions import JSON, SCALARS, searchable, vector_fields
from local.standins.search.errors import Refused

PAGE = 50
MOST_ON_A_PAGE = 1_000
MOST_SKIPPED = 100_000
_KNOWN = {
    "search", "filter", "select", "top", "skip", "count", "facets", "orderby", "queryType", "searchMode",
    "searchFields", "vectorQueries", "vectorFilterMode", "semanticConfiguration", "semanticQuery",
    "semanticErrorHandling", "semanticMaxWaitInMilliseconds", "sessionId", "scoringStatistics", "minimumCoverage",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorQuery:
    """One vector arm. The stand-in compares with every vector, whether it is asked to or not."""

    vector: list[float]
    k: int
    weight: float
    is_filtered_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A search."""

    definition: JSON
    body: JSON
    text: str
    mode: Literal["any", "all"]
    search_fields: frozenset[str]
    filter: str | None
    vectors: list[VectorQuery]
    select: list[str]
    order: list[tuple[str, bool]]
    """Names (or `search.score()`), and whether they go down."""
    facets: list[str]
    count: bool
    top: int | None
    skip: int
    semantic: JSON | None
    semantic_query: str

    @property
    def page(self) -> int:
        """Rows in one answer."""
        return min(PAGE if self.top is None else self.top, MOST_ON_A_PAGE)

    def following(self, found: int) -> JSON | None:
        """The parameters of the next page; None if this one is the last."""
        skip = self.skip + self.page
        if skip >= found or (self.top is not None and self.top <= self.page):
            return None
        rest = {} if self.top is None else {"top": self.top - self.page}
        return {**self.body, "skip": skip, **rest}

    @classmethod
    def read(cls, body: JSON, definition: JSON) -> Self:
        """Raises: Refused (400)."""
        unknown = sorted(name for name, value in body.items() if name not in _KNOWN and value is not None)
        if unknown:
            raise Refused(400, f"The stand-in does not know the parameters {', '.join(unknown)}.")
        fields = {field["name"]: field for field in definition["fields"]}
        kind = body.get("queryType") or "simple"
        if kind not in ("simple", "semantic"):
            raise Refused(400, f"The stand-in does not know the query type '{kind}'.")
        text_fields = searchable(definition)
        search_fields = _names(body.get("searchFields")) or text_fields
        if not set(search_fields) <= set(text_fields):
            raise Refused(400, "searchFields names a field that is not searchable.")
        return cls(
            definition=definition,
            body=body,
            text=body.get("search") or "",
            mode="all" if body.get("searchMode") == "all" else "any",
            search_fields=frozenset(search_fields),
            filter=body.get("filter") or None,
            vectors=[_vector(query, body, definition) for query in body.get("vectorQueries") or []],
            select=_selected(body.get("select"), fields),
            order=[_order(part, fields) for part in _names(body.get("orderby"))],
            facets=body.get("facets") or [],
            count=bool(body.get("count")),
            top=_number(body, "top", None),
            skip=_number(body, "skip", MOST_SKIPPED) or 0,
            semantic=_semantic(body.get("semanticConfiguration"), definition) if kind == "semantic" else None,
            semantic_query=body.get("semanticQuery") or "",
        )


def _names(listed: str | None) -> list[str]:
    return [name.strip() for name in (listed or "").split(",") if name.strip()]


def _number(body: JSON, name: str, most: int | None) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or value < 0 or (most is not None and value > most):
        raise Refused(400, f"Value of {name} must be from 0 to {most or 'any number'}.")
    return value


def _selected(listed: str | None, fields: dict[str, JSON]) -> list[str]:
    shown = [name for name, field in fields.items() if field["retrievable"] and _is_plain(field["type"])]
    wanted = [name for name in _names(listed) if name != "*"]
    for name in wanted:
        if name not in shown:
            raise Refused(400, f"Invalid expression: '{name}' is no retrievable property.")
    return wanted or shown


def _is_plain(kind: str) -> bool:
    return kind.removeprefix("Collection(").removesuffix(")") in SCALARS


def _order(part: str, fields: dict[str, JSON]) -> tuple[str, bool]:
    name, _, direction = part.partition(" ")
    if name != "search.score()" and not fields.get(name, {}).get("sortable"):
        raise Refused(400, f"Invalid expression: '{name}' is not a sortable field.\r\nParameter name: $orderby")
    if direction not in ("", "asc", "desc"):
        raise Refused(400, f"Invalid expression: Syntax error in '{part}'.\r\nParameter name: $orderby")
    return name, direction == "desc"


def _vector(query: Any, body: JSON, definition: JSON) -> VectorQuery:
    if not isinstance(query, dict) or query.get("kind") != "vector":
        raise Refused(400, "The stand-in knows vector queries of kind 'vector' only.")
    names = _names(query.get("fields"))
    known = vector_fields(definition)
    if len(names) != 1 or names[0] not in known:
        raise Refused(400, f"Unknown field '{query.get('fields')}' in vector field list.")
    vector, dimensions = query.get("vector"), known[names[0]]
    if not isinstance(vector, list) or len(vector) != dimensions:
        length = len(vector) if isinstance(vector, list) else 0
        message = f"The vector query has a length of '{length}', the field '{names[0]}' expects '{dimensions}'."
        raise Refused(400, message)
    mode = body.get("vectorFilterMode") or "preFilter"
    if mode not in ("preFilter", "postFilter"):
        raise Refused(400, f"The stand-in does not know the vector filter mode '{mode}'.")
    k = query.get("k") or PAGE
    if not isinstance(k, int) or k < 1:
        raise Refused(400, "The parameter k must be greater than 0.")
    return VectorQuery(vector=vector, k=k, weight=query.get("weight") or 1.0, is_filtered_first=mode == "preFilter")


def _semantic(name: str | None, definition: JSON) -> JSON:
    """The fields that the ranker looks at. Raises: Refused (400) if there is no such configuration."""
    semantic = definition["semantic"] or {}
    wanted = name or semantic.get("defaultConfiguration")
    for configuration in semantic.get("configurations") or []:
        if configuration["name"] == wanted:
            fields = configuration["prioritizedFields"]
            contents = [field["fieldName"] for field in fields.get("prioritizedContentFields") or []]
            return {"title": (fields.get("titleField") or {}).get("fieldName", ""), "contents": contents}
    raise Refused(400, f"Unknown semantic configuration '{wanted}'.\r\nParameter name: semanticConfiguration")
