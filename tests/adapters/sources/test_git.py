"""Repositories of git: the contract, over smart HTTP and in a folder; what is listed, and how little is fetched."""

import shutil
from dataclasses import replace

import pytest

from lib.adapters.sources.git_addresses import addresses_of
from lib.errors import BadInput, Unreachable
from lib.ports.source_reader import Fetch
from tests.adapters.sources.git_reading import local, make_reader, paths, read, reader, site, source, work
from tests.adapters.sources.git_site import git
from tests.contracts.source_reader import Examples, SourceReaderContract

__all__ = ["local", "make_reader", "reader", "site", "source", "work"]


class TestGitOverHttp(SourceReaderContract):
    @pytest.fixture
    def reader(self, make_reader):
        return make_reader()

    @pytest.fixture
    def examples(self, site, source):
        """A server that has not all files sends nothing at all."""
        return Examples(
            source=source,
            page=f"{site.url}/zoo/guide.md",
            page_words="African equines",
            unchanging=f"{site.url}/zoo/src/stripes.py",
            gone=f"{site.url}/zoo/lost.md",
            refused=f"{site.url}/zoo/broken.pdf",
            failing=None,
        )


class TestGitInAFolder(SourceReaderContract):
    @pytest.fixture
    def reader(self, make_reader):
        return make_reader()

    @pytest.fixture
    def examples(self, local, work):
        work.commit({"hollow.md": "# Its bytes are lost"})
        name = git(work.folder, "rev-parse", "HEAD:hollow.md")
        (work.folder / ".git" / "objects" / name[:2] / name[2:]).unlink()
        here = work.folder.as_uri()
        return Examples(
            source=local,
            page=f"{here}/guide.md",
            page_words="African equines",
            unchanging=f"{here}/src/stripes.py",
            gone=f"{here}/lost.md",
            refused=f"{here}/broken.pdf",
            failing=f"{here}/hollow.md",
        )


def test_files_that_can_be_read_are_listed_and_hidden_ones_links_and_submodules_are_not(work, reader, source):
    (work.folder / "link.md").symlink_to("guide.md")
    git(work.folder, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module.md")
    work.commit({})

    assert paths(reader, source) == ["broken.pdf", "guide.md", "src/stripes.py"]


def test_what_asking_and_fetching_took_is_told_with_the_listing(site, reader, source):
    first = reader.discover(source)
    requests, sent = len(site.requests), site.sent_bytes
    again = reader.discover(source, since=list(first.found)[-1].cursor)

    assert (first.account.requests, again.account.requests) == (requests, len(site.requests) - requests)
    assert sent <= first.account.size_bytes < sent + 1000 * requests
    assert 0 < again.account.size_bytes < first.account.size_bytes


def test_include_and_exclude_are_paths_of_the_repository(reader, source):
    assert paths(reader, replace(source, include=("**.md", "src/**"), exclude=("guide*",))) == ["src/stripes.py"]


def test_another_branch_is_another_listing(work, reader, source):
    git(work.folder, "checkout", "-q", "-b", "next")
    work.commit({"new.md": "# New", "guide.md": None})
    git(work.folder, "checkout", "-q", "main")

    assert paths(reader, source) == ["broken.pdf", "guide.md", "src/stripes.py"]
    assert paths(reader, replace(source, branch="next")) == ["broken.pdf", "new.md", "src/stripes.py"]


@pytest.mark.parametrize("kind", ["source", "local"])
def test_a_branch_that_is_not_there_is_named(reader, request, kind):
    with pytest.raises(BadInput, match="no branch 'nope'"):
        reader.discover(replace(request.getfixturevalue(kind), branch="nope"))


@pytest.mark.parametrize("kind", ["source", "local"])
def test_the_cursor_is_the_commit_and_comes_with_the_last_file_only(work, reader, request, kind):
    found = list(reader.discover(request.getfixturevalue(kind)).found)

    assert [f.cursor for f in found] == ["", "", git(work.folder, "rev-parse", "HEAD")]


def test_nothing_is_fetched_while_the_branch_has_not_moved(site, reader, source):
    *_, last = reader.discover(source).found
    sent = site.sent_bytes

    again = reader.discover(source, since=last.cursor)

    assert (list(again.found), again.unlisted) == ([], "leave")
    assert site.sent_bytes - sent < 1_000


def test_a_new_commit_lists_all_files_and_fetches_those_that_changed(work, site, reader, source):
    work.commit({"long.txt": "".join(f"line {n * n}\n" for n in range(20_000))})
    before = {found.url: found.stamp for found in reader.discover(source).found}
    work.commit({"guide.md": "# Zebras\n\nThey are striped."})
    sent = site.sent_bytes

    after = {found.url: found.stamp for found in reader.discover(source, since="0" * 40).found}

    assert {url for url in before if before[url] != after[url]} == {f"{site.url}/zoo/guide.md"}
    assert site.sent_bytes - sent < 3_000
    assert "striped" in read(reader, source, f"{site.url}/zoo/guide.md").page.text
    assert "line 4" in read(reader, source, f"{site.url}/zoo/long.txt").page.text


def test_many_commits_do_not_pile_up(work, reader, source, tmp_path):
    for number in range(20):
        work.commit({"guide.md": f"# Zebras\n\nCount {number}"})
        list(reader.discover(source).found)

    assert len(list(tmp_path.glob("data/git/*/objects/pack/*.pack"))) <= 16


def test_history_that_was_written_anew_is_followed(work, site, reader, source):
    list(reader.discover(source).found)
    git(work.folder, "checkout", "-q", "--orphan", "other")
    work.commit({"guide.md": "# Okapis"})
    git(work.folder, "branch", "-M", "other", "main")
    list(reader.discover(source).found)

    assert read(reader, source, f"{site.url}/zoo/guide.md").page.title == "Okapis"


def test_another_instance_reads_what_this_one_listed(make_reader, source):
    urls = [found.url for found in make_reader("one").discover(source).found]

    results = list(make_reader("two").read(source, [Fetch(url=url) for url in urls]))

    assert sorted(r.outcome for r in results) == ["page", "page", "refused"]


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize("harm", ["pack", "idx", "swept"])
def test_what_was_fetched_and_is_damaged_is_fetched_again(site, reader, source, tmp_path, *, harm, is_listed):
    url = f"{site.url}/zoo/guide.md"
    stamps = {found.url: found.stamp for found in reader.discover(source).found}
    for kept in tmp_path.glob(f"data/git/*/objects/pack/*.{'pack' if harm == 'swept' else harm}"):
        kept.chmod(0o600)
        kept.write_bytes(kept.read_bytes()[:20].ljust(kept.stat().st_size, b"x")) if harm != "swept" else kept.unlink()

    outcomes = [read(reader, source, url, stamp=stamps[url] if is_listed else "").outcome for _ in range(2)]

    assert outcomes == (["page", "page"] if harm == "swept" else ["failed", "page"])


@pytest.mark.parametrize("can_filter", ["true", "false"])
def test_a_file_that_is_too_large_is_refused_and_not_fetched_if_the_server_can_leave_it_out(
    work, site, make_reader, source, can_filter
):
    git(work.folder, "config", "uploadpack.allowFilter", can_filter)
    work.commit({"big.txt": "".join(f"line {n * n}\n" for n in range(20_000))})
    reader = make_reader(fetch_max_bytes=10_000)
    list(reader.discover(source).found)

    result = read(reader, source, f"{site.url}/zoo/big.txt")

    assert (result.outcome, result.rule) == ("refused", "size")
    assert (site.sent_bytes < 10_000) == (can_filter == "true")


def test_pointers_to_large_files_are_refused_with_the_reason(work, site, reader, source):
    work.commit({"film.md": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1\n"})
    list(reader.discover(source).found)

    result = read(reader, source, f"{site.url}/zoo/film.md")

    assert (result.outcome, result.rule) == ("refused", "type")
    assert "Git LFS" in result.reason


def test_code_and_markdown_are_read_as_what_they_are(site, reader, source):
    list(reader.discover(source).found)

    code = read(reader, source, f"{site.url}/zoo/src/stripes.py").page

    assert code.text.startswith("```python\ndef stripes():")
    assert read(reader, source, f"{site.url}/zoo/guide.md").page.title == "Zebras"


def test_links_and_canonical_addresses_of_files_lead_nowhere(work, site, reader, source):
    work.commit({"page.html": '<link rel=canonical href="https://evil.example/"><p>Text <a href="guide.md">guide</a>'})
    list(reader.discover(source).found)

    page = read(reader, source, f"{site.url}/zoo/page.html").page

    assert (page.links, page.canonical) == ((), "")


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/blob/v1/x/a%20b.md"),
        ("https://gitlab.com/o/p/r", "https://gitlab.com/o/p/r/-/blob/v1/x/a%20b.md"),
        ("https://gitlab.example.com/o/r.git", "https://gitlab.example.com/o/r/-/blob/v1/x/a%20b.md"),
        ("https://bitbucket.org/o/r", "https://bitbucket.org/o/r/src/v1/x/a%20b.md"),
        ("https://codeberg.org/o/r.git", "https://codeberg.org/o/r/src/branch/v1/x/a%20b.md"),
        ("https://dev.azure.com/o/p/_git/r", "https://dev.azure.com/o/p/_git/r?path=/x/a%20b.md&version=GBv1"),
        ("https://git.example.com/r.git", "https://git.example.com/r/x/a%20b.md"),
    ],
)
def test_an_address_opens_the_file_where_the_forge_shows_it(repository, address):
    addresses = addresses_of(repository, "v1")

    assert addresses.of("x/a b.md") == address
    assert addresses.path_of(address) == "x/a b.md"


def test_a_link_of_the_source_is_where_its_files_are(reader, source):
    linked = replace(source, link="https://docs.example.com/", include=("guide.md",))

    [found] = reader.discover(linked).found

    assert found.url == "https://docs.example.com/guide.md"
    assert read(reader, linked, found.url).outcome == "page"


def test_no_working_tree_is_made(reader, source, tmp_path):
    list(reader.discover(source).found)

    made = {path.name for path in tmp_path.glob("data/git/*/**/*") if path.is_file()}

    assert {name.rpartition(".")[2] for name in made} == {"json", "pack", "idx"}


def test_a_bare_repository_in_a_folder_is_read_too(work, reader, local, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(work.folder), "zoo.git")
    shutil.rmtree(work.folder)

    bare = replace(local, start=(str(tmp_path / "zoo.git"),), link="https://docs.example.com/zoo/")

    assert paths(reader, bare) == ["broken.pdf", "guide.md", "src/stripes.py"]


def test_a_full_disk_fails_the_crawl_with_its_reason(reader, source, tmp_path):
    (tmp_path / "data").write_text("no folder can be made here")

    with pytest.raises(Unreachable, match="cannot be kept"):
        reader.discover(source)
