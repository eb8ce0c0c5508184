"""`python -m evals.pdf_pages`: are questions about PDFs answered from the right page, by the product's own steps?"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from evals.installation import READER
from evals.metrics import estimate
from lib import composition
from lib.domain.answers import Answer
from lib.domain.messages import parse_build, parse_crawl
from lib.domain.retrieval import SearchRequest
from lib.domain.source_file import parse_sources
from lib.pipelines.ask import ask
from lib.pipelines.build import build_or_put_off
from lib.pipelines.crawl import continue_crawl, crawl_now
from lib.pipelines.feature_sets import live
from lib.pipelines.relay import relay
from lib.pipelines.retrieve import CANDIDATES, retrieve
from lib.settings import Settings

_LINK = "https://pdfs.example.com/"
_SOURCES = """
sources:
  - id: pdfs
    kind: files
    start: [{folder}]
    include: ["**.pdf"]
    link: "{link}"
"""
_PAGE = re.compile(re.escape(_LINK) + r"(?P<file>[^#]*)(?:#page=(?P<page>\d+))?")
_SHOWN = 5
_MAX_BYTES = 50_000_000

Place = tuple[str, int]
"""A file and a page of it, from 1; 0 where no page is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with the pages, from 1 as viewers count, that answer it."""

    question: str
    file: str
    """Path below the folder of PDFs."""
    pages: frozenset[int]
    answer: str
    """Words that a right quote holds; may be empty."""

    def is_right(self, place: Place) -> bool:
        return place[0] == self.file and place[1] in self.pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one question."""

    question: Question
    hits: list[Place]
    """The first five, best first."""
    is_indexed: bool
    """One of the right pages has a chunk in the index."""
    is_proposed: bool
    """One of the right pages is among the candidates of the index."""
    cited: Place | None
    """Where the first citation points; None if the answer was refused."""
    search_ms: float

    def rank(self) -> int:
        """The rank of the first hit on a right page; 0 without one."""
        return next((rank for rank, hit in enumerate(self.hits, start=1) if self.question.is_right(hit)), 0)

    def kind(self) -> str:
        """Why it is no success, by the first step that failed; empty if the first citation is right."""
        if self.cited and self.question.is_right(self.cited):
            return ""
        if not self.is_indexed:
            return "no text of the right page is in the index"
        if not self.is_proposed:
            return "the right page is not proposed by the index"
        rank = self.rank()
        if not rank:
            return "the right page is ranked below 5"
        if self.cited is None:
            return f"refused, with the right page {'first' if rank == 1 else 'among the hits'}"
        return f"another page is cited, with the right page {'first' if rank == 1 else 'among the hits'}"


def read_questions(file: Path) -> list[Question]:
    """
    Read JSON lines: `question`, `file`, `pages`, and an `answer` if there is one. Other keys are for people.

    Raises: KeyError, ValueError, TypeError if a line is not of this form; OSError.
    """
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Question(
            question=row["question"],
            file=row["file"],
            pages=frozenset(map(int, row["pages"])),
            answer=row.get("answer", ""),
        )
        for row in rows
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Index the PDFs, ask the questions; the tables go to stdout as Markdown, progress to stderr."""
    parser = argparse.ArgumentParser(prog="evals.pdf_pages", description="Are PDFs cited by the right page?")
    parser.add_argument("--pdfs", type=Path, required=True, help="the folder of PDFs; all of them are indexed")
    parser.add_argument("--questions", type=Path, required=True, help="JSON lines; see evals/data/README.md")
    options = parser.parse_args(argv)
    asked = read_questions(options.questions)
    with tempfile.TemporaryDirectory(prefix="plumbline-pdfs-", ignore_cleanup_errors=True) as data:
        composition.configure(Settings(data_dir=data, auth="loopback", fetch_max_bytes=_MAX_BYTES))
        composition.wanted_feature_set()
        adapters = composition.adapters()
        try:
            summary = fill(options.pdfs)
            indexed = _indexed_pages()
            _say(f"{summary} Asking {len(asked)} questions.")
            outcomes = [judge(question, indexed) for question in asked]
        finally:
            adapters.close()
    print(report(summary, outcomes))
    return 0


def fill(folder: Path) -> str:
    """
    Crawl a folder and build what was found; says what there is and what it cost.

    Raises: RuntimeError if the crawl does not complete or reads a file less than there are.
    """
    a, settings = composition.adapters(), composition.settings()
    text = _SOURCES.format(folder=json.dumps(str(folder.resolve())), link=_LINK)
    sources, crawler = parse_sources(text, file="sources.yaml"), composition.crawler()
    started = time.perf_counter()
    run = crawl_now("pdfs", sources, crawler=crawler)
    while run.outcome == "running":
        for message in a.queue.receive(settings.crawl_queue, limit=8, visibility_s=300):
            continue_crawl(parse_crawl(message.body), sources, crawler=crawler)
            a.queue.complete(message)
        run = a.state.load_run("pdfs") or run
    read_s = time.perf_counter() - started
    if run.outcome != "complete":
        raise RuntimeError(f"the crawl ended as {run.outcome!r}")
    cursor, tokens, builder = "", 0, composition.builder()
    while (page := a.feed.read(cursor)).changes:
        relay(page.changes, queue=a.queue, queue_name=settings.features_queue, registry=a.registry, clock=a.clock)
        cursor = page.cursor
    while messages := a.queue.receive(settings.features_queue, limit=1, visibility_s=3_600):
        for message in messages:
            tokens += sum(outcome.tokens for outcome in build_or_put_off(parse_build(message.body), builder=builder))
            a.queue.complete(message)
    chunks = a.index.count(live(a.registry).index)["", 0]
    documents, files = a.documents.totals().documents, sum(1 for _ in folder.rglob("*.pdf"))
    return (
        f"{documents} of {files} PDFs, {chunks} chunks; read in {read_s:.0f} s, built in "
        f"{time.perf_counter() - started - read_s:.0f} s ({tokens:,} tokens embedded)."
    )


def judge(question: Question, indexed: set[Place]) -> Outcome:
    """Search and ask one question."""
    started = time.perf_counter()
    found = retrieve(question.question, top=_SHOWN, caller=READER, source_ids=None, retriever=composition.retriever())
    search_ms = (time.perf_counter() - started) * 1_000
    *_, answer = ask(question.question, caller=READER, conversation_id="", source_ids=None, asker=composition.asker())
    if not isinstance(answer, Answer):
        raise TypeError("the last thing that `ask` gives is the answer")
    return Outcome(
        question=question,
        hits=[place_of(hit.url) for hit in found.hits],
        is_indexed=any((question.file, page) in indexed for page in question.pages),
        is_proposed=any(question.is_right(place_of(url)) for url in _proposed(question.question, CANDIDATES)),
        cited=place_of(answer.citations[0].url) if answer.citations else None,
        search_ms=search_ms,
    )


def place_of(url: str) -> Place:
    """The file and the page that a hit's URL names."""
    match = _PAGE.fullmatch(url)
    return (unquote(match["file"]), int(match["page"] or 0)) if match else (url, 0)


def report(summary: str, outcomes: Sequence[Outcome]) -> str:
    """The shares, the failures by kind, and each failure, as Markdown."""
    answered = [outcome for outcome in outcomes if outcome.cited]
    right = [float(o.question.is_right(o.cited)) for o in answered if o.cited]
    rows: list[tuple[str, Sequence[float]]] = [
        ("first hit is on a right page", [o.rank() == 1 for o in outcomes]),
        ("one of the first five is", [o.rank() > 0 for o in outcomes]),
        ("first hit is in the right file", [bool(o.hits) and o.hits[0][0] == o.question.file for o in outcomes]),
        ("answered", [o.cited is not None for o in outcomes]),
        ("of the answers, the first citation is a right page", right),
        ("of all questions, answered with a right page first", [not o.kind() for o in outcomes]),
    ]
    lines = [summary, "", f"{len(outcomes)} questions.", "", "| measure | share [95 % interval] |", "|---|---|"]
    lines += [f"| {name} | {estimate(values) if values else 'none'} |" for name, values in rows]
    kinds = Counter(kind for outcome in outcomes if (kind := outcome.kind()))
    lines += ["", "| failure | questions |", "|---|---|", *(f"| {kind} | {n} |" for kind, n in kinds.most_common())]
    lines += ["", "| question | right | hits | cited | failure |", "|---|---|---|---|---|"]
    lines += [_row(outcome) for outcome in outcomes if outcome.kind()]
    return "\n".join(lines)


def _row(outcome: Outcome) -> str:
    asked = outcome.question
    pages = " ".join(map(str, sorted(asked.pages)))
    hits = " ".join(_short(hit, asked) for hit in outcome.hits)
    cited = _short(outcome.cited, asked) if outcome.cited else "none"
    return f"| {asked.question} | {asked.file} {pages} | {hits} | {cited} | {outcome.kind()} |"


def _short(place: Place, asked: Question) -> str:
    """The page, and the file if it is another one."""
    return str(place[1]) if place[0] == asked.file else f"{place[0]}:{place[1]}"


def _proposed(question: str, limit: int) -> list[str]:
    """The URLs of what the index proposes."""
    a = composition.adapters()
    feature_set = live(a.registry)
    vector = a.embedder_for(feature_set.recipe).embed([question], purpose="query").vectors[0]
    request = SearchRequest(text=question, vector=vector, groups=READER.groups, source_ids=None, limit=limit)
    return [candidate.url for candidate in a.index.search(feature_set.index, request)]


def _indexed_pages() -> set[Place]:
    return {place_of(url) for url in _proposed("all", 10_000_000)}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
