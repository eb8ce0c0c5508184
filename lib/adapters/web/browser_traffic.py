"""What a page does on the network, read from the browser's own log: no script of the page can change it."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

_NEVER_ENDING = frozenset(("EventSource", "WebSocket", "Ping", "Media", "Prefetch", "Manifest"))
"""Kinds of request that a page is not waited for."""
_SLOW_S = 10.0
"""A request that takes longer is not waited for: it is how servers push."""
_YOUNG_S = 1.0
MAX_ORIGINS = 200


@dataclass(slots=True, kw_only=True)
class Document:
    """What the tab itself was sent to."""

    url: str
    status: int = 0
    media_type: str = ""
    refused: str = ""
    """The proxy's reason, if the answer is its own."""
    problem: str = ""
    """Chromium's name of what went wrong, as net::ERR_CONNECTION_RESET."""


@dataclass(slots=True)
class PageTraffic:
    """Counts of one page. `tab` is the window handle: the id of its main frame."""

    tab: str
    requests: int = 0
    """HTTP requests, also within tunnels; what the cache answered or the browser blocked is not one."""
    size_bytes: int = 0
    """Received, as it was compressed; without what is still under way."""
    navigations: int = 0
    asked: str = ""
    """Where the tab was sent last."""
    document: Document | None = None
    origins: set[str] = field(default_factory=set)
    _under_way: dict[str, tuple[float, str]] = field(default_factory=dict)
    _moved_at: float = 0
    """When a request that is worth waiting for was last seen to begin or to end."""
    _main: str = ""
    _previous: Document | None = None

    def read(self, entries: Iterable[Mapping[str, Any]], *, refusal_header: str) -> None:
        """Take in entries of the performance log, in order."""
        for entry in entries:
            message = json.loads(entry["message"])
            event = message["message"]
            method, params = event.get("method", ""), event.get("params", {})
            match method:
                case "Network.requestWillBeSent":
                    self._sent(params, message.get("webview"))
                case "Network.requestServedFromCache":
                    self.requests -= 1
                case "Network.responseReceived":
                    self._answered(params, refusal_header)
                case "Network.loadingFinished" | "Network.loadingFailed":
                    self._ended(params)
                case "Network.webSocketCreated":
                    self.requests += 1

    def is_quiet(self, *, for_s: float) -> bool:
        """Nothing has been under way for so long that is worth waiting for: what was read may still be worked on."""
        return not self._awaited() and time.monotonic() - self._moved_at >= for_s

    def is_only_polling(self) -> bool:
        """What is under way has begun a moment ago: with a page that does not change, its script asks for news."""
        return all(age < _YOUNG_S for age in self._awaited())

    def _awaited(self) -> list[float]:
        now = time.monotonic()
        ages = [now - began for began, kind in self._under_way.values() if kind not in _NEVER_ENDING]
        return [age for age in ages if age < _SLOW_S]

    def _sent(self, params: Mapping[str, Any], webview: object) -> None:
        url, kind, number = str(params["request"]["url"]), params.get("type", ""), params["requestId"]
        if not url.startswith(("http:", "https:")):
            return
        self.requests += 1
        if "redirectResponse" in params:
            self.size_bytes += int(params["redirectResponse"].get("encodedDataLength", 0))
        self._under_way[number] = (time.monotonic(), kind)
        if kind not in _NEVER_ENDING:
            self._moved_at = time.monotonic()
        if kind == "Document":
            if len(self.origins) < MAX_ORIGINS:
                parts = urlsplit(url)
                self.origins.add(f"{parts.scheme}://{parts.netloc}")
            if webview == self.tab == params.get("frameId"):
                self.navigations += 1
                if number != self._main:  # otherwise a redirect
                    self._previous, self.document = self.document, None
                self._main, self.asked = number, url

    def _answered(self, params: Mapping[str, Any], refusal_header: str) -> None:
        response = params["response"]
        if response.get("fromDiskCache"):
            self.requests -= 1
        if params["requestId"] == self._main:
            headers = {name.lower(): value for name, value in response.get("headers", {}).items()}
            url = str(response["url"])
            # Inside a tunnel the header would be the host's own.
            refused = str(headers.get(refusal_header.lower(), "")) if url.startswith("http:") else ""
            media_type = str(response.get("mimeType", ""))
            self.document = Document(url=url, status=response["status"], media_type=media_type, refused=refused)

    def _ended(self, params: Mapping[str, Any]) -> None:
        number = params["requestId"]
        if self._under_way.pop(number, (0.0, "Ping"))[1] not in _NEVER_ENDING:
            self._moved_at = time.monotonic()
        self.size_bytes += int(params.get("encodedDataLength", 0))
        if "blockedReason" in params:
            self.requests -= 1
        if number != self._main or "errorText" not in params:
            return
        if params["errorText"] == "net::ERR_ABORTED" and self._previous is not None:
            self.document = self._previous  # a download, or no content: the page stays where it was
        elif self.document is None:
            self.document = Document(url=self.asked, problem=str(params["errorText"]))
        else:
            self.document = replace(self.document, problem=str(params["errorText"]))
