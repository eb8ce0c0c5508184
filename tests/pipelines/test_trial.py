"""Trying a source: what a crawl would make of one page, without any store."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib import composition
from lib.domain.source_file import parse_sources
from lib.errors import BadInput, NotFound, Unreachable
from lib.pipelines.source_names import named
from lib.pipelines.trial import Trial, try_source
from lib.settings import Settings
from tests.site import Reply, page
from tests.workbench import website

WORDS = "The canteen of the north building opens at seven in the morning and serves soup. " * 3


@contextmanager
def probing(folder: Path, **settings: object):
    composition.configure(Settings(data_dir=str(folder / "data"), **settings))
    with composition.prober(folder / "kept") as prober:
        yield prober


def tried(tmp_path, sources: str, url: str = "", **settings: object) -> Trial:
    [source] = parse_sources(sources, file="sources.yaml").items
    with probing(tmp_path, **settings) as prober:
        return try_source(source, url, prober=prober)


def test_a_page_is_shown_raw_and_as_it_would_be_stored(tmp_path, site):
    site.pages["/"] = page("Canteen", WORDS, "/menu", "https://elsewhere.example/", head='<meta name="x" content="y">')

    trial = tried(tmp_path, website(site.url))

    assert (trial.verdict, trial.reason, trial.fix) == ("document", "", "")
    assert b"<footer>Imprint</footer>" in trial.fetched.raw
    assert trial.page.text.startswith("# Canteen")
    assert "Imprint" not in trial.page.text
    assert (trial.page.title, trial.page.language) == ("Canteen", "en")
    assert (trial.links_in_scope, trial.links_out_of_scope) == (1, 1)
    assert (trial.fetched.status, trial.extraction, trial.listed) == (200, "automatic", (site.url + "/",))
    assert trial.fetched.etag


def test_chunks_and_tokens_are_those_that_a_crawl_makes(tmp_path, bench, site):
    site.pages["/"] = page("Canteen", "\n\n".join([WORDS] * 9))
    bench.crawl("site")
    bench.settle()
    chunks, spent = bench.chunks(), bench.adapters.meter.read(("embedding_tokens",))

    trial = tried(tmp_path / "trial", website(site.url))

    assert (trial.chunks, trial.tokens, trial.is_counted) == (chunks, spent["embedding_tokens"].total, True)
    assert chunks > 1


def test_without_the_models_tokenizer_chunks_and_tokens_are_estimated(tmp_path, site):
    site.pages["/"] = page("Canteen", "\n\n".join([WORDS] * 9))

    trial = tried(tmp_path, website(site.url), embedding_endpoint="http://127.0.0.1:9/v1", embedding_model="other")

    assert not trial.is_counted
    assert trial.tokens == 1 + len(trial.page.text) // 4
    assert trial.chunks > 1


def test_nothing_is_stored(tmp_path, site):
    site.pages["/"] = page("Canteen", WORDS)

    tried(tmp_path, website(site.url))

    assert list(tmp_path.rglob("*")) == []


def test_the_page_asked_for_is_tried_and_the_first_page_without_one(tmp_path, site):
    site.pages = {
        "/sitemap.xml": f"<urlset><url><loc>{site.url}/gone</loc></url><url><loc>{site.url}/a</loc></url>"
        f"<url><loc>{site.url}/b</loc></url></urlset>",
        "/a": page("A", WORDS),
        "/b": page("B", WORDS),
    }
    sources = website(site.url, kind="sitemap").replace("    kind: website\n", "")
    sources = sources.replace(f'"{site.url}/"', f'"{site.url}/sitemap.xml"')

    first, second = tried(tmp_path, sources), tried(tmp_path, sources, f"{site.url}/b")

    assert (first.fetched.url, second.fetched.url) == (f"{site.url}/a", f"{site.url}/b")
    assert first.listed == tuple(f"{site.url}/{name}" for name in ("gone", "a", "b"))


def test_selectors_that_match_nothing_are_named(tmp_path, site):
    site.pages["/"] = page("Canteen", WORDS)

    trial = tried(tmp_path, website(site.url, select='"#x"', title='"h1"'))

    assert (trial.verdict, trial.extraction, trial.fix) == ("empty", "selectors", "correct the selectors")
    assert trial.notes == ("`select` '#x' matches nothing", "`title` 'h1' matches 1 element")


@pytest.mark.parametrize(
    ("url", "rule", "fix"),
    [
        ("/secret", "robots", "ask the owner of the site"),
        ("/big", "size", "raise FETCH_MAX_BYTES"),
        ("/image", "type", "only text"),
        ("/loop", "redirect", "the address that it leads to"),
        ("/denied", "status", "`headers`"),
        ("/away", "scope", "add a pattern to `include`"),
        ("/private/", "document", ""),
        ("/missing", "gone", "correct the address"),
    ],
)
def test_a_refusal_names_its_rule_and_the_fix(tmp_path, site, url, rule, fix):
    site.pages = {
        "/robots.txt": Reply("User-agent: *\nDisallow: /secret", headers={"Content-Type": "text/plain"}),
        "/private/": page("Private", WORDS),
        "/big": Reply("x" * 20_000),
        "/image": Reply("x", headers={"Content-Type": "image/png"}),
        "/loop": Reply(status=302, headers={"Location": "/loop"}),
        "/denied": Reply(status=401),
        "/away": Reply(status=302, headers={"Location": "http://elsewhere.example/"}),
    }

    trial = tried(tmp_path, website(site.url), site.url + url, fetch_max_bytes=10_000)

    assert rule in (trial.rule, trial.verdict)
    assert fix in trial.fix


def test_an_address_out_of_scope_is_never_asked(tmp_path, site):
    site.pages["/handbook/"] = page("Handbook", WORDS)
    sources = website(site.url).replace(f"{site.url}/", f"{site.url}/handbook/")

    trial = tried(tmp_path, sources, f"{site.url}/other")

    assert (trial.verdict, trial.rule) == ("refused", "scope")
    assert "below the folders of `start`" in trial.fix
    assert site.asked("/other") == []


def test_a_private_network_is_refused_with_the_setting_that_allows_it(tmp_path, site):
    trial = tried(tmp_path, website(site.url).replace("true", "false"))

    assert (trial.verdict, trial.rule) == ("refused", "address")
    assert "allow_private_network: true" in trial.fix
    assert site.requests == []


def test_a_metadata_address_has_no_setting(tmp_path):
    sources = website("http://169.254.169.254")

    trial = tried(tmp_path, sources)

    assert (trial.verdict, trial.rule) == ("refused", "address")
    assert "allow_private_network" not in trial.fix


def test_what_would_be_held_says_why_and_what_was_found_is_flagged(tmp_path, site):
    site.pages["/"] = page("Sign in", "Please sign in to continue. Forgot your password?")
    held = tried(tmp_path, website(site.url))
    site.pages["/"] = page("Contact", WORDS + " Write to ada@example.com.")
    masked = tried(tmp_path, website(site.url, personal_data="mask"))

    assert (held.verdict, held.rule) == ("held", "login")
    assert held.reason
    assert held.chunks
    assert masked.flags == ("masked email 1",)
    assert "[email]" in masked.page.text
    assert b"ada@example.com" in masked.fetched.raw


def test_noindex_and_an_empty_page_are_no_documents(tmp_path, site):
    site.pages["/"] = page("Hidden", WORDS, head='<meta name="robots" content="noindex">')
    hidden = tried(tmp_path, website(site.url))
    site.pages["/"] = "<html><body><div id=app></div></body></html>"
    empty = tried(tmp_path, website(site.url))

    assert (hidden.verdict, empty.verdict) == ("noindex", "empty")
    assert "render: browser" in empty.fix


def test_a_canonical_address_within_the_source_is_noted(tmp_path, site):
    site.pages["/"] = page("Home", WORDS, head=f'<link rel="canonical" href="{site.url}/home">')

    trial = tried(tmp_path, website(site.url))

    assert any(f"{site.url}/home" in note for note in trial.notes)


def test_a_site_that_does_not_answer_fails_with_what_to_check(tmp_path):
    trial = tried(tmp_path, website("http://127.0.0.1:9"))

    assert (trial.verdict, trial.page) == ("failed", None)
    assert "check that the address is right" in trial.fix


def test_a_listing_that_cannot_be_read_stops_a_trial_unless_a_page_is_named(tmp_path, site):
    site.pages["/a"] = page("A", WORDS)
    sources = (
        f'sources:\n  - id: s\n    kind: sitemap\n    start: ["{site.url}/map.xml"]\n    allow_private_network: true'
    )
    site.pages["/map.xml"] = Reply(status=500)

    with pytest.raises(Unreachable, match=r"map\.xml"):
        tried(tmp_path, sources)
    trial = tried(tmp_path, sources, f"{site.url}/a")

    assert trial.verdict == "document"
    assert "map.xml" in trial.listing_error


def test_a_listing_of_nothing_says_what_to_correct(tmp_path, site):
    site.pages["/map.xml"] = "<urlset></urlset>"
    sources = (
        f'sources:\n  - id: s\n    kind: sitemap\n    start: ["{site.url}/map.xml"]\n    allow_private_network: true'
    )

    with pytest.raises(NotFound, match="lists nothing in scope"):
        tried(tmp_path, sources)


def test_what_an_api_brings_is_tried_from_its_listing(tmp_path, site):
    items = [{"id": str(n), "text": f"Item {n}. {WORDS}"} for n in range(30)]
    site.pages["/items"] = Reply(json.dumps(items), headers={"Content-Type": "application/json"})
    sources = (
        f'sources:\n  - id: s\n    kind: api\n    start: ["{site.url}/items"]\n    allow_private_network: true\n'
        "    fields: {id: id, text: text}"
    )

    first = tried(tmp_path, sources)
    last = tried(tmp_path, sources, first.fetched.url[:-1] + "29")

    assert (first.verdict, first.extraction, first.lists_more) == ("document", "brought", True)
    assert "Item 29." in last.page.text


def test_an_item_is_tried_by_the_address_that_people_open_it_with(tmp_path, site):
    items = [{"link": f"/#/item/{n}", "text": f"Item {n}. {WORDS}"} for n in range(30)]
    site.pages["/items"] = Reply(json.dumps(items), headers={"Content-Type": "application/json"})
    sources = (
        f'sources:\n  - id: s\n    kind: api\n    start: ["{site.url}/items"]\n    allow_private_network: true\n'
        "    fields: {url: link, text: text}"
    )

    assert "Item 29." in tried(tmp_path, sources, f"{site.url}/#/item/29").page.text


def test_files_are_tried_with_their_bytes(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "soup.md").write_text(f"# Soup\n\n{WORDS}")
    sources = f'sources:\n  - id: s\n    kind: files\n    start: ["{folder}"]'

    trial = tried(tmp_path / "work", sources)

    assert trial.verdict == "document"
    assert trial.fetched.raw.startswith(b"# Soup")


def test_an_unknown_source_names_the_near_ones():
    sources = parse_sources(website("https://x.example") + "\n  - {id: pushed, kind: push}", file="s.yaml")

    with pytest.raises(NotFound, match="did you mean 'site'"):
        named("sitte", sources)
    with pytest.raises(NotFound, match="there is site, pushed"):
        named("zzzzz", sources)
    with pytest.raises(BadInput, match="fed by its API"):
        named("pushed", sources)
