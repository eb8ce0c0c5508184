"""What to do about a page that a crawl would not take."""

from lib.domain.sources import Source
from lib.ports.source_reader import Fetched

_RULES = {
    "robots": "ask the owner of the site to let the user agent `Plumbline` in, or leave the page out with `exclude`",
    "redirect": "write the address that it leads to into `start`, or leave the page out with `exclude`",
    "type": "mend the file as the reason says, or leave it out with `exclude`: only text can be stored",
}
_DENIED = (401, 403, 407)
_NEVER = "link-local, metadata or reserved"


def advice(result: Fetched, source: Source) -> str:
    """The fix for what a reader refused or could not read; empty for a page."""
    if result.outcome in ("page", "not_modified", "avoided"):
        return ""
    if result.outcome == "gone":
        return "correct the address; a crawl deletes the document of a page that is gone"
    if result.rule == "address":
        if _NEVER in result.reason:
            return "such addresses are never asked, whatever the source says: use the public name of the host"
        return "set `allow_private_network: true` on the source, if that is meant"
    if result.rule == "scope":
        return f"add a pattern to `include` that matches it. In scope is: {scope(source)}"
    if result.rule == "size":
        is_text = result.reason.startswith("its text has")
        return "split the page: there is no setting for this limit" if is_text else "raise FETCH_MAX_BYTES, or split it"
    if result.rule == "status" and result.status in _DENIED:
        return "give what it asks for in `headers`, as in `Bearer secret:WIKI_TOKEN`, or leave it out with `exclude`"
    if result.outcome == "failed":
        wait = f"in {result.retry_after_s:.0f} s" if result.retry_after_s else "later"
        return f"check that the address is right and the site is up, then try again {wait}"
    return _RULES.get(result.rule, "open the address in a browser, or leave it out with `exclude`")


def scope(source: Source) -> str:
    """What is in scope, in words."""
    if source.kind in ("files", "git"):
        included = ", ".join(source.include) or "every file that can be read"
    elif source.kind == "api":
        included = "what the API lists"
    else:
        below = "all of the hosts of `start`" if source.kind == "feed" else "all below the folders of `start`"
        included = ", ".join(source.include) or below
    return included + (f", without {', '.join(source.exclude)}" if source.exclude else "")
