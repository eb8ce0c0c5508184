"""SOURCES: the list of sources that the registry keeps, where there is no file that one could edit."""

from lib.domain.callers import Caller
from lib.domain.source_file import parse_sources
from lib.domain.sources import Sources
from lib.errors import BadSources, Conflict
from lib.pipelines.admin import Administrator, note
from lib.ports.registry import Item, Registry

KIND = "sources"
ID = "list"
NAME = "the kept list of sources"
"""What stands for the file's name in messages."""


def kept(registry: Registry) -> Item:
    """The registry item; its value holds the YAML under `yaml`. Raises: BadSources if nothing was ever kept."""
    item = registry.get(KIND, ID)
    if item is None:
        raise BadSources("no list of sources is kept yet: send one with PUT /api/admin/sources")
    return item


def keep(yaml: str, *, variables: dict[str, str], caller: Caller, administrator: Administrator) -> Sources:
    """
    Keep a list of sources, in the form of sources.yaml, if it is right; the ledger notes who did it.

    Raises: BadSources with line and fix (then nothing is written), Conflict if somebody else keeps one at this moment.
    """
    sources = parse_sources(yaml, file=NAME, variables=variables)
    registry = administrator.builder.registry
    item = registry.get(KIND, ID)
    try:
        stored = registry.put(KIND, ID, {"yaml": yaml}, revision=item.revision if item else 0)
    except Conflict as error:
        raise Conflict("somebody else changed the list of sources at this moment: read it again") from error
    note("kept sources", {"revision": stored.revision, "sources": len(sources.items)}, caller, administrator)
    return sources
