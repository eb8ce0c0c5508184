"""Pages and slides: hits and citations lead to the one they are on."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lib import composition
from lib.domain.cleaning import clean
from lib.domain.documents import Anchor, Document, Provenance, SourceId, document_id
from lib.domain.features import Recipe
from lib.domain.times import iso
from lib.pipelines.documents import Published, read_snapshot, store
from lib.pipelines.sweep import sweep
from lib.ports.embedder import Embedder, Embedding, Purpose
from tests.workbench import READER, Workbench, shared_embedder

URL = "https://example.com/statutes.pdf"
LANTERN = "# Statutes of the harbour\n\nThe harbour master keeps forty-one lanterns in the old tower."
FERRY = "## Ferries\n\nThe ferry to the island leaves at seven. It carries [sixty](https://x.y) passengers and"
BELL = "**two horses**, never more.\n\n## Bells\n\nThe bell of the quay was cast in bronze in the year 1734."


class Renamed:
    """The same model under another name."""

    model, dimensions, max_tokens = "other-model", 384, 254

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Embedding:
        return shared_embedder().embed(texts, purpose=purpose)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return shared_embedder().count_tokens(texts)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    workbench = Workbench(tmp_path, "sources:\n  - id: papers\n    kind: push\n")
    yield workbench
    workbench.close()


def put(*pages: str, kind: str = "page", url: str = URL, headings: Sequence[Anchor] = ()) -> Published:
    """Write a document of pages, as a reader of PDF files does."""
    anchors, offset = list(headings), 0
    for number, page in enumerate(pages, start=1):
        anchors.append(Anchor(offset=offset, fragment=f"{kind}={number}"))
        offset += len(page) + 2
    return write("\n\n".join(pages), tuple(anchors), url=url)


def write(text: str, anchors: tuple[Anchor, ...], *, url: str = URL) -> Published:
    name = document_id("papers", URL)
    draft = Document(
        id=name,
        source_id=SourceId("papers"),
        url=url,
        title="Statutes",
        text=text,
        content_hash="",
        version=0,
        media_type="application/pdf",
        anchors=anchors,
        provenance=Provenance(fetched_at=iso(composition.publisher().clock.now())),
    )
    return store([draft], publisher=composition.publisher())[name]


def pages_by_word(bench: Workbench) -> dict[str, str]:
    """Which URL the best hit for each subject has."""
    questions = {
        "lanterns": "how many lanterns does the harbour master keep",
        "ferry": "when does the ferry to the island leave",
        "bell": "when was the bell of the quay cast",
    }
    found = {}
    for word, question in questions.items():
        [hit, *_] = bench.search(question)
        assert word in hit.text
        found[word] = hit.url
    return found


def test_hits_end_in_the_page_they_are_on(bench: Workbench) -> None:
    put(LANTERN, FERRY, BELL)
    bench.settle()

    assert pages_by_word(bench) == {"lanterns": f"{URL}#page=1", "ferry": f"{URL}#page=2", "bell": f"{URL}#page=3"}


@pytest.mark.parametrize(
    ("question", "words", "page"),
    [
        ("How many lanterns does the harbour master keep?", "forty-one", 1),
        ("When does the ferry to the island leave?", "at seven", 2),
        ("When was the bell of the quay cast?", "1734", 3),
    ],
)
def test_citations_end_in_the_page_where_the_quote_starts(
    bench: Workbench, question: str, words: str, page: int
) -> None:
    put(LANTERN, FERRY, BELL)
    bench.settle()

    answer = bench.ask(question)

    proof = [citation for citation in answer.citations if words in citation.quote]
    assert {citation.url for citation in proof} == {f"{URL}#page={page}"}


def test_a_sentence_that_runs_over_a_boundary_is_cited_page_by_page(bench: Workbench) -> None:
    put(LANTERN, FERRY, BELL)
    bench.settle()

    hits = bench.search("the ferry carries sixty passengers and two horses")
    answer = bench.ask("How many passengers does the ferry carry?")

    assert {hit.url for hit in hits if "two horses" in hit.text} == {f"{URL}#page=3"}
    assert {hit.url for hit in hits if "sixty passengers" in hit.text} == {f"{URL}#page=2"}
    assert {citation.url for citation in answer.citations if "sixty" in citation.quote} == {f"{URL}#page=2"}


def test_a_hit_with_a_page_opens_where_it_is_in_the_stored_text(bench: Workbench) -> None:
    put(LANTERN, FERRY, BELL)
    bench.settle()

    [hit, *_] = bench.search("when was the bell of the quay cast")
    snapshot = read_snapshot(
        hit.document_id, version=hit.document_version, cleaner=None, caller=READER, library=composition.library()
    )

    assert snapshot.text[hit.start : hit.end] == hit.text
    assert snapshot.url == URL


def test_pages_follow_a_change_of_the_document(bench: Workbench) -> None:
    put(LANTERN, FERRY, BELL)
    bench.settle()
    put("# Foreword\n\nThese statutes were written in the winter.", LANTERN, "", FERRY, BELL)
    bench.settle()

    assert pages_by_word(bench) == {"lanterns": f"{URL}#page=2", "ferry": f"{URL}#page=4", "bell": f"{URL}#page=5"}


def test_pages_that_move_under_the_same_text_make_a_version_and_cost_nothing(bench: Workbench) -> None:
    put(LANTERN, FERRY, BELL)
    bench.settle()
    text = f"{LANTERN}\n\n{FERRY}\n\n{BELL}"
    starts = enumerate([0, 0, len(LANTERN) + 2, len(LANTERN) + len(FERRY) + 4], start=1)  # a scan was put in front
    moved = write(text, tuple(Anchor(offset=start, fragment=f"page={n}") for n, start in starts))
    again = write(text, bench.adapters.documents.get([moved.document_id])[moved.document_id].anchors)
    bench.settle()

    assert (moved.changed, again.changed) == (True, False)
    assert pages_by_word(bench) == {"lanterns": f"{URL}#page=2", "ferry": f"{URL}#page=3", "bell": f"{URL}#page=4"}
    built = [fact.facts for fact in bench.adapters.ledger.read(moved.document_id) if fact.kind == "built"]
    assert sorted(fact["embedded"] for fact in built) == [0, 3]


def test_slides_are_places_and_headings_are_not(bench: Workbench) -> None:
    headings = [Anchor(offset=0, fragment="statutes-of-the-harbour"), Anchor(offset=LANTERN.index("The"), fragment="x")]
    put(LANTERN, FERRY, BELL, kind="slide", headings=headings)
    bench.settle()
    slides = pages_by_word(bench)
    write(f"{LANTERN}\n\n{FERRY}\n\n{BELL}", tuple(headings))
    bench.settle()

    assert slides == {"lanterns": f"{URL}#slide=1", "ferry": f"{URL}#slide=2", "bell": f"{URL}#slide=3"}
    assert set(pages_by_word(bench).values()) == {URL}


@pytest.mark.parametrize(("url", "found"), [(f"{URL}#page=9", f"{URL}#page=1"), ("", "")])
def test_a_page_replaces_the_fragment_of_a_url_and_makes_none_of_nothing(
    bench: Workbench, url: str, found: str
) -> None:
    put(LANTERN, url=url)
    bench.settle()

    assert [hit.url for hit in bench.search("lanterns")] == [found]


def test_a_feature_set_that_is_filled_later_knows_the_pages(bench: Workbench) -> None:
    put(LANTERN, FERRY, BELL)
    bench.settle()

    def embedder_for(_: Recipe) -> Embedder:
        return Renamed()

    bench.adapters = replace(bench.adapters, wanted_embedder=Renamed, embedder_for=embedder_for)
    composition.configure(bench.settings, adapters=bench.adapters)
    wanted = composition.wanted_feature_set()
    sweep(builder=composition.builder(), wanted=wanted)
    bench.settle()
    sweep(builder=composition.builder(), wanted=wanted)

    assert bench.search("bell")[0].chunk_id.split("-")[2] == wanted
    assert pages_by_word(bench) == {"lanterns": f"{URL}#page=1", "ferry": f"{URL}#page=2", "bell": f"{URL}#page=3"}


def test_every_chunk_lies_in_the_page_that_it_names(bench: Workbench) -> None:
    draw = random.Random(7)
    words = "lantern harbour [statute](https://x.org/y) **master** ferry island bell `code` bronze (quay) tower".split()
    pages = [
        "\n\n".join(
            " ".join(draw.choices(words, k=draw.randint(3, 60))) + "." for _ in range(draw.choice([0, 1, 4, 9]))
        )
        for _ in range(20)
    ]
    name = put(*pages).document_id
    bench.settle()

    [(feature_set, live)] = bench.adapters.heads.heads([name])[name].live.items()
    features = bench.adapters.features.read(name, live.version, feature_set)

    assert features is not None
    held: dict[str, list[str]] = {}
    for chunk in features.chunks:
        held.setdefault(chunk.fragment, []).append(chunk.text)
    assert {page: "".join("".join(texts).split()) for page, texts in held.items()} == {
        f"page={n}": "".join(clean(page).split()) for n, page in enumerate(pages, start=1) if page
    }
