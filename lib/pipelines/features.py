"""Make the features of a document: clean, chunk, embed what is new."""

from collections.abc import Sequence

from lib.domain import chunking, cleaning
from lib.domain.anchors import fragment_at, places
from lib.domain.documents import Document
from lib.domain.features import Chunk, FeatureSet, Snapshot, chunk_id, embedder_input, input_hash
from lib.domain.vectors import Vector
from lib.ports.embedder import Embedder
from lib.ports.feature_store import VectorStore
from lib.ports.meter import Meter

EMBED_BATCH = 64
"""Texts embedded between two saves: what a kill, or a store that is not there, can cost at most."""
TITLE_TOKENS = 24
"""Room kept in the embedder's limit for the title."""
TITLE_CHARS = 80


def chunks_of(
    document: Document, feature_set: FeatureSet, embedder: Embedder
) -> tuple[Snapshot, list[Chunk], list[str]]:
    """The cleaned text of a document, its chunks, and for each of them the text to embed."""
    text = cleaning.snapshot_text(document.text)
    snapshot = Snapshot(
        document_id=document.id,
        version=document.version,
        cleaner=feature_set.recipe.cleaner,
        url=document.url,
        title=document.title,
        text=text,
        fetched_at=document.provenance.fetched_at,
        source_id=document.source_id,
        language=document.language,
    )
    found = places(document.text, document.anchors, cleaned=text)
    spans = chunking.chunk(
        text,
        count_tokens=embedder.count_tokens,
        target_tokens=feature_set.recipe.chunk_tokens,
        max_tokens=embedder.max_tokens - TITLE_TOKENS - 1,
        breaks=[place.offset for place in found],
    )
    title = _short_title(document.title, embedder)
    chunks, inputs = [], []
    for ordinal, span in enumerate(spans):
        body = text[span.start : span.end]
        entry = embedder_input(title=title, text=body)
        inputs.append(entry)
        chunks.append(
            Chunk(
                id=chunk_id(document.id, document.version, feature_set.id, ordinal),
                document_id=document.id,
                version=document.version,
                ordinal=ordinal,
                start=span.start,
                end=span.end,
                text=body,
                heading=span.heading,
                input_hash=input_hash(entry, model=embedder.model),
                fragment=fragment_at(found, span.start),
            )
        )
    return snapshot, chunks, inputs


def _short_title(title: str, embedder: Embedder) -> str:
    """As much of the beginning of a title as there is room for."""
    start = title[:TITLE_CHARS]
    [tokens] = embedder.count_tokens([start])
    return start if tokens <= TITLE_TOKENS else start[: len(start) * TITLE_TOKENS // tokens]


def vectors_of(
    document: Document,
    chunks: Sequence[Chunk],
    inputs: Sequence[str],
    embedder: Embedder,
    *,
    store: VectorStore,
    meter: Meter,
) -> tuple[dict[str, Vector], int, int]:
    """
    Vectors by input hash, how many are new, and their tokens.

    What the store holds is reused, the rest is embedded (rule 5), and counted as soon as it is paid for (rule 10).
    """
    wanted = {chunk.input_hash: text for chunk, text in zip(chunks, inputs, strict=True)}
    vectors = dict(store.vectors(document.id, list(wanted)))
    missing = [key for key in wanted if key not in vectors]
    tokens = 0
    for start in range(0, len(missing), EMBED_BATCH):
        keys = missing[start : start + EMBED_BATCH]
        result = embedder.embed([wanted[key] for key in keys], purpose="passage")
        new = dict(zip(keys, result.vectors, strict=True))
        tokens += result.tokens
        vectors.update(new)
        try:
            store.save_vectors(document.id, new)  # before anything else can fail: a build that is repeated finds them
        finally:
            meter.record({"embedding_tokens": float(result.tokens), "chunks_embedded": float(len(keys))})
    return vectors, len(missing), tokens
