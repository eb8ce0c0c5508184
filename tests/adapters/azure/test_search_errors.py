"""No error of the SDK leaves the search adapter as it is."""

import azure.identity
import azure.search.documents
import pytest
from azure.core import exceptions
from azure.core.exceptions import AzureError, HttpResponseError

from lib import errors
from lib.adapters.azure.search_errors import CLASSES, STATUSES, failed_documents, ours, retry_after_s, translated
from lib.errors import BadInput, Permanent, PlumblineError, StorageFull, Throttled, Transient, Unreachable


def family(base):
    return {base, *(found for child in base.__subclasses__() for found in family(child))}


KNOWN = sorted(
    (
        found
        for found in {*family(AzureError), exceptions.SerializationError, exceptions.DeserializationError}
        if found.__module__.startswith(("azure.core.exceptions", "azure.search", "azure.identity"))
    ),
    key=lambda found: (found.__module__, found.__name__),
)


def test_the_families_are_really_there():
    names = {found.__name__ for found in KNOWN}

    assert {"RequestEntityTooLargeError", "CredentialUnavailableError", "ServiceResponseTimeoutError"} <= names
    assert azure.search.documents.RequestEntityTooLargeError in KNOWN
    assert azure.identity.CredentialUnavailableError in KNOWN


@pytest.mark.parametrize("found", KNOWN, ids=lambda found: found.__name__)
def test_every_error_of_the_sdk_is_in_the_table(found):
    if found is AzureError:
        return  # the base is never raised itself

    assert any(ancestor in CLASSES or ancestor is HttpResponseError for ancestor in found.__mro__)


@pytest.mark.parametrize("found", KNOWN, ids=lambda found: found.__name__)
def test_every_error_of_the_sdk_leaves_as_ours_with_its_cause(found):
    error = found.__new__(found)  # their constructors want responses of all kinds

    with pytest.raises(PlumblineError, match="index 'x'") as caught, translated("index 'x'"):
        raise error

    assert caught.value.__cause__ is error
    assert isinstance(caught.value, Transient | Permanent)


class Response:
    reason = "for a test"

    def __init__(self, status, **headers):
        self.status_code = status
        self.headers = headers

    def text(self):
        return ""


def answered(status, message="", **headers):
    error = HttpResponseError(message=message, response=Response(status, **headers))
    return ours(error, what="index 'x'", role="a role")


@pytest.mark.parametrize("status", [*STATUSES, 405, 410, 500, 502, 504, 599])
def test_every_status_is_one_of_our_errors(status):
    expected = {
        400: BadInput, 401: Permanent, 403: Permanent, 404: errors.NotFound, 405: BadInput, 408: Unreachable,
        409: Unreachable, 410: BadInput, 412: errors.Conflict, 413: BadInput, 422: Unreachable, 429: Throttled,
        503: Throttled,
    }  # fmt: skip

    assert type(answered(status)) is expected.get(status, Unreachable)


def test_no_room_is_not_a_missing_right():
    assert type(answered(403, "Storage quota has been exceeded")) is StorageFull


def test_the_services_words_are_not_repeated():
    assert "secret" not in str(answered(400, "cannot parse 'a secret question'"))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "7"}, 7), ({"retry-after-ms": "250"}, 0.25), ({"Retry-After": "soon"}, 10), ({}, 10)],
)
def test_the_time_to_wait_is_read(headers, seconds):
    error = HttpResponseError(response=Response(429))
    error.response.headers = headers

    assert retry_after_s(error) == seconds


def test_of_documents_that_failed_the_hopeless_ones_come_first():
    assert type(failed_documents({"a": 503, "b": 400}, what="index 'x'")) is BadInput
    assert type(failed_documents({"a": 503, "b": 409}, what="index 'x'")) in (Throttled, Unreachable)
