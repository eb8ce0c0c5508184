"""Killed at random moments of an ingest, restarted: site = documents = features = index, nothing lost or doubled."""

import random
import time
from pathlib import Path

import pytest

from lib.adapters.local.build import build_local
from lib.domain.features import parse_chunk_id
from lib.pipelines.feature_sets import live
from lib.settings import Settings
from tests.end_to_end.running import App
from tests.site import Reply, Site, page
from tests.workbench import website

pytestmark = pytest.mark.crash

PAGES = 40
ROUNDS = 6


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


def assert_all_agree(app: App, site: Site, revisions: dict[int, int]) -> None:
    a = build_local(Settings(data_dir=str(app.data), auth="loopback"))
    feature_set = live(a.registry)
    changes = []
    cursor = None
    while True:
        found = a.documents.scan(cursor=cursor)
        changes += found.changes
        cursor = found.cursor
        if cursor is None:
            break
    kept = [change.document_id for change in changes if not change.deleted]
    documents = a.documents.get(kept)
    by_url = {document.url: document for document in documents.values()}
    assert len(by_url) == len(kept), "a page has two documents"
    assert set(by_url) == {f"{site.url}{path}" for path in site.pages}
    for number, revision in revisions.items():
        assert f"Report {number} in revision {revision}," in by_url[f"{site.url}/r{number}"].text
    every = [change.document_id for change in changes]
    heads = a.heads.heads(every)
    held: dict[str, dict[int, int]] = {}
    for start in range(0, len(every), 100):
        for (name, version), count in a.index.count(feature_set.index, every[start : start + 100]).items():
            if count:
                held.setdefault(name, {})[version] = count
    for change in changes:
        entry = heads[change.document_id].live[feature_set.id]
        assert (entry.version, entry.deleted, entry.unswept) == (change.version, change.deleted, False)
        expected = {} if change.deleted else {change.version: entry.chunks}
        assert held.get(change.document_id, {}) == expected
        assert a.features.stale(change.document_id, feature_set.id, below=change.version) == []
        if not change.deleted:
            features = a.features.read(change.document_id, change.version, feature_set.id)
            assert features is not None
            assert len(features.chunks) == entry.chunks
            assert all(parse_chunk_id(chunk.id)[1] == change.version for chunk in features.chunks)
            assert {chunk.input_hash for chunk in features.chunks} == set(features.vectors)
    assert a.dead_letters.count() == 0
    assert a.documents.totals().documents == len(kept)
    assert a.index.count(feature_set.index)[("", 0)] == sum(sum(v.values()) for v in held.values())
    a.close()


@pytest.mark.timeout(300)
def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    seed = random.Random(20261122)
    revisions = dict.fromkeys(range(PAGES), 1)
    with Site() as site:
        write_site(site, revisions)
        app = App(tmp_path, website(site.url, schedule='"*/2 * * * * *"'))
        for round_ in range(ROUNDS):
            app.start(wait=round_ > 0)  # the first one is killed while it starts
            time.sleep(seed.uniform(0.0, 3.0))  # the moment of the kill is what is random here
            app.kill()
            for number in seed.sample(sorted(revisions), 6):
                revisions[number] += 1
            for number in seed.sample(sorted(revisions), 2):
                del revisions[number]
            revisions[PAGES + len(site.requests)] = 1
            write_site(site, revisions)

        summary = app.once()

        assert summary["finished"]
        assert_all_agree(app, site, revisions)
