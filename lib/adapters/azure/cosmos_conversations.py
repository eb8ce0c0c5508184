"""Chat history and feedback in Cosmos DB."""

import time
from dataclasses import asdict
from typing import Literal

from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_items import known, safe_id
from lib.ports.conversations import Exchange

DAY_S = 86_400


class CosmosConversations:
    """
    Conversations: an item for each exchange in the partition of its owner.

    It goes `conversation_days` after its last change, by its TTL.
    """

    def __init__(self, *, conversations: CosmosContainer, conversation_days: int) -> None:
        self._exchanges = conversations
        self._ttl = conversation_days * DAY_S

    def append(self, exchange: Exchange) -> None:
        item = {
            "id": safe_id(exchange.answer_id),
            "schema": 1,
            **asdict(exchange),
            "sequence": f"{exchange.at} {time.time_ns():020d}",
            "ttl": self._ttl,
        }
        self._exchanges.upsert("conversations.append", item)

    def read(self, owner_id: str, conversation_id: str, *, limit: int) -> list[Exchange]:
        query = "SELECT * FROM c WHERE c.conversation_id = @conversation ORDER BY c.sequence DESC"
        values = {"conversation": conversation_id}
        found = self._exchanges.query("conversations.read", query, values, partition=owner_id, limit=limit)
        return [Exchange(**known(Exchange, item)) for item in reversed(found)]

    def give_feedback(self, owner_id: str, answer_id: str, *, feedback: Literal["up", "down"], comment: str) -> bool:
        changes = [
            {"op": "set", "path": "/feedback", "value": feedback},
            {"op": "set", "path": "/comment", "value": comment.encode("utf-8", "replace").decode()},
        ]
        what = "conversations.give_feedback"
        return self._exchanges.patch(what, safe_id(answer_id), owner_id, changes) is not None

    def purge(self, *, before: str) -> int:
        """Nothing to do: exchanges carry a TTL."""
        return 0
