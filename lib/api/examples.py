"""From JSON schemas to what people read: rows of fields, examples, curl commands."""

import json
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

Schema = dict[str, Any]

_SAMPLES = {
    "answer": "Deletes travel: the page becomes a tombstone [1].",
    "answer_html": '<p>Deletes travel: the page becomes a tombstone <sup><a class="marker" …>1</a></sup>.</p>',
    "at": "2026-11-22T11:34:56Z",
    "fetched_at": "2026-11-22T11:34:56Z",
    "last_crawl": "2026-11-22T11:34:56Z",
    "url": "https://example.com/handbook/deletes",
    "title": "Deletes",
    "heading": "How it works > Deletes",
    "text": "A page that is gone becomes a tombstone.",
    "quote": "A page that is gone becomes a tombstone.",
    "document_id": "d0123456789abcdef0123456789abcdef",
    "chunk_id": "d0123456789abcdef0123456789abcdef-1795347296000-fs0123456789-0",
    "document_version": 1795347296000,
    "version": 1795347296000,
    "answer_id": "a0123456789abcdef0123456789abcdef",
    "conversation_id": "c0123456789abcdef0123456789abcdef",
    "source_id": "handbook",
    "end": 40,
    "marker": 1,
    "score": 0.83,
    "took_ms": 12.4,
    "outcome": "complete",
    "queue": "features",
    "crawl_id": "20261122T113456-0a1b2c3d",
    "started_at": "2026-11-22T11:34:44Z",
    "ended_at": "2026-11-22T11:34:56Z",
    "first_at": "2026-11-22T10:34:56Z",
    "last_at": "2026-11-22T11:34:56Z",
    "seconds": 12.3,
    "held_text": "Sign in to continue.",
    "reason": "BadInput: …",
}
"""Values that tell more than `string`."""


def resolve(schema: Schema, document: Schema) -> Schema:
    """Follow references, and see through `X or null`."""
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return resolve({**found, **{k: v for k, v in schema.items() if k != "$ref"}}, document)
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        outer = {k: v for k, v in schema.items() if k != "anyOf"}
        return resolve({**resolve(options[0], document), **outer}, document)
    return schema


def fields_of(schema: Schema, document: Schema, *, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Name, kind and meaning of each field, nested ones as `citations[].quote`."""
    schema = resolve(schema, document)
    required = schema.get("required", list(schema.get("properties", {})))
    for name, raw in schema.get("properties", {}).items():
        field = resolve(raw, document)
        path = prefix + name
        kind = _kind(field, document) + ("" if name in required else ", optional")
        text = [field.get("description", "")]
        if field.get("default") not in (None, "", [], {}):
            text.append(f"Default: `{json.dumps(field['default'])}`.")
        yield path, kind, " ".join(filter(None, text))
        if field.get("type") == "array":
            yield from fields_of(field["items"], document, prefix=f"{path}[].")
        elif isinstance(field.get("additionalProperties"), dict):
            yield from fields_of(field["additionalProperties"], document, prefix=f"{path}.*.")
        else:
            yield from fields_of(field, document, prefix=f"{path}.")


def _kind(field: Schema, document: Schema) -> str:
    if "enum" in field or "const" in field:
        return " or ".join(json.dumps(value) for value in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        item = resolve(field["items"], document).get("type", "")
        return "list of " + {"string": "texts", "integer": "whole numbers"}.get(item, "objects")
    words = {"integer": "whole number", "string": "text", "boolean": "true or false"}
    kind = words.get(field.get("type", ""), field.get("type", "any"))
    low = field.get("minimum", field.get("minLength"))
    high = field.get("maximum", field.get("maxLength"))
    unit = " characters" if field.get("type") == "string" else ""
    if high is not None:
        return f"{kind}, {f'{low:,} to ' if low is not None else 'at most '}{high:,}{unit}"
    return f"{kind}, at least {low:,}{unit}" if low is not None else str(kind)


def example_of(schema: Schema, document: Schema, *, name: str = "", only_required: bool = False) -> Any:
    """Make an example value of a schema."""
    schema = resolve(schema, document)
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    if "properties" in schema:
        wanted = schema.get("required", []) if only_required else schema["properties"]
        return {key: example_of(schema["properties"][key], document, name=key) for key in wanted}
    if schema.get("type") == "array":
        return [example_of(schema["items"], document, name=name.rstrip("s"))]
    if isinstance(schema.get("additionalProperties"), dict):
        return {"documents": example_of(schema["additionalProperties"], document)}
    if name in _SAMPLES:
        return _SAMPLES[name]
    default = {"integer": 0, "number": 0, "boolean": False, "object": {}, "string": ""}
    return schema.get("default", default.get(schema.get("type", "")))


def curl(method: str, path: str, operation: Schema, document: Schema, base: str) -> str:
    """Write the command that calls an operation."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            value = parameter.get("example") or (parameter.get("examples") or parameter["schema"].get("examples") or [
                _SAMPLES.get(parameter["name"], parameter["name"].upper())])[0]  # fmt: skip
            path = path.replace(f"{{{parameter['name']}}}", quote(str(value)))
    command = ["curl -s", *(["-X " + method] if method in ("PUT", "DELETE") else []), shlex.quote(base + path)]
    if method == "POST" and "requestBody" not in operation:
        command.insert(1, "-X POST")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        example = {**example_of(body, document, only_required=True)}
        command += ["\\\n  -H 'Content-Type: application/json'", "\\\n  -d " + shlex.quote(json.dumps(example))]
    return " ".join(command)
