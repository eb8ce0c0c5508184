"""Secrets in a sources file: refused wherever they would be stored or shown, and in no complaint."""

import json

import pytest

from lib.domain.source_file import parse_sources
from lib.errors import BadSources

KEYS = {"api": "    fields: {id: id, text: text}\n"}
WEB = ["website", "sitemap", "feed", "api"]


def entry(kind: str, start: str, more: str = "") -> str:
    return f"sources:\n  - id: a\n    kind: {kind}\n    start: [{json.dumps(start)}]\n{KEYS.get(kind, '')}{more}"


def complaint(text: str) -> str:
    with pytest.raises(BadSources, match=r"^s\.yaml:\d+: ") as caught:
        parse_sources(text, file="s.yaml")
    assert "SECRET" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", [*WEB, "files", "git"])
@pytest.mark.parametrize(
    "start",
    [
        "https://ann:SECRET@x.example/a",
        "https://SECRET@x.example/a",
        "https://ann:SECRET@x.example:99999999/a",
        "https://ann:SECRET@x.example:port/a",
        "https://ann:SEC/RET@x.example/a",
        "https:/ann:SECRET@x.example/a",
        "https:ann:SECRET@x.example/a",
        "ftp://ann:SECRET@x.example/a",
        "ftps://ann:SECRET@x.example/a",
        "ssh://ann:SECRET@x.example/a",
        "smb://ann:SECRET@x.example/a",
        "HTTPS://ann:SECRET@x.example/a",
    ],
)
def test_a_password_in_a_start_address_is_refused_and_not_shown(kind: str, start: str) -> None:
    assert "`headers`" in (said := complaint(entry(kind, start))) or "leave it out" in said


@pytest.mark.parametrize("kind", [*WEB, "git"])
@pytest.mark.parametrize(
    "query",
    [
        *("api_key=SECRET", "token=SECRET", "access_token=SECRET", "key=SECRET", "page=1&password=SECRET"),
        *("sig=SECRET", "X-Amz-Signature=SECRET", "api%5Fkey=SECRET", "auth=SECRET&x=1", "token=secret:NAME"),
    ],
)
def test_a_parameter_that_is_a_secret_is_refused_with_the_fix(kind: str, query: str) -> None:
    said = complaint(entry(kind, f"https://x.example/a?{query}"))

    assert "secret:NAME" in said
    assert "`headers`" in said


@pytest.mark.parametrize("fragment", ["#access_token=SECRET", "#x&sig=SECRET"])
def test_a_secret_in_a_fragment_is_refused_too(fragment: str) -> None:
    complaint(entry("website", f"https://x.example/a{fragment}"))


def test_other_parameters_are_fine() -> None:
    start = "https://x.example/items?per_page=100&spaceKey=DOC&code=DE"

    [source] = parse_sources(entry("api", start), file="s.yaml").items

    assert source.start == (start,)


@pytest.mark.parametrize("host", ["acct.blob.core.windows.net", "127.0.0.1:10000/devstoreaccount1"])
def test_a_folder_in_blob_storage_with_a_signature_is_refused_with_the_fix(host: str) -> None:
    said = complaint(entry("files", f"https://{host}/docs/zoo?sv=2024-01-01&se=2030-01-01&sig=SECRET%3D"))

    assert "Storage Blob Data Reader" in said


@pytest.mark.parametrize("kind", ["files", "git"])
def test_a_folder_or_repository_has_no_query(kind: str) -> None:
    assert "has a query" in complaint(entry(kind, "https://x.example/docs?sv=2024-01-01"))


@pytest.mark.parametrize("link", ["https://ann:SECRET@x.example/", "https://x.example/?token=SECRET&path=/"])
def test_a_link_holds_no_secret_either(link: str) -> None:
    assert "every document's address" in complaint(entry("files", "/srv/docs", f"    link: {json.dumps(link)}\n"))


@pytest.mark.parametrize("key", ["include", "exclude"])
@pytest.mark.parametrize(
    "pattern", ["https://ann:SECRET@x.example/**", "https://x.example/**?sig=SECRET", "ftp://ann:SECRET@x.example/**"]
)
def test_a_pattern_holds_no_secret_either(key: str, pattern: str) -> None:
    complaint(entry("website", "https://x.example/", f"    {key}: [{json.dumps(pattern)}]\n"))


def test_a_pattern_may_name_a_parameter() -> None:
    more = '    exclude: ["https://x.example/**?token=*"]\n'

    [source] = parse_sources(entry("website", "https://x.example/", more), file="s.yaml").items

    assert not source.in_scope("https://x.example/a?token=1")


@pytest.mark.parametrize(
    "name",
    "Authorization X-Auth X-Pass X-Password X-Credential X-Credentials Proxy-Authorization Ocp-Apim-Subscription-Key"
    " X-Api-Key ApiKey PRIVATE-TOKEN Cookie X-Secret X-Auth-Email X-Session X-SID X-Sig X-Pwd X-JWT x-functions-key"
    " x-amz-security-token".split(),
)
def test_a_header_that_is_a_secret_must_name_it(name: str) -> None:
    for value in ("SECRET", "Bearer SECRET", "SECRET secret:NAME"):
        more = f"    headers: {{{name}: {json.dumps(value)}}}\n"
        assert "must name its secret" in complaint(entry("website", "https://x.example/", more))
    reference = f"    headers: {{{name}: Bearer secret:NAME}}\n"
    parse_sources(entry("website", "https://x.example/", reference), file="s.yaml")


@pytest.mark.parametrize(
    "value",
    ["Bearer SECRET", "basic U0VDUkVU/SECRET=", "https://ann:SECRET@x.example/", "https://x.example/?sig=SECRET"],
)
def test_a_value_that_looks_like_a_secret_must_be_named_whatever_its_header(value: str) -> None:
    more = f"    headers: {{X-Other: {json.dumps(value)}}}\n"

    assert "must name its secret" in complaint(entry("website", "https://x.example/", more))


@pytest.mark.parametrize(
    ("name", "value"),
    [("Accept-Language", "de"), ("X-Team", "zoo"), ("Notion-Version", "2022-06-28"), ("Prefer", "odata.maxpagesize=5")],
)
def test_other_headers_are_given_as_they_are(name: str, value: str) -> None:
    more = f"    headers: {{{name}: {json.dumps(value)}}}\n"

    [source] = parse_sources(entry("website", "https://x.example/", more), file="s.yaml").items

    assert source.headers == ((name, value),)


@pytest.mark.parametrize(
    "start",
    [
        *("git@example.com:o/zoo.git", "example.com:o/zoo.git", "ann:SECRET@example.com:o/zoo.git"),
        *("ssh://git@example.com/zoo.git", "git://example.com/zoo.git", "git+ssh://git@example.com/zoo.git"),
    ],
)
def test_an_address_of_ssh_is_refused_with_the_fix(start: str) -> None:
    assert "use the https address" in complaint(entry("git", start))


@pytest.mark.parametrize(
    ("start", "kept"),
    [("repo", "repo"), ("./a:b", "a:b"), ("/srv/a:b.git", "/srv/a:b.git"), ("https://x.example/r.git",) * 2],
)
def test_paths_and_https_are_repositories(start: str, kept: str) -> None:
    [source] = parse_sources(entry("git", start), file="s.yaml").items

    assert source.start == (kept,)


@pytest.mark.parametrize("kind", ["files", "git"])
def test_an_address_of_a_file_is_refused_with_the_fix(kind: str) -> None:
    assert "without `file:`" in complaint(entry(kind, "file:///srv/handbook"))
