"""PUT and DELETE /api/admin/sources/{id}/documents/{key}: any system can feed documents into a `push` source."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator

from lib.api.api import Api
from lib.api.auth import Administrator, TheApi
from lib.api.contract import JsonRoute, problems
from lib.api.problems import ProblemError
from lib.api.schemas import PublishedOut, PushBody, clean
from lib.api.search import known_sources
from lib.domain.sources import Source
from lib.errors import BadInput
from lib.pipelines.push import PushedDocument

router = APIRouter(tags=["Push"], route_class=JsonRoute)

SourceId = Annotated[str, Path(max_length=63, description="Id of a source of kind `push`.", examples=["intranet"])]
_CLEAN_KEY = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"


def _checked(key: str) -> str:
    if clean(key) != key:
        raise ValueError("it has control characters, or white space around it: send it without")
    return key


Key = Annotated[
    str,
    Path(
        min_length=1,
        max_length=500,
        description="The document's key in its own system; may contain slashes.",
        examples=["policies/leave"],
        json_schema_extra={"pattern": _CLEAN_KEY},
    ),
    AfterValidator(_checked),
]
_PATH = "/api/admin/sources/{source_id}/documents/{key:path}"


@router.put(_PATH, responses=problems("unknown-source", "conflict"))
def publish(source_id: SourceId, key: Key, body: PushBody, api: TheApi, caller: Administrator) -> PublishedOut:  # noqa: ARG001
    """
    Write a document, or its next version; the same document again changes nothing.

    It is durable when this returns, and searchable moments later. Where its source holds back what reads like
    instructions to a model, and this does, `held` names the item that waits for a decision, and nothing is written.
    """
    source = _push_source(api, source_id)
    text, title, media_type = body.text, body.title, body.media_type
    if media_type == "text/html":
        page = api.extract_html(text, body.url or f"{api.settings.base_url}/")
        text, title = page.text, title or page.title
        if not text.strip():
            raise BadInput("text: nothing but markup is left of this HTML: send the page's main text")
    document = PushedDocument(
        title=title,
        text=text,
        url=body.url,
        language=body.language,
        access=tuple(body.access),
        media_type=media_type,
    )
    return PublishedOut.model_validate(api.publish(document, source=source, key=key))


@router.delete(_PATH, responses=problems("unknown-source", "not-found", "conflict"))
def withdraw(source_id: SourceId, key: Key, api: TheApi, caller: Administrator) -> PublishedOut:  # noqa: ARG001
    """Delete a document: it stops answering at once, and its chunks leave the index moments later."""
    return PublishedOut.model_validate(api.withdraw(_push_source(api, source_id), key))


def _push_source(api: Api, source_id: str) -> Source:
    known_sources(api, [source_id])
    source = api.sources().get(source_id)
    assert source is not None
    if source.kind != "push":
        detail = f"Source {source_id!r} is of kind {source.kind!r}: only `push` sources take documents from outside."
        raise ProblemError("conflict", detail)
    return source
