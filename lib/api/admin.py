"""/api/admin/...: sources, crawls, held items, dead letters, feature sets, registry, erasure."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from lib.api.auth import Administrator, Operator, TheApi
from lib.api.contract import JsonRoute, problems
from lib.api.reports import (
    CountOut,
    CrawlOut,
    CrawlReport,
    CrawlsOut,
    DeadLetterOut,
    DeadLettersOut,
    FeatureSetOut,
    FeatureSetsOut,
    HeldListOut,
    HeldOut,
    HeldShownOut,
    ItemOut,
    ItemsOut,
    KeptSourcesOut,
    ReceiptOut,
    SourcesOut,
    SourceStatus,
)
from lib.api.schemas import DiscardBody, HeldBody, ReplayBody, SourcesBody

router = APIRouter(prefix="/api/admin", tags=["Administration"], route_class=JsonRoute)

SourceId = Annotated[str, Path(max_length=63, description="Id of a source.")]


@router.get("/sources")
def list_sources(api: TheApi, caller: Operator) -> SourcesOut:  # noqa: ARG001 - the role is what counts
    """List sources with their newest crawl."""
    return SourcesOut(sources=[SourceStatus.model_validate(source) for source in api.admin.list_sources()])


@router.put("/sources", responses=problems("conflict"))
def keep_sources(body: SourcesBody, api: TheApi, caller: Administrator) -> KeptSourcesOut:
    """Replace the list of sources, where `SOURCES_FILE` is `registry`. A wrong list is refused with line and fix."""
    return KeptSourcesOut(sources=api.admin.keep_sources(body.yaml, caller))


@router.post("/sources/{source_id}/crawl", status_code=202, responses=problems("not-found", "conflict"))
def crawl_now(source_id: SourceId, api: TheApi, caller: Operator) -> CrawlOut:
    """Crawl a source now, whatever its schedule says. The crawl runs on after this returns; see its status."""
    return CrawlOut.model_validate(api.admin.crawl_now(source_id, caller))


@router.delete("/sources/{source_id}", responses=problems("not-found", "conflict"))
def forget_source(source_id: SourceId, api: TheApi, caller: Administrator) -> ReceiptOut:
    """Forget every document of a source that is no longer in the sources file."""
    return ReceiptOut.model_validate(api.admin.forget_source(source_id, caller))


@router.get("/dead-letters")
def list_dead_letters(
    api: TheApi,
    caller: Operator,  # noqa: ARG001
    queue: Annotated[str | None, Query(min_length=1, max_length=63, description="Only from this queue.")] = None,
    after: Annotated[str, Query(max_length=64, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000, description="How many at most.")] = 100,
) -> DeadLettersOut:
    """List messages that kept failing, with the reason."""
    letters = api.admin.dead_letters(queue, after, limit)
    after_this = letters[-1].id if len(letters) == limit else None
    return DeadLettersOut(dead_letters=[DeadLetterOut.model_validate(letter) for letter in letters], next=after_this)


@router.post("/dead-letters/replay", responses=problems("not-found"))
def replay_dead_letters(body: ReplayBody, api: TheApi, caller: Operator) -> CountOut:
    """Send dead letters back to their queues, after a fix. If one id is unknown, none is sent."""
    return CountOut(count=api.admin.replay(tuple(dict.fromkeys(body.ids or ())), caller))


@router.post("/dead-letters/discard", responses=problems("not-found"))
def discard_dead_letters(body: DiscardBody, api: TheApi, caller: Operator) -> CountOut:
    """Forget dead letters. The documents they speak of stay as they are."""
    return CountOut(count=api.admin.discard(tuple(dict.fromkeys(body.ids)), caller))


@router.get("/sources/{source_id}/crawls", responses=problems("not-found"))
def list_crawls(
    source_id: SourceId,
    api: TheApi,
    caller: Administrator,  # noqa: ARG001
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 30,
) -> CrawlsOut:
    """List what the crawls of a source did, newest first. A crawl that is running is in the status."""
    return CrawlsOut(crawls=[CrawlReport.model_validate(report) for report in api.admin.crawls(source_id, limit)])


@router.get("/held")
def list_held(
    api: TheApi,
    caller: Administrator,  # noqa: ARG001
    source_id: Annotated[str | None, Query(min_length=1, max_length=63, description="Only of this source.")] = None,
    after: Annotated[str, Query(max_length=64, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000, description="How many at most.")] = 100,
) -> HeldListOut:
    """List what was held back, with the reason: pages that became something else, deletions of too much."""
    items = api.admin.held(source_id, after, limit)
    return HeldListOut(
        held=[HeldOut.model_validate(item) for item in items], next=items[-1].id if len(items) == limit else None
    )


@router.get("/held/{id}", responses=problems("not-found"))
def show_held(
    id: Annotated[str, Path(max_length=64, description="Id of a held item.")],
    api: TheApi,
    caller: Administrator,  # noqa: ARG001
) -> HeldShownOut:
    """Show a held item: what answers now, what would answer, and the difference."""
    return HeldShownOut.model_validate(api.admin.show_held(id))


@router.post("/held/release", responses=problems("not-found", "conflict"))
def release_held(body: HeldBody, api: TheApi, caller: Administrator) -> CountOut:
    """Let held versions answer, and held deletions be carried out. If one of them cannot, none is released."""
    return CountOut(count=api.admin.release_held(tuple(dict.fromkeys(body.ids)), caller))


@router.post("/held/discard", responses=problems("not-found"))
def discard_held(body: HeldBody, api: TheApi, caller: Administrator) -> CountOut:
    """Keep what answers now. A discarded page is listed again once its text changes."""
    return CountOut(count=api.admin.discard_held(tuple(dict.fromkeys(body.ids)), caller))


@router.get("/feature-sets")
def list_feature_sets(api: TheApi, caller: Administrator) -> FeatureSetsOut:  # noqa: ARG001
    """List feature sets: which recipes are in use, and which one answers."""
    return FeatureSetsOut(feature_sets=[FeatureSetOut.model_validate(found) for found in api.admin.feature_sets()])


@router.post("/feature-sets/{feature_set}/promote", responses=problems("not-found", "conflict"))
def promote_feature_set(
    feature_set: Annotated[str, Path(max_length=64, description="Id of a feature set.")],
    api: TheApi,
    caller: Administrator,
) -> FeatureSetOut:
    """Let a feature set answer. Refused while its counts and versions differ from the live one's."""
    return FeatureSetOut.model_validate(api.admin.promote(feature_set, caller))


@router.get("/registry/{kind}", responses=problems("not-found"))
def list_registry(
    kind: Annotated[str, Path(max_length=64, description="Kind of item.", examples=["feature_sets"])],
    api: TheApi,
    caller: Administrator,  # noqa: ARG001
) -> ItemsOut:
    """List registry items of a kind."""
    return ItemsOut(kind=kind, items=[ItemOut.model_validate(item) for item in api.admin.registry(kind)])


@router.delete("/documents/{document_id}", responses=problems("not-found", "conflict"))
def erase_document(
    document_id: Annotated[str, Path(max_length=64, description="Id of the document.")],
    api: TheApi,
    caller: Administrator,
) -> ReceiptOut:
    """Erase a document with all its versions, chunks, vectors and traces, and keep a receipt of that."""
    return ReceiptOut.model_validate(api.admin.erase(document_id, caller))
