"""What operators see over the wire. These may grow: fields not named here are passed on."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from lib.api.schemas import Out

Seconds = Annotated[float | None, Field(description="Seconds; null while nothing is known yet.")]


class Report(Out):
    """A response body that may have more fields."""

    model_config = ConfigDict(from_attributes=True, extra="allow")


class Freshness(Report):
    """From fetched to searchable."""

    p50: Seconds = None
    p95: Seconds = None


class SourceStatus(Report):
    """A source and its newest crawl."""

    id: str
    kind: str = ""
    documents: int | None = None
    last_crawl: str | None = Field(default=None, description="When its newest crawl ended: UTC, ISO 8601.")
    outcome: str | None = Field(
        default=None, description="`running`, `complete`, `failed`, `stopped`, `never crawled`, or `push`."
    )
    started_at: str | None = Field(default=None, description="When its newest crawl started.")
    next_due: str | None = Field(default=None, description="When it is crawled next.")
    error: str = Field(default="", description="Why its newest crawl failed.")
    counts: dict[str, int] = Field(
        default_factory=dict, description="Pages found, fetched, unchanged, changed, new, gone ..."
    )


class StatusReport(Report):
    """How the pipelines are doing. Kept by the pipelines, never counted by scanning."""

    documents: int = Field(description="Live documents.")
    chunks: int = Field(description="Passages in the live index.")
    feed_lag: Seconds = Field(default=None, description="Seconds since the newest change was relayed (heartbeat).")
    queued: int = Field(description="Messages waiting, delayed or in work.")
    dead_letters: int = Field(description="Messages that kept failing and were set aside.")
    freshness_s: Freshness = Field(default_factory=Freshness)
    sources_error: str = Field(
        default="", description="What is wrong with the sources file now; until it is mended the last good one holds."
    )
    sources: list[SourceStatus] = Field(default_factory=list)


class SourcesOut(Report):
    """All sources."""

    sources: list[SourceStatus]


class KeptSourcesOut(Report):
    """The list of sources that is kept now."""

    sources: list[str] = Field(description="Ids of its sources.")


class CrawlOut(Report):
    """A crawl that was started."""

    source_id: str
    crawl_id: str = ""
    outcome: str = "running"


class DeadLetterOut(Out):
    """A message that kept failing."""

    id: str
    queue: str
    body: str = Field(description="The message: ids, never text of documents.")
    reason: str = Field(description="What went wrong last, in words.")
    attempts: int
    first_at: str
    last_at: str


class DeadLettersOut(Out):
    """A page of dead letters, by id."""

    dead_letters: list[DeadLetterOut]
    next: str | None = Field(description="Pass it as `after` for the next page; null on the last one.")


class CountOut(Out):
    """How many were acted on."""

    count: int


class FeatureSetOut(Report):
    """A feature set: an immutable recipe with an index of its own."""

    id: str
    state: Literal["building", "live", "standby", "retired"]
    recipe: dict[str, Any] = Field(default_factory=dict)


class FeatureSetsOut(Out):
    """All feature sets."""

    feature_sets: list[FeatureSetOut]


class ItemOut(Out):
    """A registry item."""

    id: str
    value: dict[str, Any]
    revision: int


class ItemsOut(Out):
    """Registry items of one kind."""

    kind: str
    items: list[ItemOut]


class ReceiptOut(Report):
    """Proof of what was done."""


class AnswerRecord(Report):
    """Replay and lineage of an answer: what it was made of."""

    answer_id: str


class PortHealth(Out):
    """One port."""

    ok: bool
    reason: str = Field(description="Why it cannot work; empty if it can. Shown to operators only.")


class Live(Out):
    """The process runs."""

    status: Literal["ok"]


class Ready(Out):
    """Whether every port can work."""

    status: Literal["ok", "failing"]
    ports: dict[str, PortHealth]
