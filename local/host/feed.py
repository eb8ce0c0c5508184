"""The change feed trigger: batches in order, and a lease that remembers how far it got."""

from lib.errors import Conflict
from lib.ports.change_feed import ChangeFeed, FeedPage
from lib.ports.registry import Registry
from local.host.bindings import feed_payload
from local.host.functions import FeedTrigger, Function
from local.host.invocation import Activity, Invoker
from local.host.retries import Outcome, run_with_retries
from local.host.waiting import Listener, Trouble

LEASES = "leases"
"""Kind of the registry items that hold cursors; their id is the function's name."""
_BREATH_S = 0.05
BUSY_POLL_S = 0.2
"""Whatever runs may change a document: then the feed is looked at more often than its trigger asks for."""
_END_PAGE = 1_000


class FeedListener(Listener):
    """
    Reads the feed on its own thread and runs its function for each batch.

    The lease moves on after a success, and also after a failure that no retry policy covers (any more): that batch is
    lost, as it is with Azure's Cosmos DB trigger. It does not move when the host stops between two retries.
    """

    def __init__(
        self,
        function: Function,
        trigger: FeedTrigger,
        *,
        feed: ChangeFeed,
        leases: Registry,
        invoker: Invoker,
        activity: Activity,
    ) -> None:
        super().__init__(f"feed {function.name}")
        self._function = function
        self._trigger = trigger
        self._feed = feed
        self._leases = leases
        self._invoker = invoker
        self._activity = activity
        self._trouble = Trouble(f"change feed of {function.name}")
        self._cursor: str | None = None
        self._revision = 0

    def is_idle(self) -> bool:
        return self._cursor is not None and not self._feed.read(self._cursor, limit=1).changes

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                page = self._read()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the feed, this thread outlives it
                self._stopping.wait(self._trouble.failed(error))
                continue
            self._trouble.over()
            if page.changes:
                self._deliver(page)
            elif not self._stopping.wait(_BREATH_S):  # many wake-ups in a row cost one read
                self._wait(min(self._trigger.poll_s, BUSY_POLL_S if self._activity.running else self._trigger.poll_s))

    def _read(self) -> FeedPage:
        if self._cursor is None:
            self._cursor = self._resume()
        return self._feed.read(self._cursor, limit=self._trigger.max_items)

    def _resume(self) -> str:
        """Where the lease says, else the beginning or the end of the feed."""
        if lease := self._leases.get(LEASES, self._function.name):
            self._revision = lease.revision
            return str(lease.value["cursor"])
        cursor = ""
        if not self._trigger.from_beginning:
            while (page := self._feed.read(cursor, limit=_END_PAGE)).changes:
                cursor = page.cursor
            self._store(cursor)
        return cursor

    def _deliver(self, page: FeedPage) -> None:
        payload = feed_payload(page.changes)
        outcome = run_with_retries(
            self._function,
            lambda retries: self._invoker.run(self._function, payload, retries=retries),
            stopping=self._stopping,
        )
        if outcome is not Outcome.STOPPED:
            self._checkpoint(page.cursor)

    def _checkpoint(self, cursor: str) -> None:
        """Move the lease; goes on trying until it is written or the host stops (then the batch comes again)."""
        while True:
            try:
                self._store(cursor)
            except Conflict as error:  # another host reads this feed too: go on from where it is
                self._trouble.failed(error)
                self._cursor = None
                return
            except Exception as error:  # noqa: BLE001 - as in _listen
                if self._stopping.wait(self._trouble.failed(error)):
                    return
            else:
                self._cursor = cursor
                return

    def _store(self, cursor: str) -> None:
        item = self._leases.put(LEASES, self._function.name, {"cursor": cursor}, revision=self._revision)
        self._revision = item.revision
