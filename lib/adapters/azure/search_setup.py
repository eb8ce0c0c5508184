"""What an operator does once on a search service: the app itself has no right to it."""

from azure.core.exceptions import ResourceNotFoundError
from azure.search.documents.indexes import SearchIndexClient

from lib.adapters.azure.search_errors import OWNER, translated
from lib.adapters.azure.search_index import point_alias


def make_alias(indexes: SearchIndexClient, alias: str, index: str, *, move: bool = False) -> str:
    """
    Point an alias at an index. One that is there already stays, unless it is to move: other readers follow it.

    Returns the index it names now. Raises: NotFound (no such index), Permanent without the right.
    """
    with translated(f"alias {alias!r}", role=OWNER):
        try:
            found = str(indexes.get_alias(alias).indexes[0])
        except ResourceNotFoundError:
            found = ""
    if found and not move:
        return found
    point_alias(indexes, alias, index)
    return index
