"""Patterns are written as people write addresses, and match as addresses are spelled."""

import pytest

from lib.domain.source_file import parse_sources
from lib.domain.sources import Source
from lib.domain.urls import normalise


def excludes(pattern: str, url: str) -> bool:
    text = 'sources:\n  - {id: a, kind: sitemap, start: ["https://x.example/"], include: ["*://**"], exclude: [%r]}'
    [source] = parse_sources(text % pattern, file="s").items
    normal = normalise(url)
    assert normal
    return not source.in_scope(normal)


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("https://e.com/entwürfe/**", "https://e.com/entwürfe/x"),
        ("https://e.com/entwürfe/**", "https://e.com/entwürfe"),
        ("https://e.com/entw%C3%BCrfe/**", "https://e.com/entwürfe/x"),
        ("https://e.com/entw%c3%bcrfe/**", "https://e.com/entwürfe/x"),
        ("https://e.com/*/entwürfe/*.html", "https://e.com/a/entwürfe/b.html"),
        ("**/entwürfe/**", "https://e.com/a/entwürfe/b.html"),
        ("https://e.com/my docs/**", "https://e.com/my%20docs/x"),
        ("https://e.com/~joe/**", "https://e.com/%7Ejoe/x"),
        ("https://e.com/%7Ejoe/**", "https://e.com/~joe/x"),
        ("https://e.com/[a]/**", "https://e.com/[a]/x"),
        ("https://e.com/search?q=größe*", "https://e.com/search?q=größe&page=2"),
        ("https://e.com/search?q=a b", "https://e.com/search?q=a%20b"),
        ("https://e.com/a?b=c?d", "https://e.com/a?b=c?d"),
        ("https://bücher.example/**", "https://bücher.example/x"),
        ("https://xn--bcher-kva.example/**", "https://bücher.example/x"),
        ("https://*.bücher.example/**", "https://www.bücher.example/x"),
        ("https://BÜCHER.example/**", "https://bücher.example/x"),
        ("*://bücher.example/**", "http://bücher.example/x"),
        ("HTTPS://E.com/Docs/**", "https://e.com/Docs/x"),
        ("https://e.com:443/docs/**", "https://e.com/docs/x"),
        ("http://e.com:80/docs/**", "http://e.com/docs/x"),
        ("https://e.com:8443/docs/**", "https://e.com:8443/docs/x"),
        ("https://e.com", "https://e.com"),
        ("https://e.com**", "https://e.com.evil.example/x"),
        ("https://[::1]:8080/**", "https://[0::1]:8080/x"),
    ],
)
def test_a_pattern_matches_however_it_is_spelled(pattern: str, url: str) -> None:
    assert excludes(pattern, url)


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("https://e.com/entwürfe/**", "https://e.com/entwurfe/x"),
        ("https://e.com/Docs/**", "https://e.com/docs/x"),
        ("https://e.com/100%/**", "https://e.com/100/x"),
        ("https://e.com/a.b", "https://e.com/aXb"),
        ("https://e.com/a", "https://e.com/a/b"),
        ("https://e.com:8443/**", "https://e.com/x"),
        ("http://e.com:443/**", "http://e.com/x"),
        ("https://bücher.example/**", "https://bucher.example/x"),
    ],
)
def test_and_nothing_else(pattern: str, url: str) -> None:
    assert not excludes(pattern, url)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("my drafts/**", "my drafts/b.md"),
        ("entwürfe/**", "entwürfe/b.md"),
        ("entw\u00fcrfe/**", "entwu\u0308rfe/b.md"),
        ("entwu\u0308rfe/**", "entw\u00fcrfe/b.md"),
        ("**/a [old].md", "x/a [old].md"),
        ("**/100%.md", "100%.md"),
        ("**.md", "a b.md"),
    ],
)
def test_paths_are_matched_as_they_are_read(pattern: str, path: str) -> None:
    source = Source(id="a", kind="files", start=("/srv",), exclude=(pattern,))

    assert not source.has_path(path)


def test_a_path_ends_where_it_ends() -> None:
    assert Source(id="a", kind="files", start=("/srv",), exclude=("a.md",)).has_path("a.md\n")
