"""Ledger, registry, dead letters, conversations and meter in Cosmos DB."""

import pytest

from lib.adapters.azure.cosmos_containers import CONVERSATIONS, DEAD_LETTERS, LEDGER, REGISTRY
from lib.adapters.azure.cosmos_conversations import CosmosConversations
from lib.adapters.azure.cosmos_dead_letters import CosmosDeadLetters
from lib.adapters.azure.cosmos_ledger import CosmosLedger
from lib.adapters.azure.cosmos_meter import CosmosMeter
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.contracts.conversations import ConversationsContract
from tests.contracts.dead_letters import DeadLettersContract
from tests.contracts.ledger import LedgerContract
from tests.contracts.meter import MeterContract
from tests.contracts.registry import RegistryContract


class TestCosmosLedger(OnCosmos, LedgerContract):
    @pytest.fixture
    def ledger(self, account):
        return CosmosLedger(ledger=account.open(LEDGER))


class TestCosmosRegistry(OnCosmos, RegistryContract):
    @pytest.fixture
    def registry(self, account):
        return CosmosRegistry(registry=account.open(REGISTRY))


class TestCosmosDeadLetters(OnCosmos, DeadLettersContract):
    @pytest.fixture
    def letters(self, account):
        return CosmosDeadLetters(dead_letters=account.open(DEAD_LETTERS))


class TestCosmosConversations(OnCosmos, ConversationsContract):
    @pytest.fixture
    def conversations(self, account):
        return CosmosConversations(conversations=account.open(CONVERSATIONS), conversation_days=90)


class TestCosmosMeter(OnCosmos, MeterContract):
    @pytest.fixture
    def meter(self, account):
        return CosmosMeter(registry=account.open(REGISTRY))
