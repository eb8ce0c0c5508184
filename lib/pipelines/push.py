"""PUSH: documents that other systems send, looked at by the policies of their source like crawled pages."""

from dataclasses import dataclass, replace

from lib.domain.documents import Document, DocumentId, Provenance, SourceId, document_id
from lib.domain.held import HeldItem, held_id
from lib.domain.meaning import meaning
from lib.domain.sources import Source
from lib.domain.times import iso
from lib.errors import BadInput, Conflict, NotFound
from lib.pipelines.documents import Publisher, retire, store
from lib.pipelines.guards import INSTRUCTIONS, guard, mark_of, put_held
from lib.ports.crawl_state import CrawlState, UrlState
from lib.ports.held_items import HeldItems
from lib.ports.masking import Masker


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The ports that taking documents needs."""

    publisher: Publisher
    held: HeldItems
    state: CrawlState
    """Of a pushed document its key stands for a URL; only those that were held back once have a state."""
    masker: Masker


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedDocument:
    """A document that another system sends."""

    title: str
    text: str
    """Markdown."""
    url: str = ""
    """Where people find it; empty if nowhere."""
    language: str = ""
    access: tuple[str, ...] = ()
    """Groups that may read it; empty means the source's."""
    media_type: str = "text/markdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a document."""

    document_id: DocumentId
    version: int
    """The one that answers, or the tombstone; 0 if there is none."""
    changed: bool
    held: str = ""
    """Id of the held item, where it was held back; what answered before goes on answering."""


def publish(document: PushedDocument, *, source: Source, key: str, receiver: Receiver) -> Received:
    """
    Take a document into a `push` source: masked, neutralised, flagged or held back as the source says.

    A text that an operator let through is not held back again. What was held back before under this key is dropped.
    Raises: BadInput if the source is of another kind, or the text is empty; Conflict if an operator discarded it.
    """
    _must_be_push(source)
    if not document.text.strip():
        raise BadInput("`text` is empty: to remove a document, send DELETE")
    guarded = guard(document.title.strip() or key, document.text, (), source=source, masker=receiver.masker)
    draft = Document(
        id=document_id(source.id, key),
        source_id=SourceId(source.id),
        url=document.url,
        title=guarded.title,
        text=guarded.text,
        content_hash="",
        version=0,
        language=document.language,
        media_type=document.media_type,
        access=tuple(sorted(set(document.access))),
        provenance=Provenance(fetched_at=iso(receiver.publisher.clock.now()), extractor="push", flags=guarded.flags),
    )
    state = _state(source, key, receiver)
    mark = mark_of(draft.title, meaning(draft.text))
    if guarded.reason and state.passed != mark:
        return _hold(draft, state, guarded.reason, mark, receiver)
    _drop_held(state, receiver)
    published = store([replace(draft, access=draft.access or source.access)], publisher=receiver.publisher)[draft.id]
    return Received(document_id=draft.id, version=published.version, changed=published.changed)


def withdraw(source: Source, key: str, *, receiver: Receiver) -> Received:
    """
    Delete a pushed document, and what was held back of it.

    Raises: NotFound if there is none, BadInput if the source is of another kind.
    """
    _must_be_push(source)
    wanted = document_id(source.id, key)
    was_held = _drop_held(_state(source, key, receiver), receiver)
    found = retire([wanted], publisher=receiver.publisher).get(wanted)
    if found is None and not was_held:
        raise NotFound(f"source {source.id!r} has no document {key!r}")
    version, changed = (found.version, found.changed) if found else (0, False)
    return Received(document_id=wanted, version=version, changed=changed or was_held)


def _state(source: Source, key: str, receiver: Receiver) -> UrlState:
    return receiver.state.read(source.id, [key]).get(key) or UrlState(source_id=source.id, url=key)


def _hold(draft: Document, state: UrlState, reason: str, mark: str, receiver: Receiver) -> Received:
    if state.passed == f"-{mark}":
        raise Conflict(f"document {state.url!r} was held back with this text, and discarded: {reason}; change the text")
    now = draft.provenance.fetched_at
    item = HeldItem(
        id=held_id(state.source_id, state.url),
        source_id=state.source_id,
        url=state.url,
        document_id=draft.id,
        rule=INSTRUCTIONS,
        reason=reason,
        crawl_id="",
        first_at=now,
        last_at=now,
        fingerprint=mark,
        draft=draft,
    )
    put_held([item], receiver.held)
    receiver.state.save([replace(state, is_held=True, checked_at=now)])
    before = receiver.publisher.documents.get([draft.id]).get(draft.id)
    answers = before.version if before and not before.deleted else 0
    return Received(document_id=draft.id, version=answers, changed=False, held=item.id)


def _drop_held(state: UrlState, receiver: Receiver) -> bool:
    """Forget what was held back under a key, before something newer is written: no release may bring it back."""
    if not state.is_held:
        return False
    item = held_id(state.source_id, state.url)
    was_held = bool(receiver.held.get([item]))  # not if it was discarded
    receiver.held.remove([item])
    receiver.state.save([replace(state, is_held=False)])
    return was_held


def _must_be_push(source: Source) -> None:
    if source.kind != "push":
        raise BadInput(f"source {source.id!r} is of kind {source.kind!r}: documents can be sent to `push` sources only")
