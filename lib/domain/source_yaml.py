"""YAML text to nodes, and nodes to plain values: within bounds, every complaint with its line."""

from collections.abc import Iterator

import yaml
from yaml.composer import ComposerError
from yaml.reader import ReaderError

from lib.errors import BadSources

MAX_CHARS = 1_000_000
"""Of a sources file: thousands of sources; reading more would take minutes."""
MAX_VALUE_CHARS = 5_000
_MAX_DEPTH = 20
_TEXT_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:int")
_CONTROLS = frozenset(map(chr, range(32))) - {"\t", "\n"}


class YamlReader:
    """Reads nodes of one file."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, node: yaml.Node | None, message: str) -> BadSources:
        """The error for what is wrong at a node."""
        return self.fail_at(node.start_mark.line + 1 if node is not None else 1, message)

    def fail_at(self, line: int, message: str) -> BadSources:
        """The error for what is wrong in a line, from 1."""
        return BadSources(f"{self.file}:{line}: {message}")

    def compose(self, text: str) -> yaml.Node | None:
        """Give the root node. Raises: BadSources."""
        if len(text) > MAX_CHARS:
            says = f"it has {len(text):,} characters, and {MAX_CHARS:,} are read: leave out what is no source"
            raise self.fail_at(1, says)
        try:
            return yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = ", ".join(part for part in (error.context, error.problem) if part)
            fix = "indent with blanks" if "'\\t'" in what else "correct this line or the one before it"
            raise self.fail_at(mark.line + 1 if mark else 1, f"not valid YAML: {what}; {fix}") from error
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise self.fail_at(line, f"not valid YAML: the character U+{error.character:04X}; remove it") from error

    def entries(self, node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, str, yaml.Node]]:
        """Key nodes, keys and values of a mapping, each key once. Raises: BadSources, at any step."""
        seen: set[str] = set()
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise self.fail(key, "`<<` is not read here: write the keys of the other mapping out")
            if not isinstance(key, yaml.ScalarNode):
                raise self.fail(key, "a key must be a word, as in `kind: website`")
            name = self.value(key)
            if name in seen:
                raise self.fail(key, f"key {name!r} is given twice: leave one of them out")
            seen.add(name)
            yield key, name, value

    def text(self, node: yaml.Node, kind: str = "") -> str:
        """Text, or a whole number as it is written."""
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _TEXT_TAGS:
            raise self.fail(node, "expected text (put it in quotes)")
        return self.value(node)

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        """A list of texts."""
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, 'expected a list, for example ["https://example.com/**"]')
        return tuple(self.text(child) for child in node.value)

    def pairs(self, node: yaml.Node) -> tuple[tuple[yaml.Node, str, str], ...]:
        """A mapping of texts, with the nodes of its keys."""
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, "expected a mapping, for example {title: name}")
        return tuple((key, name, self.text(value)) for key, name, value in self.entries(node))

    def value(self, node: yaml.ScalarNode) -> str:
        """A scalar as it is written, if it can be kept and shown."""
        value = str(node.value)
        if len(value) > MAX_VALUE_CHARS:
            raise self.fail(node, f"this has {len(value):,} characters, and {MAX_VALUE_CHARS:,} may be: shorten it")
        if not _CONTROLS.isdisjoint(value) or any("\ud800" <= char <= "\udfff" for char in value):
            raise self.fail(node, f"{value[:80]!r} holds a character that is no text: remove it")
        return value


class _Loader(yaml.SafeLoader):
    """Refuses what is nested more deeply than any source is, before Python's own stack ends."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # types-PyYAML leaves it out
            raise ComposerError(None, None, f"it is nested more than {_MAX_DEPTH} deep", mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1
