"""GET /api/documents/{id}: the stored text that a citation names."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from lib.api.auth import Reader, TheApi
from lib.api.contract import problems
from lib.api.problems import ProblemError
from lib.api.schemas import DocumentOut
from lib.errors import Forbidden

router = APIRouter(tags=["Documents"])

DocumentId = Annotated[
    str,
    Path(max_length=64, description="Id of the document.", examples=["d0123456789abcdef0123456789abcdef"]),
]


@router.get("/api/documents/{document_id}", responses=problems("not-found", "gone"))
def read_document(
    document_id: DocumentId,
    api: TheApi,
    caller: Reader,
    version: Annotated[int | None, Query(ge=1, lt=2**53, description="A version. Left out: the live one.")] = None,
    cleaner: Annotated[str | None, Query(min_length=1, max_length=64, description="Version of the cleaner.")] = None,
) -> DocumentOut:
    """
    Read the text of a version, so that a citation still opens after its source has changed.

    Who may open it is decided by the document as it is now: a deleted one is gone (410), whatever the version.
    """
    try:
        snapshot = api.read_snapshot(document_id, version=version, cleaner=cleaner, caller=caller)
    except Forbidden as error:  # whether it exists is nobody's business who may not read it
        raise ProblemError("not-found", f"There is no document {document_id!r} that you may read.") from error
    return DocumentOut.model_validate(snapshot)
