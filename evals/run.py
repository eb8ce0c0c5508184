"""`python3 dev.py eval`: how good retrieval is, from HTML over loopback to hits, with every step the product's own."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from evals.answers import Outcome, ask_all
from evals.articles import Question, articles, is_fitted_on, questions
from evals.installation import Filled, Installation
from evals.metrics import contains_answer, difference, estimate, ndcg, recall_at, reciprocal_rank
from evals.site import path_of, served
from lib import composition
from lib.domain.ranking import FUSION_K, reciprocal_rank_fusion
from lib.domain.retrieval import Candidate
from lib.domain.words import words

MODES = ("BM25", "vector", "hybrid", "reranked")
ANSWERED = 160
"""Questions whose answers are judged too: twice asked, they take as long as all the searches."""
_GRAM = 8
_EVERYTHING = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit as it is judged."""

    url: str
    text: str


@dataclass(slots=True)
class Judged:
    """For each question, in order: which of the first ten hits of a mode are right, and strictly right."""

    right: list[list[bool]] = field(default_factory=list)
    strict: list[list[bool]] = field(default_factory=list)
    gains: list[float] = field(default_factory=list)


def main(argv: Sequence[str] | None = None, *, quick: bool = False) -> int:
    """Run the evaluation; the table goes to stdout as Markdown, progress to stderr."""
    parser = argparse.ArgumentParser(prog="evals.run", description="Measure retrieval quality.")
    parser.add_argument("--quick", action="store_true", default=quick, help="a quarter of the questions")
    parser.add_argument("--chunk-tokens", type=int, default=0, help="another target length of chunks")
    options = parser.parse_args([] if argv is None else argv)
    settings = {"chunk_tokens": options.chunk_tokens} if options.chunk_tokens else {}
    asked = questions()[:: 4 if options.quick else 1]
    with tempfile.TemporaryDirectory(prefix="plumbline-eval-", ignore_cleanup_errors=True) as folder, served() as url:
        installation = Installation(Path(folder), **settings)
        try:
            _say(f"crawling and building {len(articles())} articles and their lists")
            filled = installation.fill(url)
            _say(f"{filled.documents} documents, {filled.chunks} chunks in {filled.seconds:.0f} s; asking {len(asked)}")
            judged, times = judge(installation, asked, url)
            chosen = asked[:: max(1, len(asked) // ANSWERED)][:ANSWERED]
            _say(f"answering {len(chosen)} of the questions, with the page that answers them and without it")
            pages = {article.title: url + path_of(article) for article in articles()}
            outcomes = ask_all(
                chosen, installation.search, lambda hit, q: hit.url == pages[q.title], composition.adapters().chat
            )
        finally:
            installation.close()
    print(report(filled, asked, judged, times))
    print(answers_report(outcomes))
    return 0


def judge(installation: Installation, asked: Sequence[Question], url: str) -> tuple[dict[str, Judged], list[float]]:
    """Ask every question in every mode. Also gives the milliseconds of each whole search."""
    by_title = {article.title: article for article in articles()}
    everything = [_found(c) for c in installation.candidates("all", limit=_EVERYTHING)]
    by_mode = {mode: Judged() for mode in MODES}
    times: list[float] = []
    for question in asked:
        article = by_title[question.title]
        page, paragraph = url + path_of(article), article.paragraphs[question.paragraph]
        grams = _grams(paragraph)
        existing = sum(_is_right(found, question, page) for found in everything)
        rankings = _rankings(installation.candidates(question.question))
        started = time.perf_counter()
        hits = installation.search(question.question)
        times.append((time.perf_counter() - started) * 1_000)
        rankings["reranked"] = [Found(url=hit.url, text=hit.text) for hit in hits]
        for mode, ranking in rankings.items():
            right = [_is_right(found, question, page) for found in ranking[:10]]
            by_mode[mode].right.append(right)
            by_mode[mode].strict.append([f.url == page and bool(grams & _grams(f.text)) for f in ranking[:10]])
            by_mode[mode].gains.append(ndcg(right, existing=existing))
    return by_mode, times


def report(filled: Filled, asked: Sequence[Question], judged: dict[str, Judged], times: Sequence[float]) -> str:
    """The tables, as Markdown."""
    held_out = [not is_fitted_on(question.title) for question in asked]
    summary = (
        f"{len(asked)} questions on {filled.documents} pages, {filled.chunks} chunks; crawled, built and indexed in "
        f"{filled.seconds:.0f} s ({filled.embedding_tokens:,} tokens embedded). One search in this process: "
        f"p50 {median(times):.1f} ms, p95 {quantiles(times, n=20)[-1]:.1f} ms."
    )
    lines = [
        summary,
        "",
        "A hit is right if it comes from the right page and holds an answer. Mean [95 % bootstrap interval].",
        "",
    ]
    for name, chosen in (("Articles that nothing was fitted on", held_out), ("All articles", [True] * len(asked))):
        lines += [
            f"**{name}** ({sum(chosen)} questions)",
            "",
            "| mode | recall@1 | recall@5 | recall@10 | MRR@10 | nDCG@10 | right paragraph @5 |",
            "|---|---|---|---|---|---|---|",
            *(f"| {mode} | " + " | ".join(_row(judged[mode], chosen)) + " |" for mode in MODES),
            "",
        ]
    ours = [reciprocal_rank(right) for right in judged["reranked"].right]
    for mode in MODES[:-1]:
        theirs = [reciprocal_rank(right) for right in judged[mode].right]
        lines.append(f"MRR@10, reranked - {mode}: {difference(ours, theirs)}  ")
    return "\n".join(lines)


def answers_report(outcomes: Sequence[Outcome]) -> str:
    """What came of the questions that were answered, as Markdown."""
    right = [outcome.right for outcome in outcomes if outcome.answered]
    rows = [
        ("answered", estimate([outcome.answered for outcome in outcomes])),
        ("of those, the answer is in a cited quote", estimate(right) if right else "none"),
        ("answered without the page that holds the answer", estimate([o.answered_without_page for o in outcomes])),
    ]
    table = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(["", f"**Answers** ({len(outcomes)} questions)", "", "| measure | share |", "|---|---|", *table])


def _row(judged: Judged, chosen: Sequence[bool]) -> list[str]:
    right = [row for row, is_chosen in zip(judged.right, chosen, strict=True) if is_chosen]
    strict = [row for row, is_chosen in zip(judged.strict, chosen, strict=True) if is_chosen]
    gains = [gain for gain, is_chosen in zip(judged.gains, chosen, strict=True) if is_chosen]
    columns = [[recall_at(k, row) for row in right] for k in (1, 5, 10)]
    columns += [[reciprocal_rank(row) for row in right], gains, [recall_at(5, row) for row in strict]]
    return [str(estimate(column)) for column in columns]


def _rankings(candidates: list[Candidate]) -> dict[str, list[Found]]:
    texts = sorted((c for c in candidates if c.text_rank), key=lambda c: c.text_rank or 0)
    vectors = sorted((c for c in candidates if c.vector_rank), key=lambda c: c.vector_rank or 0)
    by_id = {c.id: c for c in candidates}
    fused = reciprocal_rank_fusion([[c.id for c in texts], [c.id for c in vectors]], k=FUSION_K)
    orders = {"BM25": texts, "vector": vectors, "hybrid": [by_id[chunk] for chunk, _ in fused]}
    return {mode: [_found(c) for c in order] for mode, order in orders.items()}


def _found(candidate: Candidate) -> Found:
    return Found(url=candidate.url, text=candidate.text)


def _is_right(found: Found, question: Question, page: str) -> bool:
    return found.url == page and contains_answer(found.text, question.answers)


def _grams(text: str) -> set[tuple[str, ...]]:
    """Runs of words: what a chunk and the paragraph it is made of share."""
    every = words(text)
    return {tuple(every[start : start + _GRAM]) for start in range(max(1, len(every) - _GRAM + 1))}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
