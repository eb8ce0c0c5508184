"""Every document says where it came from."""

import hashlib

import pytest

from lib.errors import NotFound
from lib.pipelines.lineage import lineage
from tests.pipelines.test_crawl_duplicates import documents_of, saying
from tests.site import Reply, Site, page
from tests.workbench import Workbench


def test_a_document_tells_its_addresses_crawl_validators_hashes_and_history(bench: Workbench, site: Site) -> None:
    body = page("Moved", saying(1))
    site.pages = {"/": page("Home", saying(2), "/old"), "/old": Reply("", 301, {"Location": "/new"})}
    site.pages["/new"] = Reply(body, headers={"ETag": '"v1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
    run = bench.crawl("site")
    bench.settle()
    [moved] = [d for d in documents_of(bench) if d.title == "Moved"]

    told = lineage(moved.id, documents=bench.adapters.documents, ledger=bench.adapters.ledger)

    provenance = told["provenance"]
    assert (provenance["requested_url"], provenance["final_url"]) == (f"{site.url}/old", f"{site.url}/new")
    assert (provenance["crawl_id"], provenance["etag"]) == (run.crawl_id, '"v1"')
    assert provenance["raw_hash"] == hashlib.sha256(body.encode()).hexdigest()
    assert provenance["extractor"].startswith("plumbline-html/")
    assert (told["source_id"], told["version"], len(told["content_hash"])) == ("site", moved.version, 64)
    assert "built" in {fact["kind"] for fact in told["history"]}
    assert "text" not in told


def test_an_unknown_document_is_not_found(bench: Workbench) -> None:
    with pytest.raises(NotFound, match="there is no document 'dx'"):
        lineage("dx", documents=bench.adapters.documents, ledger=bench.adapters.ledger)
