import json
import sqlite3
from pathlib import Path

import pytest

from lib.domain.porter import stem
from lib.domain.words import content_words, fold, stems, terms, words

ARTICLES = Path(__file__).resolve().parents[2] / "evals" / "data" / "articles.jsonl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("snake_case 7,000 don't", ["snake", "case", "7", "000", "don", "t"]),
        ("Café ÀÉÎ Zürich", ["cafe", "aei", "zurich"]),
        ("한국어 문서", ["한국어", "문서"]),
        ("\ud800 \x00 …", []),
        ("", []),
    ],
)
def test_words_are_lower_case_without_accents(text, expected):
    assert words(text) == expected


def test_folding_keeps_syllables_of_korean_whole():
    assert fold("한국어") == "한국어"


def test_content_words_leave_out_what_says_nothing():
    assert content_words("What is the name of the zebra, and is the zebra black?") == ["name", "zebra", "black"]


def test_a_question_of_stopwords_alone_keeps_them():
    assert content_words("To be or not to be") == ["to", "be", "or", "not"]
    assert terms("who is it") == ["who", "is", "it"]


def test_terms_are_stems_each_once():
    assert terms("running runs and the runner ran") == ["run", "runner", "ran"]
    assert stems("Running runs!") == ("run", "run")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("agreed", "agre"), ("plastered", "plaster"),
        ("motoring", "motor"), ("sing", "sing"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"),
        ("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("vietnamization", "vietnam"),
        ("electrical", "electr"), ("adjustment", "adjust"), ("adoption", "adopt"), ("controlling", "control"),
        ("1960s", "1960"), ("is", "is"), ("zürich", "zürich"), ("x" * 64, "x" * 64),
    ],
)  # fmt: skip
def test_stems_are_porters(word, expected):
    assert stem(word) == expected


def test_stems_are_those_of_the_embedded_index():
    """On every word of the tuning articles, so that what matches here is what matched there."""
    texts = [line for article in ARTICLES.read_text("utf-8").splitlines() for line in json.loads(article)["paragraphs"]]
    every = sorted({word for text in texts for word in words(text)})
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE held USING fts5(word, tokenize = 'porter unicode61 remove_diacritics 2')")
    database.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(held, instance)")
    database.executemany("INSERT INTO held (rowid, word) VALUES (?, ?)", enumerate(every))
    theirs = dict(database.execute("SELECT doc, term FROM terms").fetchall())
    database.close()

    differing = {word: (stem(word), theirs.get(n)) for n, word in enumerate(every) if stem(word) != theirs.get(n)}

    assert len(every) > 10_000
    assert differing == {}
