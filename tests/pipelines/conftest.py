"""A workbench and a site for each pipeline test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site import Site
from tests.workbench import Workbench, website


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, site: Site) -> Iterator[Workbench]:
    workbench = Workbench(tmp_path, website(site.url))
    yield workbench
    workbench.close()
