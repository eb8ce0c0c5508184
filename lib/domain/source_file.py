"""The sources file: YAML to sources, every complaint with its line and its fix."""

import re
from collections.abc import Callable
from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar
from urllib.parse import urlsplit

import soupsieve
import yaml
from soupsieve.util import SelectorSyntaxError

from lib.domain.schedules import hours_of, next_after
from lib.domain.source_addresses import pattern_of, start_of, web_address
from lib.domain.source_headers import check_header
from lib.domain.source_yaml import YamlReader
from lib.domain.sources import KINDS, Source, Sources

T = TypeVar("T")

_ID = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_GROUP = re.compile(r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,126}$")
_WHOLE = re.compile(r"^[1-9][0-9_]{0,11}$")
_EXAMPLE = 'sources:\n  - id: handbook\n    kind: website\n    start: ["https://example.com/handbook/"]'
_EVERY_KIND = (
    "id kind schedule hours access allow_private_network max_pages max_tokens max_gone recheck_hours instructions"
    " personal_data".split()
)
_PUSH = ("id", "kind", "access", "personal_data", "instructions")
_ITEM_FIELDS = ("id", "url", "title", "text", "html", "updated", "deleted")


def parse_sources(text: str, *, file: str, variables: dict[str, str] | None = None) -> Sources:
    """
    Read the text of a sources file. `%NAME%` in start, include and exclude is replaced from `variables`.

    Folders that are not absolute are below the folder of `file`.
    Raises: BadSources naming file, line and fix, for the first thing that is wrong.
    """
    reader = _Reader(file, variables or {})
    return reader.read(reader.compose(text))


class _Reader(YamlReader):
    """Makes sources of nodes."""

    def __init__(self, file: str, variables: dict[str, str]) -> None:
        super().__init__(file)
        self.variables = variables

    def read(self, node: yaml.Node | None) -> Sources:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"expected a mapping with the key `sources`, for example:\n{_EXAMPLE}")
        found: dict[str, Source] = {}
        for key, name, value in self.entries(node):
            if name != "sources":
                raise self.fail(key, f"unknown key {name!r}: the only key at the top is `sources`")
            if not isinstance(value, yaml.SequenceNode):
                raise self.fail(value, f"`sources` must be a list, for example:\n{_EXAMPLE}")
            for item in value.value:
                source = self.source(item)
                if source.id in found:
                    raise self.fail(item, f"two sources have the id {source.id!r}: ids must be unique")
                found[source.id] = source
        return Sources(items=tuple(found.values()))

    def source(self, node: yaml.Node) -> Source:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"a source must be a mapping, for example:\n{_EXAMPLE}")
        nodes: dict[str, yaml.Node] = {}
        for key, name, value in self.entries(node):
            if name not in _READ:
                near = get_close_matches(name, _READ, n=1)
                hint = f": did you mean {near[0]!r}?" if near else f": known keys are {', '.join(_READ)}"
                raise self.fail(key, f"unknown key {name!r}{hint}")
            nodes[name] = value
        for required in ("id", "kind"):
            if required not in nodes:
                raise self.fail(node, f"a source needs `{required}`")
        kind = self.kind(nodes["kind"])
        self.check_keys(kind, nodes)
        values = {name: _READ[name](self, child, kind) for name, child in nodes.items()}
        source = Source(**values)
        self.check(source, node, nodes)
        return source

    def check_keys(self, kind: str, nodes: dict[str, yaml.Node]) -> None:
        """Refuse keys that a kind does not have."""
        known = _PUSH if kind == "push" else (*_EVERY_KIND, *KINDS[kind])  # type: ignore[index]  # checked by kind()
        for name, child in nodes.items():
            if name in known:
                continue
            if kind == "push":
                raise self.fail(child, f"a push source has no `{name}`: documents are sent to its API")
            having = ", ".join(k for k, names in KINDS.items() if name in names)
            raise self.fail(child, f"a source of kind {kind} has no `{name}`: {having} have it")

    def check(self, source: Source, node: yaml.Node, nodes: dict[str, yaml.Node]) -> None:
        """Refuse what each key allows but all keys together do not."""
        if source.kind != "push" and not source.start:
            raise self.fail(nodes.get("start", node), "`start` needs at least one URL")
        if source.kind == "git" and len(source.start) > 1:
            raise self.fail(nodes["start"], "a git source has one repository: write a source for each")
        for url in source.start if source.kind == "website" else ():
            if not source.in_scope(url if urlsplit(url).path else url + "/"):
                raise self.fail(nodes["start"], f"start URL {url!r} matches no `include` pattern, or an `exclude` one")
        for name in ("render", "wait_for", "title", "published") if source.content == "feed" else ():
            if name in nodes:
                fix = "leave it out, or read pages with `content: page`"
                raise self.fail(nodes[name], f"`{name}` has no use where the feed itself has text and title: {fix}")
        names = {name for name, _ in source.fields}
        if source.kind == "api" and not (names & {"text", "html"}):
            raise self.fail(nodes.get("fields", node), "`fields` must say where an item's `text` or `html` is")
        if source.kind == "api" and not (names & {"id", "url"}):
            raise self.fail(nodes.get("fields", node), "`fields` must say where an item's `id` or `url` is")

    def id(self, node: yaml.Node, kind: str) -> str:
        value = self.text(node)
        if not _ID.match(value):
            raise self.fail(node, f"id {value!r}: use 1 to 63 small letters, digits, `-` and `_`")
        return value

    def kind(self, node: yaml.Node, kind: str = "") -> str:
        return self.one_of(node, tuple(KINDS), "kind")

    def selector(self, node: yaml.Node, kind: str) -> str:
        value = self.text(node)
        try:
            soupsieve.compile(value)
        except (SelectorSyntaxError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise self.fail(node, f"{value!r} is no CSS selector: {reason}") from error
        return value

    def one_of(self, node: yaml.Node, choices: tuple[str, ...], name: str) -> str:
        value = self.text(node)
        if value not in choices:
            raise self.fail(node, f"unknown {name} {value!r}: use one of {', '.join(choices)}")
        return value

    def expand(self, node: yaml.Node, value: str) -> str:
        for name in re.findall(r"%([A-Z_]+)%", value):
            if name not in self.variables:
                raise self.fail(node, f"%{name}% is unknown: use one of {', '.join(self.variables) or 'none'}")
            value = value.replace(f"%{name}%", self.variables[name])
        return value

    def start(self, node: yaml.Node, kind: str) -> tuple[str, ...]:
        folder = PurePath(self.file).parent
        values = [self.expand(node, value) for value in self.texts(node)]
        return tuple(self.checked(node, partial(start_of, value, kind, folder=folder)) for value in values)

    def link(self, node: yaml.Node, kind: str) -> str:
        value = self.expand(node, self.text(node))
        url = self.checked(node, partial(web_address, value, fix="`link` is part of every document's address"))
        return url if url.endswith("/") else url + "/"

    def patterns(self, node: yaml.Node, kind: str) -> tuple[str, ...]:
        values = [self.expand(node, value) for value in self.texts(node)]
        return tuple(self.checked(node, partial(pattern_of, value, kind)) for value in values)

    def schedule(self, node: yaml.Node, kind: str) -> str:
        value = self.text(node)
        self.checked(node, lambda: next_after(value, None))
        return value

    def hours(self, node: yaml.Node, kind: str) -> str:
        value = self.text(node)
        self.checked(node, lambda: hours_of(value))
        return value

    def checked(self, node: yaml.Node, check: Callable[[], T]) -> T:
        """What a check gives; its complaint gets the line."""
        try:
            return check()
        except ValueError as error:
            raise self.fail(node, str(error)) from error

    def groups(self, node: yaml.Node, kind: str) -> tuple[str, ...]:
        groups = self.texts(node)
        if not groups:
            raise self.fail(node, "`access` needs at least one group; everybody is [everyone]")
        for group in groups:
            if not _GROUP.match(group):
                raise self.fail(node, f"group {group!r}: use letters, digits and @ . _ -")
        return tuple(sorted(set(groups)))

    def headers(self, node: yaml.Node, kind: str) -> tuple[tuple[str, str], ...]:
        found = self.pairs(node)
        names = [name.lower() for _, name, _ in found]
        for key, name, value in found:
            if names.count(name.lower()) > 1:
                raise self.fail(key, f"header {name!r} is given twice: leave one of them out")
            self.checked(key, partial(check_header, name, value))
        return tuple((name, value) for _, name, value in found)

    def item_fields(self, node: yaml.Node, kind: str) -> tuple[tuple[str, str], ...]:
        found = self.pairs(node)
        for key, name, _ in found:
            if name not in _ITEM_FIELDS:
                raise self.fail(key, f"unknown field {name!r} of an item: use {', '.join(_ITEM_FIELDS)}")
        return tuple((name, value) for _, name, value in found)

    def flag(self, node: yaml.Node, kind: str) -> bool:
        if node.tag != "tag:yaml.org,2002:bool":
            raise self.fail(node, "expected true or false")
        return str(node.value).lower() in ("true", "yes", "on")

    def positive(self, node: yaml.Node, kind: str) -> int:
        if node.tag != "tag:yaml.org,2002:int" or not _WHOLE.match(str(node.value)):
            raise self.fail(node, "expected a whole number above 0, of at most 12 digits")
        return int(node.value)

    def number(self, node: yaml.Node, highest: float) -> float:
        try:
            value = float(node.value)
        except (TypeError, ValueError):
            value = -1
        if not 0 <= value <= highest:
            raise self.fail(node, f"expected a number from 0 to {highest:g}")
        return value


_READ: dict[str, Any] = {
    **{f.name: _Reader.text for f in fields(Source)},
    "id": _Reader.id,
    "kind": _Reader.kind,
    "start": _Reader.start,
    "include": _Reader.patterns,
    "exclude": _Reader.patterns,
    "schedule": _Reader.schedule,
    "hours": _Reader.hours,
    "access": _Reader.groups,
    "headers": _Reader.headers,
    "fields": _Reader.item_fields,
    "link": _Reader.link,
    **dict.fromkeys(("select", "remove", "title", "published", "wait_for"), _Reader.selector),
    "render": lambda reader, node, _: reader.one_of(node, ("http", "browser", "auto"), "render"),
    "content": lambda reader, node, _: reader.one_of(node, ("page", "feed"), "content"),
    "instructions": lambda reader, node, _: reader.one_of(node, ("keep", "neutralise", "hold"), "policy"),
    "personal_data": lambda reader, node, _: reader.one_of(node, ("keep", "flag", "mask"), "policy"),
    "allow_private_network": _Reader.flag,
    "max_pages": _Reader.positive,
    "max_tokens": _Reader.positive,
    "max_gone": lambda reader, node, _: reader.number(node, 1),
    "recheck_hours": lambda reader, node, _: reader.number(node, 8760),
}
