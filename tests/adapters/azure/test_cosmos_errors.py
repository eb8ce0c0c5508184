"""Errors of azure-cosmos in our words."""

import inspect

import pytest
from azure.core import exceptions as core
from azure.cosmos import exceptions as cosmos

from lib.adapters.azure.cosmos_client import connect, open_container
from lib.adapters.azure.cosmos_containers import REGISTRY
from lib.adapters.azure.cosmos_errors import BY_CLASS, translate
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from lib.adapters.azure.cosmos_units import RequestUnits
from lib.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    Permanent,
    StorageFull,
    Throttled,
    Transient,
    Unreachable,
)
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.examples import document, key

CLASSES = sorted(
    {
        found
        for module in (core, cosmos)
        for found in vars(module).values()
        if inspect.isclass(found) and issubclass(found, core.AzureError) and found is not core.AzureError
    },
    key=lambda found: found.__name__,
)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_of_the_sdk_is_mapped(kind):
    nearest = next(ancestor for ancestor in kind.__mro__ if ancestor in BY_CLASS or ancestor is core.AzureError)

    assert nearest is not core.AzureError
    raised = translate(failed(503, kind) if issubclass(kind, core.HttpResponseError) else kind.__new__(kind), "x.y")
    assert isinstance(raised, Transient), "a 503, no token and no answer all pass by themselves"
    assert str(raised).startswith("x.y: ")


def test_the_sdk_has_the_classes_that_were_read():
    assert len(CLASSES) == 23, "the SDK's exceptions changed: look at BY_CLASS again"


@pytest.mark.parametrize(
    ("status", "sub_status", "kind"),
    [
        (400, 0, Permanent),
        (401, 0, Forbidden),
        (403, 0, Forbidden),
        (403, 3, Unreachable),
        (403, 1008, Unreachable),
        (403, 1014, StorageFull),
        (404, 1003, NotFound),
        (404, 1002, Unreachable),
        (408, 0, Unreachable),
        (409, 0, Conflict),
        (410, 1002, Unreachable),
        (412, 0, Conflict),
        (413, 0, BadInput),
        (418, 0, Permanent),
        (429, 3200, Throttled),
        (449, 0, Unreachable),
        (500, 0, Unreachable),
        (503, 0, Unreachable),
        (599, 0, Unreachable),
    ],
)
@pytest.mark.parametrize("kind_of_error", [cosmos.CosmosHttpResponseError, cosmos.CosmosBatchOperationError])
def test_statuses(status, sub_status, kind, kind_of_error):
    assert type(translate(failed(status, kind_of_error, sub_status), "x")) is kind


def test_a_missing_role_is_named():
    assert "Cosmos DB Built-in Data Contributor" in str(translate(failed(403), "documents.get"))


@pytest.mark.parametrize(("header", "wait"), [("250", 0.25), ("1500.5", 1.5005), ("", 1.0), ("soon", 1.0)])
def test_a_throttled_request_says_how_long_to_wait(header, wait):
    error = failed(429)
    error.headers = {"x-ms-retry-after-ms": header} if header else {}

    assert translate(error, "x").retry_after_s == pytest.approx(wait)


class TestOnTheWire(OnCosmos):
    def test_a_throttle_reaches_the_caller_after_one_more_try(self, stand_ins, account):
        store = store_in(account)
        store.put([document("a")], expected={key("a"): 0})
        stand_ins.set_faults([{"service": "cosmos", "kind": "throttle", "retry_after_s": 0.05, "match": "docs/main"}])

        with pytest.raises(Throttled) as caught:
            store.get([key("a")])
        assert caught.value.retry_after_s == pytest.approx(0.05)
        assert isinstance(caught.value.__cause__, cosmos.CosmosHttpResponseError)
        assert [fault["hits"] for fault in stand_ins.faults()] == [2]

    @pytest.mark.parametrize("kind", ["unavailable", "reset"])
    def test_an_outage_is_unreachable(self, stand_ins, account, kind):
        store = store_in(account)
        store.put([document("a")], expected={key("a"): 0})
        stand_ins.set_faults([{"service": "cosmos", "kind": kind, "match": "docs/main"}])

        with pytest.raises(Unreachable):
            store.get([key("a")])

    def test_an_outage_in_a_read_of_many_is_unreachable(self, stand_ins, account):
        store = store_in(account)
        store.put([document("a"), document("b")], expected={key("a"): 0, key("b"): 0})
        stand_ins.set_faults([{"service": "cosmos", "kind": "unavailable", "match": "POST"}])

        with pytest.raises(Unreachable):
            store.get([key("a"), key("b")])

    def test_a_database_that_nobody_has_deployed_is_named_as_such(self, stand_ins, credential):
        with connect(stand_ins.url, credential) as client:
            registry = CosmosRegistry(
                registry=open_container(client, REGISTRY, units=RequestUnits(), database="nowhere")
            )
            with pytest.raises(NotFound, match="deploy infra"):
                registry.get("live", "x")
            with pytest.raises(NotFound):
                registry.put("live", "x", {}, revision=0)

    def test_an_item_that_is_too_large_is_bad_input_before_it_is_sent(self, account):
        registry = CosmosRegistry(registry=account.open(REGISTRY))

        with pytest.raises(BadInput, match=r"registry\.put.*'x'"):
            registry.put("live", "x", {"text": "a" * 2_000_000}, revision=0)

    def test_messages_carry_no_text(self, stand_ins, account):
        store = store_in(account)
        stand_ins.set_faults([{"service": "cosmos", "kind": "unavailable", "match": "/docs"}])

        with pytest.raises(Unreachable) as caught:
            store.put([document("a", text="secret text")], expected={key("a"): 0})
        assert "secret" not in str(caught.value)


def test_nobody_at_home(credential):
    with pytest.raises(Unreachable):
        connect("https://127.0.0.1:9", credential, retries=0)


def failed(status, kind=cosmos.CosmosHttpResponseError, sub_status=0):
    error = kind.__new__(kind)
    Exception.__init__(error, "why")
    error.status_code, error.sub_status, error.headers, error.response = status, sub_status, {}, None
    return error
