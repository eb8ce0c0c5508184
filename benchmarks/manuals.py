"""Real manuals as a site: Debian's packages of documentation, unpacked once into a cache folder."""

import os
import subprocess
import tempfile
from pathlib import Path

PACKAGES = ("apache2-doc", "debian-policy", "developers-reference", "git-doc", "postgresql-doc-15", "python3.11-doc")
FOLDERS = {
    "/apache/": "doc/apache2-doc/manual/en",
    "/developers/": "developers-reference",
    "/git/": "doc/git-doc",
    "/policy/": "doc/debian-policy/policy.html",
    "/postgresql/": "doc/postgresql-doc-15/html",
    "/python/": "doc/python3.11/html",
}
"""Path on the site, and folder below /usr/share."""


def cache() -> Path:
    """Where the manuals are kept between runs: `PLUMBLINE_BENCH`, or a folder beside the system's temporary files."""
    return Path(os.environ.get("PLUMBLINE_BENCH", Path(tempfile.gettempdir()) / "plumbline-bench"))


def prepare() -> Path:
    """
    Download and unpack what is missing; returns the folder that `FOLDERS` are below.

    Raises: RuntimeError where there is no apt, as everywhere but on Debian and its relatives.
    """
    folder = cache()
    unpacked = folder / "unpacked"
    if (folder / "complete").exists():
        return unpacked / "usr/share"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, check=True, capture_output=True)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(unpacked)], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"the manuals {', '.join(PACKAGES)} cannot be fetched by apt-get: {error}") from error
    (folder / "complete").touch()
    return unpacked / "usr/share"


def pages(folder: Path) -> dict[str, bytes]:
    """Every HTML page by its path on the site; a folder's index also stands for the folder."""
    found: dict[str, bytes] = {}
    for start, place in FOLDERS.items():
        top = (folder / place).resolve()
        for file in sorted(top.rglob("*.html")):
            found[start + file.relative_to(top).as_posix()] = file.read_bytes()
        found[start] = found[start + "index.html"]
    listed = "".join(f'<li><a href="{start}index.html">{start.strip("/").title()}</a>' for start in FOLDERS)
    found["/"] = f"<!doctype html><title>Manuals</title><h1>Manuals</h1><ul>{listed}</ul>".encode()
    return found
