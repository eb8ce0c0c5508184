"""APIs: paged lists of items in JSON, which bring their content along."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from lib.adapters.sources.api_items import Item, moment_of, order
from lib.adapters.sources.api_pages import MAX_BYTES, Paging
from lib.adapters.sources.brought import brought
from lib.adapters.sources.listing import Listing, sendable_headers, with_cursor
from lib.adapters.sources.tools import Tools
from lib.adapters.web.background import Emit
from lib.adapters.web.http_client import HttpClient
from lib.adapters.web.robots import Robots
from lib.adapters.web.web_reader import EXTRACTOR, WebReader, normalised
from lib.domain.sources import Source
from lib.ports.clock import Clock
from lib.ports.source_reader import Account, Discovery, Fetch, Fetched, Found


def build(tools: Tools) -> "Api":
    """The reader of this kind."""
    return Api(tools.web, tools.clock)


class Api:
    """
    An item's stamp is its time of change, or else a hash of its JSON; the cursor is the latest such time.

    robots.txt is for crawlers: it is obeyed unless the source has `headers`, which say that we are more than that.
    """

    extractor = f"{EXTRACTOR} plumbline-api/1"

    def __init__(self, web: WebReader, clock: Clock) -> None:
        self._web = web
        self._clock = clock

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        self._web.forget_rules()
        source = normalised(source)
        since = since if source.since else ""
        account = Account()
        found = self._found(source, since, sendable_headers(source), account)
        return Discovery(found=found, unlisted="leave" if since else "ask", account=account)

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        """An item is asked for only when the whole listing did not name it: then it is gone."""
        now = self._clock.now().isoformat()
        why = "the API's listing does not name it any more"
        for fetch in fetches:
            yield Fetched(url=fetch.url, outcome="gone", final_url=fetch.url, status=404, reason=why, fetched_at=now)

    def _found(
        self, source: Source, since: str, headers: dict[str, str], account: Account
    ) -> Generator[Found, None, None]:
        latest = since

        def listed() -> Iterator[Found]:
            nonlocal latest
            for items in pages:
                for item in items:
                    latest = max(latest, self._reached(item.updated), key=order)
                    yield Found(url=item.url, stamp=item.stamp, fetched=self._fetched(item), key=item.key)

        async def ask(client: HttpClient, robots: Robots, emit: Emit[list[Item]]) -> None:
            rules = None if headers else robots
            listing = Listing(client=client, robots=rules, source=source, max_bytes=MAX_BYTES, headers=headers)
            await Paging(listing=listing, source=source, since=since, account=account).run(emit)

        with closing(self._web.stream(source, ask, account=account)) as pages:
            yield from with_cursor(listed(), lambda: latest if source.since else "")

    def _reached(self, updated: str) -> str:
        """A time to go on from; none that is still to come, since it would hide all that changes until then."""
        moment = moment_of(updated)
        return "" if moment and moment > self._clock.now() else updated

    def _fetched(self, item: Item) -> Fetched:
        now = self._clock.now().isoformat()
        if item.is_deleted:
            return Fetched(
                url=item.url,
                outcome="gone",
                final_url=item.url,
                status=410,
                reason="the API says that it is deleted",
                fetched_at=now,
            )
        if item.problem:
            return Fetched(
                url=item.url,
                outcome="refused",
                final_url=item.url,
                status=200,
                reason=item.problem,
                rule="type",
                fetched_at=now,
            )
        return brought(
            item.url,
            html=item.html,
            text=item.text,
            title=item.title,
            published="",
            raw_hash=item.raw_hash,
            fetched_at=now,
        )
