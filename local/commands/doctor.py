"""`doctor`: one line per check of this machine and the data folder."""

import argparse
import platform
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from lib import composition
from lib.errors import AlreadyRunning, PlumblineError
from local.client import NotRunning, call
from local.process import load_settings

ROOM_MB = 500


def run(options: argparse.Namespace) -> int:
    """Print `ok` or `FAIL reason` per check; exit code 1 if any failed."""
    settings = load_settings(options)
    folder = Path(settings.data_dir)
    checks: dict[str, Callable[[], str]] = {
        "python": _python,
        "sqlite": _sqlite,
        "settings": lambda: f"backend={settings.backend}",
        "sources": lambda: f"{len(composition.sources().items)} sources in {settings.sources_file}",
        "disk": lambda: _disk(folder),
        "embedder": _embedder,
        "chat model": lambda: composition.adapters().chat.facts.id,
        "app": lambda: _app(options),
    }
    if (folder / "store.db").exists():
        checks["data"] = _stores
    failed = False
    for name, check in checks.items():
        try:
            print(f"ok    {name:<11} {check()}")
        except (PlumblineError, OSError) as error:
            failed = True
            print(f"FAIL  {name:<11} {error}")
    return int(failed)


def _python() -> str:
    return f"{platform.python_version()} at {sys.executable}"


def _sqlite() -> str:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.Error as error:
        raise OSError(f"SQLite {sqlite3.sqlite_version} of this Python has no FTS5: use another Python") from error
    finally:
        connection.close()
    return f"{sqlite3.sqlite_version} with FTS5"


def _disk(folder: Path) -> str:
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free_mb = shutil.disk_usage(existing).free // 1_000_000
    if free_mb < ROOM_MB:
        raise OSError(f"only {free_mb} MB free at {existing}: make room, or choose another folder with --data")
    return f"{free_mb:,} MB free at {existing}"


def _embedder() -> str:
    embedder = composition.adapters().wanted_embedder()
    embedder.embed(["ready"], purpose="query")
    return f"{embedder.model}, {embedder.dimensions} dimensions"


def _stores() -> str:
    a = composition.adapters()
    return f"{a.documents.totals().documents} documents, {a.dead_letters.count()} dead letters"


def _app(options: argparse.Namespace) -> str:
    try:
        call(options, "GET", "/api/health/ready")
    except NotRunning:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", options.port)) == 0:
                raise AlreadyRunning(
                    f"port {options.port} is taken by another program: use another with --port"
                ) from None
        return f"not running; port {options.port} is free"
    return f"running at http://localhost:{options.port}"
