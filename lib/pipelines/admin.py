"""ADMIN: acts of operators, each leaving a fact in the ledger."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from lib.domain.callers import Caller
from lib.domain.documents import DocumentId
from lib.domain.held import HeldItem
from lib.domain.messages import BuildMessage
from lib.domain.sources import Sources
from lib.domain.times import iso
from lib.errors import BadInput, NotFound
from lib.pipelines.build import Builder, build_or_put_off
from lib.pipelines.dead_letters import replay
from lib.pipelines.documents import Publisher, retire
from lib.pipelines.feature_sets import get, list_all, promote
from lib.pipelines.sweep import behind
from lib.ports.held_items import HeldItems
from lib.ports.ledger import Fact

REGISTRY_KINDS = ("feature_sets", "live", "sources", "status", "leases", "hosts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """The ports that administration needs."""

    builder: Builder
    publisher: Publisher
    held: HeldItems


def replay_dead_letters(ids: list[str], *, caller: Caller, administrator: Administrator) -> int:
    """Send dead letters back to their queues (all of them if no ids are given); returns how many. Raises: NotFound."""
    b = administrator.builder
    count = 0
    if ids:
        count = replay(ids, letters=b.letters, events=b.queue)
    else:
        after = ""  # each one once: what fails at once comes back while this goes on
        while page := b.letters.list(after=after, limit=100):
            count += replay([letter.id for letter in page], letters=b.letters, events=b.queue)
            after = page[-1].id
    note("replayed dead letters", {"count": count, "ids": ids[:100]}, caller, administrator)
    return count


def discard_dead_letters(ids: list[str], *, caller: Caller, administrator: Administrator) -> int:
    """Forget dead letters for good; returns how many. Raises: NotFound for the first unknown id, BadInput for none."""
    b = administrator.builder
    if not ids:
        raise BadInput("name the dead letters to discard")
    found = b.letters.get(ids)
    for id in ids:
        if id not in found:
            raise NotFound(f"there is no dead letter {id!r}: list them with GET /api/admin/dead-letters")
    b.letters.remove(list(found))
    note("discarded dead letters", {"ids": list(found)}, caller, administrator)
    return len(found)


def list_feature_sets(*, administrator: Administrator) -> list[dict[str, Any]]:
    """All feature sets with recipe, state and number of chunks."""
    b = administrator.builder
    found = []
    for feature_set in list_all(b.registry):
        chunks = b.index.count(feature_set.index).get(("", 0), 0) if feature_set.state != "retired" else 0
        recipe = asdict(feature_set.recipe)
        found.append({"id": feature_set.id, "state": feature_set.state, "recipe": recipe, "chunks": chunks})
    return found


def promote_feature_set(feature_set: str, *, caller: Caller, administrator: Administrator) -> dict[str, Any]:
    """Let a feature set answer once it holds every document. Raises: BadInput if it is behind, NotFound."""
    b = administrator.builder
    get(feature_set, registry=b.registry)
    promoted = promote(feature_set, registry=b.registry, behind=behind(feature_set, builder=b))
    note("promoted feature set", {"id": feature_set}, caller, administrator)
    return {"id": promoted.id, "state": promoted.state}


def list_registry(kind: str, *, administrator: Administrator) -> list[dict[str, Any]]:
    """Registry items of a kind. Raises: NotFound for an unknown kind."""
    if kind not in REGISTRY_KINDS:
        raise NotFound(f"there is no registry kind {kind!r}: use one of {', '.join(REGISTRY_KINDS)}")
    items = administrator.builder.registry.list(kind)
    return [{"id": item.id, "revision": item.revision, "value": item.value} for item in items]


def erase(document: str, *, caller: Caller, administrator: Administrator) -> dict[str, Any]:
    """
    Erase a document: denied at once, then index, chunks and snapshots forget it, before its source may send it anew.

    So does what was held back of it. The receipt stays in the ledger. While its source still offers it, the next
    crawl brings it back: exclude it there. Raises: NotFound.
    """
    wanted = DocumentId(document)
    found = retire([wanted], publisher=administrator.publisher).get(wanted)
    if found is None:
        raise NotFound(f"there is no document {document!r}")
    tombstone = administrator.publisher.documents.get([wanted])[wanted]
    urls = {tombstone.url, *tombstone.aliases} - {""}
    _forget_held(tombstone.source_id, administrator, which=lambda item: item.document_id == wanted or item.url in urls)
    build_or_put_off(BuildMessage(document_id=document, version=found.version), builder=administrator.builder)
    receipt = {"document_id": document, "version": found.version, "at": iso(administrator.builder.clock.now())}
    note("erased document", receipt, caller, administrator, subject=document)
    return receipt


def forget_source(source_id: str, sources: Sources, *, caller: Caller, administrator: Administrator) -> dict[str, Any]:
    """
    Delete every document of a source that is no longer in the sources file, and all that was held back of it.

    Returns a receipt.
    Raises: BadInput while the source is still configured (the next crawl would bring it all back), NotFound.
    """
    if sources.get(source_id) is not None:
        raise BadInput(f"source {source_id!r} is still in the sources file: remove it there first")
    documents, cursor, count = administrator.builder.documents, None, 0
    is_held = administrator.held.list(source_id=source_id, limit=1)
    if not is_held and not documents.scan(source_id=source_id, limit=1).changes:
        raise NotFound(f"there never was a source {source_id!r} here")
    while True:
        page = documents.scan(source_id=source_id, cursor=cursor)
        ids = [change.document_id for change in page.changes if not change.deleted]
        retired = retire(ids, publisher=administrator.publisher)
        count += sum(1 for published in retired.values() if published.changed)
        cursor = page.cursor
        if cursor is None:
            break
    _forget_held(source_id, administrator, which=lambda _: True)
    receipt = {"source_id": source_id, "documents": count, "at": iso(administrator.builder.clock.now())}
    note("forgot source", receipt, caller, administrator, subject=f"source:{source_id}")
    return receipt


def _forget_held(source_id: str, administrator: Administrator, *, which: Callable[[HeldItem], bool]) -> None:
    """Remove those held items of a source."""
    after = ""
    while page := administrator.held.list(source_id=source_id, after=after):
        administrator.held.remove([item.id for item in page if which(item)])
        after = page[-1].id


def note(
    act: str, facts: dict[str, Any], caller: Caller, administrator: Administrator, *, subject: str = "administration"
) -> None:
    """Write who did what into the ledger."""
    now = administrator.builder.clock.now()
    fact = Fact(
        id=f"{iso(now)}-{act.replace(' ', '-')}",
        subject_id=subject,
        kind="administered",
        at=iso(now),
        facts={"act": act, "by": caller.id, **facts},
    )
    administrator.builder.ledger.append([fact])
