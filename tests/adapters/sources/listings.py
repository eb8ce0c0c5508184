"""What tests of feeds and APIs share: a web client on loopback, and answers in JSON and XML."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from lib.adapters.files.limited import LimitedParser
from lib.adapters.web.web_reader import WebReader
from tests.doubles import SettableClock
from tests.nasty_pages import Answer

TIMEOUT_S = 2.0


@contextmanager
def web_client(clock: SettableClock) -> Iterator[WebReader]:
    parser = LimitedParser()
    try:
        yield WebReader(contact="", timeout_s=TIMEOUT_S, max_bytes=2_000_000, concurrency=2, clock=clock, parser=parser)
    finally:
        parser.close()


def as_json(value: object, **headers: str) -> Answer:
    return Answer(json.dumps(value).encode(), 200, {"Content-Type": "application/json", **headers})


def as_xml(text: str, *, encoding: str = "utf-8", **headers: str) -> Answer:
    return Answer(text.encode(encoding), 200, {"Content-Type": "application/xml", **headers})


def entry(number, *, html="<p>Zebras are African equines.</p>", **more):
    return {"id": number, "name": f"Item {number}", "body": {"html": html}, **more}
