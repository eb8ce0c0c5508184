"""Queue messages: ids, never text; JSON, under 48 KiB."""

import json
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from lib.errors import BadInput

FEATURES_QUEUE = "features"
CRAWL_QUEUE = "crawl"
POISON = "-poison"


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_: Literal[1] = Field(default=1, alias="schema")
    traceparent: str = Field(default="", max_length=200)

    def to_json(self) -> str:
        """Write the body of the queue message."""
        return self.model_dump_json(by_alias=True, exclude_none=True)


_M = TypeVar("_M", bound=_Message)


class BuildMessage(_Message):
    """Build the features of a document that is at this version, or a newer one."""

    document_id: str = Field(pattern=r"^d[0-9a-f]{32}$")
    version: int = Field(ge=1)
    feature_set: str | None = Field(default=None, pattern=r"^fs[0-9a-f]{10}$")
    """Only this feature set; none means all that are in use."""
    attempts: int = Field(default=0, ge=0)
    """How often it was put off because a service was slow (that is no failure)."""
    first_enqueued_at: str = ""


class CrawlMessage(_Message):
    """Go on with a crawl."""

    source_id: str = Field(min_length=1, max_length=100)
    crawl_id: str = Field(min_length=1, max_length=64)
    slice: int = Field(ge=0)


def parse_build(body: bytes | str) -> BuildMessage:
    """Read a `features` message. Raises: BadInput if it is none."""
    return _parse(BuildMessage, body)


def parse_crawl(body: bytes | str) -> CrawlMessage:
    """Read a `crawl` message. Raises: BadInput if it is none."""
    return _parse(CrawlMessage, body)


def carried_traceparent(body: bytes | str) -> str:
    """Read the trace that a message belongs to; empty if it belongs to none, or is no message at all."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    carried = found.get("traceparent") if isinstance(found, dict) else None
    return carried if isinstance(carried, str) else ""


def _parse(kind: type[_M], body: bytes | str) -> _M:
    try:
        return kind.model_validate_json(body)
    except ValueError as error:
        raise BadInput(f"not a {kind.__name__}: {error}") from error
