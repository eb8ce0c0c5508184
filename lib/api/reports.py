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
    held: int = Field(default=0, description="Versions and deletions that were held back and wait for a decision.")


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


class HeldOut(Out):
    """A version of a document, or a deletion, that was held back."""

    id: str = Field(examples=["h0123456789abcdef0123456789abcdef"])
    source_id: str
    url: str = Field(description="The page, or the key of a pushed document; empty for `mass-delete`.")
    document_id: str = Field(description="The document it would become a version of; empty if there is none yet.")
    rule: str = Field(
        description="`login`, `captcha`, `consent`, `error-page`, `lost-text`, `instructions` or `mass-delete`.",
        examples=["login"],
    )
    reason: str = Field(description="The same in words.", examples=["it asks visitors to sign in"])
    crawl_id: str = Field(description="The crawl that held it last; empty for a pushed document.")
    first_at: str = Field(description="When this text was held first: UTC, ISO 8601.")
    last_at: str
    count: int = Field(description="How often this text was met.")


class HeldListOut(Out):
    """A page of held items, by id."""

    held: list[HeldOut]
    next: str | None = Field(description="Pass it as `after` for the next page; null on the last one.")


class HeldShownOut(Out):
    """A held item beside what answers now. Texts are as they were fetched: data, never HTML."""

    item: HeldOut
    text: str = Field(description="What answers now; empty if nothing does.")
    held_text: str = Field(description="What would answer; empty for `mass-delete`.")
    diff: str = Field(
        description="Unified difference from the one to the other, by lines.",
        examples=["--- answers now\n+++ held back\n@@ -1 +1 @@\n-Opening hours\n+Sign in to continue"],
    )
    diff_cut: bool = Field(description="The difference goes on beyond what is shown.")
    flags: list[str] = Field(description="What was found in the held text, as `instructions 2`.")
    pages: list[str] = Field(description="For `mass-delete`: the first URLs whose documents would be deleted.")


class CrawlCounts(Out):
    """What a crawl did; pages, if not said otherwise."""

    found: int = Field(description="In its frontier.")
    fetched: int
    avoided: int = Field(description="Taken for unchanged without a request.")
    unchanged: int
    changed: int
    new: int
    gone: int = Field(description="Documents that became tombstones.")
    duplicates: int = Field(description="They say the same as another page.")
    failed: int
    requests: int = Field(description="HTTP requests.")
    bytes: int = Field(description="Bytes received.")
    tokens: int = Field(description="Estimated tokens of changed text.")
    held: dict[str, int] = Field(description="Held back, by rule.", examples=[{"login": 1}])
    refused: dict[str, int] = Field(description="Not taken, by rule.", examples=[{"robots": 3}])


class CrawlReport(Out):
    """A crawl that has ended."""

    crawl_id: str
    started_at: str = Field(description="UTC, ISO 8601; empty for crawls of older versions of this program.")
    ended_at: str
    seconds: Seconds = Field(description="From its start to its end; null for crawls of older versions.")
    outcome: str = Field(description="`complete`, `failed` or `stopped`.")
    error: str = Field(description="Why it failed or stopped, or what it left out; empty if there is nothing to say.")
    problems: list[str] = Field(description="Addresses that became no document, each with the reason; at most 20.")
    counts: CrawlCounts


class CrawlsOut(Out):
    """Ended crawls of a source, newest first."""

    crawls: list[CrawlReport]


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
