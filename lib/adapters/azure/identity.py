"""Who we are in Azure: one credential for all clients of a process, and never a key."""

from collections.abc import Callable

from azure.core.credentials import TokenCredential
from azure.identity import (
    AzureCliCredential,
    AzureDeveloperCliCredential,
    ChainedTokenCredential,
    ManagedIdentityCredential,
    get_bearer_token_provider,
)

from lib.adapters.azure.identity_errors import translated
from lib.settings import Settings

MODEL_SCOPE = "https://ai.azure.com/.default"
"""Scope of tokens for Azure OpenAI's v1 endpoint; older resources want https://cognitiveservices.azure.com/.default."""


def azure_credential(*, managed: bool, client_id: str = "") -> ManagedIdentityCredential | ChainedTokenCredential:
    """
    The credential of this process: safe to share between clients and threads, to be closed at the end.

    managed: whether a managed identity is there (IDENTITY_ENDPOINT is set by Azure); a client_id says so too, and names
    the user-assigned one. Otherwise it is the login of a developer, by the Azure CLI or the Azure Developer CLI.
    No token is fetched, and no error raised, before the first use.
    """
    if managed or client_id:
        return ManagedIdentityCredential(client_id=client_id or None)
    # DefaultAzureCredential would also try environment secrets, caches of editors and the machine's own identity.
    return ChainedTokenCredential(AzureCliCredential(), AzureDeveloperCliCredential())


def credential_for(settings: Settings) -> ManagedIdentityCredential | ChainedTokenCredential:
    """The credential that the settings and the platform ask for; see `azure_credential`."""
    return azure_credential(managed=bool(settings.identity_endpoint), client_id=settings.azure_client_id)


def token_provider(credential: TokenCredential, *, scope: str = MODEL_SCOPE) -> Callable[[], str]:
    """
    A function that gives a bearer token which is valid now; tokens are cached and renewed before they end.

    Raises, when called: Permanent with the fix, or Unreachable if the source of tokens fails for now.
    """
    fetch = get_bearer_token_provider(credential, scope)

    def token() -> str:
        with translated():
            return fetch()

    return token
