"""The tuning data: articles and questions, and the sections and headings that the articles are given."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lib.domain.words import STOPWORDS, words

FOLDER = Path(__file__).parent / "data"

_NAMES = re.compile(r"\b[A-Z][\w-]+(?:\s+(?:of|the|and)?\s*[A-Z][\w-]+){0,3}")
_PLAIN_HEADINGS = ("Overview", "Background", "History", "Details", "In practice", "Further developments", "Reception")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with what answers it."""

    id: str
    question: str
    title: str
    """Of the article that answers it."""
    paragraph: int
    """Of the article, from 0."""
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Some paragraphs under a heading."""

    heading: str
    """Empty for the paragraphs that open an article."""
    level: int
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article, with headings of our making: SQuAD has none."""

    title: str
    slug: str
    sections: tuple[Section, ...]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """All of them, in order, as the data has them."""
        return tuple(paragraph for section in self.sections for paragraph in section.paragraphs)


def questions() -> list[Question]:
    """All questions, in the order of the file."""
    rows = [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()]
    return [Question(**{**row, "answers": tuple(row["answers"])}) for row in rows]


@lru_cache(maxsize=1)
def articles() -> tuple[Article, ...]:
    """All articles, in the order of the file."""
    rows = [json.loads(line) for line in (FOLDER / "articles.jsonl").read_text("utf-8").splitlines()]
    return tuple(_article(row["title"], row["paragraphs"], place) for place, row in enumerate(rows))


def is_fitted_on(title: str) -> bool:
    """Say whether constants may be fitted on an article: every second one. The others are reported."""
    order = [article.title for article in articles()]
    return order.index(title) % 2 == 0


def _article(title: str, paragraphs: list[str], place: int) -> Article:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    sections = [Section(heading="", level=1, paragraphs=tuple(paragraphs[:2]))]
    used = {title}
    at, number = 2, 0
    while at < len(paragraphs):
        size = 2 + (place * 7 + number * 5) % 4  # 2 to 5 paragraphs
        part = tuple(paragraphs[at : at + size])
        heading = _heading(title, part, used, plain=(place + number) % 3 == 0)
        used.add(heading)
        sections.append(Section(heading=heading, level=3 if number % 4 == 2 else 2, paragraphs=part))
        at, number = at + size, number + 1
    return Article(title=title, slug=slug, sections=tuple(sections))


def _heading(title: str, paragraphs: tuple[str, ...], used: set[str], *, plain: bool) -> str:
    """The name that a section says most often; every third time, and where there is none, a word of no use."""
    if not plain:
        taken = set(words(title))
        names = Counter(
            name
            for paragraph in paragraphs
            for name in _NAMES.findall(paragraph)
            if name not in used and not taken & set(words(name)) and words(name)[0] not in STOPWORDS
        )
        best = sorted(names.items(), key=lambda item: (-item[1] * len(item[0].split()), item[0]))
        if best:
            return " ".join(best[0][0].split())
    free = [heading for heading in _PLAIN_HEADINGS if heading not in used]
    return free[0] if free else f"More on {title}, part {len(used)}"
