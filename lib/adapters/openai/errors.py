"""
Errors of the openai package, as ours.

Messages hold status, code and parameter, never what the service wrote: some services repeat the text they were sent.
"""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx2
import openai

from lib.domain.times import parse_date
from lib.errors import BadInput, ContentFiltered, Permanent, PlumblineError, Throttled, Unreachable

DEFAULT_RETRY_AFTER_S = 10.0
LEAST_RETRY_AFTER_S = 1.0
_TOO_LONG = re.compile(r"maximum (context|input) length|tokens per request|too many tokens", re.IGNORECASE)

Maker = Callable[[openai.OpenAIError, str], PlumblineError]
"""Makes our error of theirs and of who failed (`the chat model at https://...`)."""


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as a service asks (`retry-after-ms`, or `Retry-After` in seconds or as a date); None: no word."""
    for name, divisor in (("retry-after-ms", 1_000), ("retry-after", 1)):
        try:
            wait = float(headers.get(name, "")) / divisor
        except ValueError:
            continue
        if math.isfinite(wait) and wait >= 0:
            return wait
    date = parse_date(headers.get("retry-after", ""))
    return max(0.0, date.timestamp() - time.time()) if date else None


def is_too_long(error: PlumblineError) -> bool:
    """Whether a request was refused because its texts have more tokens than the model, or one request, may have."""
    cause = error.__cause__
    if not isinstance(cause, openai.APIStatusError):
        return False
    return cause.code == "context_length_exceeded" or bool(_TOO_LONG.search(cause.message))


@contextmanager
def translated(what: str, endpoint: str) -> Iterator[None]:
    """Raise our errors for theirs: Throttled, Unreachable (time-outs, 5xx), BadInput (4xx), Permanent."""
    who = f"{what} at {endpoint}"
    try:
        yield
    except openai.OpenAIError as error:
        raise maker_of(type(error))(error, who) from error
    except httpx2.TransportError as error:  # a stream that breaks is not wrapped by the SDK
        raise Unreachable(f"{who} broke off ({type(error).__name__})") from error


def maker_of(kind: type[openai.OpenAIError]) -> Maker:
    """The entry of the table for a class, or for the nearest of its bases; Permanent for what is not there."""
    return next((TABLE[base] for base in kind.__mro__ if base in TABLE), _unknown)


def _throttled(error: openai.OpenAIError, who: str) -> PlumblineError:
    wait = retry_after_s(error.response.headers) if isinstance(error, openai.APIStatusError) else None
    wait = DEFAULT_RETRY_AFTER_S if wait is None else wait
    return Throttled(f"{who} is throttled", retry_after_s=max(LEAST_RETRY_AFTER_S, wait))


def _silent(_: openai.OpenAIError, who: str) -> PlumblineError:
    return Unreachable(f"{who} does not answer: is it running, is the URL right?")


def _failed(error: openai.OpenAIError, who: str) -> PlumblineError:
    return Unreachable(f"{who} failed{_details(error)}")


def _not_allowed(error: openai.OpenAIError, who: str) -> PlumblineError:
    return Permanent(
        f"{who} refused us{_details(error)}: check the API key setting; with an identity, give it the role "
        "'Cognitive Services OpenAI User' on the resource, and check the scope of its token"
    )


def _not_found(error: openai.OpenAIError, who: str) -> PlumblineError:
    return Permanent(f"{who} does not know this model (in Azure: deployment) or path{_details(error)}")


def _refused(error: openai.OpenAIError, who: str) -> PlumblineError:
    status = getattr(error, "status_code", 400)
    if getattr(error, "code", None) == "content_filter":
        return ContentFiltered(f"the content filter of {who} blocked what was sent")
    return _failed(error, who) if status == 408 else BadInput(f"{who} refused the request{_details(error)}")


def _in_stream(error: openai.OpenAIError, who: str) -> PlumblineError:
    """An error event inside a stream: it has no status, at most a code."""
    code = getattr(error, "code", None)
    if code == "content_filter":
        return _refused(error, who)
    return _throttled(error, who) if code in {"429", "rate_limit_exceeded"} else _failed(error, who)


def _cut_short(_: openai.OpenAIError, who: str) -> PlumblineError:
    return Permanent(f"{who} stopped at its length limit: allow more tokens, or ask for less")


def _blocked(_: openai.OpenAIError, who: str) -> PlumblineError:
    return ContentFiltered(f"the content filter of {who} blocked the answer")


def _unusable(_: openai.OpenAIError, who: str) -> PlumblineError:
    return Permanent(f"{who} answered what the API does not know: is the URL that of an OpenAI-compatible API?")


def _unknown(error: openai.OpenAIError, who: str) -> PlumblineError:
    return Permanent(f"{who} cannot be used ({type(error).__name__})")


def _details(error: openai.OpenAIError) -> str:
    names = {"status": "status_code", "code": "code", "param": "param"}
    found = [f"{name} {value}" for name, key in names.items() if (value := getattr(error, key, None)) is not None]
    return f" ({', '.join(found)})" if found else ""


TABLE: dict[type[openai.OpenAIError], Maker] = {
    openai.RateLimitError: _throttled,
    openai.APIConnectionError: _silent,
    openai.InternalServerError: _failed,
    openai.ConflictError: _failed,
    openai.AuthenticationError: _not_allowed,
    openai.PermissionDeniedError: _not_allowed,
    openai.NotFoundError: _not_found,
    openai.APIStatusError: _refused,
    openai.APIResponseValidationError: _unusable,
    openai.APIError: _in_stream,
    openai.LengthFinishReasonError: _cut_short,
    openai.ContentFilterFinishReasonError: _blocked,
    openai.WebSocketConnectionClosedError: _silent,
    openai.WebSocketQueueFullError: _silent,
}
"""Every class of theirs stands here, by itself or by a base of its own; a test walks them."""
