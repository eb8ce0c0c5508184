"""Reading Bicep: the parser, what its grammar lacks, and small helpers."""

import re

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_bicep.language()))


def kids(node: Node) -> list[Node]:
    """The children of a node, without tokens, comments and decorators."""
    found = [c for c in node.named_children if c.type not in ("comment", "diagnostic_comment", "decorators")]
    if node.type != "array":
        return found
    followers = zip(found, [*found[1:], node], strict=False)  # here f(a) reads as f and (a): leave out f
    return [child for child, after in followers if child.end_byte != after.start_byte]


def text(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode()


def literal(node: Node) -> str | None:
    """The value of a string without interpolation."""
    if node.type != "string" or any(c.type == "interpolation" for c in node.children):
        return None
    return "".join(text(c) if c.type == "string_content" else text(c)[1:] for c in kids(node))


def body(node: Node) -> Node:
    """What is inside parentheses, a condition or a loop."""
    while node.type in ("parenthesized_expression", "if_statement", "for_statement"):
        node = kids(node)[-1]
    return node


def entries(node: Node) -> tuple[dict[str, Node], bool]:
    """The properties of an object, and whether that is all of them (no spread, no computed key)."""
    pairs = [kids(p) for p in kids(node) if len(kids(p)) == 2]
    found = {text(k) if k.type == "identifier" else literal(k): v for k, v in pairs}
    return {k: v for k, v in found.items() if k}, all(found) and node.type == "object"


def loop_names(node: Node) -> set[str]:
    """The variables of a loop or lambda."""
    return {text(n) for p in kids(node)[:1] for n in kids(p) or [p]} if len(kids(node)) > 1 else set()


def prepare(source: str) -> tuple[str, set[str], set[str]]:
    """The source with what the grammar lacks replaced, line by line; the names that declared; the names it used."""
    names: set[str] = set()
    used: set[str] = set()

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match[0])

    def outside(match: re.Match[str]) -> bool:  # of strings
        line = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
        return line.replace("\\'", "").count("'") % 2 == 0

    def spread(match: re.Match[str]) -> str:
        depth = 0
        for char in reversed(re.sub(r"//[^\n]*|'[^'\n]*'", "", source[: match.start()].replace("\\'", ""))):
            depth += (char in "{[(") - (char in "}])")
            if depth > 0 and outside(match):
                return "'':" if char == "{" else "!!!"
        return match[0]

    for match in re.finditer(r"\$'''.*?'''", source, re.DOTALL):
        used.update(w for part in re.findall(r"\$\{(.*?)\}", match[0]) for w in re.findall(r"\w+", part))
    for match in re.finditer(r"(?m)^(?:import|extension|provider)\b\s*(\{[^}]*\}|[^\n]*)", source):
        names.update(re.findall(r"(\w+)\s*(?:[,\n}]|from\b|$)", re.sub(r"//.*", "", match[1])))
    source = re.sub(r"(?m)^import\s+(\{[^}]*\}|\*[^\n]*)[^\n]*|^(extension|provider)\s+['\w].*", blank, source)
    source = re.sub(r"\bresource(In|Out)put<'[^'\n]*'>([.\w]|\[\*\])*", "any", source)
    source = re.sub(r"(?m)^(var \w+)[ \t]+[^=\n]+(?==)", r"\1 ", source)
    source = re.sub(r"\$+(?=''')|(?<=[\w)\]])!(?![=~.\[])", " ", source).replace("[^", "[-")
    following = r"(?=\s*(?:(?://|#).*\s+)*(?:(?:var|param|resource|module|output|func|type|assert)\s+\w|\w+:))"
    source = re.sub(r"\?(?=[ \t]*\n|[ \t]*//)" + following, "? @sealed()", source)  # else it reads on, as a condition
    return re.sub(r"(?<![.\w])\.\.\.(?=[\w(\[{])", spread, source), names, used
