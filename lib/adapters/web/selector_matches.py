"""How often a CSS selector matches: for people who write selectors."""

from lib.adapters.web.selectors import soup_of
from lib.errors import BadInput


def count_matches(body: bytes, selector: str) -> int:
    """
    Count the elements of an HTML page that a selector matches, as `read_selected` sees them.

    Raises: BadInput if it is no CSS selector.
    """
    from soupsieve import SelectorSyntaxError

    try:
        return len(soup_of(body).select(selector))
    except (SelectorSyntaxError, NotImplementedError, ValueError) as error:
        line = str(error).partition("\n")[0]
        raise BadInput(f"{selector!r} is no CSS selector: {line}") from error
