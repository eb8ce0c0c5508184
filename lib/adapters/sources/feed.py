"""Feeds: RSS, Atom and JSON Feed; the pages of their entries, or the text that they hold themselves."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from lib.adapters.sources.brought import brought
from lib.adapters.sources.listing import Listing, sendable_headers, with_cursor
from lib.adapters.sources.tools import Tools
from lib.adapters.web.background import Emit
from lib.adapters.web.feed_entries import Entry
from lib.adapters.web.feeds import MAX_BYTES, parse_feed
from lib.adapters.web.http_client import HttpClient, Reply, Tally
from lib.adapters.web.robots import Robots
from lib.adapters.web.web_reader import EXTRACTOR, WebReader, normalised
from lib.domain.sources import Source
from lib.domain.urls import normalise
from lib.errors import BadInput, PlumblineError
from lib.ports.clock import Clock
from lib.ports.source_reader import Discovery, Fetch, Fetched, Found

logger = logging.getLogger(__name__)

_ACCEPT = "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.8"
_ASKED = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
_MAX_VALIDATOR_CHARS = 1000

Validators = dict[str, dict[str, str]]
"""By start URL, what it sent with its last feed: names of headers and their values."""


def build(tools: Tools) -> "Feed":
    """The reader of this kind."""
    return Feed(tools.web, tools.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    start: str
    reply: Reply
    tally: Tally


class Feed:
    """
    An entry's stamp is a hash of what the feed says of it; the cursor keeps the validators of the feeds themselves.

    With `content: feed` an entry that its feed does not hold any more stays as it is: it cannot be asked for.
    """

    extractor = f"{EXTRACTOR} plumbline-feed/1"

    def __init__(self, web: WebReader, clock: Clock) -> None:
        self._web = web
        self._clock = clock

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        self._web.forget_rules()
        source = normalised(source)
        found = self._found(source, _validators_of(since), sendable_headers(source))
        return Discovery(found=found, unlisted="ask when due" if source.content == "page" else "leave")

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        if source.content == "page":
            return self._web.read(source, fetches)
        return self._read_again(source, fetches)

    def _found(self, source: Source, known: Validators, headers: Mapping[str, str]) -> Generator[Found, None, None]:
        async def ask(client: HttpClient, robots: Robots, emit: Emit[_Answer]) -> None:
            listing = Listing(client=client, robots=robots, source=source, max_bytes=MAX_BYTES, headers=headers)
            for start in source.start:
                tally = Tally()
                asked = {"Accept": _ACCEPT, **_conditions(known.get(start, {}))}
                await emit(_Answer(start=start, reply=await listing.get(start, tally, headers=asked), tally=tally))

        seen: set[str] = set()
        with closing(self._web.stream(source, ask)) as answers:
            for answer in answers:
                if answer.reply.status != 304:
                    known = {**known, answer.start: _validators(answer.reply)}
                    yield from with_cursor(self._listed(source, answer, seen), _writing(known))

    def _listed(self, source: Source, answer: _Answer, seen: set[str]) -> Iterator[Found]:
        skipped: Counter[str] = Counter()
        tally, now = answer.tally, self._clock.now().isoformat()
        listed = _entries(source, answer, seen, skipped)
        for url, entry in islice(listed, source.max_pages - len(seen)):
            seen.add(url)
            stamp = _stamp(entry)
            fetched = None
            if source.content == "feed":
                fetched = brought(
                    url,
                    html=entry.html,
                    text=entry.text,
                    title=entry.title,
                    published=entry.published,
                    raw_hash=stamp,
                    fetched_at=now,
                    requests=tally.requests,
                    size_bytes=tally.size_bytes,
                )
                tally = Tally()  # the feed was asked for once
            yield Found(url=url, stamp=stamp[:32], fetched=fetched)
        if skipped:
            counts = " ".join(f"{why}={count}" for why, count in skipped.items())
            logger.warning("skipped entries source=%s feed=%s %s", source.id, answer.start, counts)

    def _read_again(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        wanted = Counter(fetch.url for fetch in fetches)
        why = "its feed does not hold it any more"
        if not wanted:
            return
        try:
            with closing(self._found(normalised(source), {}, sendable_headers(source))) as listed:
                for found in listed:
                    if found.fetched:
                        yield from [found.fetched] * wanted.pop(found.url, 0)
                    if not wanted:
                        break
        except PlumblineError as error:
            why = str(error)
        now = self._clock.now().isoformat()
        for url in wanted.elements():
            yield Fetched(url=url, outcome="failed", final_url=url, reason=why, fetched_at=now)


def _entries(source: Source, answer: _Answer, seen: set[str], skipped: Counter[str]) -> Iterator[tuple[str, Entry]]:
    """Entries with an address in scope that were not met before."""
    reply = answer.reply
    try:
        for entry in parse_feed(reply.body, url=reply.url, content_type=reply.content_type):
            url = entry.url or _made_address(answer.start, entry)
            if not url:
                skipped["nameless"] += 1
            elif not source.in_scope(url):
                skipped["out_of_scope"] += 1
            elif url not in seen:
                yield url, entry
    except BadInput as error:
        raise BadInput(f"feed {answer.start!r} of source {source.id!r}: {error}; correct its `start`") from error


def _made_address(start: str, entry: Entry) -> str:
    """
    Give an entry without a page an address below its feed's; empty if it has no id either.

    A hash of the id, since ids hold anything and are of any length; below the start URL, since an address must be in
    scope and a fragment is no part of one.
    """
    if not entry.guid:
        return ""
    name = hashlib.sha256(entry.guid.encode("utf-8", "replace")).hexdigest()[:16]
    return normalise(f"{start.partition('?')[0].rstrip('/')}/{name}") or ""


def _stamp(entry: Entry) -> str:
    said = (entry.guid, entry.updated, entry.published, entry.title, entry.html, entry.text)
    return hashlib.sha256("\x00".join(said).encode("utf-8", "replace")).hexdigest()


def _conditions(validators: Mapping[str, str]) -> dict[str, str]:
    """Ask only for a changed feed. What a site once sent goes back into a header: line breaks would be headers."""
    asked = {header: validators.get(name, "") for name, header in _ASKED}
    return {header: value for header, value in asked.items() if value and value.isprintable()}


def _validators(reply: Reply) -> dict[str, str]:
    sent = {name: reply.headers.get(name, "") for name, _ in _ASKED}
    return {name: value for name, value in sent.items() if value and len(value) <= _MAX_VALIDATOR_CHARS}


def _writing(known: Validators) -> Callable[[], str]:
    return lambda: json.dumps(known, sort_keys=True)


def _validators_of(cursor: str) -> Validators:
    """What `_writing` wrote; nothing if that cannot be read."""
    try:
        return {str(start): dict(validators) for start, validators in json.loads(cursor).items()}
    except (ValueError, TypeError, AttributeError):
        return {}
