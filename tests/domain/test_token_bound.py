"""The bound of tokens, compared with a real tokenizer on what this repository holds."""

import random
import string
from pathlib import Path

import pytest

from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from lib.domain.token_bound import bound, cut

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "pyproject.toml",
    ROOT / "requirements-local.in",
    ROOT / "lib" / "errors.py",
    *sorted((ROOT / "lib" / "adapters" / "web").glob("*.py")),
]


def pieces(text):
    return [part for part in text.split("\n\n") if part.strip()]


def test_no_paragraph_has_more_tokens_than_its_bound():
    paragraphs = [part for path in FILES for part in pieces(path.read_text(encoding="utf-8"))]
    counts = MiniLmEmbedder().count_tokens(paragraphs)
    bounds = [bound(part) for part in paragraphs]

    assert len(paragraphs) > 500
    assert [p for p, count, most in zip(paragraphs, counts, bounds, strict=True) if count > most] == []
    assert sum(bounds) < 2.6 * sum(counts)


@pytest.mark.parametrize("letters", [string.hexdigits, string.ascii_letters + string.digits + "+/", string.punctuation])
def test_keys_and_hashes_are_bounded_too(letters):
    chance = random.Random(3)
    texts = [" ".join("".join(chance.choices(letters, k=40)) for _ in range(20)) for _ in range(20)]

    assert all(count <= bound(text) for text, count in zip(texts, MiniLmEmbedder().count_tokens(texts), strict=True))


@pytest.mark.parametrize("text", ["word " * 50, "日本語" * 30, "{}" * 60, "x9Kq" * 40, " \n" * 90, "🙂 ok " * 20, ""])
@pytest.mark.parametrize("most", [0, 1, 7, 40, 10_000])
def test_a_cut_text_is_the_longest_beginning_within_the_bound(text, most):
    found = cut(text, most)

    assert text.startswith(found)
    assert bound(found) <= most
    assert found == text or bound(text) > most


def test_a_text_that_is_no_text_is_bounded():
    assert bound("\ud800 broken") > 0
    assert cut("\ud800" * 10, 3) is not None
