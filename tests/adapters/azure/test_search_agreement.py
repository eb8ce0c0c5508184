"""The same chunks in the embedded index and in AI Search (its stand-in): the same candidates, so the same hits."""

import json
from pathlib import Path

import pytest

from lib.adapters.azure.search_index import AzureSearchIndex
from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from lib.adapters.local.sqlite_search_index import SqliteSearchIndex
from lib.domain.features import chunk_id, embedder_input
from lib.domain.ranking import rank
from lib.domain.retrieval import IndexedChunk
from tests.adapters.azure.search_loopback import index, search_clients
from tests.contracts.search_examples import INDEX, question
from tests.examples import NOON, SET_A, key

__all__ = ["index", "search_clients"]

DATA = Path(__file__).resolve().parents[3] / "evals" / "data"
CHUNKS, QUESTIONS = 300, 50
EMBEDDED_CHARS = 250  # enough for vectors that differ as real ones do, in a third of the time


def read(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def chunks():
    """Paragraphs of articles; every third one is for staff only."""
    texts = [(a["title"], n, text) for a in read("articles.jsonl") for n, text in enumerate(a["paragraphs"])][:CHUNKS]
    vectors = MiniLmEmbedder().embed(
        [embedder_input(title=title, text=text[:EMBEDDED_CHARS]) for title, _, text in texts], purpose="passage"
    )
    return [
        IndexedChunk(
            id=chunk_id(key(title), 1, SET_A, number), document_id=key(title), version=1, source_id="evals",
            access=("staff",) if place % 3 == 0 else ("everyone",), url=f"https://example.com/{number}", title=title,
            heading="", text=text, start=number, end=number + 1, fetched_at=NOON, vector=vector,
        )
        for place, ((title, number, text), vector) in enumerate(zip(texts, vectors.vectors, strict=True))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def questions(chunks):
    titles = {chunk.title for chunk in chunks}
    texts = [found["question"] for found in read("questions.jsonl") if found["title"] in titles][:QUESTIONS]
    vectors = [MiniLmEmbedder().embed([text], purpose="query").vectors[0] for text in texts]
    assert len(texts) == QUESTIONS
    return list(zip(texts, vectors, strict=True))


@pytest.fixture
def both(tmp_path, index, chunks):
    embedded = SqliteSearchIndex(tmp_path / "index")
    for one in (embedded, index):
        one.ensure(INDEX, dimensions=len(chunks[0].vector))
        one.upsert(INDEX, chunks)
    yield embedded, index
    embedded.close()


@pytest.mark.parametrize("groups", [None, ("everyone",)])
def test_candidates_ranks_and_hits_are_the_same(both, questions, groups):
    embedded, azure = both
    for text, vector in questions:
        asked = question(text, vector, groups=groups, limit=50)
        ours = {c.id: c for c in embedded.search(INDEX, asked)}
        theirs = {c.id: c for c in azure.search(INDEX, asked)}

        assert {i: (c.text_rank, c.vector_rank) for i, c in theirs.items()} == {
            i: (c.text_rank, c.vector_rank) for i, c in ours.items()
        }
        assert {i: c.cosine for i, c in theirs.items()} == pytest.approx(
            {i: c.cosine for i, c in ours.items()}, abs=1e-3
        )
        assert hits(text, theirs) == hits(text, ours)


def test_without_the_cosines_of_the_text_arm_most_hits_are_the_same(both, search_clients, questions):
    embedded, _ = both
    fast = AzureSearchIndex(search_clients, every_cosine=False)
    same = 0
    for text, vector in questions:
        asked = question(text, vector, limit=50)
        found = {c.id: c for c in fast.search(INDEX, asked)}
        assert all((c.cosine is None) == (c.vector_rank is None) for c in found.values())
        same += hits(text, found) == hits(text, {c.id: c for c in embedded.search(INDEX, asked)})
    fast._pool.shutdown()

    assert same > QUESTIONS // 2


def hits(text, candidates):
    return [ranked.candidate.id for ranked in rank(text, list(candidates.values()), top=5)]
