"""What the HTTP API can do: a record of functions, already bound to their ports by the composition."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from lib.domain.answers import Answer, Hit
from lib.domain.callers import Caller
from lib.domain.features import Snapshot
from lib.domain.held import HeldItem
from lib.domain.pages import Page
from lib.domain.sources import Source, Sources
from lib.pipelines.held import HeldView
from lib.pipelines.plan import Plan
from lib.pipelines.push import PushedDocument, Received
from lib.ports.dead_letters import DeadLetter
from lib.settings import Settings

Json = dict[str, Any]
"""A JSON object."""


class Retrieve(Protocol):
    """The best passages for a query that the caller may read, best first."""

    def __call__(self, query: str, *, top: int, caller: Caller, source_ids: tuple[str, ...] | None) -> list[Hit]: ...


class Ask(Protocol):
    """An answer as it is made: pieces of text, then exactly one `Answer` with the whole, checked text."""

    def __call__(
        self, question: str, *, caller: Caller, conversation_id: str, source_ids: tuple[str, ...] | None
    ) -> Iterator[str | Answer]: ...


class ReadSnapshot(Protocol):
    """The stored text of a version (None: the live one). Raises: NotFound, Gone, Forbidden."""

    def __call__(self, document: str, *, version: int | None, cleaner: str | None, caller: Caller) -> Snapshot: ...


class Publish(Protocol):
    """Take a document into a `push` source."""

    def __call__(self, document: PushedDocument, *, source: Source, key: str) -> Received: ...


class Withdraw(Protocol):
    """Delete a pushed document. Raises: NotFound."""

    def __call__(self, source: Source, key: str) -> Received: ...


class ReadAnswer(Protocol):
    """Replay and lineage of an answer, as a JSON object. Raises: NotFound."""

    def __call__(self, answer_id: str, *, caller: Caller) -> Json: ...


class GiveFeedback(Protocol):
    """Keep what a reader thought of an answer. Raises: NotFound."""

    def __call__(self, answer_id: str, *, feedback: Literal["up", "down"], comment: str, caller: Caller) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """What operators and administrators can do. Acts take the caller last, for the audit trail."""

    list_sources: Callable[[], list[Json]]
    """Each source with its settings and its newest crawl; `id` and `kind` at least."""
    keep_sources: Callable[[str, Caller], list[str]]
    """Keep a list of sources (YAML); their ids. Raises: BadSources, BadInput where a file is used, Conflict."""
    crawl_now: Callable[[str, Caller], Json]
    """Start a crawl of a source; its run. Raises: NotFound, BadInput (a push source), Conflict (one is running)."""
    forget_source: Callable[[str, Caller], Json]
    """Turn every document of a source into a tombstone; a receipt. Raises: BadInput while it is in the sources file."""
    dead_letters: Callable[[str | None, str, int], list[DeadLetter]]
    """Messages set aside: of this queue (None: all), after this id, at most so many."""
    replay: Callable[[tuple[str, ...], Caller], int]
    """Send dead letters back to their queues, all of them if no id is given; how many. Raises: NotFound."""
    discard: Callable[[tuple[str, ...], Caller], int]
    """Forget dead letters; how many. Raises: NotFound naming the first unknown id."""
    plan: Callable[[str, int], Plan]
    """What the next crawl of a source would do, by so many pages read. Raises: NotFound, BadInput, Unreachable."""
    crawls: Callable[[str, int], list[Json]]
    """Reports of a source's ended crawls, newest first, at most so many. Raises: NotFound."""
    held: Callable[[str | None, str, int], list[HeldItem]]
    """What was held back: of this source (None: all), after this id, at most so many; without texts."""
    show_held: Callable[[str], HeldView]
    """One held item with its texts and their difference. Raises: NotFound."""
    release_held: Callable[[tuple[str, ...], Caller], int]
    """Let held items go on; how many. Raises: NotFound, BadInput (its source is no more), Conflict (it moved on)."""
    discard_held: Callable[[tuple[str, ...], Caller], int]
    """Drop held items; how many. Raises: NotFound naming the first unknown id."""
    feature_sets: Callable[[], list[Json]]
    """Every feature set: `id`, `state`, `recipe`."""
    promote: Callable[[str, Caller], Json]
    """Make a feature set the live one: `id`, `state`. Raises: NotFound, BadInput or Conflict while it is behind."""
    registry: Callable[[str], list[Json]]
    """Items of a kind: `id`, `value`, `revision`. Raises: NotFound for an unknown kind."""
    lineage: Callable[[str], Json]
    """A document's record without its text, its provenance, and its history. Raises: NotFound."""
    erase: Callable[[str, Caller], Json]
    """Erase a document, its versions and its traces; a receipt. Raises: NotFound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Everything the HTTP API calls. Built by the composition, or by a test from functions of its own."""

    settings: Settings
    platform_auth: bool = False
    """App Service authentication is on (`WEBSITE_AUTH_ENABLED`). Without it `auth="platform"` answers 401 to all."""
    docs_dir: Path
    """The manual's Markdown files."""
    web_dir: Path
    """The page's files."""
    sources: Callable[[], Sources]
    retrieve: Retrieve
    ask: Ask
    read_snapshot: ReadSnapshot
    publish: Publish
    withdraw: Withdraw
    extract_html: Callable[[str, str], Page]
    """Main text of an HTML page as Markdown, from HTML and URL."""
    read_answer: ReadAnswer
    give_feedback: GiveFeedback
    status: Callable[[], Json]
    """The status report, in the shape of `lib.api.schemas.StatusReport`."""
    ready: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    """By port: a quick check that raises if the port cannot work."""
    admin: Admin
    heartbeat_s: float = 10
    """A streamed answer says so much when the model has been silent for so long, seconds."""
