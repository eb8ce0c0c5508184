"""Secrets that sources name: filled in where they are sent, and nowhere else."""

import os

from lib.domain.source_headers import SECRET
from lib.domain.sources import Source
from lib.errors import BadInput


def headers_of(source: Source) -> dict[str, str]:
    """
    The headers that a source sends to the hosts of its start, its secrets filled in from the environment.

    `secret:NAME` stands for the variable SOURCE_NAME, and nothing else can be named: no other secret of the app leaks.
    Raises: BadInput if a variable is not set.
    """
    filled = {}
    for name, value in source.headers:
        before, mark, secret = value.partition(SECRET)
        if mark:
            variable = f"SOURCE_{secret}"
            if not os.environ.get(variable):
                raise BadInput(f"source {source.id!r} names {SECRET}{secret}: set the environment variable {variable}")
            if os.environ[variable].startswith("@Microsoft.KeyVault("):
                raise BadInput(f"{variable} is a reference that the platform could not resolve: see it in the portal")
            if not os.environ[variable].isprintable():
                raise BadInput(f"the environment variable {variable} cannot be sent as a header: it holds line breaks")
            value = before + os.environ[variable]  # noqa: PLW2901 - the value that is sent
        filled[name] = value
    return filled
