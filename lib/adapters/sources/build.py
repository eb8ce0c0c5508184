"""The readers of all kinds of sources, each loaded when its first source is read."""

import threading
from importlib import import_module

from lib.adapters.files.limited import LimitedParser
from lib.adapters.sources.tools import Tools
from lib.adapters.web.rendering import BrowserPlace
from lib.adapters.web.web_reader import WebReader
from lib.domain.sources import Kind, Source
from lib.ports.clock import Clock
from lib.ports.source_reader import SourceReader
from lib.settings import Settings


class Readers:
    """One reader a kind, made at first use and kept; safe between threads."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self._parser = LimitedParser()
        web = WebReader(
            contact=settings.contact,
            timeout_s=settings.fetch_timeout_s,
            max_bytes=settings.fetch_max_bytes,
            concurrency=settings.fetch_concurrency,
            clock=clock,
            parser=self._parser,
            browser=BrowserPlace(remote_url=settings.browser_url, proxy_url=settings.browser_proxy_url),
        )
        self._web = web
        self._tools = Tools(settings=settings, clock=clock, web=web, parser=self._parser)
        self._lock = threading.Lock()
        self._made: dict[Kind, SourceReader] = {}

    def for_source(self, source: Source) -> SourceReader:
        """The reader of a source's kind: `build` in the module of that name."""
        with self._lock:
            if source.kind not in self._made:
                self._made[source.kind] = import_module(f"lib.adapters.sources.{source.kind}").build(self._tools)
            return self._made[source.kind]

    def close(self) -> None:
        """Let go of what readers hold open."""
        with self._lock:
            for reader in self._made.values():
                if close := getattr(reader, "close", None):
                    close()
            self._made.clear()
            self._web.close()
            self._parser.close()
