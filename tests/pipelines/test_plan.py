"""Planning a crawl: what it would fetch and embed, with each number saying where it comes from."""

import json
from contextlib import contextmanager

import pytest

from lib import composition
from lib.errors import BadInput, NotFound, NotYet, Unreachable
from lib.pipelines.plan import Plan, plan_source
from tests.site import Reply, page
from tests.workbench import Workbench, website

WORDS = "The canteen of the north building opens at seven in the morning and serves soup. "


def planned(bench: Workbench, source_id: str = "site", *, sample: int = 10) -> Plan:
    return plan_source(source_id, bench.sources, sample=sample, planner=composition.planner())


def listing(site, *, count: int = 40, lastmod: str = "2026-01-01") -> str:
    """Give a site that many pages and a sitemap of them; the sources file of it."""
    urls = "".join(f"<url><loc>{site.url}/{n}</loc><lastmod>{lastmod}</lastmod></url>" for n in range(count))
    site.pages |= {f"/{n}": page(f"Page {n}", f"{n} {WORDS * 5}") for n in range(count)}
    site.pages["/map.xml"] = Reply(f"<urlset>{urls}</urlset>", headers={"Content-Type": "application/xml"})
    return (
        website(f"{site.url}/map.xml").replace("map.xml/", "map.xml").replace("kind: website", "kind: sitemap") + "\n"
    )


@contextmanager
def priced(tmp_path, sources: str, **settings: object):
    bench = Workbench(tmp_path / "priced", sources, **settings)
    try:
        yield bench
    finally:
        bench.close()


def pages_asked(site) -> list[str]:
    return [path for path, _ in site.requests if path not in ("/robots.txt", "/map.xml")]


def test_a_listing_that_was_never_crawled_is_counted_and_a_sample_of_it_read(bench, site):
    bench.use(listing(site))

    plan = planned(bench, sample=5)

    assert (plan.found.value, plan.found.basis, plan.found.at_least) == (40, "listed", False)
    assert (plan.new.value, plan.known.value, plan.unlisted.value) == (40, 0, 0)
    assert len(pages_asked(site)) == plan.sample.fetched == 5
    assert plan.tokens_a_page.basis == "measured"
    assert (plan.tokens.basis, plan.tokens.value) == (
        "estimated",
        pytest.approx(40 * plan.tokens_a_page.value, rel=0.01),
    )
    assert plan.sample.smallest <= plan.tokens_a_page.value <= plan.sample.largest


def test_a_plan_stores_nothing_and_says_what_the_crawl_then_counts(bench, site):
    bench.use(listing(site))

    plan = planned(bench)

    assert bench.adapters.state.load_run("site") is None
    assert bench.adapters.state.read("site", [f"{site.url}/1"]) == {}
    assert bench.adapters.documents.totals().documents == 0
    run = bench.crawl("site")
    assert run.counts["new"] == plan.new.value
    assert run.counts["tokens"] == pytest.approx(plan.tokens.value, rel=0.02)


def test_after_a_crawl_what_is_stamped_as_it_was_would_be_avoided_and_stored_texts_are_the_sample(bench, site):
    bench.use(listing(site))
    bench.crawl("site")
    site.requests.clear()

    plan = planned(bench)

    assert (plan.known.value, plan.avoided.value, plan.asked.value, plan.new.value) == (40, 40, 0, 0)
    assert not plan.is_anew
    assert (plan.sample.stored, plan.sample.fetched) == (40, 0)
    assert (plan.tokens.value, plan.tokens_at_most.value) == (0, 0)
    assert pages_asked(site) == []


def test_what_the_listing_stamps_anew_would_be_asked_and_what_it_drops_is_counted(bench, site):
    bench.use(listing(site))
    bench.crawl("site")
    listing(site, count=30, lastmod="2026-02-02")

    plan = planned(bench)

    assert (plan.asked.value, plan.changed.value, plan.avoided.value) == (30, 30, 0)
    assert (plan.unlisted.value, plan.unlisted.basis) == (10, "measured")
    assert plan.tokens.value == 0
    assert plan.tokens_at_most.value == pytest.approx(30 * plan.tokens_a_page.value, rel=0.01)
    assert plan.tokens_at_most.basis == "estimated"


def test_new_settings_make_everything_be_read_whole(bench, site):
    sources = listing(site, count=3)
    bench.use(sources)
    bench.crawl("site")
    bench.use(sources + "    personal_data: flag\n")

    plan = planned(bench)

    assert plan.is_anew
    assert (plan.asked.value, plan.avoided.value) == (3, 0)


def test_a_website_never_crawled_is_walked_as_far_as_the_sample_and_the_rest_is_open(bench, site):
    site.pages = {f"/{n}": page(f"Page {n}", WORDS * 5, f"/{2 * n + 1}", f"/{2 * n + 2}") for n in range(100)}
    site.pages["/"] = page("Home", WORDS, "/0")

    plan = planned(bench, sample=4)

    assert pages_asked(site)[:2] == ["/", "/0"]
    assert len(pages_asked(site)) == 4
    assert (plan.found.value, plan.found.basis, plan.found.at_least) == (8, "measured", True)
    assert plan.tokens.at_least
    assert plan.tokens.basis == "estimated"


def test_a_website_that_the_sample_reads_whole_is_measured(bench, site):
    site.pages = {"/": page("Home", WORDS, "/a"), "/a": page("A", WORDS)}

    plan = planned(bench)

    assert (plan.found.value, plan.found.at_least) == (2, False)
    assert plan.tokens.basis == "measured"
    assert bench.crawl("site").counts["tokens"] == plan.tokens.value


def test_a_website_that_was_crawled_is_walked_by_remembered_links_for_nothing(bench, site):
    site.pages = {"/": page("Home", WORDS, "/a"), "/a": page("A", WORDS, "/b"), "/b": page("B", WORDS)}
    bench.crawl("site")
    site.requests.clear()

    plan = planned(bench, sample=2)

    assert (plan.found.value, plan.known.value, plan.new.value, plan.unlisted.value) == (3, 3, 0, 0)
    assert site.requests == []


def test_pages_that_are_no_documents_are_asked_for_but_not_expected_to_cost(bench, site):
    site.pages = {"/": page("Home", WORDS, "/a", "/b"), "/a": page("A", WORDS)}
    bench.crawl("site")

    plan = planned(bench)

    assert (plan.known.value, plan.asked.value + plan.avoided.value, plan.sample.stored) == (3, 3, 2)
    assert plan.tokens_at_most.value <= 2 * plan.tokens_a_page.value


def test_pages_without_a_text_to_keep_count_as_pages_without_tokens(bench, site):
    site.pages = {
        "/": page("Home", WORDS * 4, "/gone", "/wall"),
        "/wall": page("Sign in", "Please sign in to continue."),
    }

    plan = planned(bench)

    assert (plan.sample.fetched, plan.sample.without_text, plan.sample.failed) == (3, 2, 0)
    assert plan.tokens_a_page.value == pytest.approx(plan.sample.largest / 3)
    assert f"{site.url}/" in plan.sample.problem


def test_without_a_sample_tokens_and_cost_are_unknown(tmp_path, site):
    settings = {"embedding_price": 2.0, "embedding_endpoint": "http://127.0.0.1:9/v1", "embedding_model": "m"}
    with priced(tmp_path, listing(site), **settings) as bench:
        plan = planned(bench, sample=0)

    assert (plan.tokens.value, plan.tokens.basis, plan.cost) == (None, "unknown", None)
    assert plan.found.value == 40


def test_money_is_tokens_times_price_and_nothing_for_the_embedded_model(tmp_path, bench, site):
    bench.use(listing(site))
    free = planned(bench)
    settings = {"embedding_endpoint": "http://127.0.0.1:9/v1", "embedding_model": "m"}
    with priced(tmp_path / "a", listing(site), **settings, embedding_price=2.0) as other:
        paid = planned(other)
    with priced(tmp_path / "b", listing(site), **settings) as other:
        unpriced = planned(other)

    assert (free.is_free, free.cost) == (True, 0)
    assert paid.cost == pytest.approx(paid.tokens.value * 2 / 1_000_000)
    assert (unpriced.is_free, unpriced.price, unpriced.cost) == (False, 0, None)


def test_budgets_that_would_stop_the_crawl_are_named(bench, site):
    bench.use(listing(site) + "    max_pages: 30\n    max_tokens: 100\n")

    plan = planned(bench)

    assert (plan.found.value, plan.found.at_least) == (30, True)
    assert [limit.partition(":")[0] for limit in plan.limits] == ["max_pages", "max_tokens"]
    bench.use(listing(site) + "    max_pages: 40\n    max_tokens: 1000000\n")
    assert planned(bench).limits == ()


def test_what_a_listing_brings_along_is_measured_whole(bench, site):
    items = [{"id": str(n), "text": f"Item {n}. {WORDS}"} for n in range(30)]
    site.pages["/items"] = Reply(json.dumps(items), headers={"Content-Type": "application/json"})
    bench.use(
        f'sources:\n  - id: site\n    kind: api\n    start: ["{site.url}/items"]\n    allow_private_network: true\n'
        "    fields: {id: id, text: text}"
    )

    plan = planned(bench, sample=3)

    assert (plan.sample.brought, plan.sample.fetched, plan.tokens.basis) == (30, 0, "measured")
    assert bench.crawl("site").counts["tokens"] == plan.tokens.value


def test_a_site_that_does_not_answer_has_unknown_tokens_and_a_reason(bench):
    bench.use(website("http://127.0.0.1:9"))

    plan = planned(bench)

    assert (plan.tokens.value, plan.sample.failed, plan.found.at_least) == (None, 1, True)
    assert "127.0.0.1:9" in plan.sample.problem


def test_a_private_network_is_a_problem_that_names_its_setting(bench, site):
    bench.use(website(site.url).replace("true", "false"))

    assert "allow_private_network" in planned(bench).sample.problem
    assert site.requests == []


def test_what_cannot_be_planned_says_why(bench, site):
    bench.use(listing(site) + "  - id: pushed\n    kind: push\n")
    site.pages["/map.xml"] = Reply(status=503)

    with pytest.raises(Unreachable, match=r"map\.xml"):
        planned(bench)
    with pytest.raises(NotFound, match="did you mean 'site'"):
        planned(bench, "sit")
    with pytest.raises(BadInput, match="fed by its API"):
        planned(bench, "pushed")


def test_a_source_is_left_alone_outside_its_hours(bench, site):
    hour = bench.adapters.clock.now().hour
    bench.use(listing(site) + f'    hours: "{(hour + 2) % 24:02d}:00-{(hour + 3) % 24:02d}:00"\n')

    with pytest.raises(NotYet, match="hours"):
        planned(bench)
    assert site.requests == []
