"""What every Embedder keeps."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lib.ports.embedder import Embedder

TEXTS = [
    "The crawler keeps eight requests to one host.",
    "Tea.",
    "Vectors of superseded versions leave the index after a minute of grace, and the store after a year.",
    "Äpfel, 日本語, Ελληνικά: not only English.",
    "def f(x):\n    return {'a': [x, 0x1F, 3.14159]}  # code",
]
ODD = [
    "",
    "   \n\t  ",
    "!?…—;;;{}[]()<>|~^",
    "3141592653589793238462643383279502884197",
    "aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQ0MTIzNDU2Nzg5MA==",
    "xkcdqzvwbnm QZXVKJ qWeRtYuIoP",
    "🙂🙃🙂🙃",
    "نصّ بالعربية",
    "a b c d e f g h i j k l m n o p",
]
SAME = 1e-5


class EmbedderContract:
    @pytest.fixture
    def embedder(self) -> Embedder:
        """Any model."""
        raise NotImplementedError

    def tokens(self, embedder, text: str) -> int:
        """Tokens of a text by the model itself, without special ones."""
        return embedder.embed([text], purpose="passage").tokens

    def test_vectors_come_in_the_order_of_the_texts(self, embedder):
        whole = embedder.embed(TEXTS, purpose="passage").vectors
        turned = embedder.embed(TEXTS[::-1], purpose="passage").vectors

        assert whole.shape == (len(TEXTS), embedder.dimensions)
        assert whole.dtype == np.float32
        assert np.abs(whole - turned[::-1]).max() < SAME
        assert np.linalg.matrix_rank(whole) == len(TEXTS)

    def test_vectors_have_unit_length(self, embedder):
        vectors = embedder.embed(TEXTS + ODD, purpose="passage").vectors

        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS + ODD)), abs=1e-5)

    def test_no_texts_give_no_vectors(self, embedder):
        for purpose in ("query", "passage"):
            found = embedder.embed([], purpose=purpose)

            assert (found.vectors.shape, found.vectors.dtype, found.tokens) == (
                (0, embedder.dimensions),
                np.float32,
                0,
            )

    @pytest.mark.parametrize("purpose", ["query", "passage"])
    def test_a_vector_does_not_depend_on_its_batch(self, embedder, purpose):
        alone = [embedder.embed([text], purpose=purpose).vectors[0] for text in TEXTS]
        together = embedder.embed(["something else", *TEXTS, "word " * 100], purpose=purpose).vectors[1:-1]

        assert np.abs(np.array(alone) - together).max() < SAME

    def test_texts_of_one_meaning_are_near(self, embedder):
        question = embedder.embed(["How many connections does the crawler open to a host?"], purpose="query").vectors[0]

        assert np.argmax(embedder.embed(TEXTS, purpose="passage").vectors @ question) == 0

    def test_no_text_has_more_tokens_than_are_counted(self, embedder):
        counts = embedder.count_tokens(TEXTS + ODD)

        assert [
            text for text, count in zip(TEXTS + ODD, counts, strict=True) if self.tokens(embedder, text) > count
        ] == []

    def test_the_count_is_no_wild_guess(self, embedder):
        text = " ".join(TEXTS[:3])

        assert embedder.count_tokens([text])[0] <= 4 * self.tokens(embedder, text)

    def test_tokens_are_those_of_all_texts(self, embedder):
        each = sum(self.tokens(embedder, text) for text in TEXTS)

        assert embedder.embed(TEXTS, purpose="passage").tokens == each > len(TEXTS)

    def test_a_text_is_embedded_as_far_as_the_limit(self, embedder):
        long = "The harbour has nine cranes and a lighthouse. " * (embedder.max_tokens // 4)
        assert embedder.count_tokens([long])[0] > embedder.max_tokens

        found = embedder.embed([long, long + "Tea.", "Tea."], purpose="passage")

        assert np.abs(found.vectors[0] - found.vectors[1]).max() < SAME
        assert found.vectors[0] @ found.vectors[2] < 0.9
        assert found.tokens <= 3 * (embedder.max_tokens + 2)

    def test_a_text_below_the_limit_is_embedded_to_its_end(self, embedder):
        words = "harbour"
        while embedder.count_tokens([f"{words} crane lighthouse"])[0] <= embedder.max_tokens:
            words += " crane"
        first, second = embedder.embed([words, words.removesuffix("crane") + "tea"], purpose="passage").vectors

        assert np.abs(first - second).max() > SAME

    def test_a_long_text_of_no_words_is_embedded_too(self, embedder):
        for text in (odd * embedder.max_tokens for odd in ODD[2:]):
            assert np.isfinite(embedder.embed([text, "Tea."], purpose="passage").vectors).all()

    def test_threads_may_share_it(self, embedder):
        expected = embedder.embed(TEXTS, purpose="passage").vectors

        def embed(number: int) -> float:
            place = number % len(TEXTS)
            purpose = "query" if number % 3 else "passage"
            found = embedder.embed([TEXTS[place]], purpose=purpose).vectors[0]
            again = embedder.embed([TEXTS[place]], purpose=purpose).vectors[0]
            near = expected[place] if purpose == "passage" else again
            return float(np.abs(found - near).max())

        with ThreadPoolExecutor(6) as pool:
            assert max(pool.map(embed, range(24))) < SAME

    def test_its_name_and_length_are_constant(self, embedder):
        before = (embedder.model, embedder.dimensions, embedder.max_tokens)
        embedder.embed(["Tea."], purpose="query")

        assert before == (embedder.model, embedder.dimensions, embedder.max_tokens)
        assert embedder.model
        assert embedder.max_tokens > 0
