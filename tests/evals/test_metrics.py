import math

import pytest

from evals.metrics import contains_answer, difference, estimate, ndcg, recall_at, reciprocal_rank

NO, YES = False, True


@pytest.mark.parametrize(
    ("k", "right", "expected"), [(1, [NO, YES], 0), (2, [NO, YES], 1), (5, [], 0), (5, [NO] * 5 + [YES], 0)]
)
def test_recall_asks_for_one_right_hit_among_the_first(k, right, expected):
    assert recall_at(k, right) == expected


@pytest.mark.parametrize(
    ("right", "expected"),
    [([YES], 1), ([NO, NO, NO, YES, YES], 0.25), ([NO] * 9 + [YES], 0.1), ([NO] * 10 + [YES], 0), ([], 0)],
)
def test_reciprocal_rank_is_that_of_the_first_right_hit_among_ten(right, expected):
    assert reciprocal_rank(right) == expected


def test_ndcg_by_hand():
    # Right at 1 and 3 of three that exist: (1 + 1/2) / (1 + 1/log2(3) + 1/2).
    assert ndcg([YES, NO, YES], existing=3) == pytest.approx(1.5 / (1.5 + 1 / math.log2(3)))
    assert ndcg([YES, YES], existing=2) == 1
    assert ndcg([NO, YES], existing=1) == pytest.approx(1 / math.log2(3))
    assert ndcg([YES] * 10, existing=40) == 1
    assert ndcg([NO], existing=0) == 0


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("The  trio\ntribe", ("Trio Tribe",), True),
        ("in the 1st century", ("2nd", "1st"), True),
        ("Cafe\u0301 Zu\u0308rich", ("Café Zürich",), True),
        ("trio", ("quartet",), False),
        ("anything", (), False),
    ],
)
def test_answers_are_compared_without_case_blanks_and_forms(text, answers, expected):
    assert contains_answer(text, answers) is expected


def test_the_interval_holds_the_mean_and_narrows_with_more_questions():
    few, many = estimate([0.0, 1.0] * 20), estimate([0.0, 1.0] * 2_000)

    assert few.mean == many.mean == 0.5
    # Of 40 coins: 0.5 +- 1.96 * 0.5 / sqrt(40) = 0.345 to 0.655; of 4,000: 0.4845 to 0.5155.
    assert (few.low, few.high) == (pytest.approx(0.345, abs=0.03), pytest.approx(0.655, abs=0.03))
    assert (many.low, many.high) == (pytest.approx(0.4845, abs=0.003), pytest.approx(0.5155, abs=0.003))


def test_intervals_are_the_same_every_time():
    assert estimate([0.0, 1.0, 1.0]) == estimate([0.0, 1.0, 1.0])


def test_equal_rankings_differ_by_nothing():
    same = difference([0.5, 1.0, 0.0], [0.5, 1.0, 0.0])

    assert (same.mean, same.low, same.high) == (0, 0, 0)


def test_measuring_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to measure"):
        estimate([])
