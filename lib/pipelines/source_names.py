"""Sources by the names that people type."""

from difflib import get_close_matches

from lib.domain.sources import Source, Sources
from lib.errors import BadInput, NotFound


def named(source_id: str, sources: Sources) -> Source:
    """
    Find a source that can be read.

    Raises: NotFound, with the names that come near, or all of them; BadInput for a push source.
    """
    source = sources.get(source_id)
    if source is None:
        known = [s.id for s in sources.items]
        near = get_close_matches(source_id, known, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"there is {', '.join(known) or 'none'}"
        raise NotFound(f"there is no source {source_id!r}: {hint}")
    if source.kind == "push":
        raise BadInput(f"source {source_id!r} is fed by its API: there is nothing to crawl")
    return source
