import pytest

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_schema import QUEUES, STORE
from tests.doubles import SettableClock


@pytest.fixture
def clock():
    return SettableClock()


@pytest.fixture
def store_db(tmp_path):
    """An empty store.db."""
    database = SqliteDatabase(tmp_path / "store.db", migrations=STORE)
    yield database
    database.close()


@pytest.fixture
def queues_db(tmp_path):
    """An empty queues.db."""
    database = SqliteDatabase(tmp_path / "queues.db", migrations=QUEUES)
    yield database
    database.close()
