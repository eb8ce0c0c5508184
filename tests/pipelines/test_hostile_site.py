"""A whole crawl of a site that is against its crawlers: it ends, takes no harm, and says what it refused and why."""

import pytest

from tests.hostile.site import HostileSite
from tests.pipelines.test_crawl_duplicates import documents_of
from tests.workbench import Workbench, website

SLOW = ("/busy/**", "/wire/**", "/large/**", "/flapping/**")


@pytest.fixture
def hostile(tmp_path):
    with HostileSite() as site:
        root = site.url("/").rstrip("/")
        exclude = ", ".join(f'"{root}{path}"' for path in SLOW)
        limits = {"max_pages": "900", "exclude": f"[{exclude}]"}
        bench = Workbench(tmp_path, website(root, **limits), fetch_timeout_s=1, fetch_max_bytes=1_000_000)
        yield bench, root
        bench.close()


@pytest.mark.timeout(300)
def test_a_hostile_site_is_crawled_to_its_end_and_every_refusal_is_counted_by_its_rule(hostile) -> None:
    bench, root = hostile

    run = bench.crawl("site")

    assert run.outcome == "complete"
    assert run.counts["found"] == 900
    assert {"refused:redirect", "refused:scope", "refused:type", "trap:spiral", "over_limit"} <= run.counts.keys()
    assert run.counts["duplicates"] > 0
    found = documents_of(bench)
    assert found
    assert all(document.url.startswith(root) for document in found)
    assert not [d.url for d in found if any(word in d.url.lower() for word in ("sessid", "jsessionid", "utm_"))]
