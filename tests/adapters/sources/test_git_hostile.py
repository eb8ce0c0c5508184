"""Repositories and servers that mean harm: what they cannot reach, cannot learn and cannot use up."""

import contextlib
import time
import zlib
from dataclasses import replace

import pytest
from urllib3.exceptions import HTTPError

from lib.adapters.sources import git_packs, git_remote, git_trees
from lib.adapters.sources.git_packs import check_pack
from lib.adapters.sources.guarded_pool import GuardedPool
from lib.domain.sources import Source
from lib.errors import BadInput, PlumblineError, Unreachable
from lib.ports.source_reader import Account
from tests.adapters.sources.git_reading import local, make_reader, paths, read, reader, site, source, work
from tests.adapters.sources.git_site import GitSite, git
from tests.doubles import SettableClock

__all__ = ["local", "make_reader", "reader", "site", "source", "work"]


@pytest.mark.parametrize("kind", ["source", "local"])
def test_names_that_lead_elsewhere_are_not_listed_and_not_read(work, reader, request, tmp_path, kind):
    asked = request.getfixturevalue(kind)
    blob = work.blob(b"# Not yours")
    inner = work.raw_tree([("100644", "x.md", blob)])
    names = ["..", ".", ".git", "\udcff.md", "good.md", "/etc", "a\\b.md", "~.md", "nl\n.md"]
    tree = work.raw_tree(
        [
            ("40000" if name in ("..", ".", ".git", "/etc") else "100644", name, inner if name[0] in "./" else blob)
            for name in names
        ]
    )
    work.commit_tree(tree)
    before = {path for path in tmp_path.rglob("*") if "data" not in path.parts}

    found = paths(reader, asked)

    assert found == ["a%5Cb.md", "good.md", "nl%0A.md", "~.md", "%FF.md"]
    base = asked.start[0].removesuffix("/.git") if kind == "source" else work.folder.as_uri()
    outside = [
        read(reader, asked, f"{base}/{path}") for path in ("../x.md", ".git/x.md", "%2E%2E/x.md", "/etc/x.md", "")
    ]
    assert {result.outcome for result in outside} == {"gone"}
    assert {path for path in tmp_path.rglob("*") if "data" not in path.parts} == before


def test_addresses_of_others_are_gone(reader, source):
    list(reader.discover(source).found)

    assert read(reader, source, "file:///etc/passwd").outcome == "gone"
    assert read(reader, source, "https://example.com/guide.md").outcome == "gone"


def test_a_tree_that_names_itself_again_and_again_is_refused(work, reader, source, monkeypatch):
    monkeypatch.setattr(git_trees, "MAX_ENTRIES", 1_000)
    tree = work.raw_tree([("100644", "x.md", work.blob(b"# X"))])
    for _ in range(8):
        tree = work.raw_tree([("40000", f"d{n}", tree) for n in range(8)])
    work.commit_tree(tree)

    with pytest.raises(BadInput, match="too large"):
        reader.discover(source)


def test_folders_that_are_very_deep_end_somewhere(work, reader, source, monkeypatch):
    monkeypatch.setattr(git_trees, "MAX_DEPTH", 20)
    tree = work.raw_tree([("100644", "deep.md", work.blob(b"# X"))])
    for _ in range(30):
        tree = work.raw_tree([("40000", "d", tree)])
    work.commit_tree(work.raw_tree([("40000", "d", tree), ("100644", "top.md", work.blob(b"# Top"))]))

    assert paths(reader, source) == ["top.md"]


def test_a_file_that_unpacks_to_too_much_refuses_the_repository(work, reader, source, monkeypatch):
    monkeypatch.setattr(git_packs, "MAX_OBJECT_BYTES", 1_000_000)
    work.commit({"bomb.bin": bytes(3_000_000)})

    with pytest.raises(BadInput, match="3,000,000 bytes"):
        reader.discover(source)


def test_a_pack_that_is_too_long_is_not_read_to_its_end(work, reader, source, monkeypatch):
    monkeypatch.setattr(git_remote, "MAX_PACK_BYTES", 10_000)
    work.commit({"long.txt": "".join(f"line {n * n}\n" for n in range(20_000))})

    with pytest.raises(BadInput, match="too large"):
        reader.discover(source)


def _entry(kind: int, size: int, body: bytes, base: bytes = b"") -> bytes:
    head, rest = kind << 4 | size & 15, size >> 4
    out = bytearray()
    while rest:
        out.append(head | 128)
        head, rest = rest & 127, rest >> 7
    return bytes([*out, head]) + base + zlib.compress(body)


def _pack(*entries: bytes) -> bytes:
    return b"PACK" + (2).to_bytes(4, "big") + len(entries).to_bytes(4, "big") + b"".join(entries) + bytes(20)


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


DELTA = _varint(10) + _varint(10**9) + b"\x90\x0a" * 20
WHOLE = _entry(3, 5, b"hello")


@pytest.mark.parametrize(
    ("pack", "error"),
    [
        (_pack(_entry(3, 10**9, b"small")), BadInput),
        (_pack(_entry(7, len(DELTA), DELTA, bytes(20))), BadInput),
        (_pack(_entry(6, len(DELTA), DELTA, b"\x81\x01")), BadInput),
        (_pack(_entry(3, 3, b"longer than that")), Unreachable),
        (_pack(_entry(3, 30, b"shorter")), Unreachable),
        (_pack(WHOLE, WHOLE)[:-40], Unreachable),
        (_pack(b"\xb0" + b"\xff" * 30), Unreachable),
        (b"PACK".ljust(50, b"\xff"), Unreachable),
        (b"no pack at all", Unreachable),
        (b"", Unreachable),
        (_pack(_entry(3, 9, b"x")[:2] + b"no zlib"), Unreachable),
    ],
)
def test_what_a_pack_says_of_itself_is_checked_before_it_is_unpacked(tmp_path, pack, error):
    (tmp_path / "pack").write_bytes(pack)

    with (tmp_path / "pack").open("rb") as file, pytest.raises(error):
        check_pack(file)


def test_packs_of_git_pass(work, tmp_path):
    text = [f"line {n}" for n in range(5_000)]
    for number in range(5):
        text[number * 100] = "changed"
        work.commit({"long.txt": "\n".join(text), f"{number}.md": f"# {number}"})
    git(work.folder, "gc", "-q", "--aggressive")
    [path] = (work.folder / ".git" / "objects" / "pack").glob("*.pack")

    with path.open("rb") as file:
        check_pack(file)

    assert "chain length" in git(work.folder, "verify-pack", "-v", str(path.with_suffix(".idx")))


@pytest.mark.parametrize(
    ("start", "private", "complaint"),
    [
        ("https://127.0.0.1:9/zoo.git", False, "private address 127.0.0.1"),
        ("https://169.254.169.254/zoo.git", True, "metadata"),
        ("http://example.com/zoo.git", False, "use https"),
        ("/no/such/folder", False, "no repository"),
    ],
)
def test_where_no_repository_may_be_is_said_with_the_fix(reader, start, private, complaint):
    wrong = Source(id="zoo", kind="git", start=(start,), allow_private_network=private)

    with pytest.raises(BadInput, match=complaint):
        reader.discover(wrong)


def test_a_name_with_one_forbidden_address_among_others_is_not_connected_to(site):
    pool = _pool(site.url, lookup=lambda host: ["93.184.215.14", "127.0.0.1"])

    with pool, pytest.raises(BadInput, match=r"private address 127\.0\.0\.1"):
        pool.request("GET", "https://rebound.example/")


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(site):
    asked = []

    def lookup(host):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with _pool(site.url, allow_private=True, lookup=lookup) as pool:
        response = pool.request("GET", site.url.replace("127.0.0.1", "zoo.example") + "/zoo/.git/HEAD")

    assert (response.status, asked) == (200, ["zoo.example"])
    assert site.requests[0][2]["host"].startswith("zoo.example")


def _pool(url, **changes):
    options = {"headers": {}, "user_agent": "x", "allow_private": False, "timeout_s": 5, "total_s": 60}
    return GuardedPool(url, account=Account(), clock=SettableClock(), **{**options, **changes})


def test_a_server_that_never_ends_its_answer_is_cut_off(site):
    site.drips = True
    begun = time.monotonic()

    with _pool(site.url, allow_private=True, total_s=0.5) as pool, contextlib.suppress(HTTPError):
        pool.request("GET", site.url)

    assert pool.is_late
    assert time.monotonic() - begun < 30


def test_headers_of_a_source_are_for_the_host_of_its_repository_only(work, site, reader, source, monkeypatch):
    monkeypatch.setenv("SOURCE_GIT_TOKEN", "c2VjcmV0")
    secret = replace(source, headers=(("Authorization", "Basic secret:GIT_TOKEN"), ("X-Team", "zoo")))
    with GitSite(work.folder.parent) as other:
        site.redirects = {"/moved": f"{other.url}/zoo/.git"}
        reader.discover(secret)
        reader.discover(replace(secret, start=(f"{site.url}/moved",)))

        assert {(r.get("authorization"), r.get("x-team")) for _, _, r in site.requests} == {("Basic c2VjcmV0", "zoo")}
        assert other.fetches == 3
        assert {(r.get("authorization"), r.get("x-team")) for _, _, r in other.requests} == {(None, None)}


def test_redirects_without_end_come_to_one(site, reader, source):
    site.redirects = {"/zoo": "/zoo"}

    with pytest.raises(Unreachable):
        reader.discover(source)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((404, b""), (BadInput, "no repository")),
        ((401, b""), (BadInput, "wants credentials")),
        ((500, b""), (Unreachable, "500")),
        ((200, b""), (Unreachable, "did not answer")),
        ((200, b"zzzz not of the protocol"), (Unreachable, "did not answer")),
        ((200, b"001e# service=git-upload-pack\n0000ffff"), (Unreachable, "did not answer")),
    ],
)
def test_a_server_that_is_none_fails_the_crawl_with_its_reason(site, reader, source, answer, failure):
    error, complaint = failure
    site.status, site.body = answer

    with pytest.raises(error, match=complaint):
        reader.discover(source)


@pytest.mark.parametrize("asked", ["7200", "Sun, 22 Nov 2026 12:00:00 GMT"])
def test_a_server_that_asks_to_be_left_alone_says_for_how_long(site, reader, source, asked):
    site.status, site.headers = 429, {"Retry-After": asked}

    with pytest.raises(Unreachable) as caught:
        reader.discover(source)

    assert (round(caught.value.retry_after_s), caught.value.host) == (7200, "127.0.0.1")


def test_a_folder_behind_http_is_no_repository(reader, source, site):
    site.media_type = "text/plain"
    site.body = b"6a73e80d8e3a72a8ff6ef8b97b6c8ef1fa1d4e9a\trefs/heads/main\n"

    with pytest.raises(BadInput, match="smart HTTP"):
        reader.discover(source)


def test_no_secret_is_in_an_error(site, reader, source, monkeypatch):
    monkeypatch.setenv("SOURCE_GIT_TOKEN", "c2VjcmV0")
    site.status = 401

    with pytest.raises(PlumblineError) as caught:
        reader.discover(replace(source, headers=(("Authorization", "Basic secret:GIT_TOKEN"),)))

    assert "c2VjcmV0" not in str(caught.value)
