"""What a listing knows by a key keeps its document when its address changes."""

from collections.abc import Sequence
from dataclasses import replace

from lib.pipelines.crawl_book import Book
from lib.pipelines.crawl_pages import Harvest
from lib.ports.crawl_state import CrawlState, UrlState
from lib.ports.source_reader import Found

SEVERAL = "several addresses have this key"


def follow_keys(listed: Sequence[Found], *, harvest: Harvest, state: CrawlState) -> None:
    """
    Hand documents over from addresses that keys had before to those that they have now, before these are read.

    Where a key was last is kept as a state of its own, beside those of URLs. A key that two addresses of one crawl have
    is none: it is not believed again.
    """
    keyed = {found.url: f"key:{found.key}" for found in listed if found.key}
    if not keyed:
        return
    source_id = harvest.source.id
    keys = state.read(source_id, list(dict.fromkeys(keyed.values())))
    places = {key.canonical for key in keys.values() if key.canonical} | keyed.keys()
    book = Book(harvest, state.read(source_id, sorted(places)))
    changed: dict[str, UrlState] = {}
    for url, name in keyed.items():
        key = changed.get(name) or keys.get(name)
        if key is None:
            changed[name] = UrlState(source_id=source_id, url=name, canonical=url)
        elif key.canonical not in ("", url):
            before = book.state(key.canonical)
            if before.url in keyed or before.crawl_id == harvest.crawl_id:
                changed[name] = replace(key, canonical="", reason=SEVERAL)
                continue
            changed[name] = replace(key, canonical=url)
            if before.document_id and not book.state(url).document_id:
                book.alias(before, url, reason=f"its listing names it {url} now", is_open=True)
                book.save(replace(book.state(url), canonical="", reason=""))
    state.save([*book.changed.values(), *changed.values()])
