"""Which service a path belongs to, and what its errors look like."""

from starlette.responses import JSONResponse

_PREFIXES = {
    "/openai": "openai",
    "/indexes": "search",
    "/aliases": "search",
    "/servicestats": "search",
    "/msi": "identity",
    "/standins": "",
}
_CODES = {401: "Unauthorized", 429: "TooManyRequests", 503: "ServiceUnavailable"}


def service_of(path: str) -> str:
    """`openai`, `search`, `identity` or `cosmos` (all that is left); empty for what is no service."""
    return next((service for prefix, service in _PREFIXES.items() if path.startswith(prefix)), "cosmos")


def error_response(service: str, status: int, message: str) -> JSONResponse:
    """An error in the shape of a service."""
    if service == "cosmos":
        return JSONResponse({"code": _CODES.get(status, "BadRequest"), "message": message}, status)
    if service == "search":
        return JSONResponse({"error": {"code": "", "message": message}}, status)
    if service == "identity":
        return JSONResponse({"statusCode": status, "message": message}, status)
    return JSONResponse({"error": {"code": str(status), "message": message, "type": None, "param": None}}, status)
