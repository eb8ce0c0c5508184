from dataclasses import replace

import pytest

from lib.domain.features import ChunkId
from lib.domain.overlap import CONTEXT, overlaps
from lib.domain.ranking import PAIRS_WEIGHT, RERANKED, WINDOW_WEIGHT, rank, reciprocal_rank_fusion
from lib.domain.retrieval import Candidate


def candidate(name: str, text: str = "", **changes) -> Candidate:
    values = {
        "id": ChunkId(name),
        "document_id": f"doc-{name}",
        "version": 1,
        "source_id": "s",
        "url": f"https://example.com/{name}",
        "title": "",
        "heading": "",
        "text": text or f"words of {name}",
        "start": 0,
        "end": 9,
        "fetched_at": "",
        "text_rank": None,
        "text_score": None,
        "vector_rank": None,
        "cosine": 0.5,
    }
    return Candidate(**{**values, **changes})


def order(query, candidates, top=10) -> list[str]:
    return [found.candidate.id for found in rank(query, candidates, top=top)]


def test_fusion_by_hand():
    fused = reciprocal_rank_fusion([["a", "b", "c"], ["c", "a"], []], k=60)

    assert [found for found, _ in fused] == ["a", "c", "b"]
    assert dict(fused) == pytest.approx({"a": 1 / 61 + 1 / 62, "c": 1 / 63 + 1 / 61, "b": 1 / 62})


def test_fusion_of_nothing_is_nothing_and_ties_go_by_appearance():
    assert reciprocal_rank_fusion([]) == []
    assert [found for found, _ in reciprocal_rank_fusion([["x"], ["a"]])] == ["x", "a"]


def test_fusion_refuses_what_is_no_ranking():
    with pytest.raises(ValueError, match="repeats"):
        reciprocal_rank_fusion([["a", "a"]])
    with pytest.raises(ValueError, match="at least 1"):
        reciprocal_rank_fusion([["a"]], k=0)


def test_nothing_ranked_is_nothing():
    assert rank("anything", [], top=5) == []
    assert rank("anything", [candidate("a", text_rank=1)], top=0) == []


def test_words_close_together_beat_words_far_apart():
    far = "zebra " + "filler " * 60 + "stripes"
    near = "filler " * 60 + "zebra stripes"

    assert order("zebra stripes", [candidate("far", far, text_rank=1), candidate("near", near, text_rank=2)]) == [
        "near", "far"
    ]  # fmt: skip


def test_the_best_by_words_alone_is_looked_at_where_all_others_are_alike():
    rows = [candidate(f"r{n}", "total of an order", text_rank=n + 2, vector_rank=n + 1) for n in range(2 * RERANKED)]
    row = candidate("row", "total of the order ORD-20287", text_rank=1, cosine=0.4)

    assert order("What is the total of order ORD-20287?", [*rows, row])[0] == "row"


def test_words_in_the_order_of_the_question_beat_others():
    found = [
        candidate("swapped", "the man bites the dog today", text_rank=1),
        candidate("same", "the dog bites the man today", text_rank=2),
        candidate("neither", "nothing", text_rank=3),
    ]

    assert order("Which dog bites the man?", found) == ["same", "swapped", "neither"]


def test_rare_words_count_more_than_common_ones():
    pool = [candidate(f"c{n}", f"europe page {n}", text_rank=n + 3) for n in range(8)]
    rare, common = (
        candidate("rare", "quagga lived there", text_rank=2),
        candidate("common", "europe alone", text_rank=1),
    )

    assert order("quagga europe", [common, rare, *pool])[0] == "rare"


def test_meaning_decides_between_equal_words():
    found = [
        candidate("low", "zebra one", vector_rank=2, cosine=0.2),
        candidate("high", "zebra two", vector_rank=1, cosine=0.8),
    ]

    assert order("zebra", found) == ["high", "low"]


def test_titles_and_headings_count_a_part():
    plain, titled = overlaps("install windows", ["run this", "run this"], contexts=["", "Install > Windows"])

    assert (plain.window, titled.window) == (0, pytest.approx(CONTEXT))


def test_scores_lie_between_0_and_1_and_fall():
    found = [candidate(f"c{n}", "zebra " * (n % 3), text_rank=n + 1, cosine=n / 50 - 0.2) for n in range(50)]

    scores = [ranked.score for ranked in rank("zebra crossing", found, top=50)]

    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    (best,) = rank("zebra", [candidate("a", "zebra", text_rank=1, cosine=1.0)], top=1)
    one_word_has_no_pairs = (1 + WINDOW_WEIGHT) / (1 + WINDOW_WEIGHT + PAIRS_WEIGHT)
    assert best.score == pytest.approx(one_word_has_no_pairs)


def test_a_cosine_that_is_not_known_counts_as_the_least_that_is():
    found = [
        candidate("unknown", "zebra one", text_rank=1, cosine=None),
        candidate("low", "zebra two", vector_rank=2, cosine=0.3),
        candidate("high", "zebra three", vector_rank=1, cosine=0.9),
    ]

    ranked = {r.candidate.id: r.score for r in rank("zebra", found, top=3)}

    assert ranked["unknown"] == ranked["low"] < ranked["high"]


def test_candidates_without_any_cosine_are_ranked_by_words():
    found = [candidate("a", "lion", text_rank=1, cosine=None), candidate("b", "zebra lion", text_rank=2, cosine=None)]

    assert order("zebra lion", found) == ["b", "a"]


def test_more_than_are_looked_at_closely_can_be_had():
    found = [candidate(f"c{n:03}", f"zebra number {n}", text_rank=n + 1) for n in range(3 * RERANKED)]

    everything = order("zebra", found, top=200)

    assert sorted(everything) == sorted(c.id for c in found)


def test_overlapping_spans_of_a_document_are_shown_once():
    first = candidate("a", "zebra crossing here", text_rank=2, start=0, end=100, document_id="d")
    over = candidate("b", "zebra", text_rank=1, start=90, end=190, document_id="d")
    beside = candidate("c", "crossing", text_rank=3, start=190, end=290, document_id="d")

    assert order("zebra crossing", [first, over, beside]) == ["a", "c"]


def test_equal_texts_are_shown_once_and_near_equal_ones_of_one_document_too():
    text = " ".join(f"word{n}" for n in range(40)) + " zebra"
    found = [
        candidate("a", text, text_rank=1, cosine=0.9),
        candidate("mirror", text, text_rank=2),
        candidate("old", text + " more", text_rank=3, document_id="doc-a", version=2),
        candidate("other", text + " more", text_rank=4, document_id="doc-other"),
    ]

    assert order("zebra", found) == ["a", "other"]


def test_the_order_does_not_depend_on_how_candidates_come():
    found = [candidate(f"c{n}", f"zebra {n % 4}", text_rank=n + 1, start=n * 10, end=n * 10 + 9) for n in range(12)]

    assert order("zebra 2", found) == order("zebra 2", found[::-1])


@pytest.mark.parametrize("query", ["", "?", "\ud800", "the of and", "x" * 100_000, "zebra " * 10_000])
def test_any_question_can_be_ranked(query):
    found = [candidate("a", "zebra", text_rank=1), replace(candidate("b", "lion"), vector_rank=1)]

    assert sorted(order(query, found)) == ["a", "b"]
