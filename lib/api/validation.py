"""Wrong requests in words: which field, what is wrong with it, how to put it right."""

import difflib
from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from lib.api.problem_kinds import KINDS
from lib.api.problems import Problem, trace_id

_PLACES = {"query": "query parameter", "path": "address", "header": "header"}

_TYPES = {
    "string": "text in quotes",
    "int": "a whole number",
    "bool": "true or false",
    "list": 'a list, as in ["one", "two"]',
    "float": "a number",
}

_ASKED = {
    "string_too_short": ("it is too short", "give at least {min_length} visible character(s)"),
    "string_too_long": ("it is too long", "give at most {max_length} characters"),
    "too_short": ("it has too few items", "give at least {min_length}, or leave the field out"),
    "too_long": ("it has too many items", "give at most {max_length}"),
    "greater_than_equal": ("it is too small", "give {ge} or more"),
    "less_than_equal": ("it is too large", "give {le} or less"),
    "literal_error": ("it is none of the known values", "give {expected}"),
    "enum": ("it is none of the known values", "give {expected}"),
    "int_from_float": ("it is not a whole number", "give a whole number"),
    "string_pattern_mismatch": ("it has the wrong form", "match the pattern {pattern}"),
}


def answer_validation_error(request: Request, error: Exception) -> Response:
    """Exception handler of the app for requests that do not fit their schema."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    broken = next((e for e in errors if e["type"] == "json_invalid"), None)
    if broken:
        where, why = broken["loc"][-1], broken["ctx"]["error"]
        detail = f"The body is not valid JSON: {why}, at character {where}. Send one JSON object."
        return Problem(kind=KINDS["malformed-body"], detail=detail).response(trace_id(request.scope))
    described = [_describe(e, _known_fields(request)) for e in errors]
    first = described[0]
    detail = f"{first['field']}: {first['problem']}; {first['fix']}."
    if len(described) > 1:
        detail += f" {len(described) - 1} more: see `errors`."
    problem = Problem(kind=KINDS["invalid-request"], detail=detail, extra={"errors": described})
    return problem.response(trace_id(request.scope))


def _describe(error: dict[str, Any], known: Sequence[str]) -> dict[str, str]:
    kind, loc, context = error["type"], tuple(error["loc"]), error.get("ctx", {})
    field = _name(loc)
    if kind == "missing":
        missing = "the body" if loc == ("body",) else f"`{loc[-1]}`"
        return {"field": field, "problem": "it is missing", "fix": f"add {missing}"}
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), known, n=1)
        fix = f"did you mean `{near[0]}`?" if near else f"known fields are {', '.join(known) or 'none'}"
        return {"field": field, "problem": "there is no such field", "fix": fix}
    if kind in ("model_attributes_type", "dict_type", "model_type"):
        return {"field": field, "problem": "it is not a JSON object", "fix": 'send an object, as in {"name": "value"}'}
    if kind == "value_error":
        problem, _, fix = str(context.get("error", error["msg"])).partition(": ")
        return {"field": field, "problem": problem, "fix": fix or "see /api/docs"}
    if kind in _ASKED:
        problem, fix = _ASKED[kind]
        return {"field": field, "problem": problem, "fix": fix.format_map(context)}
    wanted = next((words for name, words in _TYPES.items() if kind.startswith(name + "_")), None)
    if wanted:
        return {"field": field, "problem": "it has the wrong type", "fix": f"give {wanted}"}
    return {"field": field, "problem": str(error["msg"]), "fix": "see /api/docs"}


def _name(loc: tuple[Any, ...]) -> str:
    """`("body", "source_ids", 0)` is `source_ids[0]`, `("query", "version")` is `version (query parameter)`."""
    if loc[0] == "body":
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc[1:])
        return path.lstrip(".") or "body"
    return f"{loc[-1]} ({_PLACES.get(loc[0], loc[0])})"


def _known_fields(request: Request) -> list[str]:
    body = getattr(request.scope.get("route"), "body_field", None)
    model = getattr(getattr(body, "field_info", None), "annotation", None)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
