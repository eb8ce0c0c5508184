"""What every SearchIndex keeps."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from lib.domain.retrieval import Candidate
from lib.errors import DimensionMismatch, NotFound
from lib.ports.search_index import SearchIndex
from tests.contracts.search_examples import DIMENSIONS, INDEX, OTHER, best_first, direction, names, piece, question
from tests.examples import NOON, key


class SearchIndexContract:
    @pytest.fixture
    def index(self) -> SearchIndex:
        """Without any index."""
        raise NotImplementedError

    def settle(self, index) -> None:
        """Wait until acknowledged writes are visible. For indexes that show them late."""

    @pytest.fixture
    def filled(self, index):
        index.ensure(INDEX, dimensions=DIMENSIONS)

        def fill(*chunks, into=INDEX):
            index.upsert(into, chunks)
            self.settle(index)
            return index

        return fill

    def test_ensuring_twice_keeps_what_is_there(self, index, filled):
        filled(piece("a"))
        index.ensure(INDEX, dimensions=DIMENSIONS)

        assert names(index.search(INDEX, question("words"))) == {"a"}

    def test_ensuring_another_length_is_refused(self, index, filled):
        filled(piece("a"))

        with pytest.raises(DimensionMismatch, match=INDEX):
            index.ensure(INDEX, dimensions=DIMENSIONS + 1)

    def test_an_index_that_was_never_made_is_not_found(self, index):
        with pytest.raises(NotFound, match=INDEX):
            index.search(INDEX, question("words"))
        with pytest.raises(NotFound, match=INDEX):
            index.upsert(INDEX, [piece("a")])

    def test_an_empty_index_proposes_nothing(self, index):
        index.ensure(INDEX, dimensions=DIMENSIONS)

        assert index.search(INDEX, question("words", direction(1))) == []

    def test_a_candidate_carries_all_that_the_chunk_had(self, filled):
        place = {"ordinal": 3, "version": 7, "source_id": "blog", "access": ("x", "y")}
        chunk = piece("a", "Grüße, 世界 🌍: zebra", title="T", heading="H", **place)

        (found,) = filled(chunk).search(INDEX, question("zebra", direction(1, 1)))

        assert found == Candidate(
            id=chunk.id, document_id=chunk.document_id, version=7, source_id="blog", url=chunk.url, title="T",
            heading="H", text=chunk.text, start=30, end=39, fetched_at=NOON,
            text_rank=1, text_score=found.text_score, vector_rank=1, cosine=found.cosine,
        )  # fmt: skip
        assert found.cosine == pytest.approx(1, abs=2e-3)

    def test_the_text_arm_ranks_by_words(self, filled):
        index = filled(
            piece("one", "zebra " + "grass " * 20), piece("two", "zebra zebra"), piece("none", "lion"), piece("other")
        )

        found = index.search(INDEX, question("Where is the zebra?"))

        assert best_first(found, "text_rank") == ["two", "one"]
        scores = {c.text_rank: c.text_score for c in found}
        assert scores[1] > scores[2]
        assert {c.vector_rank for c in found} == {None}

    @pytest.mark.parametrize("field", ["title", "heading", "text"])
    def test_titles_headings_and_texts_are_searched(self, filled, field):
        index = filled(piece("a", **{field: "the zebra crossing"}), piece("b"))

        assert names(index.search(INDEX, question("zebra"))) == {"a"}

    def test_the_vector_arm_ranks_by_cosine(self, filled):
        index = filled(
            piece("near", vector=direction(1, 0.2)),
            piece("far", vector=direction(-1, 0.2)),
            piece("between", vector=direction(1, 1)),
        )

        found = index.search(INDEX, question(vector=direction(1)))

        assert best_first(found, "vector_rank") == ["near", "between", "far"]
        assert {c.url.rsplit("/", 1)[1]: c.cosine for c in found} == pytest.approx(
            {"near": 0.9806, "between": 0.7071, "far": -0.9806}, abs=2e-3
        )
        assert {c.text_rank for c in found} == {None}

    def test_a_chunk_that_both_arms_find_comes_once(self, filled):
        index = filled(piece("a", "zebra", vector=direction(1)), piece("b", "lion", vector=direction(0, 1)))

        found = index.search(INDEX, question("zebra", direction(1)))

        assert sorted((c.url[-1], c.text_rank, c.vector_rank) for c in found) == [("a", 1, 1), ("b", None, 2)]

    def test_each_arm_gives_at_most_its_limit(self, filled):
        index = filled(*(piece(f"p{n}", "zebra", vector=direction(1, n / 10)) for n in range(9)))

        found = index.search(INDEX, question("zebra", direction(1), limit=3))

        assert best_first(found, "vector_rank") == ["p0", "p1", "p2"]
        assert len(best_first(found, "text_rank")) == 3

    def test_neither_words_nor_vector_propose_nothing(self, filled):
        assert filled(piece("a")).search(INDEX, question("")) == []

    def test_stopwords_alone_are_still_looked_for(self, filled):
        index = filled(piece("a", "To be, or not to be"), piece("b", "something else"))

        assert names(index.search(INDEX, question("to be or not to be"))) == {"a"}

    @pytest.mark.parametrize(
        "text",
        [
            '"', '""', "'", "zebra AND lion", "zebra NOT lion", "NEAR(zebra lion, 5)", "zebra*", "^zebra",
            "title:zebra", "{title} : zebra", "- title : zebra", "zebra + lion", "(zebra", "zebra) OR (", "\\",
            "zebra\x00lion", "%",
            "zebra'); DROP TABLE chunks; --", "\ud800zebra", "🦓 zebra", "zebra/lion|ox&cow~2^3!", "?", "...",
            "zebra " * 9999,
            " ".join(f"word{n}" for n in range(2_000)) + " zebra", "zebra" * 5_000,
        ],
    )  # fmt: skip
    def test_a_question_is_words_and_never_a_query_language(self, filled, text):
        index = filled(piece("a", "zebra and lion"), piece("b", "nothing of that"))

        found = index.search(INDEX, question(text, direction(1, 1)))

        assert names(found) == {"a", "b"}  # the vector arm finds both, whatever the words are

    def test_no_word_of_a_question_excludes_a_chunk(self, filled):
        index = filled(piece("a", "zebra and lion"))

        assert names(index.search(INDEX, question("zebra NOT lion AND unicorn"))) == {"a"}

    def test_writing_a_chunk_again_replaces_it(self, index, filled):
        filled(piece("a", "zebra", vector=direction(1), access=("staff",)))
        filled(piece("a", "lion", vector=direction(0, 1), access=("everyone",)))

        assert index.search(INDEX, question("zebra")) == []
        (found,) = index.search(INDEX, question("lion", direction(0, 1), groups=("everyone",)))
        assert (found.text, found.cosine) == ("lion", pytest.approx(1, abs=2e-3))
        assert index.search(INDEX, question("lion", direction(0, 1), groups=("staff",))) == []
        assert index.count(INDEX) == {("", 0): 1}

    def test_of_equal_ids_in_one_call_the_last_one_stays(self, index, filled):
        filled(piece("a", "zebra"), piece("a", "lion"))

        assert [c.text for c in index.search(INDEX, question("zebra lion", direction(1)))] == ["lion"]

    def test_writing_nothing_is_no_error(self, index, filled):
        filled()
        index.delete(INDEX, [])

        assert index.count(INDEX) == {("", 0): 0}

    def test_a_vector_of_another_length_is_refused_and_nothing_is_written(self, index, filled):
        filled()
        wrong = replace(piece("b"), vector=np.ones(DIMENSIONS + 1, np.float32))

        with pytest.raises(DimensionMismatch):
            index.upsert(INDEX, [piece("a"), wrong])
        self.settle(index)
        assert index.count(INDEX) == {("", 0): 0}

    def test_deleted_chunks_are_found_by_neither_arm(self, index, filled):
        filled(piece("a", "zebra"), piece("b", "zebra"))
        index.delete(INDEX, [piece("a").id, piece("never-there").id])
        self.settle(index)

        assert names(index.search(INDEX, question("zebra", direction(1, 1)))) == {"b"}
        assert index.count(INDEX) == {("", 0): 1}

    def test_a_deleted_chunk_can_come_back(self, index, filled):
        for turn in range(5):
            filled(piece("a", f"zebra {turn}", vector=direction(1, turn)), piece("b", "zebra"))
            index.delete(INDEX, [piece("a").id])
        filled(piece("a", "zebra again", vector=direction(0, 0, 1)))

        found = {c.url[-1]: c for c in index.search(INDEX, question("zebra", direction(0, 0, 1)))}

        assert sorted(found) == ["a", "b"]
        assert (found["a"].text, found["a"].cosine) == ("zebra again", pytest.approx(1, abs=2e-3))

    def test_indexes_are_apart(self, index, filled):
        index.ensure(OTHER, dimensions=2)
        filled(piece("a", "zebra"))

        assert index.search(OTHER, question("zebra", np.array([1, 0], np.float32))) == []
        assert index.count(OTHER) == {("", 0): 0}

    def test_chunks_are_counted_by_document_and_version(self, index, filled):
        filled(*(piece("a", ordinal=n, version=1) for n in range(3)), piece("a", version=2), piece("b"), piece("c"))

        assert index.count(INDEX, [key("a"), key("b"), key("none")]) == {
            (key("a"), 1): 3, (key("a"), 2): 1, (key("b"), 1): 1
        }  # fmt: skip
        assert index.count(INDEX) == {("", 0): 6}
        assert index.count(INDEX, []) == {}

    @pytest.mark.parametrize("text", ["zebra", ""])
    @pytest.mark.parametrize("vector", [None, direction(1, 1)])
    def test_a_group_sees_its_chunks_and_no_others(self, filled, text, vector):
        if not text and vector is None:
            return
        index = filled(
            piece("open", "zebra", access=("everyone",)),
            piece("staff", "zebra", access=("staff", "boss")),
            piece("boss", "zebra", access=("boss",)),
        )

        def seen(*groups):
            return names(index.search(INDEX, question(text, vector, groups=groups)))

        assert seen("everyone") == {"open"}
        assert seen("everyone", "staff") == {"open", "staff"}
        assert seen("boss") == {"staff", "boss"}
        assert seen("everyone", "staff", "boss") == {"open", "staff", "boss"}
        assert seen("stranger") == set()
        assert seen() == set()

    def test_names_of_groups_are_compared_to_the_letter(self, filled):
        alike = ["report", "reports", "Reports", "réports", "reporting"]
        odd = [*alike, 'a" OR "b', "a", "acl1", "acl : acl1", "*", "x y"]
        index = filled(*(piece(f"p{n}", "zebra", access=(name,)) for n, name in enumerate(odd)))

        for n, name in enumerate(odd):
            assert names(index.search(INDEX, question("zebra", direction(1, 1), groups=(name,)))) == {f"p{n}"}

    def test_words_of_a_question_do_not_reach_filters(self, filled):
        index = filled(piece("open", "zebra"), piece("boss", "zebra", access=("boss",)))

        for text in ("acl1 acl2 src1 zebra", 'acl2" OR acl:"acl2', "boss everyone"):
            found = index.search(INDEX, question(text, direction(1, 1), groups=("everyone",)))
            assert names(found) == {"open"}

    def test_filters_apply_before_the_best_are_picked(self, filled):
        crowd = [piece(f"p{n}", "zebra zebra zebra", vector=direction(1), access=("crowd",)) for n in range(30)]
        rare = piece("rare", "one zebra among many other words", vector=direction(0.1, 1), access=("rare",))

        (found,) = filled(*crowd, rare).search(INDEX, question("zebra", direction(1), groups=("rare",), limit=1))

        assert (found.url[-4:], found.text_rank, found.vector_rank) == ("rare", 1, 1)

    def test_sources_are_a_filter_too(self, filled):
        index = filled(
            piece("a", "zebra", source_id="handbook"),
            piece("b", "zebra", source_id="blog", access=("staff",)),
            piece("c", "zebra", source_id="blog"),
        )

        def seen(*sources, groups=None):
            return names(index.search(INDEX, question("zebra", direction(1), source_ids=sources, groups=groups)))

        assert seen("blog") == {"b", "c"}
        assert seen("blog", groups=("everyone",)) == {"c"}
        assert seen("blog", "handbook", groups=("everyone",)) == {"a", "c"}
        assert seen("unknown") == set()
        assert seen() == set()

    def test_readers_beside_a_writer_see_whole_writes(self, index, filled):
        def pair(turn):
            shared = {"vector": direction(1, turn % 7), "access": ("even" if turn % 2 == 0 else "odd",)}
            return piece("a", f"zebra turn {turn}", **shared), piece("b", f"zebra turn {turn}", **shared)

        filled(*pair(0))

        def read(number):
            groups = (None, ("even", "odd"), ("even",))[number % 3]
            found = index.search(INDEX, question("zebra", direction(1), groups=groups))
            assert len(found) in ((0, 2) if number % 3 == 2 else (2,))
            assert len({c.text for c in found}) <= 1  # both of one write, never one of each
            for c in found:
                turn = int(c.text.rsplit(" ", 1)[1])
                assert c.cosine == pytest.approx(float(direction(1) @ direction(1, turn % 7)), abs=2e-3)
                assert turn % 2 == 0 or groups != ("even",)

        with ThreadPoolExecutor(5) as pool:
            reads = [pool.submit(read, number) for number in range(60)]
            for turn in range(1, 20):
                index.upsert(INDEX, pair(turn))
            for done in reads:
                done.result()
