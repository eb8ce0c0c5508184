"""One page in a browser: opened, waited for until its content stands, and read, all within limits."""

import time
from dataclasses import dataclass, replace
from typing import Any

from lib.adapters.web.browser_session import Crashed, Session, TooSlow
from lib.adapters.web.browser_traffic import PageTraffic
from lib.adapters.web.proxy_wire import REASON_HEADER
from lib.adapters.web.rendered import Rendered, RenderFailed

_QUIET_S = 0.5
"""So long nothing may change, and nothing be under way, before a page counts as complete."""
_POLLING_S = 4.0
"""So long nothing may change on a page whose scripts keep asking for news."""
_LOOK_S = 0.1
_LAST_LOOK_S = 2.0
_MAX_NAVIGATIONS = 10
_MAX_ELEMENTS = 200_000
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_BAD_SELECTOR = "bad selector"
_LOOK = """
let has = false;
try { has = arguments[0] ? document.querySelector(arguments[0]) !== null : false; } catch { return arguments[1]; }
const root = document.documentElement;
if (!root) return ['loading', 0, 0, 0, false, location.href];
return [document.readyState, (document.body || root).textContent.length, document.getElementsByTagName('*').length,
        performance.getEntriesByType('resource').length,
        has, location.href];
"""
_TAKE = """
const html = '<!doctype html>' + document.documentElement.outerHTML;
return [html.length > arguments[0] ? '' : html, location.href];
"""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a page looked like at one moment."""

    state: str = "loading"
    text_chars: int = 0
    elements: int = 0
    resources: int = 0
    has_awaited: bool = False
    url: str = ""

    @classmethod
    def of(cls, answer: object) -> "_Look":
        """Read a script's answer; a page can have changed what scripts are made of."""
        match answer:
            case [str() as state, int() as chars, int() as elements, int() as resources, bool() as has, str() as url]:
                return cls(state, chars, elements, resources, has, url)
        return cls()

    @property
    def is_there(self) -> bool:
        """The document was read to its end, and it is one of the web."""
        return self.state in ("interactive", "complete") and self.url.startswith(("http:", "https:"))


def render(
    session: Session, url: str, *, traffic: PageTraffic, timeout_s: float, wait_for: str, max_bytes: int
) -> Rendered:
    """
    Open a page and return it once its content stands: the document is read, nothing worth waiting for is under way,
    and text and elements stay as they are. A page that never rests is taken as it is at the end of its time.

    `wait_for`: a CSS selector; the page is taken as soon as it matches, and fails if it does not in time.
    Raises: RenderFailed, Crashed, TooSlow.
    """
    deadline = time.monotonic() + timeout_s
    session.open(url)
    _wait(session, traffic, deadline, wait_for, timeout_s)
    left_s = max(deadline - time.monotonic(), _LAST_LOOK_S)
    html, final_url = _taken(session.run(_TAKE, max_bytes, timeout_s=left_s))
    traffic.read(session.log(timeout_s=_LAST_LOOK_S), refusal_header=REASON_HEADER)
    _judge(traffic)
    size = len(html.encode("utf-8", "replace"))
    if not html or size > max_bytes:
        raise RenderFailed(f"larger than {max_bytes:,} bytes", rule="size")
    if not final_url.startswith(("http:", "https:")):
        raise RenderFailed("its scripts left the web", rule="redirect")
    status = traffic.document.status if traffic.document else 200
    received = max(traffic.size_bytes, 0) or size
    return Rendered(
        html=html, final_url=final_url, status=status, requests=max(traffic.requests, 1), size_bytes=received
    )


def _wait(session: Session, traffic: PageTraffic, deadline: float, wait_for: str, timeout_s: float) -> None:
    last, since = (_Look(), 0), time.monotonic()
    while True:
        began = time.monotonic()
        left_s = deadline - began
        traffic.read(session.log(timeout_s=max(left_s, _LOOK_S) + _LOOK_S), refusal_header=REASON_HEADER)
        _judge(traffic)
        answer = session.run(_LOOK, wait_for, _BAD_SELECTOR, timeout_s=max(left_s, _LOOK_S))
        if answer == _BAD_SELECTOR:
            raise RenderFailed(f"{wait_for!r} is not a CSS selector: correct wait_for")
        look = _Look.of(answer)
        if traffic.document is not None:
            look = replace(look, resources=0)  # only of interest to a driver that keeps no log
        if look.elements > _MAX_ELEMENTS:
            raise RenderFailed(f"more than {_MAX_ELEMENTS:,} elements", rule="size")
        now = time.monotonic()
        if (look, traffic.navigations) != last:
            last, since = (look, traffic.navigations), now
        # The log was read before the look: what began between the two is not known yet.
        if _is_done(look, traffic, began - since, wait_for):
            return
        if now > deadline:
            if wait_for and look.is_there:
                raise RenderFailed(f"{wait_for!r} did not appear within {timeout_s:g} s")
            if look.is_there and look.text_chars:
                return
            raise TooSlow
        time.sleep(max(_LOOK_S, now - began))  # a large page is not kept busy with being looked at


def _judge(traffic: PageTraffic) -> None:
    document = traffic.document
    if traffic.navigations > _MAX_NAVIGATIONS:
        raise RenderFailed("goes on to other pages without end", rule="redirect")
    if document is None:
        return
    if document.refused:
        raise RenderFailed(document.refused, rule="address" if document.status == 403 else "")
    if document.problem:
        raise RenderFailed(document.problem, status=document.status)
    if document.media_type not in _HTML_TYPES:
        raise RenderFailed(f"not a page: {document.media_type[:80]}", status=document.status)


def _is_done(look: _Look, traffic: PageTraffic, unchanged_s: float, wait_for: str) -> bool:
    if not look.is_there:
        return False
    if wait_for:
        return look.has_awaited
    if traffic.is_quiet(for_s=_QUIET_S) and look.state == "complete" and unchanged_s >= _QUIET_S:
        return True
    return traffic.is_only_polling() and look.text_chars > 0 and unchanged_s >= _POLLING_S


def _taken(answer: Any) -> tuple[str, str]:
    match answer:
        case [str() as html, str() as url]:
            return html, url
    raise Crashed("the page does not let itself be read")
