"""Folders of files: the contract, what is listed, and that nothing outside of the folder is ever read."""

import os
import socket
from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest

from lib.adapters.files.limited import LimitedParser
from lib.adapters.sources import folders
from lib.adapters.sources.files import build
from lib.adapters.sources.tools import Tools
from lib.adapters.web.web_reader import WebReader
from lib.domain.sources import Source
from lib.errors import BadInput, Unreachable
from lib.ports.source_reader import Fetch
from lib.settings import Settings
from tests.adapters.sources.folders import listed, put, read
from tests.contracts.source_reader import Examples, SourceReaderContract
from tests.doubles import SettableClock


@pytest.fixture
def make_reader():
    parser = LimitedParser()
    made = []

    def make(**changes):
        web = WebReader(contact="", timeout_s=1, max_bytes=1, concurrency=1, clock=SettableClock(), parser=parser)
        made.append(build(Tools(settings=Settings(**changes), clock=SettableClock(), web=web, parser=parser)))
        return made[-1]

    yield make
    for reader in made:
        reader.close()
    parser.close()


@pytest.fixture
def reader(make_reader):
    return make_reader()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "docs"
    put(root / "guide.md", "# Zebras\n\nZebras are African equines.\n")
    put(root / "deep" / "er" / "notes.txt", "Okapis live in forests.")
    put(root / "broken.pdf", "%PDF-1.7 not one at all")
    put(root / "logo.png", "no text")
    return root


@pytest.fixture
def source(folder):
    return Source(id="docs", kind="files", start=(str(folder),))


class TestFiles(SourceReaderContract):
    @pytest.fixture
    def reader(self, make_reader):
        return make_reader()

    @pytest.fixture
    def examples(self, folder, tmp_path):
        """A share that is not mounted fails."""
        (tmp_path / "share").mkdir()
        return Examples(
            source=Source(id="docs", kind="files", start=(str(folder), str(tmp_path / "share"))),
            page=(folder / "guide.md").as_uri(),
            page_words="African equines",
            unchanging=(folder / "deep" / "er" / "notes.txt").as_uri(),
            gone=(folder / "lost.md").as_uri(),
            refused=(folder / "broken.pdf").as_uri(),
            failing=(tmp_path / "share" / "a.md").as_uri(),
        )


def test_files_that_can_be_read_are_listed_and_hidden_ones_are_not(folder, reader, source):
    put(folder / ".git" / "notes.md", "x")
    put(folder / ".hidden.md", "x")
    put(folder / "deep" / ".cache" / "x.md", "x")

    assert listed(reader, source) == ["broken.pdf", "guide.md", "deep/er/notes.txt"]
    assert read(reader, source, (folder / ".git" / "notes.md").as_uri()).outcome == "gone"


def test_include_and_exclude_are_paths_below_the_start(reader, source):
    assert listed(reader, replace(source, include=("deep/**",))) == ["deep/er/notes.txt"]
    assert listed(reader, replace(source, exclude=("**.txt", "*.pdf"))) == ["guide.md"]


@pytest.mark.parametrize("has_openat", [folders._HAS_OPENAT, False])
def test_links_are_not_followed(folder, reader, source, tmp_path, monkeypatch, *, has_openat):
    monkeypatch.setattr(folders, "_HAS_OPENAT", has_openat)
    put(tmp_path / "outside" / "secret.md", "secret")
    (folder / "secret.md").symlink_to(tmp_path / "outside" / "secret.md")
    (folder / "outside").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)

    assert listed(reader, source) == ["broken.pdf", "guide.md", "deep/er/notes.txt"]
    for path in ("secret.md", "outside/secret.md", "loop/guide.md"):
        assert read(reader, source, f"{folder.as_uri()}/{path}").outcome == "gone"


@pytest.mark.skipif(not folders._HAS_OPENAT, reason="this system opens files by their whole path only")
@pytest.mark.parametrize("opening", range(4))
@pytest.mark.parametrize("swapped", ["deep", "deep/er", "deep/er/notes.txt"])
def test_what_is_swapped_for_a_link_at_any_moment_leads_nowhere(
    folder, reader, source, tmp_path, monkeypatch, *, opening, swapped
):
    outside = tmp_path / "outside"
    put(outside / "deep" / "er" / "notes.txt", "secret")
    opened, calls = os.open, []

    def swapping(path, *arguments, **options):
        if len(calls) == opening:
            (folder / swapped).rename(tmp_path / "before")
            (folder / swapped).symlink_to(outside / swapped)
        calls.append(path)
        return opened(path, *arguments, **options)

    monkeypatch.setattr(folders.os, "open", swapping)

    result = read(reader, source, f"{folder.as_uri()}/deep/er/notes.txt")

    assert result.outcome in ("page", "gone", "failed")
    assert "secret" not in (result.page.text if result.page else "")


def test_a_start_that_is_a_link_is_followed_and_keeps_its_addresses(folder, reader, source, tmp_path):
    current = tmp_path / "current"
    current.symlink_to(folder)
    linked = replace(source, start=(str(current),))

    [first, *_] = reader.discover(linked).found

    assert first.url == f"{current.as_uri()}/broken.pdf"
    assert read(reader, linked, f"{current.as_uri()}/guide.md").outcome == "page"


@pytest.mark.parametrize(
    "path",
    ["../secret.md", "%2E%2E/secret.md", "deep/../../secret.md", "..%2Fsecret.md", "%00.md", "", "deep//er/notes.txt"],
)
def test_no_address_leads_out_of_the_folder(folder, reader, source, path):
    put(folder.parent / "secret.md", "secret")

    assert read(reader, source, f"{folder.as_uri()}/{path}").outcome == "gone"


@pytest.mark.parametrize("url", ["https://example.com/guide.md", "file:///etc/passwd", "guide.md"])
def test_addresses_of_others_are_gone(reader, source, url):
    assert read(reader, source, url).outcome == "gone"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_pipes_sockets_and_devices_are_never_opened(folder, reader, source):
    os.mkfifo(folder / "pipe.md")
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(folder / "s.md"))

        assert listed(reader, source) == ["broken.pdf", "guide.md", "deep/er/notes.txt"]
        assert read(reader, source, (folder / "pipe.md").as_uri()).outcome == "gone"
        assert read(reader, source, (folder / "s.md").as_uri()).outcome == "gone"


@pytest.mark.parametrize(
    "name", ["ä ö#?&%20.md", "new\nline.md", "tab\t.md", "'\"<b>.md", "日本語.md", "a\\b.md", "c:d.md"]
)
@pytest.mark.parametrize("link", ["", "https://docs.example.com/docs/"])
def test_any_name_has_one_address_and_is_read_by_it(folder, reader, source, name, link):
    put(folder / name, "# Odd")
    odd = replace(source, link=link, include=("*.md",), exclude=("guide.md",))

    [found] = reader.discover(odd).found

    assert found.url.isascii()
    assert found.url.isprintable()
    assert read(reader, odd, found.url).page.title == "Odd"


def test_a_name_that_is_not_utf_8_is_read(folder, reader, source):
    try:
        (folder / os.fsdecode(b"\xff\xfe.txt")).write_text("Words")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    odd = replace(source, include=("*.txt",))

    [found] = reader.discover(odd).found

    assert found.url.endswith("/%FF%FE.txt")
    assert read(reader, odd, found.url).page.text == "Words"


def test_an_unreadable_file_fails_alone(folder, reader, source, monkeypatch):
    opened = os.open

    def refusing(path, *arguments, **options):
        if str(path).endswith("guide.md"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *arguments, **options)

    monkeypatch.setattr(folders.os, "open", refusing)

    results = {r.url: r for r in reader.read(source, [Fetch(url=f.url) for f in reader.discover(source).found])}

    denied = results.pop((folder / "guide.md").as_uri())
    assert (denied.outcome, denied.reason) == ("failed", "Permission denied")
    assert sorted(r.outcome for r in results.values()) == ["page", "refused"]


def test_a_folder_that_is_not_there_is_named_with_the_fix(folder, reader, source):
    with pytest.raises(BadInput, match=r"there is no folder '.*nope': create it, mount its share"):
        list(reader.discover(replace(source, start=(str(folder / "nope"),))).found)


def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(reader, source, monkeypatch):
    def refusing(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(folders.os, "scandir", refusing)

    with pytest.raises(Unreachable, match="Permission denied"):
        list(reader.discover(source).found)


def test_a_share_that_goes_away_while_it_is_read_loses_no_files(folder, reader, source):
    url = (folder / "guide.md").as_uri()
    folder.rename(folder.with_name("away"))

    assert read(reader, source, url).outcome == "failed"
    folder.mkdir()
    assert read(reader, source, url).outcome == "failed"
    put(folder / "other.md", "Another one")
    assert read(reader, source, url).outcome == "gone"


def test_a_file_that_is_too_large_is_refused_without_being_read(folder, make_reader, source):
    reader = make_reader(fetch_max_bytes=10_000)
    put(folder / "big.txt", "x" * 10_001)

    [brought] = [found.fetched for found in reader.discover(source).found if found.fetched]
    asked = read(reader, source, (folder / "big.txt").as_uri())

    assert [(r.outcome, r.rule, r.size_bytes) for r in (brought, asked)] == [("refused", "size", 0)] * 2
    assert "FETCH_MAX_BYTES" in asked.reason


def test_a_file_that_was_written_again_has_another_stamp(folder, reader, source):
    before = {found.url: found.stamp for found in reader.discover(source).found}
    os.utime(folder / "guide.md", ns=(1, 1))

    after = {found.url: found.stamp for found in reader.discover(source).found}

    assert {url for url in before if before[url] != after[url]} == {(folder / "guide.md").as_uri()}


def test_the_time_of_a_file_is_told_as_an_http_date(folder, reader, source):
    os.utime(folder / "guide.md", (1_700_000_000, 1_700_000_000))

    result = read(reader, source, (folder / "guide.md").as_uri())

    assert parsedate_to_datetime(result.last_modified).timestamp() == 1_700_000_000


def test_the_bytes_come_along_if_they_are_asked_for(folder, reader, source):
    [result] = reader.read(source, [Fetch(url=(folder / "guide.md").as_uri(), keep_raw=True)])

    assert result.raw == (folder / "guide.md").read_bytes()


def test_under_a_link_the_first_start_that_has_a_path_counts(folder, reader, source, tmp_path):
    put(tmp_path / "more" / "guide.md", "# Hidden behind the first")
    put(tmp_path / "more" / "own.md", "# Own")
    both = replace(
        source, start=(str(folder), str(tmp_path / "more")), link="https://docs.example.com/", include=("*.md",)
    )

    urls = [found.url for found in reader.discover(both).found]

    assert urls == ["https://docs.example.com/guide.md", "https://docs.example.com/own.md"]
    assert [read(reader, both, url).page.title for url in urls] == ["Zebras", "Own"]


def test_folders_that_are_very_deep_are_walked(folder, reader, source):
    deep = folder
    for _ in range(300):
        deep /= "d"
    put(deep / "deep.md", "# Deep")

    assert "d/" * 300 + "deep.md" in listed(reader, source)
