"""An ingest while a fifth of all calls to Azure go wrong: it ends with site = documents = features = index."""

import urllib.error
from pathlib import Path

import pytest

from lib.adapters.azure.cosmos_containers import CONTAINERS, DATABASE
from local.standins.azurite.azurite import Azurite
from local.standins.stand_ins import StandIns
from tests.end_to_end.agreement import assert_all_agree, azure_at
from tests.end_to_end.running import App, until
from tests.end_to_end.test_crash import write_site
from tests.site import Site
from tests.workbench import Workbench, website

pytestmark = pytest.mark.e2e

PAGES = 15
SERVICES = ("cosmos", "search", "openai")
KINDS = ("throttle", "unavailable", "reset", "lost_answer")
FAULTS = [
    {"service": service, "kind": kind, "share": 0.2 / len(KINDS), "seed": seed, "retry_after_s": 1}
    for service in SERVICES
    for seed, kind in enumerate(KINDS)
] + [{"service": "search", "kind": "partial:503", "share": 0.2, "seed": 9}]


def _finds(app: App, number: int, revision: int) -> bool:
    try:
        hits = app.search(f"report {number} in revision {revision}", top=20)
    except urllib.error.HTTPError:  # a service that it needs is not there at this moment
        return False
    return any(f"Report {number} in revision {revision}," in hit["text"] for hit in hits)


@pytest.mark.timeout(600)
def test_an_ingest_under_faults_ends_whole_and_pays_nothing_twice(tmp_path: Path) -> None:
    revisions = dict.fromkeys(range(PAGES), 1)
    with Site() as site, StandIns(tmp_path / "services") as services, Azurite(tmp_path / "azurite") as azurite:
        services.ensure_containers(DATABASE, CONTAINERS)
        write_site(site, revisions)
        environment = {
            **services.environment,
            "AzureWebJobsStorage": azurite.connection_string,
            "SEARCH_VISIBILITY_S": "0",
            "SWEEP_SCHEDULE": "*/20 * * * * *",  # it finds what was left behind, and counts the documents anew
        }
        app = App(tmp_path, website(site.url, schedule='"*/2 * * * * *"'), **environment)
        app.options = ("--azure",)
        services.set_faults(FAULTS)

        with app:
            app.settle(documents=PAGES + 1)
            for number in revisions:
                revisions[number] += number % 2
            write_site(site, revisions)
            until(lambda: _finds(app, 7, 2), "the edit to be found", patience_s=200)
            hits = {(fault["service"], fault["kind"]): fault["hits"] for fault in services.faults()}
            services.set_faults([])
            app.settle(documents=PAGES + 1)
            paid = app.get("/api/status")["tokens"]["embedding"]

        assert sum(hits.values()) > 50, hits
        with azure_at(services) as adapters:
            assert_all_agree(adapters, site)
        assert paid <= 1.1 * _tokens_without_faults(tmp_path / "calm", site, revisions)


def _tokens_without_faults(folder: Path, site: Site, revisions: dict[int, int]) -> float:
    """What the same two states of the site cost when nothing fails."""
    folder.mkdir()
    bench = Workbench(folder, website(site.url))
    for state in (dict.fromkeys(revisions, 1), revisions):
        write_site(site, state)
        bench.crawl("site")
        bench.settle()
    tokens = bench.adapters.meter.read(("embedding_tokens",))["embedding_tokens"].total
    bench.close()
    return tokens
