"""`docs/search.index`: actions on documents, each with a status of its own."""

import re
from collections.abc import Callable
from typing import Any

from local.standins.faults import Faults
from local.standins.search.definitions import JSON, VECTORS, is_collection, key_of
from local.standins.search.errors import Refused
from local.standins.search.filter_sql import stored
from local.standins.search.own_faults import draw
from local.standins.search.store import DocumentStore, Lateness, Writer

MOST_ACTIONS = 1_000
_KEY = re.compile(r"[A-Za-z0-9\-=][A-Za-z0-9_\-=]{0,1023}")
_ACTIONS = ("upload", "merge", "mergeOrUpload", "delete")
_MESSAGES = {
    409: "Version conflict.",
    422: "The index is temporarily unavailable.",
    429: "Too many requests.",
    503: "You are sending too many requests. Please try again later.",
}

Check = Callable[[Any], bool]
_IS: dict[str, Check] = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Int32": lambda value: _is_integer(value, 2**31),
    "Edm.Int64": lambda value: _is_integer(value, 2**63),
    "Edm.Double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.DateTimeOffset": lambda value: isinstance(value, str) and bool(stored(value, "Edm.DateTimeOffset")),
}


def index_documents(store: DocumentStore, body: JSON, faults: Faults) -> tuple[int, JSON]:
    """
    200 if every action worked, else 207; a body that cannot be read changes nothing (Refused, 400).

    Faults: `partial:409` (some documents fail with this status; without one, with 503), `late_documents` (writes are
    visible after `delay_s`) and `late_documents:3` (after so many requests).
    """
    actions = body.get("value")
    if not isinstance(actions, list) or not actions:
        raise Refused(400, "The request is invalid. Details: actions : No indexing actions found in the request.")
    if len(actions) > MOST_ACTIONS:
        raise Refused(400, f"The batch has {len(actions)} actions; at most {MOST_ACTIONS} are allowed.")
    fields = {field["name"]: field for field in store.definition["fields"]}
    key_field = key_of(store.definition)
    for action in actions:
        if not isinstance(action, dict):
            raise Refused(400, "The request is invalid. Details: actions : an action is no JSON object.")
        _check(action, fields, key_field)
    results = []
    with store.writing() as writer:
        for action in actions:
            key = action[key_field]
            fault = draw(faults, "partial")
            status, message = (fault[1] or 503, "") if fault else _act(writer, action, fields, key)
            if status >= 300:
                message = message or _MESSAGES.get(status, "The document could not be indexed.")
            results.append({"key": key, "status": status < 300, "errorMessage": message or None, "statusCode": status})
        if writer.changes and (late := draw(faults, "late_documents")):
            writer.lateness = Lateness(delay_s=0 if late[1] else late[0].delay_s, reads=late[1] or 0)
    return (200 if all(result["status"] for result in results) else 207), {"value": results}


def _act(writer: Writer, action: JSON, fields: dict[str, JSON], key: str) -> tuple[int, str]:
    if not _KEY.fullmatch(key):
        return 400, "Invalid document key: letters, digits, underscore, dash and equal sign are allowed."
    verb = action.get("@search.action", "upload")
    given = {name: value for name, value in action.items() if not name.startswith("@")}
    for name, value in given.items():
        if fields[name]["type"] in VECTORS and value is not None and len(value) != fields[name]["dimensions"]:
            expected = fields[name]["dimensions"]
            return 400, f"The vector field '{name}' expects a length of '{expected}', but has '{len(value)}'."
    before = writer.latest(key)
    if verb == "delete":
        if before is not None:
            writer.changes[key] = None
        return 200, ""
    if verb == "merge" and before is None:
        return 404, "Document not found."
    writer.changes[key] = {**before, **given} if before is not None and verb != "upload" else given
    return (201 if before is None else 200), ""


def _check(action: JSON, fields: dict[str, JSON], key_field: str) -> None:
    if action.get("@search.action", "upload") not in _ACTIONS:
        raise Refused(400, "The request is invalid. Details: actions : an action is none of " + ", ".join(_ACTIONS))
    if not isinstance(action.get(key_field), str):
        raise Refused(400, "The request is invalid. Details: actions : 0: Document key cannot be missing or empty.")
    for name, value in action.items():
        if name == "@search.action":
            continue
        if name not in fields:
            raise Refused(400, f"The property '{name}' does not exist on type 'search.documentFields'.")
        kind = fields[name]["type"]
        if value is not None and not _fits(value, kind):
            raise Refused(400, f"Cannot convert the value of '{name}' to the expected type '{kind}'.")


def _fits(value: Any, kind: str) -> bool:
    if kind in VECTORS:
        return isinstance(value, list) and all(_IS["Edm.Double"](number) for number in value)
    if is_collection(kind):
        inner = kind.removeprefix("Collection(").removesuffix(")")
        return isinstance(value, list) and all(_IS[inner](one) for one in value)
    return _IS[kind](value)


def _is_integer(value: Any, bound: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -bound <= value < bound
