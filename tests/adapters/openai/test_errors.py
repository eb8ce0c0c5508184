"""Every error of the openai package has its place."""

import email.utils
import inspect
import time

import httpx2
import openai
import pytest
from openai import _exceptions

from lib.adapters.openai.errors import TABLE, maker_of, retry_after_s, translated
from lib.errors import BadInput, ContentFiltered, Permanent, Throttled, Transient, Unreachable

SECRET = "what the document says"
STATUSES = {
    openai.BadRequestError: (400, BadInput),
    openai.AuthenticationError: (401, Permanent),
    openai.OAuthError: (401, Permanent),
    openai.PermissionDeniedError: (403, Permanent),
    openai.NotFoundError: (404, Permanent),
    openai.ConflictError: (409, Unreachable),
    openai.UnprocessableEntityError: (422, BadInput),
    openai.RateLimitError: (429, Throttled),
    openai.InternalServerError: (500, Unreachable),
    openai.APIStatusError: (408, Unreachable),
}


NOT_USED = {"SubjectTokenProviderError"}
"""A way to sign in that is not ours."""


def classes():
    """What the SDK's module of exceptions defines, those that it keeps to itself too."""
    found = (kind for _, kind in inspect.getmembers(_exceptions, inspect.isclass))
    return [kind for kind in found if issubclass(kind, openai.OpenAIError) and kind is not openai.OpenAIError]


def made(kind, status):
    request = httpx2.Request("POST", "https://models.test/v1")
    return kind(SECRET, response=httpx2.Response(status, request=request), body={"message": SECRET})


def test_every_class_is_in_the_table_by_itself_or_by_a_base():
    found = classes()

    assert len(found) >= 18
    assert {kind.__name__ for kind in found if maker_of(kind) not in TABLE.values()} == NOT_USED


def test_every_error_with_a_status_is_tested():
    assert {kind for kind in classes() if issubclass(kind, openai.APIStatusError)} <= set(STATUSES)


@pytest.mark.parametrize("kind", STATUSES)
def test_an_error_becomes_ours_with_its_cause_and_without_its_words(kind):
    status, expected = STATUSES[kind]
    error = (
        kind(response=httpx2.Response(status, request=httpx2.Request("POST", "https://models.test")), body=None)
        if kind is openai.OAuthError
        else made(kind, status)
    )

    with (
        pytest.raises(expected, match=r"the model at https://models\.test") as caught,
        translated("the model", "https://models.test"),
    ):
        raise error

    assert caught.value.__cause__ is error
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("content_filter", ContentFiltered), ("rate_limit_exceeded", Throttled), ("server_error", Unreachable)],
)
def test_an_error_inside_a_stream_goes_by_its_code(code, expected):
    error = openai.APIError(SECRET, httpx2.Request("POST", "https://models.test"), body={"code": code})

    with pytest.raises(expected), translated("the model", "x"):
        raise error


def test_what_is_not_known_is_permanent():
    class Newer(openai.OpenAIError):
        pass

    with pytest.raises(Permanent, match="Newer"), translated("the model", "x"):
        raise Newer(SECRET)


def test_errors_of_ours_pass():
    with pytest.raises(Transient, match="ours"), translated("the model", "x"):
        raise Transient("ours")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "3600"}, 3_600),
        ({"retry-after": "2", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"}, None),
    ],
)
def test_the_wait_that_a_service_asks_for_is_read(headers, expected):
    assert retry_after_s(httpx2.Headers(headers)) == expected


def test_the_wait_may_be_a_date():
    header = email.utils.formatdate(time.time() + 200, usegmt=True)

    assert retry_after_s({"retry-after": header}) == pytest.approx(200, abs=5)
