"""Email addresses in a text, also those written for people: `jane (at) example.org`."""

import re
from collections.abc import Iterator

_SIGN = re.compile(r"@|[ ]?[(\[{][ ]?(?:at|ät|AT)[ ]?[)\]}][ ]?")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^{|}~\\-]{0,63}\Z")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_OPENING = re.compile(r"\A[^\w]+")
_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 253
_NO_DOMAINS = frozenset("png jpg jpeg gif svg webp avif css js mjs ts json html md py sh yaml yml txt pdf".split())
"""Endings of files: `logo@2x.png` is none of an address."""


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    """
    Find email addresses as code point offsets, in order.

    Source of the lengths: RFC 5321, section 4.5.3.1. Edge: `git@host` is a login of a service, not an address.
    """
    for sign in _SIGN.finditer(text):
        domain = _DOMAIN.match(text, sign.end(), sign.end() + _LONGEST_DOMAIN)
        before = _LOCAL.search(text[max(0, sign.start() - _LONGEST_LOCAL) : sign.start()]) if domain else None
        if domain is None or before is None:
            continue
        local = _OPENING.sub("", before[0].rpartition("|")[2])
        if local and local != "git" and domain[0].rpartition(".")[2].lower() not in _NO_DOMAINS:
            yield sign.start() - len(local), domain.end()
