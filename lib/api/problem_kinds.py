"""The kinds of problems that the API answers with, each with what it means and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of problem; `/api/docs` explains each under the anchor that `type` names."""

    slug: str
    status: int
    title: str
    advice: str
    """What it means and what to do, for the reference."""

    @property
    def type(self) -> str:
        """Stable identifier: a path of this app that leads to the explanation."""
        return f"/api/docs#problem-{self.slug}"


_ALL = (
    Kind(
        slug="malformed-body",
        status=400,
        title="The body is not JSON",
        advice="Send one JSON object in UTF-8; `detail` says where it breaks.",
    ),
    Kind(
        slug="unauthenticated",
        status=401,
        title="Sign in first",
        advice=(
            "The platform's authentication did not say who is calling. In Azure, turn on App Service "
            "authentication and send its token; without it the app answers nothing else to anybody."
        ),
    ),
    Kind(
        slug="forbidden",
        status=403,
        title="Not with your role",
        advice="The caller lacks the role that `detail` names; an administrator assigns it.",
    ),
    Kind(
        slug="cross-site",
        status=403,
        title="Another site's page may not do this",
        advice=(
            "A browser sent this request for a page of another site. Call from the app's own page, from a server, "
            "or set BASE_URL if people reach the app under that address."
        ),
    ),
    Kind(
        slug="not-found",
        status=404,
        title="Not found",
        advice="There is no such thing, or the caller may not know that there is. Check the address.",
    ),
    Kind(
        slug="unknown-source",
        status=404,
        title="No such source",
        advice=(
            "An id in `source_ids`, or in the address, is not in the sources file. `unknown` and `known` list the ids."
        ),
    ),
    Kind(
        slug="method-not-allowed",
        status=405,
        title="Not with this method",
        advice="The address exists; the header `Allow` lists its methods.",
    ),
    Kind(
        slug="not-acceptable",
        status=406,
        title="Not in that format",
        advice="Accept `application/json` or `text/event-stream`.",
    ),
    Kind(
        slug="conflict",
        status=409,
        title="Not in this state",
        advice="It cannot be done now; `detail` says what stands in the way.",
    ),
    Kind(
        slug="content-filtered",
        status=422,
        title="A content filter refused it",
        advice="The model's content filter blocked the question: reword it.",
    ),
    Kind(
        slug="gone",
        status=410,
        title="Deleted",
        advice="It existed and was deleted at its source; its text is not kept.",
    ),
    Kind(
        slug="too-large",
        status=413,
        title="Too large",
        advice="Bodies may have 1 MB, pushed documents 8 MB. Send less, or in several requests.",
    ),
    Kind(
        slug="unsupported-media-type",
        status=415,
        title="Not JSON",
        advice="Send the header `Content-Type: application/json`.",
    ),
    Kind(
        slug="foreign-host",
        status=421,
        title="Not under this name",
        advice=(
            "On a laptop the app answers to localhost and to the host of BASE_URL only, so that no web page can "
            "reach it through a name of its own (DNS rebinding)."
        ),
    ),
    Kind(
        slug="invalid-request",
        status=422,
        title="Something in the request is wrong",
        advice="`errors` names each field, what is wrong with it and how to put it right.",
    ),
    Kind(
        slug="internal",
        status=500,
        title="Something went wrong here",
        advice="A fault of ours. The log has it under `trace_id`; trying again may work, reporting it will help.",
    ),
    Kind(
        slug="misconfigured",
        status=500,
        title="This installation needs care",
        advice="A part of the installation is missing or damaged; `python3 dev.py doctor` and the log say which.",
    ),
    Kind(
        slug="throttled",
        status=503,
        title="Busy",
        advice="A model or service asked for a pause. Try again after the header `Retry-After`, seconds.",
    ),
    Kind(
        slug="unreachable",
        status=503,
        title="A part does not answer",
        advice="A model, store or site did not answer. Try again; /api/health/ready says more.",
    ),
    Kind(
        slug="storage-full",
        status=503,
        title="No room to write",
        advice="The disk or database is full; nothing was written. Make room, then try again.",
    ),
    Kind(
        slug="try-again",
        status=503,
        title="Not yet",
        advice="Something is still being written. Try again after the header `Retry-After`, seconds.",
    ),
)
KINDS = {kind.slug: kind for kind in _ALL}
"""By slug."""
