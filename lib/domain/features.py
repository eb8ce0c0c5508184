"""Features: what the feature pipeline makes of one version of a document."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Literal, NewType

from lib.domain.documents import EVERYONE, DocumentId
from lib.domain.vectors import Vector

ChunkId = NewType("ChunkId", str)
FeatureSetId = NewType("FeatureSetId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides what features a text gets. Equal recipes give equal features."""

    cleaner: str
    """Version of the cleaner, as in `lib.domain.cleaning.VERSION`."""
    chunker: str
    """Version of the chunker, as in `lib.domain.chunking.VERSION`."""
    chunk_tokens: int
    """Target length of a chunk, tokens of the embedder."""
    embedder: str
    """`Embedder.model`."""
    dimensions: int


State = Literal["building", "live", "standby", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSet:
    """An immutable, named recipe with an index of its own."""

    id: FeatureSetId
    recipe: Recipe
    state: State

    @property
    def index(self) -> str:
        """Name of the search index of this set."""
        return f"chunks-{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """
    A span of a snapshot: the unit of retrieval.

    `text` is exactly `snapshot[start:end]`; heading and title give context to the embedder but are no part of it.
    """

    id: ChunkId
    document_id: DocumentId
    version: int
    ordinal: int
    start: int
    end: int
    """Code points into the snapshot that `document_id`, `version` and the cleaner name."""
    text: str
    heading: str
    """The headings above it, outermost first, joined by ` > `; empty at the top of a page."""
    input_hash: str
    """Hash of the exact embedder input and the model: equal hashes share one vector."""
    fragment: str = ""
    """What leads a browser to its page or slide, as `page=3`; empty where a document has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The cleaned text of one version, which citations quote and offsets count in."""

    document_id: DocumentId
    version: int
    cleaner: str
    url: str
    title: str
    text: str
    fetched_at: str
    source_id: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a build saves before it touches the index: chunks of one version in one feature set."""

    document_id: DocumentId
    version: int
    feature_set: FeatureSetId
    snapshot: Snapshot
    chunks: tuple[Chunk, ...]
    vectors: dict[str, Vector]
    """By `Chunk.input_hash`. May leave out those that the store already holds for this document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Which version of a document answers in one feature set."""

    version: int
    chunks: int
    """How many chunks of it are in the index; 0 for a tombstone."""
    previous: int = 0
    """The version before it, served in its grace while the live one is not visible yet; 0 for none."""
    flipped_at: str = ""
    deleted: bool = False
    unswept: bool = False
    """True from the flip until chunks of older versions are gone from index and store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    What readers check every hit against (rule 1).

    A document may be read if it is live in the feature set, not denied, and the caller shares a group with `access`.
    """

    document_id: DocumentId
    source_id: str = ""
    access: tuple[str, ...] = (EVERYONE,)
    denied_below: int = 0
    """Versions below this one may not be shown (deny first); 0 denies nothing. Only a newer build lifts it."""
    live: dict[FeatureSetId, Live] = field(default_factory=dict)

    @property
    def is_hidden(self) -> bool:
        """True if no version may be shown: it was deleted, or is denied until a newer one is built."""
        return all(entry.deleted or entry.version < self.denied_below for entry in self.live.values())


def chunk_id(document: str, version: int, feature_set: str, ordinal: int) -> ChunkId:
    """Name a chunk by what it is made of, so that building twice writes the same keys."""
    return ChunkId(f"{document}-{version}-{feature_set}-{ordinal}")


_CHUNK_ID = re.compile(r"^(d[0-9a-f]{32})-(\d+)-([a-z0-9]+)-(\d+)$")


def parse_chunk_id(text: str) -> tuple[DocumentId, int, FeatureSetId, int]:
    """Take a chunk id apart. Raises: ValueError if it is none."""
    match = _CHUNK_ID.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a chunk id")
    return DocumentId(match[1]), int(match[2]), FeatureSetId(match[3]), int(match[4])


def feature_set_id(recipe: Recipe) -> FeatureSetId:
    """Name a recipe: `fs` and ten hexadecimal digits of its hash."""
    values = {name: getattr(recipe, name) for name in Recipe.__slots__}
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    return FeatureSetId("fs" + digest[:10])


def embedder_input(*, title: str, text: str) -> str:
    """
    Build the exact text that is embedded for a chunk: its page's title on a line, then the chunk itself.

    The title measured better than no context, and better than title and headings (docs/performance.md). The lines
    below the header rows of tables are left out: they say nothing, and are a quarter of the tokens of many tables.
    """
    body = _TABLE_LINE.sub("", text) if "|" in text else text
    return f"{title.strip()}\n{body}" if title.strip() else body


_TABLE_LINE = re.compile(r"\n\|[ \t:|]*-{3,}[ \t:|-]*(?=\n|$)")


def input_hash(text: str, *, model: str) -> str:
    """Key of a vector: the same input under the same model needs no second embedding."""
    return hashlib.sha256(f"{model}\x00{text}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
