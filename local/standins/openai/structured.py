"""Structured output: a JSON value that obeys a schema, made of what the prompt holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from local.standins.openai.refusals import invalid

MOST_ITEMS = 3


class Filler:
    """
    Fills a schema, the same for the same prompt.

    Texts are sentences of the prompt in turn; numbers grow with how well the sentences match the question; true stands
    for a prompt that supports an answer; of several given words the one nearest to the question is taken.
    """

    def __init__(
        self,
        schema: dict[str, Any],
        *,
        embedder: MiniLmEmbedder,
        question: str,
        sentences: Sequence[str],
        support: bool,
    ) -> None:
        self._definitions: dict[str, Any] = schema.get("$defs", {})
        self._embedder = embedder
        self._question = question
        self._sentences = list(sentences) or [question]
        self._support = support
        self._next = 0

    def fill(self, schema: dict[str, Any]) -> Any:
        """A value for a schema. Raises: Refused for what strict schemas may not contain."""
        if "$ref" in schema:
            return self.fill(self._definitions[str(schema["$ref"]).rsplit("/", 1)[-1]])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._nearest(schema["enum"])
        if "anyOf" in schema:
            options = [option for option in schema["anyOf"] if option.get("type") != "null"]
            return self.fill(options[0]) if options else None
        return self._of_type(schema)

    def _of_type(self, schema: dict[str, Any]) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((name for name in kind if name != "null"), "null")
        match kind:
            case "object":
                return {name: self.fill(part) for name, part in _properties(schema).items()}
            case "array":
                most = min(schema.get("maxItems", MOST_ITEMS), max(schema.get("minItems", 1), MOST_ITEMS))
                count = max(schema.get("minItems", 0), min(most, len(self._sentences)))
                return [self.fill(schema["items"]) for _ in range(count)]
            case "boolean":
                return self._support
            case "integer":
                return round(self._number(schema))
            case "number":
                return round(self._number(schema), 4)
            case "string":
                self._next += 1
                return self._sentences[(self._next - 1) % len(self._sentences)]
            case "null":
                return None
            case _:
                raise invalid(f"Invalid schema for response_format: type {kind!r}", param="response_format")

    def _number(self, schema: dict[str, Any]) -> float:
        least, most = schema.get("minimum", 0), schema.get("maximum", schema.get("minimum", 0) + 1)
        cosines = self._cosines(self._sentences)
        return float(least + (most - least) * min(1.0, max(0.0, *cosines)))

    def _nearest(self, values: list[Any]) -> Any:
        cosines = self._cosines([str(value) for value in values])
        return values[int(np.argmax(cosines))]

    def _cosines(self, texts: list[str]) -> list[float]:
        vectors = self._embedder.embed([self._question, *texts], purpose="query").vectors
        return [float(value) for value in vectors[1:] @ vectors[0]]


def strict_schema(response_format: dict[str, Any]) -> dict[str, Any]:
    """The schema of a `response_format`. Raises: Refused if it is none, or not strict as the service wants it."""
    given = response_format.get("json_schema")
    schema = given.get("schema") if isinstance(given, dict) else None
    if response_format.get("type") != "json_schema" or not given or not isinstance(schema, dict) or "name" not in given:
        raise invalid("'response_format' must be text, or json_schema with name and schema", param="response_format")
    if given.get("strict"):
        for part in [schema, *schema.get("$defs", {}).values()]:
            _check(part)
    return schema


def _check(schema: dict[str, Any]) -> None:
    """What the service demands of objects in strict schemas."""
    if schema.get("type") == "object":
        properties = _properties(schema)
        if schema.get("additionalProperties") is not False or set(schema.get("required", [])) != set(properties):
            raise invalid(
                "Invalid schema for response_format: in strict mode 'additionalProperties' must be false and every "
                "property must be 'required'.",
                param="response_format",
                code="invalid_json_schema",
            )
        for part in properties.values():
            _check(part)
    if isinstance(schema.get("items"), dict):
        _check(schema["items"])
    for part in schema.get("anyOf", []):
        _check(part)


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema.get("properties", {})
    return found
