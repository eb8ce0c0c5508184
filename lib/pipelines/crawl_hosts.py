"""One crawl at a time asks a host: leases in the registry, with the pauses that hosts asked for."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from lib.domain.times import iso, parse_iso
from lib.errors import Conflict, NotYet, PlumblineError, Throttled, Unreachable
from lib.ports.clock import Clock
from lib.ports.registry import Item, Registry

KIND = "hosts"
TERM = timedelta(seconds=60)
RENEW = timedelta(seconds=20)
BUSY_S = 5.0
"""How soon a crawl looks again at a host that another one is asking."""
LONGEST_PAUSE = timedelta(days=1)
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Hosts:
    """
    The hosts that one slice may ask.

    All instances share the registry, so a host is asked by one slice at a time and its pauses hold for all. An owner
    that dies loses its hosts after `term`. Revisions fence: who lost a lease cannot renew it.
    """

    registry: Registry
    clock: Clock
    owner: str
    """Who asks, after a word that no other process has: `4f2a the crawl of 'handbook'`."""
    term: timedelta = TERM
    held: dict[str, Item] = field(default_factory=dict)
    wait_s: float = 0
    """How long to wait for the first of the hosts that were refused last."""
    _rests: dict[str, datetime] = field(default_factory=dict)

    def take(self, hosts: Iterable[str]) -> set[str]:
        """Those that may be asked now: leased to us for a while, and not pausing."""
        now = self.clock.now()
        refused: list[float] = []
        taken = set()
        for host in dict.fromkeys(hosts):
            item = self.held.get(host)
            if not item or not self.term - RENEW <= parse_iso(item.value["until"]) - now <= self.term:
                item = self._lease(host, now)
            if item is None:
                refused.append(BUSY_S)
            elif (pause_s := _pause_s(item, now)) > 0:
                refused.append(pause_s)
            else:
                taken.add(host)
        self.wait_s = min(refused, default=0)
        return taken

    def take_all(self, hosts: Iterable[str]) -> None:
        """Take every one of them, or none. Raises: NotYet, and says who has one, or until when it pauses."""
        wanted = list(hosts)
        taken = self.take(wanted)
        for host in wanted:
            if host not in taken:
                item = self.registry.get(KIND, host)
                self.release()
                raise NotYet(_why(host, item, self.owner, self.clock.now()))

    def renew(self) -> None:
        """Hold on to what is held; what somebody else took over is held no longer."""
        self.take(list(self.held))

    def pause(self, host: str, seconds: float) -> None:
        """The host is to be left alone for that long, by everybody. Whoever else asks it now is told by it, too."""
        now = self.clock.now()
        if seconds > 0 and (item := self.held.get(host) or self._lease(host, now)):
            until = iso(now + min(timedelta(seconds=seconds), LONGEST_PAUSE))
            until = max(until, item.value["not_before"])  # a shorter pause ends no longer one
            self._put(host, {**item.value, "until": iso(now + self.term), "not_before": until})

    def obey(self, error: PlumblineError, hosts: Iterable[str]) -> float:
        """Pause the host that an error names, or all of `hosts`, if it asks for that; returns for how many seconds."""
        if not isinstance(error, Throttled | Unreachable) or not error.retry_after_s:
            return 0
        named = error.host if isinstance(error, Unreachable) else ""
        for host in [named] if named else hosts:
            self.pause(host, error.retry_after_s)
        return error.retry_after_s

    def while_held(self, things: Iterator[T], *, renew: Callable[[], None]) -> Generator[T, None, None]:
        """The same things, as long as all that is held stays ours; it and what `renew` is for are renewed meanwhile."""
        hosts = set(self.held)
        try:
            for each in things:
                yield each
                renew()
                self.renew()
                if not hosts <= self.held.keys():
                    break
        finally:
            if close := getattr(things, "close", None):
                close()

    def rest(self, host: str, seconds: float) -> None:
        """The host wants that long between requests: who has it next must not come sooner."""
        self._rests[host] = self.clock.now() + min(timedelta(seconds=seconds), LONGEST_PAUSE)

    def release(self) -> None:
        """Let others ask these hosts, as soon as they have rested."""
        now = self.clock.now()
        for host, item in list(self.held.items()):
            not_before = item.value["not_before"]
            if (rested := self._rests.get(host, now)) > now:
                not_before = max(not_before, iso(rested))
            self._put(host, {**item.value, "owner": "", "until": iso(now), "not_before": not_before})
        self.held.clear()

    def _lease(self, host: str, now: datetime) -> Item | None:
        item = self.registry.get(KIND, host)
        if item and item.value["owner"] not in ("", self.owner) and parse_iso(item.value["until"]) > now:
            self.held.pop(host, None)
            return None
        before: dict[str, Any] = item.value if item else {"not_before": ""}
        value = {**before, "owner": self.owner, "until": iso(now + self.term)}
        if item:
            self.held[host] = item
        return self._put(host, value)

    def _put(self, host: str, value: dict[str, Any]) -> Item | None:
        revision = self.held[host].revision if host in self.held else 0
        try:
            self.held[host] = self.registry.put(KIND, host, {"schema": 1, **value}, revision=revision)
        except Conflict:  # another slice was quicker, or took it over
            self.held.pop(host, None)
        return self.held.get(host)


def release_all(registry: Registry, clock: Clock) -> None:
    """Take every host from whoever holds it: for a single-process host whose predecessor is dead."""
    now = iso(clock.now())
    for item in registry.list(KIND):
        if item.value["owner"]:
            registry.put(KIND, item.id, {**item.value, "owner": "", "until": now}, revision=item.revision)


def _why(host: str, item: Item | None, asker: str, now: datetime) -> str:
    owner, until = (item.value["owner"], item.value.get("not_before", "")) if item else ("", "")
    if owner not in ("", asker):
        return f"{host!r} is asked by {owner.partition(' ')[2]} now: try again when that has ended"
    return f"{host!r} wants to be left alone until {until or iso(now)}: try again then"


def _pause_s(item: Item, now: datetime) -> float:
    not_before = item.value.get("not_before", "")
    return (parse_iso(not_before) - now).total_seconds() if not_before else 0.0
