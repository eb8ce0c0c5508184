"""What goes over the wire: bodies that are taken, answers that are given."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from lib.domain.documents import MAX_TEXT_CHARS

_LINE_ENDS = re.compile(r"\r\n?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HALVES = re.compile(r"[\ud800-\udfff]")
_VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f]"
"""Something must be left once white space and control characters are gone."""


def clean(value: Any) -> Any:
    """
    Take control characters (but tabs and line ends) and surrounding white space out of a text.

    Raises: ValueError for halves of surrogate pairs, which no UTF-8 can hold.
    """
    if not isinstance(value, str):
        return value
    if _HALVES.search(value):
        raise ValueError("it is not valid Unicode text: remove the unpaired surrogates (\\ud800 to \\udfff)")
    return _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", value)).strip()


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 5.0 is 5."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Question = Annotated[
    str,
    Field(min_length=1, max_length=4_000, json_schema_extra={"pattern": _VISIBLE}),
    BeforeValidator(clean),  # last: it runs first
]
SourceIds = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=63)]] | None,
    Field(
        min_length=1,
        max_length=100,
        description="Search only these sources. Left out: all of them.",
        examples=[["manual"]],
    ),
]


class Body(BaseModel):
    """A request body: unknown fields and wrong types are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SearchBody(Body):
    """A search."""

    query: Question = Field(description="What to look for, in words.", examples=["how fast is a change searchable"])
    top: Annotated[int, BeforeValidator(_whole)] = Field(
        default=5, ge=1, le=50, description="How many passages at most."
    )
    source_ids: SourceIds = None


class AskBody(Body):
    """A question."""

    question: Question = Field(description="The question.", examples=["What happens when a page is deleted?"])
    conversation_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")] | None = Field(
        default=None,
        description="Goes on with a conversation: the `conversation_id` of an earlier answer. Left out: a new one.",
    )
    source_ids: SourceIds = None


class FeedbackBody(Body):
    """What a reader thought of an answer."""

    feedback: Literal["up", "down"] = Field(description="Helpful or not.")
    comment: Annotated[str, Field(max_length=2_000), BeforeValidator(clean)] = Field(
        default="", description="Why, in words."
    )


class PushBody(Body):
    """A document from another system."""

    title: Annotated[str, Field(max_length=1_000), BeforeValidator(clean)] = Field(
        default="", description="Title; empty: the document's key.", examples=["Parental leave"]
    )
    text: Annotated[
        str,
        Field(min_length=1, max_length=MAX_TEXT_CHARS, json_schema_extra={"pattern": _VISIBLE}),
        BeforeValidator(clean),
    ] = Field(description="The whole text.", examples=["# Parental leave\n\nEvery parent may take 16 weeks."])
    media_type: Literal["text/markdown", "text/plain", "text/html"] = Field(
        default="text/markdown", description="What `text` is. HTML is reduced to its main text."
    )
    url: Annotated[str, Field(max_length=2_000, pattern=r"^(https?://[!-~]+)?$")] = Field(
        default="",
        description="Where people find it; citations link there.",
        examples=["https://intranet.example/leave"],
    )
    language: Annotated[str, Field(pattern=r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$", max_length=35)] = Field(
        default="", description="BCP 47.", examples=["en"]
    )
    access: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,126}$")]] = Field(
        default_factory=list, max_length=100, description="Groups that may read it; empty: those of the source."
    )


LetterIds = list[Annotated[str, StringConstraints(min_length=1, max_length=64)]]


class SourcesBody(Body):
    """A list of sources to keep."""

    yaml: str = Field(
        min_length=1,
        max_length=400_000,
        description="The list in the form of `sources.yaml`.",
        examples=['sources:\n  - id: handbook\n    kind: website\n    start: ["https://example.com/handbook/"]\n'],
    )


class ReplayBody(Body):
    """Dead letters to send back."""

    ids: LetterIds | None = Field(
        default=None,
        min_length=1,
        max_length=1_000,
        description="Their ids, from GET /api/admin/dead-letters. Left out: all of them.",
    )


class DiscardBody(Body):
    """Dead letters to forget."""

    ids: LetterIds = Field(min_length=1, max_length=1_000, description="Their ids, from GET /api/admin/dead-letters.")


class HeldBody(Body):
    """Held items to release or to discard."""

    ids: LetterIds = Field(
        min_length=1,
        max_length=100,
        description="Their ids, from GET /api/admin/held.",
        examples=[["h0123456789abcdef0123456789abcdef"]],
    )


class Out(BaseModel):
    """A response body."""

    model_config = ConfigDict(from_attributes=True)


class HitOut(Out):
    """A passage."""

    chunk_id: str
    document_id: str
    document_version: int = Field(description="The version that the passage is from.")
    source_id: str
    url: str = Field(description="The live page.")
    title: str
    heading: str = Field(description="The headings above the passage, outermost first, joined by ` > `.")
    text: str = Field(description="Exactly the characters `start` to `end` of that version.")
    start: int = Field(description="Code points.")
    end: int
    fetched_at: str = Field(description="When that version was fetched: UTC, ISO 8601.")
    score: float = Field(description="Greater is better; comparable within one response only.")


class SearchOut(Out):
    """Passages, best first."""

    hits: list[HitOut]
    took_ms: float


class CitationOut(Out):
    """Where a statement comes from: an exact span of an exact version."""

    marker: int = Field(description="The `n` of `[n]` in the answer.")
    url: str = Field(description="The live page.")
    title: str
    heading: str
    quote: str = Field(description="Exactly the characters `start` to `end` of that version.")
    document_id: str
    document_version: int
    start: int = Field(description="Code points.")
    end: int
    fetched_at: str = Field(description="UTC, ISO 8601.")


class UsageOut(Out):
    """What the answer cost, in tokens."""

    embedding_tokens: int
    prompt_tokens: int
    completion_tokens: int


class AnswerOut(Out):
    """An answer whose citations were checked against the documents, or a refusal without any."""

    answer_id: str
    conversation_id: str = Field(description="Send it with the next question to go on.")
    answer: str = Field(description="Markdown with markers `[n]`, one citation for each.")
    answer_html: str = Field(description="The same as safe HTML; markers are links to their citation.")
    citations: list[CitationOut]
    refused: bool = Field(description="True if the documents do not support an answer; then there are no citations.")
    extractive: bool = Field(description="True if answers are made of quotes only.")
    model: str
    note: str = Field(description="One sentence on the model for readers; may be empty.")
    usage: UsageOut
    took_ms: float


class DocumentOut(Out):
    """The stored text of one version."""

    document_id: str
    version: int
    title: str
    url: str = Field(description="The live page; may be empty for pushed documents.")
    text: str = Field(description="Normalised Markdown; offsets of citations count its code points.")
    fetched_at: str
    source_id: str
    cleaner: str = Field(description="Version of the cleaner that made the text.")
    language: str = ""


class PublishedOut(Out):
    """What became of a pushed document."""

    document_id: str
    version: int = Field(description="The version that answers; 0 if none does.")
    changed: bool = Field(description="False if nothing was written: it was the same already, or is held back.")
    held: str = Field(description="Id of the held item, if it was held back; else empty.", examples=[""])
