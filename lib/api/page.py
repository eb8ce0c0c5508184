"""GET /: the page, and its files under /web/."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from lib.api.auth import Reader, TheApi
from lib.api.html import conditional

router = APIRouter(include_in_schema=False)

_MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""Named here, because what a system's own table says of .js may be wrong (Windows)."""


@router.api_route("/", methods=["GET", "HEAD"])
def read_page(request: Request, api: TheApi, caller: Reader) -> Response:  # noqa: ARG001 - the role is what counts
    """Serve the page."""
    return _serve(request, api.web_dir, "index.html")


@router.api_route("/web/{path:path}", methods=["GET", "HEAD"])
def read_file(path: str, request: Request, api: TheApi, caller: Reader) -> Response:  # noqa: ARG001
    """Serve a file of the page."""
    return _serve(request, api.web_dir, path)


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
async def read_icon() -> Response:
    """Point programs that ask for the old icon to ours."""
    return RedirectResponse("/web/favicon.svg", status_code=308)


def _serve(request: Request, folder: Path, path: str) -> Response:
    try:
        file = (folder / path).resolve()
        known = file.is_relative_to(folder.resolve()) and file.suffix in _MEDIA_TYPES and file.is_file()
    except (OSError, ValueError):  # a NUL, a name too long
        known = False
    if not known:
        raise HTTPException(404)
    return conditional(request, file.read_bytes(), media_type=_MEDIA_TYPES[file.suffix])
