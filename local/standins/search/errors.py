"""How the service says no: recorded bodies."""

from typing import Any


class Refused(Exception):
    """An answer that is an error. Errors of queries have an empty code."""

    def __init__(self, status: int, message: str, *, code: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """The body, with details where the service gives them."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail:
            error["details"] = [{"code": self.detail, "message": self.message}]
        return {"error": error}


def bad_filter(problem: str) -> Refused:
    """A filter that cannot be read, or that asks for what the stand-in does not know."""
    return Refused(400, f"Invalid expression: {problem}\r\nParameter name: $filter")


def no_index(name: str) -> Refused:
    """There is no index or alias of this name."""
    return Refused(404, f"The index '{name}' for service 'stand-in' was not found.")


def no_alias(name: str) -> Refused:
    """There is no such alias."""
    message = (
        "The index alias needs to be a valid alias. "
        f"Alias \u2013 '{name}' cannot be found within the search service \u2013 'stand-in'."
    )
    return Refused(404, message, code="OperationNotAllowed", detail="IndexAliasNotFoundInService")
