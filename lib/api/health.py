"""GET /api/health/...: for probes and for people who look for what is broken."""

import logging

from fastapi import APIRouter, Request, Response

from lib.api.auth import TheApi
from lib.api.problems import trace_id
from lib.api.reports import Live, PortHealth, Ready

logger = logging.getLogger(__name__)
router = APIRouter(tags=["Operations"], prefix="/api/health")


@router.get("/live")
def live() -> Live:
    """Say that the process runs."""
    return Live(status="ok")


@router.get("/ready", responses={503: {"model": Ready, "description": "A port cannot work; its reason is given."}})
def ready(request: Request, response: Response, api: TheApi) -> Ready:
    """Check every port. Reasons are shown to operators; a probe that is not signed in sees which port fails."""
    candid = "Operator" in request.scope["state"]["caller"].roles
    ports: dict[str, PortHealth] = {}
    for name, check in api.ready.items():
        try:
            check()
            ports[name] = PortHealth(ok=True, reason="")
        except Exception as error:  # noqa: BLE001 - a check may fail in any way; that is what it is for
            logger.warning("not ready port=%s trace=%s reason=%s", name, trace_id(request.scope), error)
            ports[name] = PortHealth(ok=False, reason=f"{type(error).__name__}: {error}" if candid else "see the log")
    fine = all(port.ok for port in ports.values())
    response.status_code = 200 if fine else 503
    return Ready(status="ok" if fine else "failing", ports=ports)
