"""What an index of AI Search looks like: one table of fields, and chunks as its documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from azure.search.documents.indexes.models import (
    BinaryQuantizationCompression,
    CustomAnalyzer,
    HnswAlgorithmConfiguration,
    HnswParameters,
    RescoringOptions,
    ScalarQuantizationCompression,
    ScalarQuantizationParameters,
    SearchField,
    SearchIndex,
    SemanticConfiguration,
    SemanticField,
    SemanticPrioritizedFields,
    SemanticSearch,
    StemmerTokenFilter,
    VectorSearch,
    VectorSearchCompression,
    VectorSearchProfile,
)

from lib.domain.features import ChunkId
from lib.domain.retrieval import Candidate, IndexedChunk

KEY = "id"
VECTOR = "vector"
GROUPS = "access"
SOURCE = "source_id"
DOCUMENT = "document_id"
COUNTED = "document_version"
"""Document and version in one word, so that one facet counts many documents by version."""
SEARCHED = ("title", "heading", "text")
SEMANTIC = "semantic"
WORDS = "plumbline-words"
"""Our own analyzer, which every language gets unless another one is named."""
_POSSESSIVE = "plumbline-possessive"

_TEXT, _NUMBER, _GROUPS, _VECTOR = "Edm.String", "Edm.Int64", "Collection(Edm.String)", "Collection(Edm.Half)"

_FIELDS: tuple[tuple[str, str, str], ...] = (
    (KEY, _TEXT, "key filterable retrievable"),
    (DOCUMENT, _TEXT, "filterable retrievable"),
    ("version", _NUMBER, "filterable retrievable"),
    (COUNTED, _TEXT, "filterable facetable"),
    (SOURCE, _TEXT, "filterable facetable retrievable"),
    (GROUPS, _GROUPS, "filterable"),
    ("url", _TEXT, "retrievable"),
    ("title", _TEXT, "searchable retrievable"),
    ("heading", _TEXT, "searchable retrievable"),
    ("text", _TEXT, "searchable retrievable"),
    ("start", _NUMBER, "retrievable"),
    ("end", _NUMBER, "retrievable"),
    ("fetched_at", _TEXT, "filterable sortable retrievable"),
    # Half: the precision that the embedded index and the vector store keep, in half the room of Single.
    (VECTOR, _VECTOR, "searchable"),
)
_FLAGS = ("key", "searchable", "filterable", "facetable", "sortable", "retrievable")

SELECTED = tuple(name for name, _, flags in _FIELDS if "retrievable" in flags and name != COUNTED)
"""What a candidate is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """How indexes are made. An index that is there already stays as it is."""

    analyzer: str = WORDS
    """
    How texts become words. The default splits by Unicode, drops accents and stems English, and keeps stopwords: so
    words match as in the embedded index. For sources in one other language, name its analyzer (`de.microsoft`).
    """
    quantization: Literal["none", "scalar", "binary"] = "none"
    """Smaller vectors in memory: a quarter (scalar, of single precision) or a thirtieth (binary)."""
    rescoring: bool = True
    """Whether the best by quantized vectors are compared again by exact ones. Without it, cosines are approximate."""
    oversampling: float | None = None
    """How many more are looked at for rescoring; None leaves it to the service."""


def index_definition(name: str, *, dimensions: int, options: IndexOptions) -> SearchIndex:
    """Everything that the service needs to make an index."""
    compressions = _compressions(options)
    fields = []
    for field, kind, words in _FIELDS:
        flags = {flag: flag in words.split() for flag in _FLAGS}
        extra: dict[str, Any] = {"analyzer_name": options.analyzer} if field in SEARCHED else {}
        if field == VECTOR:
            # Not stored: it is never given back, and the vector store keeps it.
            extra = {"vector_search_dimensions": dimensions, "vector_search_profile_name": "vectors", "stored": False}
        fields.append(SearchField(name=field, type=kind, **flags, **extra))
    return SearchIndex(
        name=name,
        fields=fields,
        vector_search=VectorSearch(
            profiles=[
                VectorSearchProfile(
                    name="vectors",
                    algorithm_configuration_name="hnsw",
                    compression_name=compressions[0].compression_name if compressions else None,
                )
            ],
            algorithms=[HnswAlgorithmConfiguration(name="hnsw", parameters=HnswParameters(metric="cosine"))],
            compressions=compressions,
        ),
        semantic_search=SemanticSearch(
            default_configuration_name=SEMANTIC,
            configurations=[
                SemanticConfiguration(
                    name=SEMANTIC,
                    prioritized_fields=SemanticPrioritizedFields(
                        title_field=SemanticField(field_name="title"),
                        content_fields=[SemanticField(field_name="text")],
                        keywords_fields=[SemanticField(field_name="heading")],
                    ),
                )
            ],
        ),
        analyzers=[
            CustomAnalyzer(
                name=WORDS,
                tokenizer_name="standard_v2",
                token_filters=["lowercase", "asciifolding", _POSSESSIVE, "porter_stem"],
            )
        ],
        token_filters=[StemmerTokenFilter(name=_POSSESSIVE, language="possessiveEnglish")],
    )


def _compressions(options: IndexOptions) -> list[VectorSearchCompression]:
    if options.quantization == "none":
        return []
    rescoring = RescoringOptions(
        enable_rescoring=options.rescoring,
        default_oversampling=options.oversampling if options.rescoring else None,
        rescore_storage_method="preserveOriginals",
    )
    if options.quantization == "binary":
        return [BinaryQuantizationCompression(compression_name="binary", rescoring_options=rescoring)]
    return [
        ScalarQuantizationCompression(
            compression_name="scalar",
            rescoring_options=rescoring,
            parameters=ScalarQuantizationParameters(quantized_data_type="int8"),
        )
    ]


def dimensions_of(definition: SearchIndex) -> int:
    """The length of the vectors of an index; 0 if it is none of ours."""
    return next((field.vector_search_dimensions or 0 for field in definition.fields if field.name == VECTOR), 0)


def counted(document_id: str, version: int) -> str:
    """Name a version of a document, for counting."""
    return f"{document_id}-{version}"


def parse_counted(word: str) -> tuple[str, int]:
    """Undo `counted`."""
    document_id, _, version = word.rpartition("-")
    return document_id, int(version)


def document(chunk: IndexedChunk) -> dict[str, Any]:
    """
    A chunk as the index takes it.

    Its vector is rounded to float16 and written with 7 digits after the point: that is exact for float16, short in
    JSON, and gives the same cosines as the embedded index.
    """
    return {
        KEY: chunk.id,
        DOCUMENT: chunk.document_id,
        "version": chunk.version,
        COUNTED: counted(chunk.document_id, chunk.version),
        SOURCE: chunk.source_id,
        GROUPS: list(chunk.access),
        "url": chunk.url,
        "title": chunk.title,
        "heading": chunk.heading,
        "text": chunk.text,
        "start": chunk.start,
        "end": chunk.end,
        "fetched_at": chunk.fetched_at,
        VECTOR: np.round(chunk.vector.astype(np.float16).astype(np.float64), 7).tolist(),
    }


def candidate(
    row: Mapping[str, Any],
    *,
    text_rank: int | None,
    text_score: float | None,
    vector_rank: int | None,
    cosine: float | None,
) -> Candidate:
    """A row of an answer with what each arm thinks of it. The service gives empty texts back as they were."""
    return Candidate(
        id=ChunkId(row[KEY]),
        document_id=row[DOCUMENT],
        version=int(row["version"]),
        source_id=row[SOURCE],
        url=row["url"],
        title=row["title"],
        heading=row["heading"],
        text=row["text"],
        start=int(row["start"]),
        end=int(row["end"]),
        fetched_at=row["fetched_at"],
        text_rank=text_rank,
        text_score=text_score,
        vector_rank=vector_rank,
        cosine=cosine,
    )
