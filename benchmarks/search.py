"""Search and answers through HTTP at several index sizes."""

import http.client
import json
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.product import Product
from lib import composition
from lib.domain.documents import document_id
from lib.domain.features import FeatureSetId, Live, chunk_id
from lib.domain.retrieval import IndexedChunk
from lib.ports.adapters import Adapters
from lib.settings import Settings

DATA = Path(__file__).resolve().parents[1] / "evals" / "data"
CHUNKS_IN_A_DOCUMENT = 10
BATCH = 500
QUERIES = 300
ASKERS = 50
NOISE = 0.35


def measure(folder: Path, sizes: list[int]) -> list[dict[str, Any]]:
    """One row per size: search p50, p95, p99; first token; 50 askers at once."""
    texts, questions = _material()
    rows = []
    for size in sizes:
        place = folder / f"search-{size}"
        loaded_s = _load(place / "data", texts, size)
        with Product(place, "sources:\n  - id: load\n    kind: push\n") as product:
            rows.append({"chunks": size, "loaded in, s": round(loaded_s, 1), **_time(product, questions)})
    return rows


def _material() -> tuple[list[str], list[str]]:
    articles = [json.loads(line) for line in (DATA / "articles.jsonl").read_text(encoding="utf-8").splitlines()]
    questions = [json.loads(line)["question"] for line in (DATA / "questions.jsonl").read_text("utf-8").splitlines()]
    return [text for article in articles for text in article["paragraphs"]], questions


def _load(data: Path, texts: list[str], size: int) -> float:
    """
    Put chunks into the index through its port: real paragraphs with real vectors, then shuffled copies of them with
    perturbed vectors (noise of a third of their length, so that they spread as other paragraphs do).
    """
    settings = Settings(data_dir=str(data), auth="loopback")
    composition.configure(settings)
    adapters, feature_set = composition.adapters(), FeatureSetId(composition.wanted_feature_set())
    real = adapters.wanted_embedder().embed(texts, purpose="passage").vectors
    started, seed, noise = time.perf_counter(), random.Random(1), np.random.default_rng(1)
    for start in range(0, size, BATCH):
        chunks = []
        for number in range(start, min(start + BATCH, size)):
            text, vector = texts[number % len(texts)], real[number % len(texts)]
            if number >= len(texts):
                sentences = text.split(". ")
                seed.shuffle(sentences)
                text = ". ".join(sentences)
                vector = vector + noise.normal(0, NOISE / np.sqrt(vector.size), vector.size).astype(np.float32)
                vector = vector / np.linalg.norm(vector)
            chunks.append(_chunk(number, text, vector, feature_set))
        adapters.index.upsert(f"chunks-{feature_set}", chunks)
        _flip(adapters, chunks, feature_set)
    took = time.perf_counter() - started
    adapters.close()
    return took


def _chunk(number: int, text: str, vector: Any, feature_set: FeatureSetId) -> IndexedChunk:
    document, ordinal = divmod(number, CHUNKS_IN_A_DOCUMENT)
    name = document_id("load", str(document))
    return IndexedChunk(
        id=chunk_id(name, 1, feature_set, ordinal),
        document_id=name,
        version=1,
        source_id="load",
        access=("everyone",),
        url=f"https://load.example/{document}",
        title=f"Document {document}",
        heading="",
        text=text,
        start=0,
        end=len(text),
        fetched_at="2026-01-01T00:00:00.000Z",
        vector=vector,
    )


def _flip(adapters: Adapters, chunks: list[IndexedChunk], feature_set: FeatureSetId) -> None:
    for name in {chunk.document_id for chunk in chunks}:
        live = Live(version=1, chunks=CHUNKS_IN_A_DOCUMENT, flipped_at="2026-01-01T00:00:00.000Z")
        adapters.heads.flip(name, feature_set, live, source_id="load", access=("everyone",))  # type: ignore[arg-type]


def _time(product: Product, questions: list[str]) -> dict[str, Any]:
    asked = random.Random(2).sample(questions, min(QUERIES, len(questions)))
    connection = product.connection()
    for question in asked[:20]:
        product.request("POST", "/api/search", {"query": question}, connection)
    times = []
    for question in asked:
        started = time.perf_counter()
        product.request("POST", "/api/search", {"query": question}, connection)
        times.append((time.perf_counter() - started) * 1000)
    first = [_first_token_ms(product, question) for question in asked[:30]]
    with ThreadPoolExecutor(ASKERS) as askers:
        started = time.perf_counter()
        together = list(askers.map(lambda question: _ask_ms(product, question), asked[:ASKERS]))
        wall = time.perf_counter() - started
    return {
        "search p50, ms": _percentile(times, 50),
        "p95": _percentile(times, 95),
        "p99": _percentile(times, 99),
        "first token p50, ms": round(statistics.median(first), 1),
        "50 askers at once: p50, ms": _percentile(together, 50),
        "p95 ": _percentile(together, 95),
        "answers a second": round(ASKERS / wall, 1),
        "peak memory, MB": round(product.peak_memory_mb()),
    }


def _first_token_ms(product: Product, question: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    started = time.perf_counter()
    connection.request("POST", "/api/ask", json.dumps({"question": question}), headers)
    response = connection.getresponse()
    while line := response.readline():
        if line.startswith((b"event: delta", b"event: done")):
            break
    took = (time.perf_counter() - started) * 1000
    connection.close()
    return took


def _ask_ms(product: Product, question: str) -> float:
    started = time.perf_counter()
    product.post("/api/ask", {"question": question})
    return (time.perf_counter() - started) * 1000


def _percentile(values: list[float], percent: int) -> float:
    return round(float(np.percentile(values, percent)), 1)
