"""What the checker knows: built-in names, the ARM types, and what a template declares."""

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tree_sitter import Node

from tools.check_bicep.syntax import PARSER, body, entries, kids, literal, prepare, text

FUNCTIONS = {
    "string": """base64 base64ToString buildUri cidrHost cidrSubnet dataUri dataUriToString dateTimeAdd
    dateTimeFromEpoch extensionResourceId format guid join loadFileAsBase64 loadTextContent managementGroupResourceId
    nameof newGuid padLeft readEnvironmentVariable replace resourceId string subscriptionResourceId substring
    tenantResourceId toLogicalZone toLower toPhysicalZone toUpper trim uniqueString uri uriComponent
    uriComponentToString utcNow""",
    "int": "dateTimeToEpoch indexOf int lastIndexOf length",
    "bool": "bool contains empty endsWith startsWith",
    "array": """array filter flatten items loadDirectoryFileInfo map
    objectKeys pickZones range sort split toLogicalZones toPhysicalZones""",
    "object": "groupBy mapValues parseCidr parseUri shallowMerge toObject",
    "any": """any base64ToJson coalesce concat
    deployer deployment environment externalInput fail first getSecret intersection json last list listAccountSas
    listCallbackUrl listKeys listServiceSas loadJsonContent loadYamlContent managementGroup max min providers reduce
    reference resourceGroup roleDefinitions skip subscription take tenant tryIndexFromEnd union
    allowed batchSize description discriminator export maxLength maxValue metadata minLength minValue nullIfNotFound
    onlyIfNotExists retryOn sealed secure waitUntil""",
}  # by the type of the result; decorators last
RESULT = {name: kind for kind, names in FUNCTIONS.items() for name in names.split()}
Kind = dict[str, Any]
"""A type definition as bicep-types-az writes it, references resolved."""
ANY: Kind = {"$type": "AnyType"}
NULL: Kind = {"$type": "NullType"}
ARRAY: Kind = {"$type": "ArrayType", "itemType": {"$type": "AnyType"}}
BASIC: dict[str, Kind] = {
    "string": {"$type": "StringType"},
    "int": {"$type": "IntegerType"},
    "bool": {"$type": "BooleanType"},
    "any": ANY,
    "array": ARRAY,
    "object": {"$type": "ObjectType", "properties": {}, "additionalProperties": ANY},
}
KINDS = {
    "StringType": "string",
    "StringLiteralType": "string",
    "IntegerType": "int",
    "BooleanType": "bool",
    "ArrayType": "array",
    "ObjectType": "object",
    "DiscriminatedObjectType": "object",
}


Local = frozenset[str]
"""Names of loop and lambda variables in scope."""


class Types:
    """The bundled ARM types."""

    def __init__(self, folder: Path) -> None:
        """Read the list of all types; the definitions of a provider are read when needed."""
        self.folder = folder
        self._providers: dict[str, dict[tuple[str, ...], Kind]] = {}
        names = json.loads((folder / "versions.json").read_text("utf-8"))
        self.names = {name.lower(): (name, versions) for name, versions in names.items()}

    def provider(self, name: str) -> dict[tuple[str, ...], Kind]:
        """The definitions of one provider by type and api-version, references resolved."""
        if name not in self._providers:
            self._providers[name] = self._read(name)
        return self._providers[name]

    def _read(self, name: str) -> dict[tuple[str, ...], Kind]:
        file = self.folder / f"{name}.json"
        types: list[Kind] = json.loads(file.read_text("utf-8")) if file.exists() else []

        def link(value: Any) -> Any:
            if isinstance(value, dict):
                ref = value.get("$ref")
                return types[int(ref[2:])] if isinstance(ref, str) else {k: link(v) for k, v in value.items()}
            return [link(v) for v in value] if isinstance(value, list) else value

        for definition in types:
            definition.update(link(definition))
        return {tuple(t["name"].lower().split("@")): t for t in types if t["$type"] == "ResourceType"}

    def find(self, name: str, version: str) -> tuple[Kind | None, str, str]:
        """A definition, or None, a severity and the reason."""
        bundle = self.provider(name.lower().split("/")[0])
        if found := bundle.get((name.lower(), version.lower())):
            return found, "", ""
        if near := sorted(v for t, v in bundle if t == name.lower()):
            near.sort(key=lambda v: abs(int(re.sub(r"\D", "", v)) - int(re.sub(r"\D", "", version) or 0)))
            proper, versions = self.names[name.lower()]
            why = "is not among the bundled types" if version in versions else "does not exist"
            return None, "error", f"api-version {version!r} of {proper} {why}; nearest known: {', '.join(near[:3])}"
        near_name = hint(name, [proper for proper, _ in self.names.values()])
        fix = near_name or ": add it to WANTED in trim_types.py, so that it is checked"
        return None, "error", f"{name!r} is not among the bundled resource types{fix}"


def hint(name: str, known: Iterable[str]) -> str:
    """A suggestion for a misspelt name."""
    close = get_close_matches(name.lower(), {k.lower(): k for k in known}, 1, 0.75)
    return f"; did you mean {next(k for k in known if k.lower() == close[0])!r}?" if close else ""


class File:
    """One template: its declarations and the types of its expressions."""

    def __init__(self, path: Path, types: Types, files: dict[Path, "File"]) -> None:
        """Parse the file and collect its declarations; files = those read so far."""
        self.path, self.types, self.files = path, types, files
        self.findings: set[tuple[int, str, str]] = set()
        self.kinds: dict[int, tuple[str, Kind | None, str, str]] = {}
        self.nested: dict[int, dict[str, Node]] = {}
        self.decorators: dict[int, dict[str, Node]] = {}
        self.known: dict[int, Kind] = {}
        calls: dict[str, Node] = {}
        files[path.resolve()] = self
        source, self.names, self.used = prepare(path.read_text("utf-8-sig"))
        self.root = PARSER.parse(source.encode()).root_node
        self.symbols: dict[str, Node] = {}
        self.outputs: dict[str, Node] = {}
        self.typedefs: dict[str, Node] = {}
        for node in [] if self.root.has_error else self.root.named_children:
            if node.type == "decorators":
                calls = {text(c.children[0]).removeprefix("sys."): kids(c)[-1] for d in kids(node) for c in kids(d)}
            elif node.type.endswith(("_declaration", "_function")) and node.type != "metadata_declaration":
                tables = {"output_declaration": self.outputs, "type_declaration": self.typedefs}
                if (name := text(kids(node)[0])) in (table := tables.get(node.type, self.symbols)):
                    self.report(node, "error", f"{name!r} is declared twice")
                table[name], self.decorators[node.id], calls = node, calls, {}
                if node.type == "resource_declaration":
                    self.declare(node, "", "")

    def report(self, node: Node, severity: str, message: str) -> None:
        """Note a finding at the line of a node."""
        self.findings.add((node.start_point.row + 1, severity, message))

    def declare(self, node: Node, parent: str, version: str) -> None:
        """Look up the type of a resource and of those nested in it."""
        name, _, own = (literal(kids(node)[1]) or "").partition("@")
        name, version = parent + name, own or version
        self.kinds[node.id] = name, *self.types.find(name, version)
        inner = [kids(p)[0] for p in kids(body(kids(node)[2])) if len(kids(p)) == 1]
        self.nested[node.id] = {text(kids(n)[0]): n for n in inner if n.type == "resource_declaration"}
        for child in self.nested[node.id].values():
            self.declare(child, name + "/", version)

    def declared(self, node: Node, seen: tuple[str, ...] = ()) -> Kind:
        """The definition that a type expression stands for, ANY if not a plain one."""
        parts, name = kids(node), text(node)
        match node.type:
            case "type" | "parenthesized_type" | "parenthesized_expression" if parts:
                return self.declared(parts[-1], seen)
            case "number" | "boolean":
                return BASIC["int" if node.type == "number" else "bool"]
            case "string" if (value := literal(node)) is not None:
                return {"$type": "StringLiteralType", "value": value}
            case "nullable_type":
                return self.declared(parts[0], seen) | {"nullable": True}
            case "array_type":
                return {"$type": "ArrayType", "itemType": self.declared(parts[0], seen)}
            case "union_type" | "binary_expression":
                members = [self.declared(p, seen) for p in parts]
                nullable = any(m is NULL or m.get("nullable") for m in members)
                elements = [e for m in members for e in m.get("elements", [m])]
                return {"$type": "UnionType", "elements": elements, "nullable": nullable}
            case "identifier" if name in self.typedefs and name not in seen:
                return self.declared(kids(self.typedefs[name])[-1], (*seen, name))
            case "object":
                table = {k: self.declared(v, seen) for k, v in entries(node)[0].items()}
                rest = [("additionalProperties", self.declared(kids(p)[0], seen)) for p in parts if len(kids(p)) == 1]
                table = {k: {"type": t, "flags": int(not t.get("nullable"))} for k, t in table.items()}
                return {"$type": "ObjectType", "properties": table} | dict(rest)
        return NULL if name == "null" else BASIC.get(name, ANY)

    def symbol(self, node: Node) -> Kind:
        """The type of what a declaration declares."""
        if node.id not in self.known:
            self.known[node.id] = ANY  # for one that refers to itself
            self.known[node.id] = self.resolve(node)
        return self.known[node.id]

    def resolve(self, node: Node) -> Kind:
        """The type of what a declaration declares, found anew."""
        parts = kids(node)
        match node.type:
            case "variable_declaration":
                return self.infer(parts[-1]) or ANY
            case "resource_declaration":
                kind = (self.kinds[node.id][1] or {"body": ANY})["body"]
            case "module_declaration":
                outputs, target = BASIC["object"], self.target(node)
                if target:
                    table = {name: {"type": target.symbol(n)} for name, n in target.outputs.items()}
                    outputs = {"$type": "ObjectType", "properties": table}
                table = {"name": {"type": BASIC["string"]}, "outputs": {"type": outputs}}
                kind = {"$type": "ObjectType", "properties": table}
            case "parameter_declaration" | "output_declaration":
                kind, allowed = self.declared(parts[1]), self.decorators[node.id].get("allowed")
                if allowed and kind["$type"] != "ArrayType":
                    kind = kind | {"$type": "UnionType", "elements": [self.declared(v) for v in kids(kids(allowed)[0])]}
                return kind
            case _:
                return ANY
        return {"$type": "ArrayType", "itemType": kind} if parts[2].type == "for_statement" else kind

    def infer(self, node: Node, local: Local = frozenset()) -> Kind | None:
        """The type of an expression, ANY if unknown, None for a property that does not exist."""
        parts, name = kids(node), text(node)
        match node.type:
            case "string" if literal(node) is None:
                return BASIC["string"]
            case "string" | "null" | "boolean":
                return self.declared(node)
            case "number":
                return {"$type": "IntegerType", "value": int(name)}
            case "array" | "for_statement":
                return ARRAY
            case "object":
                given, complete = entries(node)
                table = {k: {"type": self.infer(v, local) or ANY, "flags": 0} for k, v in given.items()}
                return {"$type": "ObjectType", "properties": table, "additionalProperties": None if complete else ANY}
            case "call_expression":
                return BASIC[RESULT.get(text(parts[0]).removeprefix("sys.").removeprefix("az."), "any")]
            case "identifier" if name not in local and name in self.symbols:
                return self.symbol(self.symbols[name])
            case "subscript_expression":
                item: Kind = (self.infer(parts[0], local) or ANY).get("itemType", ANY)
                return item
            case "member_expression" if (base := self.infer(parts[0], local) or ANY)["$type"] == "ObjectType":
                known: Kind | None = base["properties"].get(text(parts[1]))
                kind: Kind | None = known["type"] if known else base.get("additionalProperties")
                return kind
        return ANY

    def target(self, node: Node) -> "File | None":
        """The template that a module refers to, if it is a local file without syntax errors."""
        path = self.path.parent / (literal(kids(node)[1]) or "")
        if path.suffix != ".bicep" or not path.is_file():
            return None
        found = self.files.get(path.resolve()) or type(self)(path, self.types, self.files)
        return None if found.root.has_error else found
