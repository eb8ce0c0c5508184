"""/api/admin/documents/{id}: where a document came from, for auditors."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from lib.api.auth import Administrator, TheApi
from lib.api.contract import JsonRoute, problems
from lib.api.schemas import Out

router = APIRouter(prefix="/api/admin", tags=["Administration"], route_class=JsonRoute)


class ProvenanceOut(Out):
    """Where a version came from."""

    fetched_at: str = Field(examples=["2026-11-22T10:00:00.000Z"])
    crawl_id: str = Field(description="Empty for pushed documents.", examples=["20261122T100000-0a1b2c3d"])
    requested_url: str = Field(examples=["https://example.com/handbook/leave"])
    final_url: str = Field(description="After redirects.", examples=["https://example.com/handbook/leave"])
    etag: str
    last_modified: str
    extractor: str = Field(description="What made text of it.", examples=["plumbline-html/3"])
    raw_hash: str = Field(description="sha256 of the bytes as fetched.")
    published: str = Field(description="When the source says it was published; empty if it does not.")
    flags: list[str] = Field(
        description="What was found in the text and what became of it.", examples=[["masked email 2"]]
    )


class FactOut(Out):
    """Something that happened to a document."""

    at: str
    kind: str = Field(examples=["built"])
    facts: dict[str, Any]


class LineageOut(Out):
    """A document's record without its text, and its history."""

    id: str
    source_id: str
    url: str
    title: str
    content_hash: str
    version: int
    language: str
    media_type: str = Field(examples=["text/html"])
    access: list[str]
    aliases: list[str]
    deleted: bool
    characters: int = Field(description="Length of its text, code points.")
    provenance: ProvenanceOut
    history: list[FactOut] = Field(description="The ledger's facts about it, newest first.")


@router.get("/documents/{document_id}", responses=problems("not-found"))
def show_lineage(
    document_id: Annotated[str, Path(max_length=64, description="Id of a document.")],
    api: TheApi,
    caller: Administrator,  # noqa: ARG001 - the role is what counts
) -> LineageOut:
    """Show where a document came from (addresses, crawl, validators, hashes, extractor) and what became of it."""
    return LineageOut.model_validate(api.admin.lineage(document_id))
