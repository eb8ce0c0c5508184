"""all-MiniLM-L6-v2 inside the process, on ONNX Runtime: no service, no key, no network."""

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from lib.adapters.local.minilm.weights import find_model, read_tensors, read_vocabulary
from lib.adapters.local.minilm.wordpiece import END, START, WordPiece
from lib.domain.vectors import Vectors
from lib.errors import Unreachable
from lib.ports.embedder import Embedding, Purpose

_DIMENSIONS = 384
_MAX_TOKENS = 254  # 256 with [CLS] and [SEP], as the model's sentence_bert_config.json says
_RUN_TOKENS = 512  # short texts of one length share a run up to here
_MAX_THREADS = 4
_GRAPH = Path(__file__).parent / "minilm" / "graph.onnx"


class MiniLmEmbedder:
    """
    The embedded default, float32 throughout. Queries and passages are embedded alike.

    Each run of the model takes texts of exactly one length, nothing is padded, and a vector does not depend on its
    batch. Passages of all callers share one thread per core (at most 4) and queue for them; a query runs
    on its caller's thread and never waits for passages. Nothing is looked for or read before the first use.
    Raises: ModelMissing, ModelAltered at the first use; Unreachable when the process ends under a batch of passages.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads or min(_cores(), _MAX_THREADS)
        self._lock = threading.Lock()
        self._tokenizer: WordPiece | None = None
        self._loaded: tuple[_Model, ThreadPoolExecutor] | None = None
        self._queries: _Model | None = None
        self._weights: dict[str, np.ndarray] | None = None

    @property
    def model(self) -> str:
        return "all-MiniLM-L6-v2"

    @property
    def dimensions(self) -> int:
        return _DIMENSIONS

    @property
    def max_tokens(self) -> int:
        return _MAX_TOKENS

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Embedding:
        vectors = np.empty((len(texts), _DIMENSIONS), dtype=np.float32)
        if not texts:
            return Embedding(vectors=vectors, tokens=0)
        tokenizer = self._load_tokenizer()
        ids = [tokenizer.ids(text, limit=_MAX_TOKENS) for text in texts]
        if purpose == "query":
            model = self._load_queries()
            for run in _runs(ids):
                vectors[run] = model.embed([ids[index] for index in run])
        else:
            model, pool = self._load_model()
            # Handed over a few at a time: callers take turns, and the process can end between two runs.
            pending: deque[tuple[list[int], Future[Vectors]]] = deque()
            for run in _runs(ids):
                try:
                    pending.append((run, pool.submit(model.embed, [ids[index] for index in run])))
                except RuntimeError as error:
                    raise Unreachable("the process is ending: embed these texts after the next start") from error
                if len(pending) >= 2 * self._threads:
                    done, future = pending.popleft()
                    vectors[done] = future.result()
            for done, future in pending:
                vectors[done] = future.result()
        return Embedding(vectors=vectors, tokens=sum(map(len, ids)))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        tokenizer = self._load_tokenizer()
        return [len(tokenizer.ids(text)) for text in texts]

    def _load_tokenizer(self) -> WordPiece:
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = WordPiece(read_vocabulary(find_model()))
            return self._tokenizer

    def _load_model(self) -> "tuple[_Model, ThreadPoolExecutor]":
        with self._lock:
            if self._loaded is None:
                pool = ThreadPoolExecutor(self._threads, thread_name_prefix="minilm")
                self._loaded = _Model(self._load_weights(), threads=1), pool
            return self._loaded

    def _load_queries(self) -> "_Model":
        """A session of its own: two threads take a third off a query, and a fifth off the rate of passages."""
        with self._lock:
            if self._queries is None:
                self._queries = _Model(self._load_weights(), threads=min(2, self._threads))
            return self._queries

    def _load_weights(self) -> "dict[str, np.ndarray]":
        if self._weights is None:
            found = read_tensors(find_model()).items()
            self._weights = {name: tensor for name, tensor in found if not name.startswith("pooler")}
        return self._weights


class _Model:
    """The graph with its weights. Runs side by side on any threads: the one that asks, and its own beyond the first."""

    def __init__(self, weights: "dict[str, np.ndarray]", *, threads: int) -> None:
        import onnxruntime  # 0.1 s, and absent in Azure

        self._tensors = weights  # ONNX Runtime borrows this memory: it must live as long as the session
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # errors; they are raised as well
        options.add_external_initializers(
            list(self._tensors), [onnxruntime.OrtValue.ortvalue_from_numpy(tensor) for tensor in self._tensors.values()]
        )
        self._session = onnxruntime.InferenceSession(_GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])

    def embed(self, texts: list[list[int]]) -> Vectors:
        """Vectors of texts of one length."""
        ids = np.array([[START, *text, END] for text in texts], dtype=np.int64)
        vectors: Vectors
        (vectors,) = self._session.run(None, {"ids": ids})
        return vectors


def _runs(texts: list[list[int]]) -> list[list[int]]:
    """Indexes of the texts, grouped into runs of one length; the longest first, so that threads end together."""
    runs: list[list[int]] = []
    for index in sorted(range(len(texts)), key=lambda index: -len(texts[index])):
        tokens = len(texts[index]) + 2
        if runs and len(texts[runs[-1][0]]) + 2 == tokens and (len(runs[-1]) + 1) * tokens <= _RUN_TOKENS:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
