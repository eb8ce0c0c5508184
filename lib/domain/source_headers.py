"""Headers of a source: what is a secret in them is named, and never written down."""

import re

from lib.redaction import redacted

SECRET = "secret:"  # noqa: S105 - what marks a reference
_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
_SECRET_NAME = re.compile(
    r"(?i)auth|cookie|token|key|secret|pass|pwd|credential|signature|hmac|jwt|bearer|session|(?:^|[-_])(?:sid|sig|sas|pin)$"
)
"""Rather one too many: a value that is no secret can be given by reference too."""
_SCHEME = re.compile(r"(?i)(?:basic|bearer|digest|token|negotiate|apikey) +\S")
_REFERENCE = re.compile(r"^(?:(?:Basic|Bearer|Token) )?secret:[A-Z][A-Z0-9_]{0,60}$")


def check_header(name: str, value: str) -> None:
    """Refuse a header that cannot be sent, or that holds a secret. Raises: ValueError saying the fix."""
    if not _NAME.match(name) or not value.isprintable():
        raise ValueError(f"header {name!r} or its value cannot be sent: use printable characters")
    if _REFERENCE.match(value):
        return
    if _SECRET_NAME.search(name) or _SCHEME.match(value) or SECRET in value or redacted(value) != value:
        raise ValueError(f"header {name!r} must name its secret, as in `Bearer secret:WIKI_TOKEN`")
