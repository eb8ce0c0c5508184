"""Killed at random moments of an ingest, restarted: site = documents = features = index, nothing lost or doubled."""

import random
import time
from pathlib import Path

import pytest

from tests.end_to_end.agreement import assert_all_agree, opened, text_at
from tests.end_to_end.running import MODES, App
from tests.site import Reply, Site, page
from tests.workbench import website

pytestmark = pytest.mark.crash

PAGES = 40
ROUNDS = 4


def text_of(number: int, revision: int) -> str:
    """A page of some chunks, which names its number and revision in each."""
    return "\n\n".join(
        f"Report {number} in revision {revision}, part {part}: the committee of district {number} met and weighed what "
        f"to build, whom to ask, and how the budget of part {part} should be spent before the winter begins."
        for part in range(6)
    )


def write_site(site: Site, revisions: dict[int, int]) -> None:
    pages: dict[str, Reply | str] = {
        "/": page("Reports", "All reports of the district.", *[f"/r{n}" for n in revisions])
    }
    for number, revision in revisions.items():
        following = [n for n in revisions if n > number][:3]
        pages[f"/r{number}"] = page(f"Report {number}", text_of(number, revision), *[f"/r{n}" for n in following])
    site.pages = pages


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", MODES)
def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path: Path, mode: str) -> None:
    seed = random.Random(20261122)
    revisions = dict.fromkeys(range(PAGES), 1)
    with Site() as site:
        write_site(site, revisions)
        app = App(tmp_path, website(site.url, schedule='"*/2 * * * * *"'), mode=mode)
        for round_ in range(ROUNDS):
            app.start(wait=round_ > 0)  # the first one is killed while it starts
            time.sleep(seed.uniform(0.0, 3.0 + round_))  # the moment of the kill is what is random here
            app.kill()
            for number in seed.sample(sorted(revisions), 6):
                revisions[number] += 1
            for number in seed.sample(sorted(revisions), 2):
                del revisions[number]
            revisions[PAGES + len(site.requests)] = 1
            write_site(site, revisions)

        summary = app.once()

        assert summary["finished"]
        with opened(app) as adapters:
            assert_all_agree(adapters, site)
            for number, revision in revisions.items():
                assert f"Report {number} in revision {revision}," in text_at(adapters, f"{site.url}/r{number}")
