"""What a result of the reader counts for."""

from lib.ports.source_reader import Fetched

CHARS_A_TOKEN = 4
"""For estimates before anything is embedded; English prose has some more."""


def tokens_in(text: str) -> int:
    """Estimated tokens of a text."""
    return 1 + len(text) // CHARS_A_TOKEN


def tokens_of(result: Fetched) -> int:
    """Estimated tokens of a page; 0 if there is none."""
    return tokens_in(result.page.text) if result.page else 0


def is_answer(result: Fetched) -> bool:
    """Say whether a result tells something of the site: not if we did not ask it, as for a private address."""
    never_asked = result.outcome == "refused" and not result.status and "robots.txt" not in result.reason
    return result.outcome != "failed" and not never_asked
