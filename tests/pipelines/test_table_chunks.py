"""Tables from files to chunks: each chunk says what its columns are called."""

import csv
import io
import random
from collections.abc import Sequence

import pytest

from lib.adapters.files.parsing import parse_file
from lib.domain import chunking, cleaning
from lib.domain.documents import Document, DocumentId, Provenance, SourceId
from lib.domain.features import Chunk, FeatureSet, FeatureSetId, Recipe, Snapshot
from lib.domain.tables import UNDERLINE, cells_of
from lib.pipelines.features import chunks_of
from tests.adapters.files.office_files import xlsx
from tests.workbench import Workbench, shared_embedder

Rows = Sequence[Sequence[object]]

SENSORS: Rows = [
    ["timestamp", "sensor", "temperature_c", "humidity_pct", "battery_v"],
    *[[f"2026-03-{1 + n // 24:02} {n % 24:02}:00", f"S-{n % 12}", 17.25 + n, 40 + n % 50, 3.71] for n in range(200)],
]
SALES: Rows = [
    ["Order ID", "Order Date", "Customer", "Article", "Quantity", "Unit Price", "Total", "Region"],
    *[[f"ORD-{n}", "2026-05-28", "Karin Jensen", "Folding chair", n, 9.5, n * 9.5, "North"] for n in range(60)],
]
WORDS = "solid oak with a smooth finish that is light and easy to carry at home or in the field".split()
ARTICLES: Rows = [
    ["Article", "Description", "Price"],
    *[[f"Article {n}", " ".join(random.Random(n).choices(WORDS, k=20)), n + 0.5] for n in range(60)],
]
LONG_ROWS: Rows = [
    ["Question", "Answer", "Owner"],
    *[[f"Question {n}?", " ".join(f"w{n}x{m}" for m in range(250)), "Ann"] for n in range(4)],
]
WIDE: Rows = [
    ["Station", *(f"Measured rainfall {n}" for n in range(1, 500))],
    *[[f"Station {m}", *(f"{m}.{n}" for n in range(1, 500))] for m in range(12)],
]
LONG_HEADER: Rows = [["Name", "What was said " * 200, "Score"], *[[f"Name {n}", f"said {n}", n] for n in range(30)]]
NUMBERS: Rows = [[n, n * 7, 1000 - n, n / 8] for n in range(200)]
CHINESE: Rows = [["名称", "说明文字"], *[[f"产品{n}", "这是一个非常好的产品说明" * 6] for n in range(20)]]

TABLES = {
    "sensors": SENSORS,
    "sales": SALES,
    "articles": ARTICLES,
    "long rows": LONG_ROWS,
    "wide": WIDE,
    "long header": LONG_HEADER,
    "numbers": NUMBERS,
    "chinese": CHINESE,
}


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def chunks(body: bytes, name: str, *, target: int = 150) -> tuple[Snapshot, list[Chunk], list[str]]:
    """Parse, clean and chunk, each by the entry that the product uses."""
    page = parse_file(body, name=name, url=f"https://example.com/{name}")
    document = Document(
        id=DocumentId("d"), source_id=SourceId("s"), url="", title=page.title, text=page.text, content_hash="",
        version=1, provenance=Provenance(fetched_at=""), anchors=page.anchors, media_type=page.media_type,
    )  # fmt: skip
    recipe = Recipe(
        cleaner=cleaning.VERSION, chunker=chunking.VERSION, chunk_tokens=target, embedder="m", dimensions=384
    )
    return chunks_of(document, FeatureSet(id=FeatureSetId("f"), recipe=recipe, state="live"), shared_embedder())


def columns(chunk: Chunk) -> int:
    """How many columns a chunk names before its first row; 0 if it begins with anything else."""
    lines = chunk.text.split("\n")
    return len(cells_of(lines[0])) if UNDERLINE.match(chunk.text, len(lines[0])) else 0


@pytest.mark.parametrize("target", [50, 150, 600])
@pytest.mark.parametrize("name", TABLES)
def test_every_chunk_of_a_table_begins_with_its_header_row(name, target):
    snapshot, found, _ = chunks(as_csv(TABLES[name]), "t.csv", target=target)

    assert all(columns(chunk) == len(cells_of(chunk.text.split("\n")[2])) for chunk in found)
    assert all(chunk.text == snapshot.text[chunk.start : chunk.end] for chunk in found)
    assert max(shared_embedder().count_tokens([chunk.text for chunk in found])) <= shared_embedder().max_tokens - 25


@pytest.mark.parametrize("name", TABLES)
def test_no_cell_is_lost(name):
    snapshot, found, _ = chunks(as_csv(TABLES[name]), "t.csv")
    words = "\n".join(chunk.text for chunk in found)

    assert all(word[:20] in words for row in TABLES[name] for cell in row for word in str(cell).split())
    assert not "".join(
        snapshot.text[end:start]
        for end, start in zip([0, *(c.end for c in found)], [*(c.start for c in found), None], strict=True)
    ).strip()


def test_sheets_of_a_workbook_keep_their_headings_and_headers():
    _, found, _ = chunks(xlsx({"Sensors": SENSORS[:60], "Sales": SALES}), "a.xlsx")

    assert {chunk.heading for chunk in found} == {"Sensors", "Sales"}
    for chunk in found:
        first = {"Sensors": "| timestamp | sensor ", "Sales": "| Order ID | Order Date "}[chunk.heading]
        assert chunk.text.removeprefix(f"## {chunk.heading}\n\n").startswith(first)


@pytest.mark.parametrize("name", ["a.html", "a.md"])
def test_tables_of_pages_have_their_header_in_every_chunk_too(name):
    rows = [["Name", "City"], *[[f"Person {n}", f"Town {n}"] for n in range(80)]]
    cells = [f"<td>{a}</td><td>{b}</td>" for a, b in rows[1:]]
    table = "".join(f"<tr>{row}</tr>" for row in ["<th>Name</th><th>City</th>", *cells])
    html = f"<h1>People</h1><p>Who lives where.</p><table>{table}</table>"
    markdown = "# People\n\n|Name|City|\n|:---|---|\n" + "\n".join(f"|{a}|{b}|" for a, b in rows[1:])

    _, found, _ = chunks((html if name == "a.html" else markdown).encode(), name)

    assert len(found) > 3
    assert all(UNDERLINE.search(chunk.text) for chunk in found)
    assert "| Person 79 | Town 79 |" in found[-1].text.replace("|Person 79|Town 79|", "| Person 79 | Town 79 |")


@pytest.mark.parametrize("name", TABLES)
def test_a_row_more_at_the_end_leaves_the_chunks_before_as_they_are(name):
    rows = TABLES[name]
    for kept in range(len(rows) - 3, len(rows)):
        _, before, inputs = chunks(as_csv(rows[:kept]), "t.csv")
        _, _, more = chunks(as_csv(rows[: kept + 1]), "t.csv")
        assert len(set(inputs) - set(more)) <= (1 if name != "wide" else len(before) // 2)


def test_embedder_inputs_leave_out_the_line_below_the_header():
    _, found, inputs = chunks(as_csv(SENSORS), "t.csv")

    assert inputs[0] == "t.csv\n" + found[0].text.replace("\n| --- | --- | --- | --- | --- |", "")


def test_a_row_that_goes_on_in_the_next_chunk_names_what_it_is_about():
    _, found, _ = chunks(as_csv(LONG_ROWS), "t.csv")
    about = [chunk for chunk in found if "w2x" in chunk.text]

    assert len(about) > 3
    assert all("| Question 2? | w2x" in chunk.text for chunk in about)


def test_columns_that_do_not_fit_beside_each_other_stand_below_each_other():
    _, found, _ = chunks(as_csv(WIDE), "t.csv")
    held = [chunk for chunk in found if "| 7.300 |" in chunk.text]

    assert len(held) == 1
    names, _, *rows = (cells_of(line) for line in held[0].text.split("\n\n")[0].split("\n"))
    row = next(row for row in rows if row[0] == "Station 7")
    assert row[names.index("Measured rainfall 300")] == "7.300"


def test_answers_name_the_columns_of_the_rows_that_they_cite(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "sales.csv").write_bytes(as_csv(SALES))
    bench = Workbench(tmp_path, f'sources:\n  - id: shop\n    kind: files\n    start: ["{tmp_path / "files"}"]')
    try:
        bench.crawl("shop")
        bench.settle()
        answer = bench.ask("What is the total of order ORD-57?")
    finally:
        bench.close()

    assert "Order ID: ORD-57; " in answer.text
    assert "; Total: 541.5; " in answer.text
    assert answer.citations[0].quote == (
        "| ORD-57 | 2026-05-28 | Karin Jensen | Folding chair | 57 | 9.5 | 541.5 | North |"
    )
