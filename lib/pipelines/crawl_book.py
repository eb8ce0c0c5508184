"""What is known of the URLs that a batch of results touches, and what the batch changes of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from lib.domain.documents import document_id
from lib.domain.sources import Source
from lib.ports.crawl_state import UrlState

REDIRECTS = "redirects to "
NOINDEX = "the page asks not to be indexed (noindex)"
SAME = "it says the same as "


MOST_ALIASES = 200
"""Of one URL. A page that hundreds redirect to, or repeat, keeps them out of its own state; each of them knows it."""


def group_of(fingerprint: str) -> str:
    """Key under which URLs whose pages say the same are kept, beside the states of URLs; empty for none."""
    return f"same:{fingerprint}" if fingerprint else ""


def unread(state: UrlState) -> UrlState:
    """A state of which nothing can be taken for unchanged: its page is read whole."""
    return replace(state, etag="", last_modified="", stamp="", changed_at="")


class Tally(Protocol):
    """What verdicts need of a crawl."""

    source: Source
    crawl_id: str
    extractor: str
    met: set[str]

    def add(self, name: str, amount: int = 1) -> None:
        """Count something."""

    def trouble(self, url: str, reason: str) -> None:
        """Note an address that became no document."""

    def refuse_trap(self, url: str, kind: str) -> None:
        """Count an address that looks like a trap."""


@dataclass(slots=True)
class Book:
    """States of URLs by URL; later results of a batch see what earlier ones decided."""

    tally: Tally
    states: dict[str, UrlState]
    changed: dict[str, UrlState] = field(default_factory=dict)
    links: list[tuple[str, int]] = field(default_factory=list)
    """URLs to walk on to, with their depth."""

    def state(self, url: str) -> UrlState:
        """What is known of a URL; an empty state if nothing is."""
        return self.changed.get(url) or self.states.get(url) or UrlState(source_id=self.tally.source.id, url=url)

    def save(self, state: UrlState) -> None:
        """Note a change."""
        self.changed[state.url] = state

    def is_met(self, url: str) -> bool:
        """Say whether this crawl has its verdict on a URL."""
        state = self.state(url)
        return state.crawl_id == self.tally.crawl_id and not state.pending

    def is_void(self, url: str) -> bool:
        """Say whether this crawl found nothing at a URL: no document, no sign where it is, no wish to keep it out."""
        state = self.state(url)
        has_document = bool(state.document_id) and not state.gone
        return self.is_met(url) and not has_document and not state.canonical and state.reason != NOINDEX

    def follow(self, links: Iterable[str], depth: int) -> None:
        """Walk on, if the source is more than its listing."""
        if self.tally.source.follows_links:
            self.links.extend((url, depth + 1) for url in links)

    def go_on(self, met: UrlState) -> None:
        """Walk on from an unchanged page."""
        self.follow(met.links, met.depth)
        if met.canonical:
            self.links.append((met.canonical, met.depth))

    def alias(self, met: UrlState, target: str, *, reason: str, is_open: bool) -> None:
        """
        This URL stands for another one, which takes over its document if it has none: pages keep their identity.

        Only if there is no verdict on the other one yet (`is_open`), so that none is left where nothing is; and that
        one is read whole, since what it is matters for both.
        """
        other = self.state(target)
        if is_open:
            other = unread(other)
        self.join(met, other, reason=reason, hands_over=is_open)

    def join(self, met: UrlState, other: UrlState, *, reason: str, hands_over: bool) -> None:
        """Make one URL stand for another, with all that stood for it."""
        aliases = tuple(sorted({*other.aliases, *met.aliases, met.url} - {other.url})[:MOST_ALIASES])
        if met.document_id and hands_over and not other.document_id:
            other, met = replace(other, document_id=met.document_id), replace(met, document_id="")
        self.save(replace(met, canonical=other.url, reason=reason, gone=bool(met.document_id)))
        self.save(replace(other, aliases=aliases))

    def drop(self, met: UrlState, reason: str, *, is_lost: bool = False) -> None:
        """
        No document here. Pages that named this one as their canonical stand for themselves now.

        One of them takes the document back, best the one that it was named after. Redirects are looked at again only if
        the page `is_lost`: while it is there, they lead here.
        """
        met = self.leave(met, "") if reason == NOINDEX else self._ungroup(met)
        lost = replace(met, gone=bool(met.document_id), reason=reason)
        if reason != NOINDEX:
            lost = self._reopen_aliases(lost, redirects=is_lost)
        self.save(lost)

    def leave(self, met: UrlState, fingerprint: str) -> UrlState:
        """A page says something else now, or nothing: what stood for it because it said the same is looked at again."""
        if met.fingerprint == fingerprint:
            return met
        for alias in met.aliases:
            other = self.state(alias)
            if other.canonical == met.url and other.reason.startswith(SAME):
                self._reopen(other)
                met = replace(met, aliases=tuple(url for url in met.aliases if url != alias))
        return replace(self._ungroup(met), fingerprint=fingerprint)

    def _ungroup(self, met: UrlState) -> UrlState:
        if met.fingerprint:
            group = self.state(group_of(met.fingerprint))
            others = tuple(url for url in group.aliases if url != met.url)
            holder = "" if group.canonical == met.url else group.canonical
            self.save(replace(group, aliases=others, canonical=holder))
        return replace(met, fingerprint="")

    def _reopen(self, other: UrlState) -> None:
        again = replace(unread(other), canonical="", reason="")
        self.save(replace(again, pending=True, crawl_id=self.tally.crawl_id))

    def _reopen_aliases(self, lost: UrlState, *, redirects: bool) -> UrlState:
        """Look again at what stood for a URL; returns its state, without the document if one of them takes it back."""
        source_id = self.tally.source.id
        for alias in sorted(lost.aliases, key=lambda url: document_id(source_id, url) != lost.document_id):
            other = self.state(alias)
            if other.canonical == lost.url and (redirects or not other.reason.startswith(REDIRECTS)):
                if lost.document_id and lost.gone and not other.document_id:
                    other = replace(other, document_id=lost.document_id)
                    lost = replace(lost, document_id="", gone=False)
                self._reopen(replace(other, aliases=tuple(sorted({*other.aliases, lost.url}))))
        return lost
