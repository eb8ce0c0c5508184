"""Measures of ranked hits, and how sure they are."""

import math
import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RESAMPLES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over questions with its 95 % confidence interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """Say whether a text holds one of the answers, whatever the case, the blanks and the Unicode form."""
    plain = _plain(text)
    return any(_plain(answer) in plain for answer in answers)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def recall_at(k: int, right: Sequence[bool]) -> float:
    """1 if one of the first k hits is right, else 0."""
    return float(any(right[:k]))


def reciprocal_rank(right: Sequence[bool], *, depth: int = 10) -> float:
    """1 / rank of the first right hit among the first `depth`; 0 without one."""
    return next((1 / rank for rank, is_right in enumerate(right[:depth], start=1) if is_right), 0.0)


def ndcg(right: Sequence[bool], *, existing: int, depth: int = 10) -> float:
    """
    Normalised discounted cumulative gain with gains of 0 and 1; 0 if nothing right exists.

    existing: right chunks in the whole index: what a perfect ranking would list first.
    Source: Jarvelin and Kekalainen, ACM TOIS 20(4), 2002.
    """
    gained = sum(1 / math.log2(rank + 1) for rank, is_right in enumerate(right[:depth], start=1) if is_right)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(existing, depth) + 1))
    return gained / best if best else 0.0


def estimate(values: Sequence[float], *, seed: int = 1) -> Estimate:
    """
    Mean and 95 % interval by the percentile bootstrap over questions, with a fixed seed.

    Raises: ValueError without values.
    """
    means = _resampled(values, lambda chosen: sum(chosen) / len(chosen), seed)
    return Estimate(mean=sum(values) / len(values), low=means[round(0.025 * RESAMPLES)], high=_upper(means))


def difference(ours: Sequence[float], theirs: Sequence[float], *, seed: int = 1) -> Estimate:
    """Mean of ours minus theirs on the same questions, with its paired bootstrap interval."""
    return estimate([a - b for a, b in zip(ours, theirs, strict=True)], seed=seed)


def _resampled(values: Sequence[float], measure: Callable[[list[float]], float], seed: int) -> list[float]:
    if not values:
        raise ValueError("there is nothing to measure")
    dice = random.Random(seed)
    return sorted(measure(dice.choices(values, k=len(values))) for _ in range(RESAMPLES))


def _upper(means: list[float]) -> float:
    return means[min(len(means) - 1, round(0.975 * RESAMPLES))]
