import json

import pytest

from evals.pdf_pages import main, place_of, read_questions
from tests.adapters.files.pdf_files import lines, pdf

ZEBRAS = ("Zebras are striped animals of the African savanna and live in herds.",)
PENGUINS = ("Penguins are birds of the Antarctic that cannot fly, but they swim well.",)
QUESTIONS = (
    {
        "question": "Which animals of the African savanna are striped?",
        "file": "zoo.pdf",
        "pages": [1],
        "answer": "Zebras",
    },
    {"question": "Which birds of the Antarctic cannot fly?", "file": "zoo.pdf", "pages": [2], "package": "zoo 1.0"},
    {"question": "Which animals live in herds?", "file": "zoo.pdf", "pages": [3]},
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pdfs").mkdir()
    (tmp_path / "pdfs" / "zoo.pdf").write_bytes(pdf(lines(*ZEBRAS), lines(*PENGUINS)))
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
    return tmp_path


def test_hits_and_citations_are_judged_by_their_page(folder, capsys):
    code = main(["--pdfs", str(folder / "pdfs"), "--questions", str(folder / "questions.jsonl")])
    report = capsys.readouterr().out

    assert code == 0
    assert "1 of 1 PDFs, 2 chunks" in report
    assert "| first hit is on a right page | 0.667" in report
    assert "| no text of the right page is in the index | 1 |" in report


def test_questions_need_a_file_and_pages(folder):
    (folder / "questions.jsonl").write_text('{"question": "Why?"}', encoding="utf-8")

    with pytest.raises(KeyError):
        read_questions(folder / "questions.jsonl")


def test_a_place_is_a_file_and_a_page():
    assert place_of("https://pdfs.example.com/a%20b/c.pdf#page=12") == ("a b/c.pdf", 12)
    assert place_of("https://pdfs.example.com/c.pdf") == ("c.pdf", 0)
