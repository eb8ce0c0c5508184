"""Folders in Blob Storage, through the SDK against Azurite."""

from dataclasses import replace

import pytest
from azure.storage.blob import BlobServiceClient

from lib.adapters.azure.blob_folder import open_blob_folder
from lib.adapters.files.limited import LimitedParser
from lib.adapters.sources.files import build
from lib.adapters.sources.tools import Tools
from lib.adapters.web.web_reader import WebReader
from lib.domain.sources import Source
from lib.errors import BadInput, Permanent, Unreachable
from lib.ports.source_reader import Fetch
from lib.settings import Settings
from local.standins.azurite.azurite import Azurite
from tests.contracts.source_reader import Examples, SourceReaderContract
from tests.doubles import SettableClock
from tests.workbench import Workbench

pytestmark = pytest.mark.loopback

ZEBRAS = "# Zebras\n\nZebras are African equines with striped coats.\n"


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    with Azurite(tmp_path_factory.mktemp("azurite"), blob=True) as started:
        yield started


@pytest.fixture
def container(azurite, request):
    """An account with one container, as a new one."""
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        for found in list(service.list_containers()):
            service.delete_container(found.name)
        made = service.create_container("docs")
        for name, body in {
            "zoo/guide.md": ZEBRAS,
            "zoo/deep/er/notes.txt": "Okapis live in forests.",
            "zoo/broken.pdf": "%PDF-1.7 not one at all",
            "zoo/.hidden/x.md": "x",
            "zoo/logo.png": "no text",
            "zoology.md": "# Not in the folder",
        }.items():
            made.upload_blob(name, body)
        yield made


@pytest.fixture
def make_reader(azurite):
    parser = LimitedParser()
    made = []

    def make(**changes):
        settings = Settings(AzureWebJobsStorage=azurite.connection_string, **changes)
        web = WebReader(contact="", timeout_s=1, max_bytes=1, concurrency=1, clock=SettableClock(), parser=parser)
        made.append(build(Tools(settings=settings, clock=SettableClock(), web=web, parser=parser)))
        return made[-1]

    yield make
    for reader in made:
        reader.close()
    parser.close()


@pytest.fixture
def reader(make_reader):
    return make_reader()


@pytest.fixture
def start(azurite):
    return f"{azurite.blob_endpoint}/docs/zoo"


@pytest.fixture
def source(start, container):
    return Source(id="zoo", kind="files", start=(start,))


def read(reader, source, url, **known):
    [result] = reader.read(source, [Fetch(url=url, **known)])
    return result


class TestBlobFolder(SourceReaderContract):
    @pytest.fixture
    def reader(self, make_reader):
        return make_reader()

    @pytest.fixture
    def examples(self, source, start, container):
        """A blob in the archive cannot be read for hours."""
        archived = container.upload_blob("zoo/archived.md", "# Old")
        archived.set_standard_blob_tier("Archive")
        return Examples(
            source=source,
            page=f"{start}/guide.md",
            page_words="African equines",
            unchanging=f"{start}/deep/er/notes.txt",
            gone=f"{start}/lost.md",
            refused=f"{start}/broken.pdf",
            failing=f"{start}/archived.md",
        )


def test_what_begins_with_the_folder_is_listed_and_hidden_blobs_are_not(reader, source, start):
    urls = [found.url.removeprefix(start) for found in reader.discover(source).found]

    assert urls == ["/broken.pdf", "/deep/er/notes.txt", "/guide.md"]


def test_a_whole_container_can_be_a_folder(azurite, reader, source):
    whole = replace(source, start=(f"{azurite.blob_endpoint}/docs/",), include=("*.md",))

    assert [found.url for found in reader.discover(whole).found] == [f"{azurite.blob_endpoint}/docs/zoology.md"]


def test_more_blobs_than_one_page_of_a_listing_are_listed(reader, source, container, monkeypatch):
    listing = type(container).list_blobs
    monkeypatch.setattr(type(container), "list_blobs", lambda self, **o: listing(self, **o, results_per_page=2))
    for number in range(7):
        container.upload_blob(f"zoo/more/{number}.md", f"# {number}")

    assert len(list(reader.discover(source).found)) == 10


def test_an_unchanged_blob_is_asked_for_with_its_tag_and_sends_nothing(reader, source, start):
    first = read(reader, source, f"{start}/guide.md")

    again = read(reader, source, f"{start}/guide.md", etag=first.etag, last_modified=first.last_modified)

    assert (again.outcome, again.requests, again.size_bytes) == ("not_modified", 1, 0)


def test_the_stamp_of_a_listing_is_the_tag_of_the_blob(reader, source, start):
    stamps = {found.url: found.stamp for found in reader.discover(source).found}

    assert read(reader, source, f"{start}/guide.md").etag == stamps[f"{start}/guide.md"]


def test_a_large_blob_is_read_in_parts(make_reader, source, start, container):
    text = "word " * 2_000_000
    container.upload_blob("zoo/large.txt", text)

    result = read(make_reader(), source, f"{start}/large.txt")

    assert (result.size_bytes, result.requests) == (len(text), 3)


def test_a_blob_that_is_too_large_is_refused_after_its_first_part(make_reader, source, start, container):
    container.upload_blob("zoo/large.txt", "word " * 2_000_000)
    reader = make_reader(fetch_max_bytes=10_000)

    [brought] = [found.fetched for found in reader.discover(source).found if found.fetched]
    asked = read(reader, source, f"{start}/large.txt")

    assert [(r.rule, r.requests) for r in (brought, asked)] == [("size", 0), ("size", 1)]


@pytest.mark.parametrize("name", ["ä ö#?&%20.md", "日本語.md", "a+b.md", "a//b.md", "c:d.md"])
def test_any_name_has_one_address_or_is_not_listed(reader, source, container, name):
    container.upload_blob(f"zoo/odd/{name}", "# Odd")
    odd = replace(source, include=("odd/**",))

    found = list(reader.discover(odd).found)

    assert [read(reader, odd, f.url).page.title for f in found] == ([] if "//" in name else ["Odd"])


def test_a_container_that_is_not_there_is_named_and_its_blobs_are_not_gone(azurite, reader, source):
    start = f"{azurite.blob_endpoint}/nothing/zoo"

    with pytest.raises(BadInput, match=r"nothing/zoo': there is no such container"):
        list(reader.discover(replace(source, start=(start,))).found)
    assert read(reader, replace(source, start=(start,)), f"{start}/guide.md").outcome == "failed"


@pytest.mark.parametrize(
    "start",
    [
        "https://example.com/docs",
        "http://account.blob.core.windows.net/docs",
        "https://account.blob.core.windows.net.example.com/docs",
        "https://account.blob.core.windows.net:444/docs",
        "https://account.blob.core.windows.net",
        "http://127.0.0.1:10000/devstoreaccount1/docs",
    ],
)
def test_the_token_of_the_app_is_for_blob_storage_only(reader, start):
    with pytest.raises(BadInput, match=r"Blob Storage|no container"):
        list(reader.discover(Source(id="zoo", kind="files", start=(start,))).found)


@pytest.mark.parametrize("host", ["https://account.blob.core.windows.net", ""])
def test_a_signature_in_the_address_is_refused_and_not_shown(azurite, reader, host):
    start = f"{host or azurite.blob_endpoint}/docs/zoo?sv=2024-01-01&sig=SECRET"

    with pytest.raises(BadInput, match="leave it out") as caught:
        list(reader.discover(Source(id="zoo", kind="files", start=(start,))).found)

    assert "SECRET" not in str(caught.value)


def test_whoever_may_not_read_is_told_the_role(azurite, container, start):
    settings = Settings(AzureWebJobsStorage=azurite.connection_string.replace("AccountKey=E", "AccountKey=F"))
    folder = open_blob_folder(start, settings=settings)

    with pytest.raises(Permanent, match="'Storage Blob Data Reader'"):
        list(folder.entries())
    folder.close()


def test_a_storage_that_does_not_answer_is_no_empty_folder(azurite, start):
    settings = Settings(
        AzureWebJobsStorage=azurite.connection_string.replace(azurite.blob_endpoint, "http://127.0.0.1:9")
    )
    folder = open_blob_folder("http://127.0.0.1:9/docs", settings=settings)

    with pytest.raises(Unreachable, match="did not answer"):
        list(folder.entries())
    folder.close()


def test_blobs_become_documents_and_documents_follow_them(azurite, container, start, tmp_path):
    sources = f'sources:\n  - id: zoo\n    kind: files\n    start: ["{start}"]\n    max_gone: 1'
    bench = Workbench(tmp_path, sources, AzureWebJobsStorage=azurite.connection_string)
    bench.crawl("zoo")
    bench.settle()
    assert bench.search("striped equines")[0].title == "Zebras"
    container.upload_blob("zoo/guide.md", ZEBRAS.replace("striped", "zigzag"), overwrite=True)
    container.delete_blob("zoo/deep/er/notes.txt")

    run = bench.crawl("zoo")
    bench.settle()

    assert (run.outcome, run.counts["changed"], run.counts["gone"]) == ("complete", 1, 1)
    assert [hit.title for hit in bench.search("zigzag equines in forests")] == ["Zebras"]
    bench.close()
