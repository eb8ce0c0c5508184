"""HELD: what was held back, shown beside what answers now, and released or discarded by an operator."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from lib.domain.callers import Caller
from lib.domain.documents import Document, DocumentId
from lib.domain.held import HeldItem
from lib.domain.meaning import meaning
from lib.domain.messages import CrawlMessage
from lib.domain.sources import Source, Sources
from lib.domain.times import iso
from lib.errors import BadInput, Conflict, NotFound
from lib.pipelines.crawler import LEASE
from lib.pipelines.documents import Publisher, store
from lib.ports.clock import Clock
from lib.ports.crawl_state import CrawlRun, CrawlState, UrlState
from lib.ports.event_queue import EventQueue
from lib.ports.held_items import HeldItems
from lib.ports.ledger import Fact, Ledger

MAX_COMPARED = 20_000
"""Lines of each text that are compared; the time that this takes may grow with their square."""
MAX_DIFF = 2_000
"""Lines of a difference that are shown."""
MAX_PAGES = 100
"""URLs named of those that a held deletion would delete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Custodian:
    """The ports that looking after held items needs."""

    held: HeldItems
    state: CrawlState
    publisher: Publisher
    queue: EventQueue
    queue_name: str
    ledger: Ledger
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldView:
    """A held item beside what answers now."""

    item: HeldItem
    text: str
    """What answers now; empty if nothing does."""
    held_text: str
    """What would answer; empty for mass-delete."""
    diff: str
    """Unified difference of the two, titles on their first lines, joined by line feeds; empty for mass-delete."""
    diff_cut: bool
    """The difference goes on beyond what is shown or compared."""
    flags: tuple[str, ...]
    """What was found in the held text."""
    pages: tuple[str, ...]
    """For mass-delete: the first URLs whose documents would be deleted."""


def list_held(source_id: str | None, *, after: str, limit: int, custodian: Custodian) -> list[HeldItem]:
    """Held items of a source (None: of all) by id, without their texts."""
    return custodian.held.list(source_id=source_id, after=after, limit=limit)


def show_held(id: str, *, custodian: Custodian) -> HeldView:
    """Read a held item with both texts and their difference. Raises: NotFound."""
    [item] = _known([id], custodian)
    if item.draft is None:
        unseen = custodian.state.unseen(item.source_id, item.crawl_id, limit=MAX_PAGES)
        pages = tuple(state.url for state in unseen if state.gone and state.crawl_id == item.crawl_id)
        return HeldView(item=item, text="", held_text="", diff="", diff_cut=False, flags=(), pages=pages)
    document = DocumentId(item.document_id)
    before = custodian.publisher.documents.get([document]).get(document) if document else None
    text = _readable(before.text) if before and not before.deleted else ""
    held_text, flags = _readable(item.draft.text), item.draft.provenance.flags
    title, held_title = _readable(before.title) if before else "", _readable(item.draft.title)
    diff, is_cut = _difference(f"{title}\n{text}", f"{held_title}\n{held_text}")
    return HeldView(item=item, text=text, held_text=held_text, diff=diff, diff_cut=is_cut, flags=flags, pages=())


def release_held(ids: Sequence[str], sources: Sources, *, caller: Caller, custodian: Custodian) -> int:
    """
    Let held versions answer, or a stopped crawl delete what it found gone; returns how many items. Safe to run twice.

    All are looked at before the first is released. The text of a released version is not held again.
    Raises: NotFound for an unknown id, BadInput if a source is no more, Conflict if the page or crawl has moved on.
    """
    items = _known(ids, custodian)
    for item in items:
        if item.draft is None:
            _stopped_run(item, custodian)
        else:
            _held_state(item, _source_of(item, sources), custodian)
    for item in items:
        if item.draft is None:
            facts = _let_it_delete(item, custodian)
        else:
            facts = _publish(item, item.draft, _source_of(item, sources), custodian)
        _close(item, "released held item", facts, caller, custodian)
    return len(items)


def discard_held(ids: Sequence[str], *, caller: Caller, custodian: Custodian) -> int:
    """
    Keep what answers now; returns how many items. A page is listed again once it says something else.

    A discarded deletion deletes nothing; the next crawl that finds so much gone asks again. Raises: NotFound.
    """
    items = _known(ids, custodian)
    for item in items:
        state = _state(item, custodian)
        if state and state.is_held:
            custodian.state.save([replace(state, passed=f"-{item.fingerprint}")])
        _close(item, "discarded held item", {}, caller, custodian)
    return len(items)


def _known(ids: Sequence[str], custodian: Custodian) -> list[HeldItem]:
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise BadInput("name the held items: list them with GET /api/admin/held")
    found = custodian.held.get(wanted)
    for id_ in wanted:
        if id_ not in found:
            raise NotFound(f"there is no held item {id_!r}: list them with GET /api/admin/held")
    return [found[id_] for id_ in wanted]


def _source_of(item: HeldItem, sources: Sources) -> Source:
    source = sources.get(item.source_id)
    if source is None:
        raise BadInput(f"{item.id!r}: source {item.source_id!r} is not in the sources file any more: discard the item")
    return source


def _state(item: HeldItem, custodian: Custodian) -> UrlState | None:
    return custodian.state.read(item.source_id, [item.url]).get(item.url) if item.url else None


def _held_state(item: HeldItem, source: Source, custodian: Custodian) -> UrlState:
    """What is known of a held page. Raises: Conflict if it is not this text that waits for a decision."""
    state = _state(item, custodian)
    if state and not state.is_held and state.passed == item.fingerprint:
        return state  # released already, and killed before the item was removed
    is_pushed = source.kind == "push"
    if state is None or not state.is_held:
        again = "send the document" if is_pushed else "crawl the source"
        raise Conflict(f"{item.id!r}: {item.url} was read anew since: discard the item, or {again} again")
    is_lost = state.gone or state.canonical or not source.in_scope(item.url)
    if is_lost or (not is_pushed and _is_erased(state, custodian)):  # a pushed one was sent again since
        raise Conflict(f"{item.id!r}: {item.url} has no document any more: discard the item")
    return state


def _is_erased(state: UrlState, custodian: Custodian) -> bool:
    document = DocumentId(state.document_id)
    stored = custodian.publisher.documents.get([document]).get(document) if document else None
    return bool(stored and stored.deleted)


def _publish(item: HeldItem, draft: Document, source: Source, custodian: Custodian) -> dict[str, Any]:
    """Write a held version, then what is known of its page; nothing of that if it was done before."""
    state = _held_state(item, source, custodian)
    if not state.is_held:
        return {"document_id": state.document_id}
    name = DocumentId(state.document_id) or draft.id
    # Who may read it may have changed since; only who pushes a document may say so with it.
    is_pushed = source.kind == "push"
    access = (draft.access if is_pushed else ()) or source.access
    said = None if is_pushed else {name: meaning(draft.text)}
    fresh = replace(draft, id=name, access=access)
    published = store([fresh], publisher=custodian.publisher, said=said)[name]
    released = replace(state, document_id=name, is_held=False, passed=item.fingerprint, changed_at=item.first_at)
    custodian.state.save([replace(released, reason="")])
    return {"document_id": name, "version": published.version}


def _stopped_run(item: HeldItem, custodian: Custodian) -> CrawlRun:
    """The crawl that asked. Raises: Conflict if it is not the source's newest one, or does not wait any more."""
    run = custodian.state.load_run(item.source_id)
    waits_or_was_released = run and run.crawl_id == item.crawl_id and (run.outcome == "stopped") != run.may_delete
    if run is None or not waits_or_was_released:
        raise Conflict(f"{item.id!r}: crawl {item.crawl_id!r} is over: crawl source {item.source_id!r} again")
    return run


def _let_it_delete(item: HeldItem, custodian: Custodian) -> dict[str, Any]:
    """Let the stopped crawl go on; if it was told so before, it is only sent on its way again."""
    run = _stopped_run(item, custodian)
    if run.outcome == "stopped":
        until = iso(custodian.clock.now() + LEASE)
        again = replace(run, outcome="running", may_delete=True, error="", ended_at="", slice=run.slice + 1)
        run = custodian.state.save_run(replace(again, lease_owner="", lease_until=until))
    message = CrawlMessage(source_id=run.source_id, crawl_id=run.crawl_id, slice=run.slice)
    custodian.queue.send(custodian.queue_name, [message.to_json()])
    return {"crawl_id": run.crawl_id}


def _close(item: HeldItem, act: str, facts: dict[str, Any], caller: Caller, custodian: Custodian) -> None:
    """Write who did what into the ledger, then forget the item."""
    now = iso(custodian.clock.now())
    said = {"act": act, "by": caller.id, "id": item.id, "source_id": item.source_id, "url": item.url, "rule": item.rule}
    fact = Fact(
        id=f"{now}-{act.replace(' ', '-')}-{item.id}",
        subject_id="administration",
        kind="administered",
        at=now,
        facts={**said, **facts},
    )
    custodian.ledger.append([fact])
    custodian.held.remove([item.id])


def _readable(text: str) -> str:
    """A text that UTF-8 can hold: half surrogate pairs are question marks."""
    return text.encode("utf-8", "replace").decode()


def _difference(before: str, after: str) -> tuple[str, bool]:
    old, new = before.splitlines(), after.splitlines()
    lines = difflib.unified_diff(
        old[:MAX_COMPARED], new[:MAX_COMPARED], fromfile="answers now", tofile="held back", lineterm=""
    )
    shown = list(islice(lines, MAX_DIFF + 1))
    is_cut = len(shown) > MAX_DIFF or max(len(old), len(new)) > MAX_COMPARED
    return "\n".join(shown[:MAX_DIFF]), is_cut
