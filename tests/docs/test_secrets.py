"""Nothing in the repository names a private package index or holds a secret."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.docs.manual import ROOT

SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AccountKey=[A-Za-z0-9+/]{40,}|SharedAccessSignature=[A-Za-z0-9%]{20,}"
    r"|\bsk-[A-Za-z0-9]{20,}|\bghp_[A-Za-z0-9]{30,}|\bAKIA[A-Z0-9]{16}\b"
)
SIGNED_IN = re.compile(r"https?://[^/\s:@\"'<>]+:[^/\s@\"'<>]+@")
PUBLIC = {"pypi.org", "files.pythonhosted.org", "github.com"}


def _files() -> list[Path]:
    """What git keeps, or would keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for name in listed if (path := ROOT / name).is_file() and path.stat().st_size < 4_000_000]


def _texts() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8", errors="replace") for path in _files()}


def _package_indexes() -> set[str]:
    """Hosts and folders that this machine takes packages from, public ones apart."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    configured = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    lines = [line for line in configured if "index-url" in line or "find-links" in line]
    lines += [f"'{os.environ.get(name, '')}'" for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL")]
    places = {place for line in lines for place in re.findall(r"[^\s'\"]*/[^\s'\"]*", line)}
    names = {urlsplit(place).hostname or urlsplit(place).path for place in places}
    return {name.removesuffix("/simple") for name in names if len(name) > 4} - PUBLIC


def test_no_file_holds_a_secret():
    assert {name: found[0] for name, text in _texts().items() if (found := SECRETS.search(text))} == {}


def test_no_file_names_this_machines_package_index():
    places = _package_indexes()

    assert {name for name, text in _texts().items() if any(place in text for place in places)} == set()


def test_lock_files_name_no_index_at_all():
    for lock in ROOT.glob("requirements*"):
        text = lock.read_text(encoding="utf-8")

        assert not re.search(r"(?m)^\s*(-i|--index-url|--extra-index-url|--find-links|--trusted-host)\b", text)
        assert not re.search(r"@\s*https?://", text)


def test_documents_show_no_address_with_a_password():
    endings = (".md", ".yaml", ".yml", ".json", ".example")

    assert {name for name, text in _texts().items() if name.endswith(endings) and SIGNED_IN.search(text)} == set()
