"""Addresses in a sources file: where a source starts, where files are found, what is in scope. None holds a secret."""

import re
from pathlib import PurePath

from lib.domain.urls import normalise
from lib.redaction import redacted, secret_parameters

_URL_KINDS = ("website", "sitemap", "feed", "api")
_PATH_KINDS = ("files", "git")
_SSH = re.compile(r"(?i)(?:ssh|git|git\+ssh|ssh\+git)://|[^/\\:]{2,}:(?!//)")
"""Also `user@host:path`, as git has it: a colon before any slash, which is no drive of Windows."""
_IN_HEADERS = "send it in `headers`, as in `X-Api-Key: secret:NAME`"
_BY_IDENTITY = "leave it out: Blob Storage is read with the app's own identity, given the role Storage Blob Data Reader"


def start_of(value: str, kind: str, *, folder: PurePath) -> str:
    """
    Give a start address in its one spelling; a path that is not absolute is below `folder`.

    Raises: ValueError saying the fix, without the secret that is in it.
    """
    if kind in _PATH_KINDS and value.lower().startswith("file:"):
        raise ValueError(f"{redacted(value)!r} is no path: write it without `file:`, as in /srv/handbook")
    if kind == "git" and _SSH.match(value) and not value.lower().startswith(("http:", "https:")):
        raise ValueError(
            "ssh is not spoken: use the https address of the repository, and a token in `headers`,"
            " as in Authorization: Basic secret:GIT_TOKEN"
        )
    if kind in _URL_KINDS or "://" in value or value.startswith(("http:", "https:")):
        return _web_start(value, kind)
    pure = PurePath(value)
    return str(pure if pure.is_absolute() else folder / pure)


def web_address(value: str, *, fix: str = _IN_HEADERS) -> str:
    """
    Give an http or https URL in its one spelling.

    fix: what to do with a secret in it. Raises: ValueError saying the fix, without the secret that is in it.
    """
    url = normalise(value)
    if url is None and "@" in value:
        raise ValueError(f"a URL must not hold a password or a user: {fix}")
    if url is None:
        raise ValueError(f"{redacted(value)!r} is not an http or https URL")
    if names := secret_parameters(value):
        raise ValueError(f"the parameter {names[0]!r} is a secret, and addresses are stored and shown: {fix}")
    return url


def pattern_of(value: str, kind: str) -> str:
    """
    Give a pattern of `include` or `exclude`, if it is one.

    Raises: ValueError saying the fix.
    """
    if kind in _PATH_KINDS:
        if value.startswith(("/", "http://", "https://")) or "\\" in value:
            raise ValueError(f"pattern {redacted(value)!r} must be a path below `start`, as in `guides/**.pdf`")
        return value
    if not value.lower().startswith(("http://", "https://", "*")):
        raise ValueError(f"pattern {redacted(value)!r} must be a whole URL, as in `https://example.com/docs/**`")
    if redacted(value) != value:
        raise ValueError(f"pattern {redacted(value)!r} must not hold a secret: write `*` in its place")
    return value


def _web_start(value: str, kind: str) -> str:
    if kind not in _PATH_KINDS:
        return web_address(value)
    url = web_address(value, fix=_BY_IDENTITY if kind == "files" else _IN_HEADERS)
    if "?" in url:
        raise ValueError(f"{redacted(url)!r} has a query, which no folder or repository has: leave it out")
    return url
