"""Definitions of indexes: what the service refuses, and the defaults it fills in."""

import re
from collections.abc import Iterator
from typing import Any

from local.standins.search.errors import Refused

JSON = dict[str, Any]

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])?")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
SCALARS = {
    "Edm.String", "Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Boolean", "Edm.DateTimeOffset"
}  # fmt: skip
VECTORS = {"Collection(Edm.Single)", "Collection(Edm.Half)"}
MOST_SEARCHABLE = 8
"""The stand-in's own limit; it refuses more instead of not searching them."""
_FLAGS = ("filterable", "sortable", "facetable")
_NULLS = (
    "indexAnalyzer", "searchAnalyzer", "analyzer", "normalizer", "dimensions", "vectorSearchProfile", "vectorEncoding"
)  # fmt: skip
_LISTS = ("scoringProfiles", "suggesters", "analyzers", "normalizers", "tokenizers", "tokenFilters", "charFilters")
_ANALYZER = re.compile(r"[A-Za-z-]+\.(?:microsoft|lucene)|standard|simple|keyword|stop|whitespace|pattern")
_FIXED = ("type", "key", "analyzer", "dimensions", "vectorSearchProfile", "searchable", "filterable", "stored")


def completed(definition: JSON) -> JSON:
    """The definition as the service gives it back. Raises: Refused (400)."""
    name = definition.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name) or "--" in name:
        raise Refused(400, f"The index name '{name}' is invalid.")
    fields = [_field(field) for field in definition.get("fields") or []]
    names = [field["name"] for field in fields]
    if len(set(names)) < len(names):
        raise Refused(400, "The index definition names a field twice.")
    if [field["type"] for field in fields if field["key"]] != ["Edm.String"]:
        raise Refused(400, "The index definition needs exactly one key field of type Edm.String.")
    similarity = {"@odata.type": "#Microsoft.Azure.Search.BM25Similarity", "k1": None, "b": None}
    whole: JSON = {
        "defaultScoringProfile": None,
        "corsOptions": None,
        "encryptionKey": None,
        "semantic": None,
        **{part: [] for part in _LISTS},
        **{part: value for part, value in definition.items() if value is not None},
        "fields": fields,
        "similarity": definition.get("similarity") or similarity,
        "vectorSearch": _vector_search(definition.get("vectorSearch")),
    }
    _check_references(whole)
    return whole


def changed(before: JSON, after: JSON) -> JSON:
    """An index may get new fields, but those that it has stay. Raises: Refused."""
    fields = {field["name"]: field for field in after["fields"]}
    for field in before["fields"]:
        name = field["name"]
        if name not in fields or any(fields[name][part] != field[part] for part in _FIXED):
            message = f"Existing field '{name}' cannot be changed."
            raise Refused(400, message, code="OperationNotAllowed", detail="CannotChangeExistingField")
    return after


def key_of(definition: JSON) -> str:
    """Name of the key field."""
    return next(str(field["name"]) for field in definition["fields"] if field["key"])


def searchable(definition: JSON) -> list[str]:
    """Fields with text, in order: this order is that of the columns of the full text index."""
    return [f["name"] for f in definition["fields"] if f["searchable"] and f["type"] not in VECTORS]


def vector_fields(definition: JSON) -> dict[str, int]:
    """Fields with vectors and their dimensions."""
    return {f["name"]: f["dimensions"] for f in definition["fields"] if f["type"] in VECTORS}


def is_collection(kind: str) -> bool:
    """Whether a field holds several values."""
    return kind.startswith("Collection(")


def _field(given: JSON) -> JSON:
    name, kind = given.get("name"), given.get("type", "")
    if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name):
        raise Refused(400, f"The field name '{name}' is invalid.")
    is_vector = kind in VECTORS
    inner = kind.removeprefix("Collection(").removesuffix(")")
    if not is_vector and inner not in SCALARS:
        raise Refused(400, f"The stand-in does not know the type '{kind}' of field '{name}'.")
    is_text = inner == "Edm.String"
    field: JSON = {
        "key": False,
        "searchable": is_text or is_vector,
        "retrievable": True,
        "stored": True,
        **{flag: not is_vector and not (flag == "sortable" and is_collection(kind)) for flag in _FLAGS},
        **dict.fromkeys(_NULLS),
        "synonymMaps": [],
        **{part: value for part, value in given.items() if value is not None},
    }
    if is_vector:
        dimensions = field["dimensions"]
        if not isinstance(dimensions, int) or not 2 <= dimensions <= 4_096 or not field["vectorSearchProfile"]:
            raise Refused(400, f"The vector field '{name}' needs 2 to 4096 dimensions and a vectorSearchProfile.")
        if any(field[flag] for flag in _FLAGS):
            raise Refused(400, f"The vector field '{name}' cannot be filterable, sortable or facetable.")
    elif field["searchable"] and not is_text:
        raise Refused(400, f"The field '{name}' of type '{kind}' cannot be searchable.")
    elif field["sortable"] and is_collection(kind):
        raise Refused(400, f"The collection '{name}' cannot be sortable.")
    return field


def _vector_search(given: JSON | None) -> JSON | None:
    if not given:
        return None
    defaults = {"m": 4, "efConstruction": 400, "efSearch": 500, "metric": "cosine"}
    algorithms = [
        {**a, "hnswParameters": {**defaults, **(a.get("hnswParameters") or {})}} if a.get("kind") == "hnsw" else a
        for a in given.get("algorithms") or []
    ]
    parts = {part: given.get(part) or [] for part in ("profiles", "vectorizers", "compressions")}
    return {"algorithms": algorithms, **parts}


def _check_references(definition: JSON) -> None:
    """Names that are used must be defined."""
    search = definition["vectorSearch"] or {"algorithms": [], "profiles": [], "compressions": [], "vectorizers": []}
    defined = {part: {entry["name"] for entry in search[part]} for part in search}
    for profile in search["profiles"]:
        pairs = (("algorithm", "algorithms"), ("compression", "compressions"), ("vectorizer", "vectorizers"))
        for part, where in pairs:
            if profile.get(part) and profile[part] not in defined[where]:
                raise Refused(
                    400, f"The profile '{profile['name']}' names {part} '{profile[part]}', which is not there."
                )
    fields = {field["name"]: field for field in definition["fields"]}
    for field in fields.values():
        profile_name, analyzer = field["vectorSearchProfile"], field["analyzer"]
        if profile_name and profile_name not in defined["profiles"]:
            raise Refused(400, f"The field '{field['name']}' names profile '{profile_name}', which is not there.")
        custom = {entry["name"] for entry in definition["analyzers"]}
        if analyzer and analyzer not in custom and not _ANALYZER.fullmatch(analyzer):
            raise Refused(400, f"The field '{field['name']}' names analyzer '{analyzer}', which is not there.")
    for used in _semantic_fields(definition["semantic"]):
        if used not in fields or not fields[used]["searchable"]:
            raise Refused(400, f"The semantic configuration names field '{used}', which cannot be searched.")
    if len(searchable(definition)) > MOST_SEARCHABLE or len(vector_fields(definition)) > 1:
        raise Refused(400, f"The stand-in holds one vector field and {MOST_SEARCHABLE} searchable fields at most.")


def _semantic_fields(semantic: JSON | None) -> Iterator[str]:
    for configuration in (semantic or {}).get("configurations") or []:
        fields = configuration["prioritizedFields"]
        title = [fields["titleField"]] if fields.get("titleField") else []
        listed = (fields.get(part) or [] for part in ("prioritizedContentFields", "prioritizedKeywordsFields"))
        for field in [*title, *(field for part in listed for field in part)]:
            yield field["fieldName"]
