"""What rendering a page gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A page as its scripts made it."""

    html: str
    final_url: str
    """Where the page stands in the end, also by its scripts. The caller checks it."""
    status: int
    """Of the page's own answer; 200 if it is not known."""
    requests: int
    size_bytes: int
    """Of everything that was received for the page."""


class RenderFailed(Exception):
    """There is no page, for a reason."""

    def __init__(self, reason: str, *, is_crash: bool = False, status: int = 0, rule: str = "") -> None:
        super().__init__(reason)
        self.reason, self.is_crash, self.status = reason, is_crash, status
        self.rule = rule
        """What refused it, as in `Fetched`; empty if nothing did."""
