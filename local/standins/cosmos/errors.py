"""Errors as Cosmos DB answers them: a status, sometimes a sub-status, and a JSON body with code and message."""

from typing import Final

CODES: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    424: "FailedDependency",
}
PARTITION_KEY_MISMATCH: Final = 1001
READ_SESSION_NOT_AVAILABLE: Final = 1002
OWNER_NOT_FOUND: Final = 1003
CROSS_PARTITION: Final = 1004
CONTAINER_RID_MISMATCH: Final = 1024
NOT_AUTHORIZED: Final = 5300


class CosmosError(Exception):
    """
    An answer that is an error.

    more: further fields of the body, as `additionalErrorInfo` (the query plan beside sub-status 1004).
    """

    def __init__(self, status: int, message: str, *, sub_status: int | None = None, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.sub_status = sub_status
        self.more = more


def bad_request(message: str, *, sub_status: int | None = None) -> CosmosError:
    return CosmosError(400, message, sub_status=sub_status)


def item_not_found() -> CosmosError:
    return CosmosError(404, "Entity with the specified id does not exist in the system.")


def owner_not_found(what: str) -> CosmosError:
    """The database or the container that a request goes through is missing."""
    return CosmosError(404, f"Owner resource does not exist: {what}", sub_status=OWNER_NOT_FOUND)


def already_exists() -> CosmosError:
    return CosmosError(409, "Entity with the specified id already exists in the system.")


def precondition_failed() -> CosmosError:
    return CosmosError(412, "Operation cannot be performed because one of the specified precondition is not met.")


def too_large() -> CosmosError:
    return CosmosError(413, "Request size is too large")
