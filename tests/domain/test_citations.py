"""Each statement keeps its proof, or goes."""

from dataclasses import replace

from lib.domain.answers import Hit
from lib.domain.citations import ground
from lib.domain.features import ChunkId

TEXT = "The Amazon is big. It has 390 billion individual trees. Rain falls there on most days."
HIT = Hit(
    chunk_id=ChunkId("c"),
    document_id="d",
    document_version=3,
    source_id="s",
    url="https://x.example/",
    title="Amazon rainforest",
    heading="",
    text=TEXT,
    start=100,
    end=100 + len(TEXT),
    fetched_at="",
    score=1.0,
)


def test_a_quote_is_cited_at_its_exact_span() -> None:
    [citation] = ground("It has 390 billion individual trees. [1]", [HIT]).citations

    assert citation.quote == "It has 390 billion individual trees."
    assert (citation.start, citation.end) == (119, 155)
    assert TEXT[citation.start - 100 : citation.end - 100] == citation.quote


def test_a_paraphrase_is_cited_at_the_sentence_that_supports_it() -> None:
    [citation] = ground("About 390 billion trees grow in it [1].", [HIT]).citations

    assert citation.quote == "It has 390 billion individual trees."


def test_markers_are_numbered_by_appearance_and_shared_by_equal_spans() -> None:
    other = replace(HIT, document_id="e", text="Jaguars hunt at dusk.")
    found = ground("Jaguars hunt at dusk [2]. The Amazon is big [1]. Jaguars hunt at dusk [2].", [HIT, other])

    assert found.text == "Jaguars hunt at dusk [1]. The Amazon is big [2]. Jaguars hunt at dusk [1]."
    assert [(c.marker, c.document_id) for c in found.citations] == [(1, "e"), (2, "d")]


def test_a_number_the_passage_does_not_hold_takes_the_claim_out() -> None:
    found = ground("The Amazon is big [1]. It has 400 billion trees [1].", [HIT])

    assert found.text == "The Amazon is big [1]."
    assert found.dropped == 1


def test_a_statement_about_something_else_goes() -> None:
    assert ground("Penguins live in Antarctica [1].", [HIT]).citations == ()


def test_a_marker_without_a_passage_goes() -> None:
    found = ground("The Amazon is big [1][7].", [HIT])

    assert (found.text, found.dropped) == ("The Amazon is big [1].", 1)


def test_several_numbers_in_one_marker_are_several_citations() -> None:
    found = ground("The Amazon is big [1, 2].", [HIT, replace(HIT, document_id="e")])

    assert found.text == "The Amazon is big [1] [2]."


def test_a_list_keeps_its_shape() -> None:
    found = ground("- The Amazon is big [1]\n- It has 390 billion individual trees [1]\n", [HIT])

    assert found.text == "- The Amazon is big [1]\n- It has 390 billion individual trees [2]"


def test_an_answer_without_markers_has_no_citations() -> None:
    assert ground("The Amazon is big.", [HIT]).citations == ()
    assert ground("", []).text == ""


def test_a_sentence_without_a_marker_stays_if_a_neighbouring_passage_supports_it() -> None:
    text = "The Amazon is big. It has 390 billion individual trees [1]. Rain falls there on most days."

    assert ground(text, [HIT]).text == text


def test_a_sentence_without_a_marker_and_without_support_goes() -> None:
    answer = "Penguins live in Antarctica. The Amazon is big [1]. It was found in 1542. Whales sing songs."

    assert ground(answer, [HIT]).text == "The Amazon is big [1]."


def test_what_announces_a_list_stays_and_an_unproven_item_goes_with_its_bullet() -> None:
    answer = (
        "## Facts\n\nWhat is known:\n\n- The Amazon is big [1]\n- Whales sing songs\n- It has 390 billion trees [1]"
    )

    found = ground(answer, [HIT]).text

    assert found == "## Facts\n\nWhat is known:\n\n- The Amazon is big [1]\n\n- It has 390 billion trees [2]"


def test_a_row_in_words_is_cited_at_its_row_and_never_at_the_header() -> None:
    text = "| Fee | Amount in euro |\n| --- | --- |\n| Lost lock | 45 |\n| Lost key | 12 |"
    fees = replace(HIT, title="Fees", text=text, start=0, end=len(text))

    found = ground("Fee: Lost key; Amount in euro: 12 [1] Fee: Lost lock; Amount in euro: 45 [1]", [fees])

    assert [citation.quote for citation in found.citations] == ["| Lost key | 12 |", "| Lost lock | 45 |"]


def test_a_quote_holds_the_numbers_of_its_statement_if_any_sentence_does() -> None:
    [citation] = ground("The individual trees of the Amazon number 390 billion [1].", [HIT]).citations

    assert "390" in citation.quote
