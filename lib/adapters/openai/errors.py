"""Errors of the openai package, as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import openai

from lib.errors import BadInput, Permanent, Throttled, Unreachable


@contextmanager
def translated(what: str, endpoint: str) -> Iterator[None]:
    """Raise our errors for theirs: Throttled, Unreachable (time-outs, 5xx), BadInput (4xx), Permanent."""
    try:
        yield
    except openai.RateLimitError as error:
        raise Throttled(f"{what} at {endpoint} is throttled", retry_after_s=_retry_after(error)) from error
    except (openai.APITimeoutError, openai.APIConnectionError) as error:
        raise Unreachable(f"{what} at {endpoint} does not answer: is it running, is the URL right?") from error
    except openai.InternalServerError as error:
        raise Unreachable(f"{what} at {endpoint} failed with status {error.status_code}") from error
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise Permanent(f"{what} at {endpoint} refused our key: check the API key setting") from error
    except openai.NotFoundError as error:
        raise Permanent(f"{what} at {endpoint} does not know this model or path: {error.message}") from error
    except openai.APIStatusError as error:
        raise BadInput(f"{what} at {endpoint} refused the request: {error.message}") from error
    except openai.OpenAIError as error:
        raise Permanent(f"{what} at {endpoint}: {error}") from error


def _retry_after(error: openai.RateLimitError) -> float:
    try:
        return max(1.0, float(error.response.headers.get("retry-after", "10")))
    except ValueError:
        return 10.0
