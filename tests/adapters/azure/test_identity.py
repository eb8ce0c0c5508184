"""One credential for all, and what goes wrong with it."""

import inspect

import pytest
from azure import identity as sdk
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import ChainedTokenCredential, CredentialUnavailableError, ManagedIdentityCredential, _exceptions

from lib.adapters.azure.identity import azure_credential, token_provider
from lib.adapters.azure.identity_errors import TABLE, maker_of, translated
from lib.errors import Permanent, Unreachable


@pytest.fixture
def managed(azure_environment):
    with azure_credential(managed=True) as made:
        yield made


def test_a_managed_identity_is_used_where_azure_or_a_client_id_says_so(azure_environment):
    for arguments in ({"managed": True}, {"managed": False, "client_id": "7c3a"}):
        with azure_credential(**arguments) as made:
            assert isinstance(made, ManagedIdentityCredential)
            assert made.get_token("https://search.azure.com/.default").token


def test_else_it_is_the_login_of_a_developer():
    with azure_credential(managed=False) as made:
        assert isinstance(made, ChainedTokenCredential)
        assert [type(part).__name__ for part in made.credentials] == [
            "AzureCliCredential",
            "AzureDeveloperCliCredential",
        ]


def test_without_a_login_the_fix_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with azure_credential(managed=False) as made, pytest.raises(Permanent, match="az login"):
        token_provider(made)()


def test_a_token_is_fetched_once_while_it_is_valid(managed, stand_ins):
    token = token_provider(managed)
    first = token()
    stand_ins.set_faults([{"service": "identity", "kind": "reset"}])

    assert token() == first


def test_a_scope_of_ones_own_is_asked_for(managed):
    classic = token_provider(managed, scope="https://cognitiveservices.azure.com/.default")

    assert classic() != token_provider(managed)()


def test_a_wrong_identity_is_permanent(azure_environment, monkeypatch):
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    with azure_credential(managed=True) as made, pytest.raises(Permanent, match="managed identity") as caught:
        token_provider(made)()

    assert isinstance(caught.value.__cause__, CredentialUnavailableError)


@pytest.mark.parametrize("kind", ["unavailable", "throttle", "reset"])
def test_a_busy_source_of_tokens_is_tried_again_later(managed, stand_ins, kind):
    stand_ins.set_faults([{"service": "identity", "kind": kind, "retry_after_s": 0}])

    with pytest.raises(Unreachable):
        token_provider(managed)()


def test_a_refused_login_names_tenant_and_role():
    with pytest.raises(Permanent, match=r"tenant.*role"), translated():
        raise ClientAuthenticationError("AADSTS90002: Tenant not found")


def test_every_class_of_errors_is_in_the_table():
    of_package = {
        kind
        for module in (sdk, _exceptions)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, AzureError)
    }

    assert {CredentialUnavailableError, sdk.AuthenticationRequiredError} <= of_package
    assert [kind.__name__ for kind in of_package if maker_of(kind) not in TABLE.values()] == []
