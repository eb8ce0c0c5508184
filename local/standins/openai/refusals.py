"""How the service says no."""

from typing import Any

from starlette.responses import JSONResponse


class Refused(Exception):
    """A request is refused with a status and a code."""

    def __init__(
        self, status: int, code: str | None, message: str, *, param: str | None = None, more: Any = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "type": "invalid_request_error", "param": param, "code": code, **(more or {})}

    def response(self) -> JSONResponse:
        """The answer to the caller."""
        return JSONResponse({"error": self.body}, self.status)


def filtered() -> Refused:
    """The content filter blocked what was sent."""
    results = {"hate": {"filtered": True, "severity": "high"}, "violence": {"filtered": False, "severity": "safe"}}
    return Refused(
        400,
        "content_filter",
        "The response was filtered due to the prompt triggering the content management policy.",
        param="prompt",
        more={"innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": results}},
    )


def not_deployed(name: object) -> Refused:
    """No such deployment."""
    return Refused(404, "DeploymentNotFound", f"The API deployment {name!r} for this resource does not exist.")


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Refused:
    """A wrong request."""
    return Refused(400, code, message, param=param)
