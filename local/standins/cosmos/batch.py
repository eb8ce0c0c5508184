"""Transactional batches: up to 100 operations in one partition, all or none."""

import json
from typing import Any

from local.standins.cosmos import charges
from local.standins.cosmos.errors import CosmosError, bad_request
from local.standins.cosmos.items import Operation, Outcome, Transaction
from local.standins.cosmos.state import CosmosState
from local.standins.cosmos.storage import Container

MOST = 100
_KINDS = {"Create", "Upsert", "Read", "Replace", "Delete", "Patch"}


class _Undone(Exception):
    """Ends the transaction without its writes."""


def execute(state: CosmosState, container: Container, operations: Any, key: list[Any]) -> tuple[int, list[Any], float]:
    """
    Status (200, or 207 if an operation failed), one result per operation, and the charge of all.

    A failed operation has its own status, all others 424. Raises: CosmosError 400 if this is no batch.
    """
    if not isinstance(operations, list) or not 1 <= len(operations) <= MOST:
        raise bad_request(f"Batch request has more operations than what is supported: at most {MOST}, and at least 1.")
    outcomes: list[Outcome] = []
    error: CosmosError | None = None
    try:
        with state.storage.write():
            transaction = Transaction(state, container)
            for given in operations:
                try:
                    outcomes.append(transaction.apply(_operation(given, key)))
                except CosmosError as failure:
                    error = failure
                    raise _Undone from failure
                if outcomes[-1].status == 304:
                    error = CosmosError(304, "Not modified")
                    raise _Undone
    except _Undone:
        results: list[dict[str, Any]] = [{"statusCode": 424, "requestCharge": 0} for _ in operations]
        assert error
        failed = results[min(len(outcomes), len(operations) - 1) if error.status != 304 else len(outcomes) - 1]
        failed["statusCode"] = error.status
        if error.sub_status is not None:
            failed["subStatusCode"] = error.sub_status
        return 207, results, 1.0
    kinds = [str(given["operationType"]) for given in operations]
    paid = [_charge(state, kind, outcome) for kind, outcome in zip(kinds, outcomes, strict=True)]
    answers = [_answer(outcome, charge) for outcome, charge in zip(outcomes, paid, strict=True)]
    return 200, answers, round(sum(paid), 2)


def _operation(given: Any, key: list[Any]) -> Operation:
    if not isinstance(given, dict) or given.get("operationType") not in _KINDS:
        raise bad_request(f"The batch has something that is no operation: {given!r:.100}")
    return Operation(
        kind=given["operationType"],
        key=key,
        id=str(given.get("id", "")),
        body=given.get("resourceBody"),
        if_match=given.get("ifMatch"),
        if_none_match=given.get("ifNoneMatch"),
    )


def _charge(state: CosmosState, kind: str, outcome: Outcome) -> float:
    if kind == "Read":
        return charges.read(outcome.size, strong=state.consistency == "Strong")
    return charges.write(outcome.size)


def _answer(outcome: Outcome, charge: float) -> dict[str, Any]:
    answer: dict[str, Any] = {"statusCode": outcome.status, "requestCharge": charge}
    if outcome.row:
        answer["eTag"] = outcome.row.etag
        answer["resourceBody"] = json.loads(outcome.row.body)
    return answer
