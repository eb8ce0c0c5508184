"""Folders and repositories through the whole product: documents follow files."""

import pytest

from lib.pipelines.crawl_hosts import Hosts
from tests.adapters.sources.git_site import GitSite, Work
from tests.workbench import Workbench

ZEBRAS = "# Zebras\n\nZebras are African equines with distinctive black and white striped coats.\n"
OKAPIS = "# Okapis\n\nOkapis are shy forest giraffids that live in the Congo basin.\n"
TAPIRS = "# Tapirs\n\nTapirs have short prehensile trunks and swim very well in rivers.\n"


class Folder:
    """A folder as its people change it."""

    def __init__(self, root):
        self.root = root / "zoo"
        self.sources = f'sources:\n  - id: zoo\n    kind: files\n    start: ["{self.root}"]\n    max_gone: 1'

    def change(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text) if text else path.unlink()

    def close(self):
        pass


class Repository:
    """A repository behind smart HTTP, as its people change it."""

    def __init__(self, root):
        self.work = None
        self.root = root / "served" / "zoo"
        self.site = GitSite(self.root.parent)
        self.site.__enter__()
        self.sources = (
            f'sources:\n  - id: zoo\n    kind: git\n    start: ["{self.site.url}/zoo/.git"]\n    max_gone: 1\n'
            "    allow_private_network: true"
        )

    def change(self, files):
        if self.work:
            self.work.commit(files)
        else:
            self.work = Work(self.root, files)

    def close(self):
        self.site.__exit__(None, None, None)


@pytest.fixture(params=[Folder, Repository])
def zoo(request, tmp_path):
    made = request.param(tmp_path)
    made.change({"zebras.md": ZEBRAS, "rare/okapis.md": OKAPIS, "logo.png": "no text"})
    yield made
    made.close()


@pytest.fixture
def bench(tmp_path, zoo):
    opened = Workbench(tmp_path, zoo.sources)
    yield opened
    opened.close()


def crawl(bench):
    run = bench.crawl("zoo")
    bench.settle()
    return run


def titles(bench, query):
    return [hit.title for hit in bench.search(query)]


def test_files_become_documents_and_documents_follow_them(bench, zoo):
    run = crawl(bench)
    assert (run.outcome, run.counts["new"]) == ("complete", 2)
    assert titles(bench, "striped equines")[0] == "Zebras"

    zoo.change({"zebras.md": ZEBRAS.replace("striped", "zigzag")})
    run = crawl(bench)
    assert (run.outcome, run.counts.get("changed"), run.counts.get("fetched")) == ("complete", 1, 1)
    assert "zigzag" in bench.search("equines")[0].text

    zoo.change({"rare/okapis.md": None, "rare/tapirs.md": TAPIRS})
    run = crawl(bench)
    assert (run.outcome, run.counts.get("new"), run.counts.get("gone")) == ("complete", 1, 1)
    assert "Okapis" not in titles(bench, "forest giraffids of the Congo basin")
    assert titles(bench, "prehensile trunks")[0] == "Tapirs"


def test_a_file_that_was_renamed_is_found_under_its_new_address_only(bench, zoo):
    crawl(bench)
    zoo.change({"zebras.md": None, "equines/zebras.md": ZEBRAS})

    crawl(bench)

    assert {hit.url.rpartition("/zoo/")[2] for hit in bench.search("striped equines")} == {
        "equines/zebras.md",
        "rare/okapis.md",
    }


def test_what_has_not_changed_is_not_read_again(bench, zoo):
    crawl(bench)

    run = crawl(bench)

    assert run.outcome == "complete"
    assert run.counts.get("requests", 0) <= 2  # a repository is asked for its newest commit
    assert run.counts.get("fetched", 0) == 0


def test_files_are_read_anew_when_other_selectors_choose_their_text(bench, zoo):
    zoo.change({"page.html": "<body><p id=a>Zebras have stripes.</p><p id=b>Okapis are shy.</p></body>"})
    bench.use(zoo.sources + '\n    select: "#a"\n')
    crawl(bench)
    before = [hit.text for hit in bench.search("shy") if hit.url.endswith("page.html")]

    bench.use(zoo.sources + '\n    select: "#b"\n')
    run = crawl(bench)

    after = [hit.text for hit in bench.search("shy") if hit.url.endswith("page.html")]
    assert (before, after) == (["Zebras have stripes."], ["Okapis are shy."])
    assert run.counts["changed"] == 1


def test_a_share_that_is_not_mounted_deletes_nothing(bench, zoo, tmp_path):
    crawl(bench)
    zoo.root.rename(tmp_path / "away")
    missing = crawl(bench)
    zoo.root.mkdir()
    empty = crawl(bench)

    assert (missing.outcome, empty.outcome) == ("failed", "failed")
    assert titles(bench, "striped equines")[0] == "Zebras"


def test_what_is_excluded_later_leaves_and_comes_back_with_its_pattern(bench, zoo):
    crawl(bench)
    bench.use(zoo.sources + '\n    exclude: ["rare/**"]\n')

    run = crawl(bench)
    assert (run.outcome, run.counts.get("gone")) == ("complete", 1)
    assert titles(bench, "forest giraffids of the Congo basin") == ["Zebras"]

    bench.use(zoo.sources)
    crawl(bench)
    assert titles(bench, "forest giraffids of the Congo basin")[0] == "Okapis"


def test_only_hosts_that_are_asked_are_leased_and_waited_for(bench, zoo):
    a = bench.adapters
    others = Hosts(registry=a.registry, clock=a.clock, owner="another crawl")
    assert others.take(["files.example.com"])
    bench.use(zoo.sources + '\n    link: "https://files.example.com/zoo/"\n')

    run = crawl(bench)

    assert (run.outcome, run.counts["new"]) == ("complete", 2)
    assert {item.id for item in a.registry.list("hosts")} - {"127.0.0.1"} == {"files.example.com"}
    assert bench.search("striped equines")[0].url == "https://files.example.com/zoo/zebras.md"
