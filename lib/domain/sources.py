"""Sources: what to collect, as `sources.yaml` says it."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

from lib.domain.documents import EVERYONE
from lib.domain.schedules import next_after
from lib.domain.urls import normalise
from lib.errors import BadSources

Kind = Literal["website", "sitemap", "push"]
KINDS: tuple[Kind, ...] = ("website", "sitemap", "push")
_ID = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_AUTHORITY = re.compile(r"^[^/]*//[^/]*")
_GROUP = re.compile(r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,126}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of documents."""

    id: str
    kind: Kind
    start: tuple[str, ...] = ()
    """Where a website's crawl starts, or the sitemaps to read."""
    include: tuple[str, ...] = ()
    """URL patterns that are in scope; empty: everything below the start URLs' folders."""
    exclude: tuple[str, ...] = ()
    schedule: str = "0 0 * * * *"
    """Six-field NCRONTAB in UTC."""
    access: tuple[str, ...] = (EVERYONE,)
    render: Literal["http"] = "http"
    allow_private_network: bool = False
    max_pages: int = 100_000

    @property
    def settings_hash(self) -> str:
        """Hash of all that decides what this source yields."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def in_scope(self, url: str) -> bool:
        """Say whether a normalised URL belongs to this source: included and not excluded."""
        include = self.include or tuple(_folder(start) + "**" for start in self.start)
        return any(_matches(p, url) for p in include) and not any(_matches(p, url) for p in self.exclude)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All sources, in the order of the file."""

    items: tuple[Source, ...] = field(default=())

    def get(self, source_id: str) -> Source | None:
        """Find a source by id."""
        return next((s for s in self.items if s.id == source_id), None)


def parse_sources(text: str, *, file: str, variables: dict[str, str] | None = None) -> Sources:
    """
    Read the text of a sources file. `%NAME%` in start, include and exclude is replaced from `variables`.

    Raises: BadSources naming file, line and fix, for the first thing that is wrong.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise BadSources(f"{file}:{line}: not valid YAML: {getattr(error, 'problem', error)}") from error
    reader = _Reader(file, variables or {})
    return reader.read(node)


_EXAMPLE = 'sources:\n  - id: handbook\n    kind: website\n    start: ["https://example.com/handbook/"]'


class _Reader:
    """Walks YAML nodes, so that every complaint has a line."""

    def __init__(self, file: str, variables: dict[str, str]) -> None:
        self.file = file
        self.variables = variables

    def fail(self, node: yaml.Node | None, message: str) -> BadSources:
        line = node.start_mark.line + 1 if node is not None else 1
        return BadSources(f"{self.file}:{line}: {message}")

    def read(self, node: yaml.Node | None) -> Sources:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"expected a mapping with the key `sources`, for example:\n{_EXAMPLE}")
        found: tuple[Source, ...] = ()
        for key, value in node.value:
            if key.value != "sources":
                raise self.fail(key, f"unknown key {key.value!r}: the only key at the top is `sources`")
            if not isinstance(value, yaml.SequenceNode):
                raise self.fail(value, f"`sources` must be a list, for example:\n{_EXAMPLE}")
            found = tuple(self.source(item) for item in value.value)
            seen: set[str] = set()
            for item, source in zip(value.value, found, strict=True):
                if source.id in seen:
                    raise self.fail(item, f"two sources have the id {source.id!r}: ids must be unique")
                seen.add(source.id)
        return Sources(items=found)

    def source(self, node: yaml.Node) -> Source:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"a source must be a mapping, for example:\n{_EXAMPLE}")
        nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in _FIELDS:
                near = get_close_matches(str(key.value), _FIELDS, n=1)
                hint = f": did you mean {near[0]!r}?" if near else f": known keys are {', '.join(_FIELDS)}"
                raise self.fail(key, f"unknown key {key.value!r}{hint}")
            if key.value in nodes:
                raise self.fail(key, f"key {key.value!r} is given twice")
            nodes[key.value] = value
        for required in ("id", "kind"):
            if required not in nodes:
                raise self.fail(node, f"a source needs `{required}`")
        source = Source(**{name: _FIELDS[name](self, child) for name, child in nodes.items()})
        self.check(source, node, nodes)
        return source

    def check(self, source: Source, node: yaml.Node, nodes: dict[str, yaml.Node]) -> None:
        """Refuse what each key allows but all keys together do not."""
        if source.kind == "push":
            for name in ("start", "include", "exclude", "schedule"):
                if name in nodes:
                    raise self.fail(nodes[name], f"a push source has no `{name}`: documents are sent to its API")
        elif not source.start:
            raise self.fail(nodes.get("start", node), "`start` needs at least one URL")
        for url in source.start if source.kind == "website" else ():
            if not source.in_scope(url if urlsplit(url).path else url + "/"):
                raise self.fail(nodes["start"], f"start URL {url!r} matches no `include` pattern, or an `exclude` one")

    def id(self, node: yaml.Node) -> str:
        value = self.text(node)
        if not _ID.match(value):
            raise self.fail(node, f"id {value!r}: use 1 to 63 small letters, digits, `-` and `_`")
        return value

    def kind(self, node: yaml.Node) -> str:
        value = self.text(node)
        if value not in KINDS:
            raise self.fail(node, f"unknown kind {value!r}: use one of {', '.join(KINDS)}")
        return value

    def text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:int"):
            raise self.fail(node, "expected text (put it in quotes)")
        return str(node.value)

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, 'expected a list, for example ["https://example.com/**"]')
        return tuple(self.text(child) for child in node.value)

    def expand(self, node: yaml.Node, value: str) -> str:
        for name in re.findall(r"%([A-Z_]+)%", value):
            if name not in self.variables:
                raise self.fail(node, f"%{name}% is unknown: use one of {', '.join(self.variables) or 'none'}")
            value = value.replace(f"%{name}%", self.variables[name])
        return value

    def urls(self, node: yaml.Node) -> tuple[str, ...]:
        urls = tuple(self.expand(node, value) for value in self.texts(node))
        for url in urls:
            try:
                parts = urlsplit(url)
                fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
            except ValueError:
                fine = False
            if not fine:
                raise self.fail(node, f"{url!r} is not an http or https URL")
        return tuple(normalise(url) or url for url in urls)

    def patterns(self, node: yaml.Node) -> tuple[str, ...]:
        patterns = tuple(self.expand(node, value) for value in self.texts(node))
        for pattern in patterns:
            if not pattern.startswith(("http://", "https://", "*")):
                raise self.fail(node, f"pattern {pattern!r} must be a whole URL, as in `https://example.com/docs/**`")
        return tuple(_AUTHORITY.sub(lambda found: found[0].lower(), pattern) for pattern in patterns)

    def schedule(self, node: yaml.Node) -> str:
        value = self.text(node)
        try:
            next_after(value, None)
        except ValueError as error:
            raise self.fail(node, str(error)) from error
        return value

    def groups(self, node: yaml.Node) -> tuple[str, ...]:
        groups = self.texts(node)
        if not groups:
            raise self.fail(node, "`access` needs at least one group; everybody is [everyone]")
        for group in groups:
            if not _GROUP.match(group):
                raise self.fail(node, f"group {group!r}: use letters, digits and @ . _ -")
        return tuple(sorted(set(groups)))

    def render(self, node: yaml.Node) -> str:
        value = self.text(node)
        if value != "http":
            raise self.fail(node, f"render {value!r}: this version fetches pages with `http` only")
        return value

    def flag(self, node: yaml.Node) -> bool:
        if node.tag != "tag:yaml.org,2002:bool":
            raise self.fail(node, "expected true or false")
        return str(node.value).lower() in ("true", "yes", "on")

    def positive(self, node: yaml.Node) -> int:
        if node.tag != "tag:yaml.org,2002:int" or int(node.value) < 1:
            raise self.fail(node, "expected a whole number above 0")
        return int(node.value)


_FIELDS: dict[str, Any] = {
    "id": _Reader.id,
    "kind": _Reader.kind,
    "start": _Reader.urls,
    "include": _Reader.patterns,
    "exclude": _Reader.patterns,
    "schedule": _Reader.schedule,
    "access": _Reader.groups,
    "render": _Reader.render,
    "allow_private_network": _Reader.flag,
    "max_pages": _Reader.positive,
}


def _folder(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path[: parts.path.rfind("/") + 1] or "/"
    return f"{parts.scheme}://{parts.netloc}{path}"


def _matches(pattern: str, url: str) -> bool:
    return _regex(pattern).match(url) is not None


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    """`**` is anything, `*` anything without a slash; nothing else is special."""
    if pattern.endswith("/**"):  # `https://example.com/docs/**` includes `https://example.com/docs`
        return re.compile(_translate(pattern[:-3]) + "(?:/.*)?$", re.DOTALL)
    return re.compile(_translate(pattern) + "$", re.DOTALL)


def _translate(pattern: str) -> str:
    return "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*)", pattern))
