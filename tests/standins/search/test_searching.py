"""Answers to searches: arms, recorded numbers, pages, facets and what is refused."""

import pytest

from local.standins.search.searching import fused, score_of
from local.standins.search.simple_query import parse


def near(*vector, k=50, **more):
    return {"kind": "vector", "vector": list(vector), "k": k, "fields": "vec", **more}


@pytest.fixture
def shelf(service, book):
    service.index(
        book("a", "zebra zebra grass", kind="x", tags=["red", "blue"], pages=1, vec=[1, 0]),
        book("b", "zebra and a lion", kind="y", tags=["red"], pages=2, vec=[0, 1]),
        book("c", "a lion alone", kind="x", pages=3, vec=[-1, 0]),
        book("d", "nothing of that", pages=4, vec=[1, 1]),
        book("e", "no vector, but grass"),
    )
    return service


@pytest.mark.parametrize(
    ("ranks", "recorded"),
    [((0, None), 0.01666666754), ((1, 2), 0.03252247348), ((0, 5), 0.03205128387), ((5, 1), 0.03177805617)],
)
def test_fusion_gives_the_recorded_scores(ranks, recorded):
    found = "the document"
    arms = [dict.fromkeys([*range(rank), found], 0.0) if rank is not None else {} for rank in ranks]

    assert fused(arms, weights=[1, 1])[found] == pytest.approx(recorded, rel=1e-6)


def test_vector_scores_are_as_published(shelf):
    rows = shelf.search(vectorQueries=[near(1, 0)])["value"]

    assert [row["id"] for row in rows] == ["a", "d", "b", "c"]
    expected = [1.0, 1 / (2 - 0.70710678), 0.5, 1 / 3]
    assert [row["@search.score"] for row in rows] == pytest.approx(expected, abs=2e-4)
    assert score_of(-1) == pytest.approx(1 / 3)
    assert shelf.ids(vectorQueries=[near(1, 0, k=2)]) == ["a", "d"]
    assert shelf.ids(vectorQueries=[near(7, 0, k=1)]) == ["a"]  # only directions count


def test_a_hybrid_search_fuses_both_arms(shelf):
    rows = shelf.search(search="zebra", vectorQueries=[near(1, 0, k=3)])["value"]

    assert [row["id"] for row in rows] == ["a", "b", "d"]
    expected = [1 / 60 + 1 / 60, 1 / 61 + 1 / 62, 1 / 61]
    assert [row["@search.score"] for row in rows] == pytest.approx(expected, abs=1e-8)
    heavy = shelf.search(search="zebra", vectorQueries=[near(1, 0, k=3, weight=2.0)])["value"]
    assert heavy[0]["@search.score"] == pytest.approx(3 / 60, abs=1e-8)


def test_filters_apply_before_or_after_the_nearest_are_picked(shelf):
    asked = {"vectorQueries": [near(1, 0, k=1)], "filter": "kind eq 'y'"}

    assert shelf.ids(**asked) == ["b"]
    assert shelf.ids(**asked, vectorFilterMode="postFilter") == []
    assert shelf.ids(search="zebra", filter="kind eq 'y'") == ["b"]


def test_everything_is_found_by_nothing_and_by_a_star(shelf):
    for asked in ({}, {"search": "*"}, {"search": ""}):
        rows = shelf.search(**asked, count=True)
        assert {row["@search.score"] for row in rows["value"]} == {1.0}
        assert rows["@odata.count"] == 5


def test_words_in_simple_syntax(shelf):
    found = {
        "zebra": "ab", "zebra lion": "abc", "zebra + lion": "b", "zebra+lion": "b", "zebra|grass": "abe",
        '"a lion"': "bc", '"lion a"': "", "zeb*": "ab", "zeb": "", "+zebra -lion": "abde", "zebra + -lion": "a",
        "(zebra | grass) + lion": "b", r"\zebra": "ab", r"zebra\*": "ab", "-": "", ")(": "", '"': "", "ZEBRAS": "ab",
        "the zebra": "ab", "Title": "abcde",
    }  # fmt: skip
    assert {text: "".join(sorted(shelf.ids(search=text))) for text in found} == found
    assert sorted(shelf.ids(search="zebra lion", searchMode="all")) == ["b"]
    assert sorted(shelf.ids(search="title", searchFields="text")) == []


def test_rows_have_the_recorded_shape(shelf):
    [row] = shelf.search(search="nothing", select="id,tags", count=True)["value"]

    assert row == {"@search.score": row["@search.score"], "id": "d", "tags": []}
    assert row["@search.score"] > 0


def test_pages_follow_each_other(service):
    for start in (0, 600):
        service.index(*({"id": f"n{n:04}", "pages": n} for n in range(start, start + 600)))
    first = service.search(orderby="pages desc")

    assert len(first["value"]) == 50
    following = first["@search.nextPageParameters"]
    assert following == {"orderby": "pages desc", "skip": 50}
    assert first["@odata.nextLink"].endswith("search.post.search?api-version=2026-04-01")
    assert service.search(**following)["value"][0]["pages"] == 1_149
    whole = service.search(top=1_100, orderby="pages")
    assert len(whole["value"]) == 1_000
    rest = service.search(**whole["@search.nextPageParameters"])
    assert [row["pages"] for row in rest["value"]] == list(range(1_000, 1_100))
    assert "@search.nextPageParameters" not in rest
    assert "@search.nextPageParameters" not in service.search(top=10)
    assert "@search.nextPageParameters" not in service.search(skip=1_190)
    assert service.search(top=0, count=True) == {"@odata.count": 1_200, "value": []}


def test_facets_count_values_most_first(shelf):
    found = shelf.search(facets=["kind", "tags,count:1", "pages,count:0,sort:-value"], top=0)["@search.facets"]

    assert found["kind"] == [{"value": "x", "count": 2}, {"value": "y", "count": 1}]
    assert found["tags"] == [{"value": "red", "count": 2}]
    assert [facet["value"] for facet in found["pages"]] == [4, 3, 2, 1]
    assert shelf.search(search="lion", facets=["kind"], top=0)["@search.facets"]["kind"][0]["count"] == 1


def test_order_by_fields_and_score(shelf):
    assert shelf.ids(orderby="kind desc,pages desc") == ["b", "c", "a", "d", "e"]
    assert shelf.ids(orderby="kind,pages") == ["e", "d", "a", "c", "b"]
    assert shelf.ids(search="zebra grass", orderby="search.score() asc")[-1] == "a"


def test_the_semantic_ranker_orders_and_tells_its_score(shelf):
    rows = shelf.search(search="zebra lion", queryType="semantic", semanticConfiguration="s", semanticQuery="lion")

    scores = [row["@search.rerankerScore"] for row in rows["value"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 4 for score in scores)
    assert {row["id"] for row in rows["value"][:2]} == {"b", "c"}


@pytest.mark.parametrize(
    "asked",
    [
        {"queryType": "full"}, {"highlight": "text"}, {"scoringProfile": "x"}, {"select": "none"}, {"select": "vec"},
        {"orderby": "tags"}, {"orderby": "pages sideways"}, {"facets": ["text"]}, {"facets": ["kind,interval:3"]},
        {"searchFields": "kind"}, {"top": -1}, {"skip": 100_001}, {"vectorQueries": [near(1, 0, 0)]},
        {"vectorQueries": [{**near(1, 0), "fields": "none"}]}, {"vectorQueries": [{**near(1, 0), "kind": "text"}]},
        {"vectorQueries": [near(1, 0, k=-1)]}, {"vectorQueries": [near(1, 0)], "vectorFilterMode": "x"},
        {"queryType": "semantic", "semanticConfiguration": "none"},
    ],
)  # fmt: skip
def test_what_the_stand_in_does_not_know_is_refused(shelf, asked):
    assert shelf.refused(**asked)["code"] == ""


def test_a_query_without_words_is_none():
    assert [parse(text, mode="any") for text in ("", " ", "+", "| |", "()", "-")] == [None] * 6
