"""Pages of one source that say the same are one document: the best URL holds it, the others are its aliases."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from lib.domain.variants import is_variant
from lib.pipelines.crawl_book import SAME, Book, group_of
from lib.ports.crawl_state import UrlState

MOST_MEMBERS = 32
"""Of a group, the best ones: the others only know who holds the document."""
MOST_RIVALS = 8
"""Members of a group that are looked at for the best one."""


@lru_cache(maxsize=4_096)
def preference(url: str) -> tuple[bool, bool, int, int, str]:
    """Order of URLs, best first: no variant, no query, few folders, short. It depends on nothing else."""
    parts = urlsplit(url)
    return is_variant(url), bool(parts.query), url.count("/"), len(url), url


def rivals(group: UrlState) -> list[str]:
    """Whoever holds the document of a group, and its best members: whose states `settle` asks for."""
    best = sorted(group.aliases, key=preference)[:MOST_RIVALS]
    return [*best, *({group.canonical} - {"", *best})]


def repeats(url: str, fingerprint: str, book: Book) -> bool:
    """Say whether so many better URLs say the same that links from here are more of it, without end."""
    return bool(fingerprint) and url not in _best({*book.state(group_of(fingerprint)).aliases, url})


def _best(members: Iterable[str]) -> list[str]:
    return sorted(members, key=preference)[:MOST_MEMBERS]


def settle(met: UrlState, fingerprint: str, book: Book) -> UrlState | None:
    """
    Decide which URL holds the document of what this page says: its state if it is this one, None if it became an alias.

    Whoever comes first, the same URL wins in the end: a better one takes the document over from the holder.
    """
    met = book.leave(met, fingerprint)
    if not fingerprint:
        return met
    group = book.state(group_of(fingerprint))
    members = _best({*group.aliases, met.url})
    holders = [state for url in rivals(group) if url != met.url and _holds(state := book.state(url), fingerprint)]
    best = min((state.url for state in holders), key=preference, default=met.url)
    winner = min(best, met.url, key=preference)
    book.save(replace(group, aliases=tuple(members), canonical=winner))
    if winner != met.url:
        book.join(met, book.state(best), reason=SAME + best, hands_over=False)
        book.tally.add("duplicates")
        return None
    book.save(met)
    for holder in holders:
        book.join(holder, book.state(met.url), reason=SAME + met.url, hands_over=True)
        book.tally.add("duplicates")
    return book.state(met.url)


def _holds(state: UrlState, fingerprint: str) -> bool:
    return bool(state.document_id) and not state.gone and not state.canonical and state.fingerprint == fingerprint
