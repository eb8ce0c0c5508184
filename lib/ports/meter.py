"""Numbers the pipelines keep for status and money: never counted by scanning."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a meter shows."""

    count: int
    """Samples ever recorded."""
    total: float
    """Their sum."""
    p50: float | None
    """Median of the newest samples (at most 1,000); None without samples."""
    p95: float | None


class Meter(Protocol):
    """Named series of samples: `freshness_s`, `embedding_tokens`, `chat_prompt_tokens` ..."""

    def record(self, samples: dict[str, float]) -> None:
        """Add one sample to each named series."""

    def read(self, names: tuple[str, ...]) -> dict[str, Reading]:
        """Readings of these series; one never recorded reads 0, 0, None, None."""
