"""The containers of the Cosmos DB account, as plain data: for Bicep, the stand-in and the tests. No code makes them."""

from dataclasses import dataclass

DATABASE = "plumbline"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """One container as it must be when the app starts."""

    name: str
    partition_key: str
    """Path of the partition key."""
    default_ttl: int | None
    """-1: items live for ever unless they carry a `ttl` of their own (seconds); None: no item ever expires."""
    included: tuple[str, ...]
    """Paths that queries ask for. `id` and `_ts` are indexed without being named."""
    excluded: tuple[str, ...] = ("/*",)
    """Texts and vectors are most of what is written, and nothing asks for them: not indexing them halves a write."""

    @property
    def indexing_policy(self) -> dict[str, object]:
        """The policy as Cosmos DB and Bicep spell it."""
        return {
            "indexingMode": "consistent",
            "automatic": True,
            "includedPaths": [{"path": path} for path in self.included],
            "excludedPaths": [{"path": path} for path in (*self.excluded, '/"_etag"/?')],
        }


DOCUMENTS = ContainerFacts(
    name="documents",
    partition_key="/document_id",
    default_ttl=-1,
    included=("/document_id/?", "/type/?", "/source_id/?", "/version/?"),
)
CRAWL_STATE = ContainerFacts(
    name="crawl_state",
    partition_key="/source_id",
    default_ttl=None,
    included=("/source_id/?", "/frontier/?", "/held/?", "/lost/?"),
)
FEATURES = ContainerFacts(
    name="features",
    partition_key="/document_id",
    default_ttl=-1,
    included=(
        "/document_id/?",
        "/type/?",
        "/version/?",
        "/feature_set/?",
        "/cleaner/?",
        "/superseded_at/?",
    ),
)
LEDGER = ContainerFacts(
    name="ledger",
    partition_key="/subject_id",
    default_ttl=None,
    included=("/subject_id/?", "/kind/?", "/sequence/?"),
)
DEAD_LETTERS = ContainerFacts(
    name="dead_letters",
    partition_key="/queue",
    default_ttl=None,
    included=("/queue/?", "/set_aside/?"),
)
REGISTRY = ContainerFacts(
    name="registry",
    partition_key="/kind",
    default_ttl=None,
    included=("/kind/?", "/type/?"),
)
CONVERSATIONS = ContainerFacts(
    name="conversations",
    partition_key="/owner_id",
    default_ttl=-1,
    included=("/owner_id/?", "/conversation_id/?", "/sequence/?"),
)
LEASES = ContainerFacts(name="leases", partition_key="/id", default_ttl=None, included=("/*",), excluded=())

CONTAINERS = (
    DOCUMENTS,
    CRAWL_STATE,
    FEATURES,
    LEDGER,
    DEAD_LETTERS,
    REGISTRY,
    CONVERSATIONS,
    LEASES,
)
