"""Plan a crawl: what it would fetch and embed, in pages, tokens and money, before it does. Nothing is stored."""

import uuid
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from lib.domain.schedules import opens_at
from lib.domain.sources import Source, Sources
from lib.domain.times import iso
from lib.errors import NotYet
from lib.pipelines.crawl_hosts import Hosts
from lib.pipelines.crawler import SEEDING, Crawler
from lib.pipelines.plan_survey import Survey, Surveyor
from lib.pipelines.source_names import named
from lib.redaction import redacted

MOST_SAMPLED = 100
"""Pages that a plan may fetch."""

Basis = Literal["listed", "measured", "estimated", "unknown"]
"""
Where a number comes from. `listed`: the source's listing and what earlier crawls remember. `measured`: pages that were
read, now or by earlier crawls. `estimated`: multiplied from a sample. `unknown`: there is no number.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """The ports that planning needs, and what embedding costs."""

    crawler: Crawler
    price: float
    """Of a million tokens; 0: none is set."""
    is_free: bool
    """The embedded model makes the vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that says where it comes from."""

    value: float | None
    """None if it is unknown."""
    basis: Basis
    at_least: bool = False
    """There may be more: not everything was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The pages that token counts come from."""

    stored: int
    """Documents of earlier crawls."""
    brought: int
    """New ones that came along with the listing: all of them."""
    fetched: int
    """Pages asked for now."""
    without_text: int
    """Of those: refused, gone, held back, empty or not to be indexed. They count as pages without tokens."""
    failed: int
    """Of those: no verdict this time. They do not count."""
    problem: str
    """The first reason why one of them has no text."""
    smallest: int
    """Tokens of the page with the fewest."""
    largest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the next crawl of a source would do by its schedule, if nothing changes until then."""

    source_id: str
    kind: str
    found: Number
    """Addresses in scope: those that the listing names, for a website those that its pages led to."""
    new: Number
    """Of those: never read."""
    known: Number
    """Of those: read by earlier crawls."""
    asked: Number
    """Of the known: asked for again, mostly at the cost of a `304`."""
    avoided: Number
    """Of the known: taken for unchanged without a request."""
    changed: Number
    """Of those asked for: the listing says that they changed."""
    unlisted: Number
    """Documents that the listing does not name: a crawl looks whether they are gone, where the listing is whole."""
    is_anew: bool
    """Everything is read whole: the settings of the source changed, or what makes text of pages did."""
    tokens_a_page: Number
    tokens: Number
    """Of the new pages, by four characters each."""
    tokens_at_most: Number
    """If each document that is asked for had changed, too."""
    price: float
    """Of a million tokens; 0: none is set."""
    is_free: bool
    cost: float | None
    """Of `tokens`, in the currency of the price; None if tokens or price are unknown."""
    cost_at_most: float | None
    max_pages: int
    max_tokens: int
    """Budget of one crawl; 0: none."""
    limits: tuple[str, ...]
    """Budgets that would stop the crawl, in words."""
    sample: Sample
    seconds: float


def plan_source(source_id: str, sources: Sources, *, sample: int, planner: Planner) -> Plan:
    """
    Plan the next crawl of a source. Up to `sample` pages (at most MOST_SAMPLED) are fetched; nothing is stored.

    The whole listing is read, also where the next crawl would only ask for what changed. Mean tokens come from stored
    documents as far as there are any, then from new pages fetched now. A website is walked through by the links that
    earlier crawls remember and by those of the sample; what unread pages lead to is unknown.
    Raises: NotFound, BadInput; NotYet outside the source's hours, and while a crawl asks its hosts or they want to be
    left alone; Unreachable if it cannot be listed now.
    """
    source = named(source_id, sources)
    started, crawler = monotonic(), planner.crawler
    now, documents = crawler.clock.now(), crawler.publisher.documents
    if (opens := opens_at(source.hours, now)) > now:
        raise NotYet(f"source {source_id!r} may be asked in its hours {source.hours} only: plan it after {iso(opens)}")
    owner = f"{uuid.uuid4().hex} a plan of {source_id!r}"  # two plans at once are two
    hosts = Hosts(registry=crawler.registry, clock=crawler.clock, owner=owner, term=SEEDING)
    surveyor = Surveyor(
        source=source,
        reader=crawler.reader_for(source),
        state=crawler.state,
        documents=documents,
        masker=crawler.masker,
        hosts=hosts,
        now=now,
        sample=min(sample, MOST_SAMPLED),
    )
    try:
        survey = surveyor.survey()
    finally:
        hosts.release()
    stored = documents.totals().by_source.get(source.id, 0)
    return _plan(source, survey, stored, planner, round(monotonic() - started, 3))


def _plan(source: Source, survey: Survey, stored: int, planner: Planner, seconds: float) -> Plan:
    listed: Basis = "measured" if source.follows_links else "listed"
    more = survey.is_cut or survey.is_open

    def count(value: int, *, at_least: bool = more) -> Number:
        return Number(value=value, basis=listed, at_least=at_least)

    left = max(0, stored - len(survey.documents))
    mean = survey.mean_tokens
    tokens, at_most = _tokens(survey, mean, more=more)
    return Plan(
        source_id=source.id,
        kind=source.kind,
        found=count(survey.found),
        new=count(survey.new),
        known=count(survey.known, at_least=survey.is_cut),
        asked=count(survey.asked, at_least=survey.is_cut),
        avoided=count(survey.avoided, at_least=survey.is_cut),
        changed=count(survey.changed, at_least=survey.is_cut),
        unlisted=Number(value=None, basis="unknown") if survey.is_cut else Number(value=left, basis="measured"),
        is_anew=survey.is_anew,
        tokens_a_page=Number(value=None, basis="unknown") if mean is None else Number(value=mean, basis="measured"),
        tokens=tokens,
        tokens_at_most=at_most,
        price=planner.price,
        is_free=planner.is_free,
        cost=_cost(tokens, planner),
        cost_at_most=_cost(at_most, planner),
        max_pages=source.max_pages,
        max_tokens=source.max_tokens,
        limits=_limits(source, survey, tokens),
        sample=_sample(survey),
        seconds=seconds,
    )


def _tokens(survey: Survey, mean: float | None, *, more: bool) -> tuple[Number, Number]:
    """Tokens of the new pages, and with those of all that is asked for."""
    unread = survey.new - survey.measured_new
    if mean is None and (unread or survey.may_change):
        nothing = Number(value=None, basis="unknown")
        low = nothing if unread else Number(value=survey.new_tokens, basis="measured", at_least=more)
        return low, nothing
    tokens = survey.new_tokens + round(unread * (mean or 0))
    at_most = tokens + round(survey.may_change * (mean or 0))
    return (
        Number(value=tokens, basis="estimated" if unread else "measured", at_least=more),
        Number(value=at_most, basis="estimated" if unread or survey.may_change else "measured", at_least=more),
    )


def _cost(tokens: Number, planner: Planner) -> float | None:
    if planner.is_free:
        return 0.0
    if tokens.value is None or not planner.price:
        return None
    return tokens.value * planner.price / 1e6


def _limits(source: Source, survey: Survey, tokens: Number) -> tuple[str, ...]:
    limits = []
    if survey.is_cut:
        limits.append(f"max_pages: it has more than {source.max_pages:,} addresses, and takes no more than these")
    if 0 < source.max_tokens < (tokens.value or 0):
        limits.append(f"max_tokens: it stops when it has handed on {source.max_tokens:,} tokens, and is not complete")
    return tuple(limits)


def _sample(survey: Survey) -> Sample:
    sizes = [size for size in survey.sizes if size]
    return Sample(
        stored=survey.stored,
        brought=survey.brought,
        fetched=survey.fetched,
        without_text=survey.without_text,
        failed=survey.failed,
        problem=redacted(survey.problem),
        smallest=min(sizes, default=0),
        largest=max(sizes, default=0),
    )
