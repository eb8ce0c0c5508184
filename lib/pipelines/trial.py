"""Try a source: read one page of it as a crawl would, and say what would become of it. Nothing is stored."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from math import ceil
from time import monotonic
from typing import Literal, TypeVar

from lib.domain import chunking, cleaning
from lib.domain.documents import Document, DocumentId, Provenance, SourceId
from lib.domain.features import FeatureSet, FeatureSetId, Recipe
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.domain.urls import normalise, normalise_with_fragment
from lib.errors import BadInput, ModelAltered, ModelMissing, NotFound, PlumblineError
from lib.pipelines.crawl_guards import inspect
from lib.pipelines.crawl_results import tokens_in
from lib.pipelines.features import chunks_of
from lib.pipelines.trial_advice import advice
from lib.ports.crawl_state import UrlState
from lib.ports.embedder import Embedder
from lib.ports.masking import Masker
from lib.ports.source_reader import Account, Fetch, Fetched, Found, SourceReader

LISTED = 20
"""Entries of the listing that are looked at."""
LOOKED_THROUGH = 1000
"""Entries that are looked through for a page that only its listing brings."""
TRIED = 5
"""Pages that are tried in turn until one is a page."""

T = TypeVar("T")
Verdict = Literal["document", "held", "noindex", "empty", "gone", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """The ports that trying a source needs: none that stores anything."""

    reader_for: Callable[[Source], SourceReader]
    masker: Masker
    embedder: Embedder | None
    """Counts tokens; None: they are estimated."""
    chunk_tokens: int
    count_matches: Callable[[bytes, str], int]
    """How many elements of an HTML page a CSS selector matches. Raises: BadInput if it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a crawl would make of one page."""

    source: Source
    listed: tuple[str, ...]
    """The first addresses that the source lists."""
    lists_more: bool
    listing_error: str
    """Why the listing could not be read, though the page could be asked for."""
    fetched: Fetched
    """As the reader gave it, with the raw bytes where there are any."""
    page: Page | None
    """As it would be stored; None if there is none."""
    verdict: Verdict
    reason: str
    """Why it would not become a document; empty if it would."""
    fix: str
    notes: tuple[str, ...]
    """What else to know: selectors that match nothing, where the page says that it lives."""
    extraction: Literal["automatic", "selectors", "brought"]
    """What chose the text; `brought`: it came along with the listing."""
    flags: tuple[str, ...]
    """What was found in the text, as in provenance: `instructions 2`, `masked email 1`."""
    rule: str
    """What would hold it, or refused it."""
    links_in_scope: int
    links_out_of_scope: int
    chunks: int
    tokens: int
    """That are embedded: those of its chunks, titles included, equal ones once."""
    is_counted: bool
    """Whether chunks and tokens were counted with the model's tokenizer; else they are estimated."""
    seconds: float
    """From asking for the page to its text."""


def try_source(source: Source, url: str, *, prober: Prober) -> Trial:
    """
    Read one resource of a source as a crawl would: `url`, or, if that is empty, the first listed one that is a page.

    Raises: Unreachable or BadInput if no `url` is given and the listing cannot be read; NotFound if it lists nothing.
    """
    reader = prober.reader_for(source)
    spelled = normalise if source.asks(url) == (url,) else normalise_with_fragment
    wanted = (spelled(url) or url) if url else ""
    listed, error, took = _listed(source, reader, wanted)
    if error and not wanted:
        raise error
    if not listed and not wanted:
        raise NotFound(f"source {source.id!r} lists nothing in scope: correct its `start`, `include` or `exclude`")
    fetched, is_brought, seconds = _first_page(source, reader, wanted, listed)
    if is_brought and not fetched.requests:
        fetched = replace(fetched, requests=took.requests, size_bytes=took.size_bytes)
    shown = [found.url for found in listed[:LISTED]]
    trial = Trial(
        source=source,
        listed=tuple(shown),
        lists_more=len(listed) > LISTED,
        listing_error=str(error or ""),
        fetched=fetched,
        page=None,
        verdict="failed",
        reason=fetched.reason,
        fix=advice(fetched, source),
        notes=(),
        extraction="brought" if is_brought else "automatic",
        flags=(),
        rule=fetched.rule,
        links_in_scope=0,
        links_out_of_scope=0,
        chunks=0,
        tokens=0,
        is_counted=False,
        seconds=round(seconds, 3),
    )
    if fetched.page is None:
        verdict: Verdict = fetched.outcome if fetched.outcome in ("gone", "refused") else "failed"
        return replace(trial, verdict=verdict, notes=_selector_notes(fetched, source, prober))
    return _judged(trial, fetched.page, prober)


def _judged(trial: Trial, read: Page, prober: Prober) -> Trial:
    source, fetched = trial.source, trial.fetched
    state = UrlState(source_id=source.id, url=fetched.final_url or fetched.url)
    seen = inspect(fetched, state, None, source, prober.masker)
    page = seen.page
    inside = sum(map(source.in_scope, read.links))
    if trial.extraction == "automatic" and read.media_type == "text/html" and _selectors(source):
        trial = replace(trial, extraction="selectors")
    notes = _selector_notes(fetched, source, prober)
    if page.canonical and source.in_scope(page.canonical):
        notes += (f"it says that it lives at {page.canonical}: a crawl takes it for that page",)
    trial = replace(
        trial,
        page=page,
        notes=notes,
        flags=seen.flags,
        rule=seen.rule,
        links_in_scope=inside,
        links_out_of_scope=len(read.links) - inside,
    )
    if page.noindex:
        fix = "ask the owner of the site; a crawl obeys, and follows the links of the page"
        return replace(trial, verdict="noindex", reason="the page asks not to be indexed (noindex)", fix=fix)
    if not page.text.strip():
        is_chosen = read.media_type == "text/html" and _selectors(source)
        fix = "correct the selectors" if is_chosen else _empty_fix(source)
        return replace(trial, verdict="empty", reason="the page has no text", fix=fix)
    chunks, tokens, is_counted = _size(page, prober)
    trial = replace(trial, chunks=chunks, tokens=tokens, is_counted=is_counted, verdict="document", reason="", fix="")
    if not seen.rule:
        return trial
    fix = "look at the page; if it is meant so, let it through: `python3 dev.py held` lists it after the crawl"
    return replace(trial, verdict="held", reason=seen.reason, fix=fix)


def _empty_fix(source: Source) -> str:
    if source.render == "http" and source.kind in ("website", "sitemap", "feed"):
        return "if scripts write the text, set `render: browser`; else say where it is with `select`"
    return "leave it out with `exclude`"


def _listed(source: Source, reader: SourceReader, wanted: str) -> tuple[list[Found], PlumblineError | None, Account]:
    """
    The first entries, one more than is shown, with the wanted one if the listing brings it; or why there is none.

    With what listing them took.
    """
    listed: list[Found] = []
    took = Account()
    try:
        discovery = reader.discover(source)
        took = discovery.account
        with closing_early(discovery.found) as found:
            listed.extend(islice(found, LISTED + 1))
            brings = any(entry.fetched for entry in listed)
            if wanted and brings and all(entry.url != wanted for entry in listed):
                rest = islice(found, LOOKED_THROUGH)
                listed.extend(islice((entry for entry in rest if entry.url == wanted), 1))
    except PlumblineError as error:
        return listed, None if listed else error, took
    return listed, None, took


def _first_page(
    source: Source, reader: SourceReader, wanted: str, listed: Sequence[Found]
) -> tuple[Fetched, bool, float]:
    """What was read, whether it came with the listing, and how long it took; the first failure if there is no page."""
    entries = [entry for entry in listed if entry.url == wanted] if wanted else list(listed[:TRIED])
    first: tuple[Fetched, bool, float] | None = None
    for entry in entries or [Found(url=wanted)]:
        started = monotonic()
        fetched = entry.fetched or read_one(source, reader, entry.url)
        result = fetched, entry.fetched is not None, monotonic() - started
        if fetched.page and fetched.page.text.strip():
            return result
        first = first or result
    assert first is not None
    return first


def read_one(source: Source, reader: SourceReader, url: str) -> Fetched:
    """Read one resource with its raw bytes. Never raises for what the site does."""
    try:
        with closing_early(reader.read(source, [Fetch(url=url, keep_raw=True)])) as results:
            return next(chain(results, [Fetched(url=url, outcome="failed", reason="the reader gave no answer")]))
    except PlumblineError as error:
        return Fetched(url=url, outcome="failed", reason=str(error))


@contextmanager
def closing_early(found: Iterator[T]) -> Iterator[Iterator[T]]:
    """Iterate as far as wanted: what makes the rest is ended."""
    try:
        yield found
    finally:
        if close := getattr(found, "close", None):
            close()


def _selectors(source: Source) -> dict[str, str]:
    names = ("select", "remove", "title", "published")
    return {name: value for name in names if (value := getattr(source, name))}


def _selector_notes(fetched: Fetched, source: Source, prober: Prober) -> tuple[str, ...]:
    """What selectors match, where they are of use."""
    if not fetched.raw or (fetched.page and fetched.page.media_type != "text/html"):
        return ()
    notes = []
    for name, selector in _selectors(source).items():
        try:
            count = prober.count_matches(fetched.raw, selector)
        except BadInput as error:
            notes.append(f"`{name}`: {error}")
            continue
        what = "nothing" if not count else "1 element" if count == 1 else f"{count:,} elements"
        notes.append(f"`{name}` {selector!r} matches {what}")
    return tuple(notes)


def _size(page: Page, prober: Prober) -> tuple[int, int, bool]:
    """Chunks, tokens, and whether they were counted."""
    if prober.embedder is not None:
        try:
            return *_counted(page, prober.embedder, prober.chunk_tokens), True
        except (ModelMissing, ModelAltered):
            pass
    tokens = tokens_in(page.text)
    return ceil(tokens / prober.chunk_tokens), tokens, False


def _counted(page: Page, embedder: Embedder, chunk_tokens: int) -> tuple[int, int]:
    recipe = Recipe(
        cleaner=cleaning.VERSION,
        chunker=chunking.VERSION,
        chunk_tokens=chunk_tokens,
        embedder=embedder.model,
        dimensions=embedder.dimensions,
    )
    document = Document(
        id=DocumentId("d"),
        source_id=SourceId(""),
        url="",
        title=page.title,
        text=page.text,
        content_hash="",
        version=1,
        provenance=Provenance(fetched_at=""),
        anchors=page.anchors,
    )
    feature_set = FeatureSet(id=FeatureSetId("trial"), recipe=recipe, state="building")
    _, chunks, inputs = chunks_of(document, feature_set, embedder)
    return len(chunks), sum(embedder.count_tokens(list(dict.fromkeys(inputs))))
