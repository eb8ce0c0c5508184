"""The adapters of Cosmos DB on a server that is not ours: `tests.referees.cosmos` says which one, and why."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.cosmos import PartitionKey

from lib.adapters.azure.cosmos_client import connect
from lib.adapters.azure.cosmos_containers import CONTAINERS
from tests.adapters.azure.cosmos_account import Account
from tests.referees.cosmos import Referee

_FEED = "its change feed gives everything on the first page, and after any continuation says that nothing has changed"
KNOWN_WRONG = dict.fromkeys(
    (
        "test_after_the_cursor_there_is_only_what_came_later",
        "test_a_delete_shows_up_as_a_tombstone",
        "test_the_heartbeat_rides_with_its_time",
        "test_pages_are_no_longer_than_the_limit_and_miss_nothing",
        "test_a_reader_beside_writers_sees_the_last_version_of_everything_and_versions_in_order",
    ),
    _FEED,
)
"""
What the referee is known to get wrong, by the name of the test, with the reason. Such a test must fail there: one that
passes is no longer known wrong, and its line goes.
"""


@pytest.fixture(scope="session")
def referee(stand_ins) -> Iterator[Referee]:
    """Shows the certificate of the stand-ins, so that one bundle of authorities is good for both."""
    with Referee(Path(stand_ins.certificate).parent) as started:
        yield started


class OnReferee:
    """Gives `account` on the referee; put it before a class of tests that gets `account` from elsewhere."""

    @pytest.fixture
    def account(self, referee, credential, request) -> Iterator[Account]:
        if reason := KNOWN_WRONG.get(request.function.__name__):
            request.applymarker(pytest.mark.xfail(strict=True, reason=f"the referee is wrong: {reason}"))
        name = f"test-{uuid.uuid4().hex[:12]}"
        with connect(referee.url, credential) as client:
            database = client.create_database(name)
            for facts in CONTAINERS:
                database.create_container(
                    facts.name,
                    PartitionKey(path=facts.partition_key),
                    indexing_policy=facts.indexing_policy,
                    default_ttl=facts.default_ttl,
                )
            yield Account(client=client, database=name)
