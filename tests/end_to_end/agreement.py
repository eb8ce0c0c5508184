"""Site = documents = features = index: nothing lost, nothing doubled, nothing left behind."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lib.adapters.azure.build import build_azure
from lib.adapters.local.build import build_local
from lib.domain.documents import DocumentChange
from lib.domain.features import parse_chunk_id
from lib.pipelines.feature_sets import live
from lib.ports.adapters import Adapters
from lib.settings import Settings
from local.standins.stand_ins import StandIns
from tests.end_to_end.running import App
from tests.site import Site

NO_QUEUES = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
"""What is looked at here are the stores; no queue is asked."""


@contextmanager
def opened(app: App) -> Iterator[Adapters]:
    """The stores of an app that has ended, whatever it kept them in."""
    if app.mode != "azure":
        adapters = build_local(Settings(data_dir=str(app.data), auth="loopback"))
        yield adapters
        adapters.close()
        return
    with StandIns(app.data / "stand-ins") as services, azure_at(services) as adapters:
        yield adapters


@contextmanager
def azure_at(services: StandIns) -> Iterator[Adapters]:
    """Adapters of this process over running stand-ins."""
    before = dict(os.environ)
    with ExitStack() as stack:
        stack.callback(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(services.environment | NO_QUEUES)
        adapters = build_azure(Settings(backend="azure", auth="loopback", search_visibility_s=0))
        stack.callback(adapters.close)
        yield adapters


def scan(a: Adapters) -> list[DocumentChange]:
    """Every document and tombstone."""
    changes: list[DocumentChange] = []
    cursor = None
    while True:
        found = a.documents.scan(cursor=cursor)
        changes += found.changes
        cursor = found.cursor
        if cursor is None:
            return changes


def text_at(a: Adapters, url: str) -> str:
    """The text of the document with this URL."""
    ids = [change.document_id for change in scan(a) if not change.deleted]
    [document] = [document for document in a.documents.get(ids).values() if document.url == url]
    return document.text


def assert_all_agree(a: Adapters, site: Site) -> None:
    """Compare a site with all that was made of it."""
    feature_set = live(a.registry)
    changes = scan(a)
    kept = [change.document_id for change in changes if not change.deleted]
    documents = a.documents.get(kept)
    by_url = {document.url: document for document in documents.values()}
    assert len(by_url) == len(kept), "a page has two documents"
    assert set(by_url) == {f"{site.url}{path}" for path in site.pages}
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
