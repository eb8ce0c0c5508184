"""Feeds: RSS, Atom and JSON Feed; the pages of their entries, or the text that they hold themselves."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

from lib.adapters.sources.brought import brought
from lib.adapters.sources.listing import Listing, conditions, sendable_headers, validators, with_cursor
from lib.adapters.sources.tools import Tools
from lib.adapters.web.background import Emit
from lib.adapters.web.feed_entries import Entry
from lib.adapters.web.feeds import MAX_BYTES, parse_feed
from lib.adapters.web.http_client import HttpClient, Reply, Tally
from lib.adapters.web.robots import Robots
from lib.adapters.web.selectors import Selectors
from lib.adapters.web.web_reader import EXTRACTOR, WebReader, normalised
from lib.domain.sources import Source
from lib.domain.urls import normalise
from lib.errors import BadInput, PlumblineError
from lib.ports.clock import Clock
from lib.ports.source_reader import Account, Discovery, Fetch, Fetched, Found, Unlisted
from lib.redaction import redacted

logger = logging.getLogger(__name__)

_ACCEPT = "application/atom+xml,application/rss+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.8"

Validators = dict[str, dict[str, str]]
"""By start URL, what it sent with its last feed: names of headers and their values."""


def build(tools: Tools) -> "Feed":
    """The reader of this kind."""
    return Feed(tools.web, tools.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    start: str
    reply: Reply


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
        account = Account()
        found = self._found(source, _validators_of(since), sendable_headers(source), account)
        unlisted: Unlisted = "ask when due" if source.content == "page" else "leave"
        return Discovery(found=found, unlisted=unlisted, account=account)

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        if source.content == "page":
            return self._web.read(source, fetches)
        return self._read_again(normalised(source), fetches)

    def _found(
        self, source: Source, known: Validators, headers: Mapping[str, str], account: Account
    ) -> Generator[Found, None, None]:
        async def ask(client: HttpClient, robots: Robots, emit: Emit[_Answer]) -> None:
            listing = Listing(client=client, robots=robots, source=source, max_bytes=MAX_BYTES, headers=headers)
            for start in source.start:
                asked = {"Accept": _ACCEPT, **conditions(known.get(start, {}))}
                await emit(_Answer(start=start, reply=await listing.get(start, Tally(), headers=asked)))

        seen: set[str] = set()
        with closing(self._web.stream(source, ask, account=account)) as answers:
            for answer in answers:
                if answer.reply.status != 304:
                    known = {**known, answer.start: validators(answer.reply)}
                    yield from with_cursor(self._listed(source, answer, seen, account), _writing(known))

    def _listed(self, source: Source, answer: _Answer, seen: set[str], account: Account) -> Iterator[Found]:
        skipped: Counter[str] = Counter()
        now = self._clock.now().isoformat()
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
                    selectors=Selectors.of(source),
                )
            yield Found(url=url, stamp=stamp[:32], fetched=fetched, key=_key(answer.start, entry))
        account.refused["identity"] += skipped["nameless"]
        if skipped:
            counts = " ".join(f"{why}={count}" for why, count in skipped.items())
            logger.warning("skipped entries source=%s feed=%s %s", source.id, redacted(answer.start), counts)

    def _read_again(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        """As entries of the feed, read whole; the first result tells what that took."""
        now = self._clock.now().isoformat()
        wanted = Counter(fetch.url for fetch in fetches)
        for url in [url for url in wanted.elements() if not source.in_scope(url)]:
            del wanted[url]
            why = "out of the source's scope"
            yield Fetched(url=url, outcome="gone", final_url=url, status=404, reason=why, fetched_at=now)
        why, account, results = "its feed does not hold it any more", Account(), []
        if not wanted:
            return
        try:
            with closing(self._found(source, {}, sendable_headers(source), account)) as listed:
                for found in listed:
                    if found.fetched:
                        results += [found.fetched] * wanted.pop(found.url, 0)
                    if not wanted:
                        break
        except PlumblineError as error:
            why = str(error)
        for url in wanted.elements():
            results.append(Fetched(url=url, outcome="failed", final_url=url, reason=why, fetched_at=now))
        yield replace(results[0], requests=account.requests, size_bytes=account.size_bytes)
        yield from results[1:]


def _entries(source: Source, answer: _Answer, seen: set[str], skipped: Counter[str]) -> Iterator[tuple[str, Entry]]:
    """Entries with an address in scope that were not met before."""
    try:
        shared = _shared(answer.reply) if source.content == "feed" else frozenset()
        for entry in _parsed(answer.reply):
            url = _address(source, answer.start, entry, shared)
            if not url:
                skipped["nameless"] += 1
            elif not source.in_scope(url):
                skipped["out_of_scope"] += 1
            elif url not in seen:
                yield url, entry
    except BadInput as error:
        raise BadInput(f"feed {answer.start!r} of source {source.id!r}: {error}; correct its `start`") from error


def _parsed(reply: Reply) -> Iterator[Entry]:
    return parse_feed(reply.body, url=reply.url, content_type=reply.content_type)


def _shared(reply: Reply) -> frozenset[str]:
    """Links that several entries of a feed have, as lists of changes do. Read first: all of them are named anew."""
    names: dict[int, int] = {}
    return frozenset(
        entry.url
        for entry in _parsed(reply)
        if names.setdefault(hash(entry.url), hash(_name(entry))) != hash(_name(entry))
    )


def _name(entry: Entry) -> str:
    """What tells an entry from others of its feed."""
    return entry.guid or f"{entry.published} {entry.title}".strip()


def _address(source: Source, start: str, entry: Entry, shared: frozenset[str]) -> str:
    """
    Give the address of an entry, which is its page if that is read; empty if it has none and no id either.

    With `content: feed` the link with its fragment, if no other entry has the same; else it gets a fragment made of the
    id, so that it still opens the page. An entry without a page is put below the start URL, which is in scope. A hash
    of the id, since ids hold anything and are of any length.
    """
    page = entry.url.partition("#")[0]
    if source.content == "page" and page:
        return page
    if entry.url and entry.url not in shared:
        return entry.url
    name = _name(entry) if entry.url else entry.guid
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16] if name else ""
    if entry.url or not name:
        return f"{page}#{digest}" if digest else page
    return normalise(f"{start.partition('?')[0].rstrip('/')}/{digest}") or ""


def _stamp(entry: Entry) -> str:
    said = (entry.guid, entry.updated, entry.published, entry.title, entry.html, entry.text)
    return hashlib.sha256("\x00".join(said).encode("utf-8", "replace")).hexdigest()


def _key(start: str, entry: Entry) -> str:
    """What the entry is known by, whatever its link; ids may be unique within their feed only."""
    return hashlib.sha256(f"{start}\n{entry.guid}".encode("utf-8", "replace")).hexdigest()[:32] if entry.guid else ""


def _writing(known: Validators) -> Callable[[], str]:
    return lambda: json.dumps(known, sort_keys=True)


def _validators_of(cursor: str) -> Validators:
    """What `_writing` wrote; nothing if that cannot be read."""
    try:
        return {str(start): dict(validators) for start, validators in json.loads(cursor).items()}
    except (ValueError, TypeError, AttributeError):
        return {}
