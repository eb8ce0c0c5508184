"""A site on loopback, and an API source of it."""

import pytest

from lib.adapters.sources.api import Api
from lib.domain.sources import Source
from tests.adapters.sources.listings import as_json, web_client
from tests.doubles import SettableClock
from tests.nasty_site import NastySite

FIELDS = (("id", "id"), ("title", "name"), ("html", "body.html"), ("updated", "changed"), ("deleted", "is_deleted"))


@pytest.fixture
def site():
    with NastySite() as running:
        yield running


@pytest.fixture
def apis():
    with web_client(SettableClock()) as web:
        yield Api(web, SettableClock())


@pytest.fixture
def api_source(site):
    return Source(
        id="tickets",
        kind="api",
        start=(site.url("/api/items"),),
        items="data.results",
        fields=FIELDS,
        next="next",
        allow_private_network=True,
    )


@pytest.fixture
def serve(site):
    """Answer with these pages, one after the other, by whatever the query says."""

    def pages(*answers):
        async def answer(site, request, out):
            number = int(request.path.partition("page=")[2] or 0)
            following = f"/api/items?page={number + 1}" if number + 1 < len(answers) else None
            return as_json({"data": {"results": answers[number]}, "next": following})

        site.pages["/api/items"] = answer

    return pages


@pytest.fixture
def listed(apis, api_source, site):
    def look(of=api_source, **since):
        return [found.url.removeprefix(site.url("/api/items/")) for found in apis.discover(of, **since).found]

    return look
