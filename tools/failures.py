"""What went wrong while setting up, in one line that ends with the fix."""

import re


class SetUpError(Exception):
    """The environment cannot be made; the message names the fault and the fix."""


_KNOWN = {  # The first that matches is the cause: what is more specific comes first.
    r"THESE PACKAGES DO NOT MATCH THE HASHES": (
        "a downloaded package is not the one that was locked: check the mirror or proxy in between, clear pip's cache "
        "(`python3 -m pip cache purge`) and run this again; do not install it by hand"
    ),
    r"Errno 28|Errno 122|No space left|not enough space|Disk quota": (
        "the disk is full: free 2 GB here and in the temporary folder (TMPDIR), then run this again"
    ),
    r"Errno 13|Errno 30|WinError 5|Permission denied|Read-only file system|Access is denied": (
        "this folder or the temporary one (TMPDIR) cannot be written: clone the repository to a folder that you own, "
        "or change its owner, then run this again"
    ),
    r"ensurepip|No module named '?(venv|pip)\b": (
        "this Python has no venv or pip module: install it (Debian, Ubuntu: `sudo apt install python3-venv`), then "
        "run this again"
    ),
    r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError": (
        "the package index's certificate is not trusted: set PIP_CERT to your organisation's CA file, then run this "
        "again"
    ),
    (
        r"connection broken|ConnectionError|ConnectTimeout|Max retries exceeded|NameResolutionError|ProxyError"
        r"|Read timed out|Network is unreachable|HTTP error (5\d\d|403|407)"
    ): (
        "the package index cannot be reached: check the network and the proxy (HTTPS_PROXY), or name a mirror in "
        "PIP_INDEX_URL, then run this again"
    ),
    r"No matching distribution found for (?P<what>\S+)": (
        "the package index has no ready-made {what} for this Python and machine: use Python 3.11 to 3.13 (64 bit) on "
        "Linux with glibc, macOS or Windows"
    ),
}


def explain(output: str) -> str:
    """The known fault behind *output* with its fix; for an unknown one, the last line that says anything."""
    for pattern, advice in _KNOWN.items():
        if match := re.search(pattern, output):
            return advice.format(**match.groupdict())
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return f"setting up failed ({last}): run this again with --verbose to see more"
