"""GET /api/status: how the pipelines are doing."""

from fastapi import APIRouter

from lib.api.auth import Operator, TheApi
from lib.api.reports import StatusReport

router = APIRouter(tags=["Operations"])


@router.get("/api/status")
def status(api: TheApi, caller: Operator) -> StatusReport:  # noqa: ARG001 - the role is what counts
    """Documents, passages, queues, freshness and the newest crawl of every source."""
    return StatusReport.model_validate(api.status())
