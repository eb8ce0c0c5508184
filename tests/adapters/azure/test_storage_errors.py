"""Every exception of the SDK has a meaning for us."""

import importlib
import inspect
import pkgutil
from types import SimpleNamespace

import azure.storage.queue
import pytest
from azure.core import exceptions as core

from lib.adapters.azure.storage_errors import CLASSES, ours, translated
from lib.errors import BadInput, NotFound, Permanent, PlumblineError, Throttled, Transient, Unreachable


def _exceptions():
    modules = [core] + [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(azure.storage.queue.__path__, "azure.storage.queue.")
        if ".aio" not in module.name and "_async" not in module.name
    ]
    found = {
        kind
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__.startswith("azure.")
    }
    return sorted(found - {core.AzureError}, key=lambda kind: kind.__qualname__)


def _refusal(status, code="", **headers):
    error = core.HttpResponseError("what the service said: a secret")
    error.status_code, error.error_code = status, code
    error.response = SimpleNamespace(headers=headers)
    return error


@pytest.mark.parametrize("kind", _exceptions(), ids=lambda kind: kind.__name__)
def test_no_exception_of_the_sdk_is_unmapped(kind):
    with pytest.raises(PlumblineError) as raised, translated("send to queue 'features'"):
        raise kind.__new__(kind)

    assert isinstance(raised.value.__cause__, kind)


def test_the_walk_finds_all_that_the_table_names():
    assert set(CLASSES) <= set(_exceptions())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadInput), (401, Permanent), (403, Permanent), (404, NotFound), (408, Unreachable), (409, Unreachable),
        (413, BadInput), (429, Throttled), (500, Unreachable), (502, Unreachable), (503, Throttled), (504, Unreachable),
    ],
)  # fmt: skip
def test_what_the_service_answers_has_a_meaning(status, kind):
    error = ours(_refusal(status, "SomeCode"), "send to queue 'features'")

    assert type(error) is kind
    assert "secret" not in str(error)
    assert "SomeCode" in str(error)


def test_a_busy_service_says_how_long_to_wait():
    assert ours(_refusal(503, "ServerBusy", **{"Retry-After": "7"}), "send").retry_after_s == 7
    assert ours(_refusal(503, "ServerBusy", **{"Retry-After": "soon"}), "send").retry_after_s == 10
    assert ours(_refusal(503, "ServerBusy"), "send").retry_after_s == 10


def test_no_token_is_no_reason_to_give_up():
    assert isinstance(ours(core.ClientAuthenticationError("no identity endpoint"), "send"), Transient)
