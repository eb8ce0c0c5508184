"""
`dev.py lock`: write the three lock files again, each a full closure of what it adds to the ones below it.

One lock serves Python 3.11 to 3.13 on every platform (uv forks it with markers), and pip installs it with --no-deps
--require-hashes. What a lower lock already pins under the same condition is left out above, so nothing is said twice.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Container
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("requirements", "requirements-local", "requirements-dev")
ALONE = ("requirements-bench", "requirements-checkov")
"""Locks of environments of their own, on top of nothing."""

_COMPILE = (
    *("-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-header", "--no-emit-index-url", "--no-emit-find-links"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py lock", description="Write the requirements*.txt lock files again.")
    parser.add_argument("command", choices=["lock"], help=argparse.SUPPRESS)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions, not those locked before")
    parser.add_argument("--verbose", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    below: set[str] = set()
    for layer in (*LAYERS, *ALONE):
        below = set() if layer in ALONE else below
        try:
            blocks = _compile(layer, upgrade=options.upgrade)
        except subprocess.CalledProcessError as error:
            print(f"error: uv cannot lock {layer}.in (above): change what it asks for, or the network", file=sys.stderr)
            return error.returncode
        own = [block for block in blocks if is_new(block, below)]
        header = f"# Written by `python3 dev.py lock` from {layer}.in; edit that.\n"
        (ROOT / f"{layer}.txt").write_text(header + "".join(own), encoding="utf-8")
        below |= {_requirement(block) for block in own}
        print(f"{layer}.txt: {len(own)} requirements")
    return 0


def is_new(block: str, below: Container[str]) -> bool:
    """Whether no lower lock pins this already, under the same marker or for everybody."""
    requirement = _requirement(block)
    return requirement not in below and requirement.partition(" ;")[0] not in below


def _compile(layer: str, *, upgrade: bool) -> list[str]:
    """Resolve one layer on top of the lower locks; one block of text (pin, hashes, who needs it) per requirement."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / f"{layer}.txt"
        if (ROOT / draft.name).exists() and not upgrade:  # uv keeps the versions it finds in its output file
            draft.write_bytes((ROOT / draft.name).read_bytes())
        command = [sys.executable, *_COMPILE, f"{layer}.in", "--output-file", str(draft)]
        subprocess.run(command, cwd=ROOT, check=True)
        text = draft.read_text(encoding="utf-8")
    return [block for block in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if block[:1].isalnum()]


def _requirement(block: str) -> str:
    """`name==version ; marker` of a block."""
    return block.splitlines()[0].removesuffix("\\").strip()


if __name__ == "__main__":
    sys.exit(main())
