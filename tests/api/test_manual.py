import os
import re
from pathlib import Path

import pytest

from lib.settings import Settings
from tests.api.conftest import connect
from tests.api.in_memory import ROOT, make_api


@pytest.fixture
def docs(tmp_path) -> Path:
    folder = tmp_path / "docs"
    (folder / "adr").mkdir(parents=True)
    (tmp_path / "secret.md").write_text("# Secret\n")
    pages = {
        "index.md": "# What it is\n\nSee [last](zebra.md) and [no](../secret.md).\n\n"
        "| page |\n|---|\n| [Sources](sources.md) |\n| [More](how-it-works.md#why) |\n",
        "zebra.md": "# Zebra\n",
        "how-it-works.md": "# How it works\n\n## Why\n\n![A picture](flow.svg)\n\n## Why & <how>\n",
        "sources.md": "# Sources\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n    code\n",
        "appendix.md": "no heading\n",
        "adr/0001-sync-ports.md": "# Ports are sync\n\n[back](../sources.md) [home](../index.md)\n",
    }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "flow.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (folder / "notes.txt").write_text("private")
    return folder


@pytest.fixture
def manual(state, docs):
    return connect(make_api(state, docs_dir=docs))


def test_a_page_is_readable_html(manual):
    response = manual.get("/manual/sources")

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="en">' in response.text
    assert "<title>Sources · Plumbline manual</title>" in response.text
    assert '<h1 id="sources">Sources</h1>' in response.text
    assert "<td>1</td>" in response.text
    assert '<link rel="canonical" href="http://localhost:7071/manual/sources">' in response.text
    assert response.text.count("<main") == response.text.count("</main>") == 1


def test_the_canonical_address_is_the_one_people_use(state, docs):
    api = make_api(state, docs_dir=docs, settings=Settings(auth="loopback", base_url="http://localhost:9999/"))

    assert '<link rel="canonical" href="http://localhost:9999/manual/">' in connect(api).get("/manual/").text


def contents(page: str) -> list[str]:
    nav = page[page.index('<nav class="contents"') : page.index("<main")]
    return re.findall(r'href="([^"#]+)"', nav)


def test_pages_are_in_the_order_of_the_index_then_by_name_then_folders(manual):
    assert contents(manual.get("/manual/").text) == [
        "/manual/",
        "/manual/sources",
        "/manual/how-it-works",
        "/manual/zebra",
        "/manual/appendix",
        "/manual/adr/0001-sync-ports",
    ]


def test_every_page_of_the_contents_is_there(manual):
    assert {manual.get(path).status_code for path in contents(manual.get("/manual/").text)} == {200}


def test_the_current_page_lists_its_sections(manual):
    page = manual.get("/manual/how-it-works").text

    assert '<a href="/manual/how-it-works" aria-current="page">How it works</a>' in page
    assert '<a href="#why">Why</a>' in page
    assert '<a href="#why--how">Why &amp; &lt;how&gt;</a>' in page


def test_links_between_pages_lead_to_addresses_and_never_out(manual):
    index, decision = manual.get("/manual/").text, manual.get("/manual/adr/0001-sync-ports").text

    assert 'href="/manual/how-it-works#why"' in index
    assert "secret" not in index
    assert 'href="/manual/sources"' in decision
    assert '<a href="/manual/">home</a>' in decision


def test_pictures_are_served(manual):
    assert 'src="/manual/flow.svg"' in manual.get("/manual/how-it-works").text
    assert manual.get("/manual/flow.svg").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/manual", "/manual/"),
        ("/manual/index", "/manual/"),
        ("/manual/index.md", "/manual/"),
        ("/manual/sources.md", "/manual/sources"),
        ("/manual/sources/", "/manual/sources"),
        ("/manual/adr/0001-sync-ports.md", "/manual/adr/0001-sync-ports"),
    ],
)
def test_every_page_has_one_address(manual, path, target):
    response = manual.get(path)

    assert (response.status_code, response.headers["location"]) == (308, target)


@pytest.mark.parametrize(
    "path",
    ["nope", "../secret", "..%2fsecret", "%2e%2e/secret", "..%5csecret", "adr/../../secret", "/etc/passwd", "%00",
     "notes.txt", "secret.svg", "../secret.svg", "sources%00.md", "x" * 5_000, ".hidden", "adr", "%3Cscript%3E"],
)  # fmt: skip
def test_what_is_no_page_is_a_404_that_helps(manual, path):
    response = manual.get(f"/manual/{path}")

    assert response.status_code == 404
    if response.url.path.startswith("/manual/"):
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "No such page" in response.text
    assert "Secret" not in response.text
    assert "<script" not in response.text


def test_a_link_out_of_the_folder_is_not_followed(manual, docs):
    try:
        (docs / "leak.md").symlink_to(docs.parent / "secret.md")
    except OSError:
        pytest.skip("this system allows no symbolic links")

    assert manual.get("/manual/leak").status_code == 404


def test_an_unchanged_page_costs_a_304(manual):
    first = manual.get("/manual/sources")
    by_tag = manual.get("/manual/sources", headers={"if-none-match": first.headers["etag"]})
    by_time = manual.get("/manual/sources", headers={"if-modified-since": first.headers["last-modified"]})

    assert (by_tag.status_code, by_time.status_code) == (304, 304)
    assert by_tag.content == b""
    assert by_tag.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("header", ['"other"', 'W/"other", "another"', "nonsense"])
def test_a_changed_page_is_sent(manual, header):
    assert manual.get("/manual/sources", headers={"if-none-match": header}).status_code == 200


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', "*"])
def test_tags_are_compared_as_the_standard_says(manual, form):
    tag = manual.get("/manual/sources").headers["etag"]

    assert manual.get("/manual/sources", headers={"if-none-match": form.format(tag)}).status_code == 304


@pytest.mark.parametrize(
    "since", ["yesterday", "Mon, 01 Jan 1990 00:00:00 GMT", "", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"]
)
def test_an_old_or_broken_time_gets_the_page(manual, since):
    assert manual.get("/manual/sources", headers={"if-modified-since": since}).status_code == 200


def test_an_edit_shows_at_once(manual, docs):
    tag = manual.get("/manual/sources").headers["etag"]
    file = docs / "sources.md"
    file.write_text("# Sources\n\nEdited.\n", encoding="utf-8")
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime + 2))
    response = manual.get("/manual/sources", headers={"if-none-match": tag})

    assert response.status_code == 200
    assert "Edited." in response.text


def test_a_new_page_appears_without_restart(manual, docs):
    manual.get("/manual/")
    (docs / "brand-new.md").write_text("# Brand new\n", encoding="utf-8")

    assert manual.get("/manual/brand-new").status_code == 200
    assert "/manual/brand-new" in contents(manual.get("/manual/").text)


def test_an_empty_manual_is_no_crash(state, tmp_path):
    assert connect(make_api(state, docs_dir=tmp_path / "none")).get("/manual/").status_code == 404


def test_head_tells_what_get_would(manual):
    assert manual.head("/manual/").headers["etag"] == manual.get("/manual/").headers["etag"]


def test_our_own_manual_is_served_whole(client):
    names = [path.relative_to(ROOT / "docs").as_posix().removesuffix(".md") for path in (ROOT / "docs").glob("**/*.md")]
    listed = contents(client.get("/manual/").text)

    assert names
    assert {f"/manual/{name}" for name in names if name != "index"} | {"/manual/"} == set(listed)
    assert {client.get(path).status_code for path in listed} == {200}
