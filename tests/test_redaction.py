"""Secrets in addresses: found by where they stand and what they are called, and never shown."""

import time

import pytest

from lib import errors
from lib.redaction import redacted, secret_parameters

HIDDEN = [
    ("https://ann:SECRET@x.example/a", "https://***@x.example/a"),
    ("ssh://git:SECRET@x.example/o/zoo.git", "ssh://***@x.example/o/zoo.git"),
    ("http://ann:SECRET@x.example:99999999/", "http://***@x.example:99999999/"),
    ("https://ann:SEC/RET@x.example/", "https://***@x.example/"),
    ("https://SECRET@x.example/", "https://***@x.example/"),
    ("https://x.example/?next=https://ann:SECRET@y.example/", "https://x.example/?next=https://***@y.example/"),
    ("https://x.example/a?sv=1&sig=SECRET%3D&sr=b", "https://x.example/a?sv=1&sig=***&sr=b"),
    ("https://x.example/a?API%5Fkey=SECRET#top", "https://x.example/a?API%5Fkey=***#top"),
    ("https://x.example/#access_token=SECRET", "https://x.example/#access_token=***"),
    ("'https://x.example/a?token=SECRET' is wrong: see it", "'https://x.example/a?token=***' is wrong: see it"),
    ("https://x.example/a?token=SECRET: HTTP 403", "https://x.example/a?token=***: HTTP 403"),
]
PLAIN = [
    "https://x.example/@ann/a?page=2&id=7#top",
    "https://x.example/?q=the+secret+key&nextPageToken=abc&$skiptoken=9&spaceKey=DOC&code=DE",
    "write to ann@example.com, or see https://x.example/ for a: b",
    "feed 'https://x.example/feed.xml' of source 'news': HTTP 404; correct its `start`",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN)
def test_a_secret_in_an_address_is_hidden(text, shown):
    assert redacted(text) == shown
    assert redacted(shown) == shown


@pytest.mark.parametrize("text", PLAIN)
def test_all_else_is_shown_as_it_is(text):
    assert redacted(text) == text


@pytest.mark.parametrize(
    "name",
    "sig api_key apikey api-key key token access_token auth_token private_token feed_token auth pass password passwd"
    " pwd secret client_secret signature X-Amz-Signature X-Amz-Credential X-Goog-Signature AWSAccessKeyId"
    " subscription-key Ocp-Apim-Subscription-Key jwt credentials user[password] functionsKey".split(),
)
def test_parameters_that_are_secrets_are_known_by_their_names(name):
    assert secret_parameters(f"https://x.example/a?page=1&{name}=abc") == [name]


@pytest.mark.parametrize(
    "parameter",
    "page_token=a nextToken=a $skiptoken=a spaceKey=DOC projectKey=ABC code=DE author=ann keyword=a max_tokens=9 token="
    " token=* token=** pass_through=1 signed=1 monkey=1".split(),
)
def test_other_parameters_are_none(parameter):
    assert secret_parameters(f"https://x.example/a?page=1&{parameter}") == []


def test_a_long_code_is_a_key():
    assert secret_parameters("https://x.example/api/items?code=Zm9vYmFyMTIzNDU2Nzg5MA==") == ["code"]


@pytest.mark.parametrize("kind", [errors.BadInput, errors.BadSources, errors.Unreachable, errors.NotFound])
def test_no_error_of_ours_shows_one(kind):
    assert str(kind("'https://ann:SECRET@x.example/?sig=SECRET': no")) == "'https://***@x.example/?sig=***': no"
    assert "SECRET" not in str(errors.Throttled("https://x.example/?sig=SECRET", retry_after_s=1))


def test_hostile_text_is_read_in_time():
    started = time.monotonic()
    for piece in ("//a:", "?a", "//a:b@", "token=:", "?token=" + ":" * 9, "&", "//" + "a" * 400):
        redacted(piece * 20_000)

    assert time.monotonic() - started < 20
