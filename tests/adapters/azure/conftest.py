"""The adapters for Azure meet the stand-ins, through the real SDKs."""

from pathlib import Path

import pytest

from tests.on_loopback import azure_environment, credential, no_faults_left, stand_ins

__all__ = ["azure_environment", "credential", "no_faults_left", "stand_ins"]


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.loopback)
