"""The list of sources that this process goes by: read again when it changed, and kept while what changed is wrong."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from lib.domain.callers import Caller
from lib.domain.source_file import parse_sources
from lib.domain.sources import Sources
from lib.errors import BadInput, BadSources
from lib.pipelines import source_list
from lib.pipelines.admin import Administrator
from lib.ports.registry import Item, Registry

logger = logging.getLogger(__name__)

REGISTRY = "registry"
"""In place of a file: the list in the registry."""
REGISTRY_LOOK_S = 10
"""How long a list from the registry is used before the registry is asked again."""

Found = tuple[int, str, Callable[[], str]]
"""What changes with the list, what to call it in messages, and how to read it."""


class SourcesInUse:
    """
    From a file (`file`, below *root* if it is not here) or, if `file` is "registry", from the registry.

    Safe to use from several threads. `%BASE_URL%` in the list is this app's own address.
    """

    def __init__(self, file: str, *, base_url: str, root: Path, registry: Callable[[], Registry]) -> None:
        self._file = file
        self._variables = {"BASE_URL": base_url.rstrip("/")}
        self._root = root
        self._registry = registry
        self._lock = threading.RLock()
        self._sources: Sources | None = None
        self._read: tuple[int, str] | None = None
        self._kept: tuple[float, Item] | None = None

    def now(self) -> Sources:
        """
        The sources as they are, or while the list is wrong, as they were.

        Empty: none, while the registry keeps no list. Raises: BadSources if a file was wrong from the start.
        """
        error = self.error()
        with self._lock:
            if self._sources is None and self._file == REGISTRY:
                return Sources(items=())
            if self._sources is None:
                raise BadSources(error)
            return self._sources

    def error(self) -> str:
        """What is wrong with the list as it is now, with line and fix; empty if nothing is."""
        with self._lock:
            try:
                changed, name, read = self._from_registry() if self._file == REGISTRY else self._from_file()
                if self._read is None or self._read[0] != changed:
                    self._read = (changed, self._take_over(read(), name))
            except BadSources as error:
                return str(error)
            return self._read[1]

    def keep(self, yaml: str, *, caller: Caller, administrator: Administrator) -> Sources:
        """Keep a list in the registry. Raises: BadInput if a file is in use, BadSources, Conflict."""
        if self._file != REGISTRY:
            raise BadInput(f"the sources are read from {self._file}: edit that file, or set SOURCES_FILE=registry")
        kept = source_list.keep(yaml, variables=self._variables, caller=caller, administrator=administrator)
        with self._lock:
            self._kept = None
        return kept

    def _from_file(self) -> Found:
        path = Path(self._file)
        path = path if path.is_absolute() or path.exists() else self._root / path

        def read() -> str:
            try:
                body = path.read_bytes()
                return body.decode("utf-8")
            except OSError as error:
                why = f"cannot be read ({error.strerror}): give the file's path, and see its rights"
                raise BadSources(f"{path}: {why}") from error
            except UnicodeDecodeError as error:
                line, wrong = body.count(b"\n", 0, error.start) + 1, body[error.start]
                raise BadSources(f"{path}:{line}: not UTF-8 at byte 0x{wrong:02x}: save the file as UTF-8") from error

        try:
            return path.stat().st_mtime_ns, str(path), read
        except OSError as error:
            raise BadSources(f"{path}: there is no such file: write one, or name another with --sources") from error

    def _from_registry(self) -> Found:
        if self._kept is None or time.monotonic() - self._kept[0] > REGISTRY_LOOK_S:
            self._kept = (time.monotonic(), source_list.kept(self._registry()))
        item = self._kept[1]
        return item.revision, source_list.NAME, lambda: str(item.value["yaml"])

    def _take_over(self, text: str, name: str) -> str:
        try:
            self._sources = parse_sources(text, file=name, variables=self._variables)
        except BadSources as error:
            if self._sources is not None:  # without any, whoever asks is told
                logger.error("sources not read, the last good ones stay: %s", error)  # noqa: TRY400 - it says it all
            return str(error)
        return ""
