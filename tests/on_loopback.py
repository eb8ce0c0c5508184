"""Fixtures: Azure on loopback, and the credential that it accepts. A conftest imports the ones its tests need."""

from collections.abc import Iterator

import pytest
from azure.identity import ManagedIdentityCredential

from local.standins.stand_ins import StandIns


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory) -> Iterator[StandIns]:
    """All services at one address. Tests share them: make databases and indexes of your own."""
    with StandIns(tmp_path_factory.mktemp("stand-ins")) as started:
        yield started


@pytest.fixture
def azure_environment(stand_ins: StandIns, monkeypatch) -> dict[str, str]:
    """The environment of this process, changed so that it uses the stand-ins."""
    for name, value in stand_ins.environment.items():
        monkeypatch.setenv(name, value)
    return stand_ins.environment


@pytest.fixture
def credential(azure_environment) -> Iterator[ManagedIdentityCredential]:
    """Fetches its tokens from the stand-ins by the protocol of App Service."""
    with ManagedIdentityCredential() as made:
        yield made


@pytest.fixture(autouse=True)
def no_faults_left(request) -> Iterator[None]:
    """Faults end with the test that set them."""
    yield
    if "stand_ins" in request.fixturenames:
        request.getfixturevalue("stand_ins").set_faults([])
