"""
Check Bicep templates offline: syntax, names, modules, and resources property by property against the ARM types.

Not seen: values known only at deployment, number and types of function arguments, decorators, scopes, dependency
cycles, registry modules, policies, quotas, names in use. A pass is not a `bicep build`; CI runs that too.
"""

import re
from pathlib import Path

from tree_sitter import Node

from tools.check_bicep.model import ANY, ARRAY, BASIC, KINDS, NULL, RESULT, File, Kind, Local, Types, hint
from tools.check_bicep.syntax import body, entries, kids, literal, loop_names, text

STRING = BASIC["string"]


class Checker(File):
    """The checks of one template."""

    def run(self) -> set[tuple[int, str, str]]:
        """Make all checks, and return (line, severity, message) of each finding."""
        nodes = [self.root]
        while nodes and self.root.has_error:
            node = nodes.pop()
            if node.type == "ERROR" or node.is_missing:
                self.report(node, "error", f"cannot parse, near {text(node)[:40].strip()!r}")
            nodes += node.children
        if self.root.has_error:
            return self.findings
        for node in self.root.named_children:
            self.walk(node)
            if node.type in ("parameter_declaration", "output_declaration") and len(kids(node)) > 2:
                self.check(kids(node)[2], self.symbol(node))
        for name, node in self.symbols.items():
            what = {"parameter_declaration": "parameter", "variable_declaration": "variable"}.get(node.type)
            if what and name not in self.used and "export" not in self.decorators[node.id]:
                self.report(node, "warning", f"{what} {name!r} is never used")
        return self.findings

    def walk(self, node: Node, local: Local = frozenset()) -> None:  # noqa: C901, PLR0912 - a case for each kind of node
        """Check the names, resources and modules below a node; local = loop and lambda variables."""
        parts, name = kids(node), text(node)
        match node.type:
            case "identifier" if name not in local:
                self.used.add(name)
                known = {*self.symbols, *self.typedefs, *self.names, *BASIC, "az", "sys", "*"}
                if name not in known:
                    self.report(node, "error", f"undefined name {name!r}{hint(name, known | local)}")
            case "object_property" if len(parts) == 2 and parts[0].type == "identifier":
                parts = parts[1:]
            case "for_statement":
                self.walk(parts[1], local)
                parts, local = parts[2:], local | loop_names(node)
            case "lambda_expression":
                parts, local = parts[-1:], local | loop_names(node)
            case "binary_expression" | "ternary_expression":  # the grammar reads x => a == b as (x => a) == b
                first = parts[0]
                while first.type.endswith("_expression") and first.type != "lambda_expression":
                    first = kids(first)[0]
                local |= loop_names(first) if first.type == "lambda_expression" else set()
            case "call_expression" if parts[0].type == "identifier":
                name, parts = text(parts[0]), parts[1:]
                self.used.add(name)
                if name not in {*RESULT, *self.symbols, *self.names} and not name.startswith("list"):
                    self.report(node, "error", f"unknown function {name!r}{hint(name, {*RESULT, *self.symbols})}")
            case "call_expression":
                parts = kids(parts[0])[:1] + parts[1:]
            case "member_expression":
                if self.infer(node, local) is None and "?" not in name[len(text(parts[0])) :]:
                    close = hint(text(parts[1]), (self.infer(parts[0], local) or ANY).get("properties", {}))
                    self.report(node, "error", f"{text(parts[0])} has no {text(parts[1])!r}{close}")
                parts = parts[:1]
            case "resource_expression":
                parts = parts[:1]
            case "user_defined_function":
                parts, local = parts[1:], local | {text(kids(p)[0]) for p in kids(parts[1])}
            case "resource_declaration":
                self.check_resource(node, local)
                parts, local = parts[1:], local | set(self.nested[node.id])
            case "module_declaration":
                self.check_module(node)
                parts = parts[1:]
            case "parameter" | "metadata_declaration" | "assert_statement":
                parts = parts[1:]
            case _ if node.type.endswith("_declaration"):
                parts = parts[1:]
        for part in parts:
            self.walk(part, local)

    def check_resource(self, node: Node, local: Local) -> None:
        """Check a resource against its type."""
        parts, (name, found, severity, reason) = kids(node), self.kinds[node.id]
        inner, existing = body(parts[2]), any(c.type == "existing" for c in node.children)
        if found is None:
            self.report(node, severity, reason)
        if inner.type != "object":
            return
        given, _ = entries(inner)
        parent = self.symbols.get(text(given["parent"])) if "parent" in given else None
        if parent and parent.type == "resource_declaration":
            owner = self.kinds[parent.id][0]
            if owner.lower() != name.lower().rpartition("/")[0]:
                self.report(given["parent"], "error", f"the parent of {name} cannot be {owner}")
        if found is not None:
            if not existing and found.get("writableScopes") == 0:
                self.report(node, "error", f"{name} cannot be deployed, only be 'existing'")
            own = found["body"].get("properties", {}).get("name", {"type": STRING})["type"]
            named = STRING if "name" not in given or "/" in text(given["name"]) else own
            known = {"parent": ANY, "scope": ANY, "dependsOn": ARRAY, "name": named}
            self.check_object(inner, found["body"], local | loop_names(parts[2]), known, existing=existing)

    def check_module(self, node: Node) -> None:
        """Check that the file of a module exists and that its parameters are passed."""
        parts, target, path = kids(node), self.target(node), literal(kids(node)[1])
        if target is None:
            if path and not re.match(r"(br|ts)[:/]", path) and not (self.path.parent / path).is_file():
                self.report(node, "error", f"module file {path!r} does not exist")
            return
        table = {}
        for name, symbol in target.symbols.items():
            if symbol.type == "parameter_declaration":
                kind = target.symbol(symbol)
                table[name] = {"type": kind, "flags": int(len(kids(symbol)) == 2 and not kind.get("nullable"))}
        params = {"$type": "ObjectType", "properties": table, "noun": "parameter"}
        known = dict.fromkeys(("scope", "identity", "extensionConfigs"), ANY) | {"name": STRING, "dependsOn": ARRAY}
        needed = {"params": {"type": params, "flags": int(any(p["flags"] for p in table.values()))}}
        if body(parts[2]).type == "object":
            kind = {"$type": "ObjectType", "properties": needed}
            self.check_object(body(parts[2]), kind, frozenset(loop_names(parts[2])), known)

    def check(self, node: Node, kind: Kind, local: Local = frozenset()) -> None:  # noqa: C901, PLR0912 - a case for each kind
        """Report where a value does not fit a type; what cannot be told passes."""
        options = [o for o in kind["elements"] if o is not NULL] if kind["$type"] == "UnionType" else [kind]
        kinds = [o["$type"] for o in options]
        accepted = [KINDS.get(k) for k in kinds]
        if node.type in ("parenthesized_expression", "ternary_expression"):
            for part in kids(node)[node.type == "ternary_expression" :]:
                self.check(part, kind, local)
        elif node.type == "object" and "object" in accepted:
            if accepted.count("object") == 1 and None not in accepted:
                self.check_object(node, options[accepted.index("object")], local)
        elif node.type in ("array", "for_statement") and "array" in accepted:
            for item in kids(node) if node.type == "array" else [body(node)]:
                if not text(item).startswith(("!!!", "(")):  # a spread or a call
                    self.check(item, options[accepted.index("array")]["itemType"], local | loop_names(node))
        elif None not in accepted and (given := KINDS.get((found := self.infer(node, local) or ANY)["$type"])):
            value, listed = found.get("value"), [o["value"] for o in options if "value" in o]
            if given not in accepted:
                wanted = " or ".join(dict.fromkeys(a for a in accepted if a))
                self.report(node, "error", f"expected {wanted}, got {given}: {text(node)[:50]}")
            elif isinstance(value, str) and listed:
                if value not in listed:
                    severity, more = "warning" if "StringType" in kinds else "error", ", ..." * (len(listed) > 20)
                    close = hint(value, listed)
                    self.report(node, severity, f"{value!r} is not one of {', '.join(listed[:20])}{more}{close}")
            elif value is not None:
                size: int = len(value) if isinstance(value, str) else value
                what, unit = ("Length", " characters") if given == "string" else ("Value", "")
                limits = options[accepted.index(given)]
                low: int = limits.get("min" + what, size)
                high: int = limits.get("max" + what, size)
                if not low <= size <= high:
                    self.report(node, "error", f"{value!r} is outside {low}..{high}{unit}")

    def check_object(
        self, node: Node, kind: Kind, local: Local, known: dict[str, Kind] | None = None, *, existing: bool = False
    ) -> None:
        """Check the properties of an object against a type; known = further properties allowed."""
        (found, complete), noun = entries(node), kind.get("noun", "property")
        known = known or {}
        shape = self._shape(node, kind, local, named=bool(known))
        if shape is None:
            return
        table, rest = shape
        for name, value in found.items():
            expected = table.get(name)
            if name in known:
                self.check(value, known[name], local)
            elif expected is None and rest is None:
                self.report(value, "error", f"unknown {noun} {name!r}{hint(name, table)}")
            elif expected and (existing or expected["flags"] & 2):
                self.report(value, "error", f"property {name!r} is read-only")
            else:
                self.check(value, expected["type"] if expected else rest or ANY, local)
        for name in table:
            if complete and table[name]["flags"] & 3 == 1 and name not in found and not (existing and name != "name"):
                self.report(node, "error", f"missing required {noun} {name!r}")

    def _shape(
        self, node: Node, kind: Kind, local: Local, *, named: bool
    ) -> tuple[dict[str, Kind], Kind | None] | None:
        """The properties an object may have and what others must be; None if that cannot be told, and was reported."""
        found, complete = entries(node)
        table, rest = kind.get("properties", {}), kind.get("additionalProperties")
        if kind["$type"] == "DiscriminatedObjectType":
            key = kind["discriminator"]
            if key not in found:
                if complete:
                    self.report(node, "error", f"missing required property {key!r}")
                return None
            value, elements = (self.infer(found[key], local) or ANY).get("value"), kind["elements"]
            if named and (tail := re.search(r"/([\w-]+)'$", text(found[key]))):
                value = tail[1]
            if value is not None and value not in elements:
                close = hint(value, elements)
                self.report(found[key], "error", f"{value!r} is not one of {', '.join(elements)}{close}")
                return None
            branches = [elements[value]] if value else list(elements.values())
            table = dict(kind["baseProperties"])
            rest = ANY if any("additionalProperties" in b for b in branches) else None
            for name, entry in ((n, e) for b in branches for n, e in b["properties"].items()):
                same = all(b["properties"].get(name, {}).get("type") is entry["type"] for b in branches)
                table[name] = entry if same else {"type": ANY, "flags": 0}
        return table, rest


def check_files(files: list[Path], types: Types) -> list[tuple[Path, int, str, str]]:
    """Findings of these templates and the modules they name, as (file, line, severity, message)."""
    read: dict[Path, File] = {}
    found = []
    for file in files:
        known = read.get(file.resolve())
        checker = known if isinstance(known, Checker) else Checker(file, types, read)
        found += [(file, line, severity, message) for line, severity, message in sorted(checker.run())]
    return found
