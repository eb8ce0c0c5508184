"""The templates as the tests see them: variables, parameters, resources."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from tools.check_bicep.model import File, Types
from tools.check_bicep.syntax import body, entries, kids, literal, text
from tools.infra_check import TYPES

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"


def listed(name: str) -> Any:
    """A JSON file of infra/."""
    return json.loads((INFRA / name).read_text(encoding="utf-8"))


@cache
def template(name: str) -> File:
    """A template, parsed: `main` or the name of a module."""
    path = INFRA / "main.bicep" if name == "main" else INFRA / "modules" / f"{name}.bicep"
    return File(path, Types(TYPES), {})


def keys(name: str, variable: str) -> set[str]:
    """Names in an object that a variable holds."""
    return set(entries(kids(template(name).symbols[variable])[-1])[0])


def parameters(name: str) -> dict[str, bool]:
    """Parameters of a template, and whether each has a default."""
    symbols = template(name).symbols
    return {n: len(kids(node)) > 2 for n, node in symbols.items() if node.type == "parameter_declaration"}


def resources(name: str) -> dict[str, Any]:
    """Objects of a template's resources, by symbol."""
    symbols = template(name).symbols
    return {n: body(kids(node)[2]) for n, node in symbols.items() if node.type == "resource_declaration"}


def passed(module: str, parameter: str) -> str:
    """Source of what main.bicep passes to a module."""
    declared = entries(body(kids(template("main").symbols[module])[2]))[0]
    return text(entries(declared["params"])[0][parameter])


def value(name: str, resource: str, path: str) -> str:
    """Source of a property of a resource, as `properties.httpsOnly`; strings without quotes."""
    node = resources(name)[resource]
    for part in path.split("."):
        node = entries(node)[0][part]
    return literal(node) if node.type == "string" and literal(node) is not None else text(node)
