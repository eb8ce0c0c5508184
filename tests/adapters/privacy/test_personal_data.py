import base64
import json

import pytest

from lib.adapters.privacy.personal_data import PatternMasker
from tests.contracts.masking import MaskerContract

A40 = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kL9n"
HEX32 = "0123456789abcdef0123456789abcdef"


def _jwt():
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": "jane", "exp": 1}))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJlAAAA"])


# Split, so that no scanner of repositories takes them for real ones.
KEYS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp" + "_" + A40[:36],
    "github" + "_pat_" + A40,
    "glpat" + "-" + A40[:20],
    "sk" + "-ant-api03-" + A40,
    "sk" + "-proj-" + A40 + A40,
    "AIza" + A40[:35],
    "hf_" + A40[:34],
    "xoxb" + "-123456789012-123456789012-" + "abcdef0123456789",
    "sk" + "_live_" + A40[:24],
    "SG." + A40[:22] + "." + A40 + "abc",
    "pypi-" + "AgEIcHlwaS5vcmc" + A40 + A40,
    HEX32 + "-us12",
    "123456789:" + A40[:35],
    "SK" + HEX32,
    _jwt(),
    "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEabc+/\nZZZZ==\n-----END RSA PRIVATE " + "KEY-----",
    "-----BEGIN PGP PRIVATE " + "KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----",
]
PERSONAL = [
    ("email", "jane.doe@acme.org"),
    ("email", "jane+news@mail.acme.co.uk"),
    ("email", "jürgen@müller.de"),
    ("email", "jane (at) acme.org"),
    ("email", "jane\\_doe@acme.org"),
    ("phone", "+49 (0)30 901820"),
    ("phone", "+1 425-555-0100"),
    ("phone", "+442079460958"),
    ("phone", "(425) 555-0100"),
    ("phone", "425-555-0100"),
    ("phone", "030 901820-12"),
    ("phone", "030/90182012"),
    ("phone", "+33 1 42 68 53 00"),
    ("card", "4111 1111 1111 1111"),
    ("card", "5555555555554444"),
    ("card", "3782 822463 10005"),
    ("card", "6011-1111-1111-1117"),
    ("iban", "DE89370400440532013000"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "FR14 2004 1010 0505 0001 3M02 606"),
    ("iban", "GB82 WEST 1234 5698 7654 32"),
    ("ip", "93.184.215.14"),
    ("ip", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"),
    ("national-id", "RSSMRA85T10A562S"),
    ("national-id", "2 55 08 14 168 025 38"),
    ("national-id", "85.07.30-033.28"),
    ("national-id", "131052-308T"),
    *[("key", key) for key in KEYS],
]
PLACES = ["Ask {} today.", "| who | {} |\n|---|---|", "- {}", "```\nvalue = {}\n```", "`{}`", "({})", '"{}",']
HARMLESS = [
    "Version 1.2.3.4 and 10.0.19045.3693, release 93.184.215.14",
    "v1.2.3, 2.1.0.5 and build 20261122.1",
    "From 2026-11-22 12:33:05 to 22.11.2026, 11/22/2026 and 2026-11-22T12:33:05Z",
    "ISBN 978-3-16-148410-0, ISBN 0-306-40615-2, ISSN 2049-3630",
    "9783161484100 and 978-3-16-148410-0",
    "550e8400-e29b-41d4-a716-446655440000",
    "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "Order 4155552671, order no. 425-555-0100, invoice 2026-000123, item no. 4111111111111111",
    "Bestellnummer 030 901820",
    "4111 1111 1111 1112 and 1234 5678 9012 3456",
    "DE89 3704 0044 0532 0130 01 and DE00 1234",
    "127.0.0.1, 10.1.2.3, 192.168.0.1, 172.16.0.1, 192.0.2.44, 203.0.113.9, ::1, fe80::1, 2001:db8::1",
    "169.254.0.0/16, 224.0.0.1",
    "999.184.215.14 and 256.1.1.1 and 12:30:45 and a::b and std::vector",
    "logo@2x.png and @decorator and pip install pkg@1.2.3 and @scope/name and git@github.com:acme/x.git",
    "3.14159265358979 and 1,234,567.89 and 100 000 000 and 10-20 and 1990-2026 and 5 x 10",
    "https://acme.example/0309018201?id=4255550100",
    "key = YOUR_API_KEY, token: <token>, sk-some-long-name-of-a-class-in-css, password: ********",
    "RSSMRA85T10A562T and 85.07.30-033.29 and 131052-308U",
    "https://acme.example/a:b and postgres://localhost:5432/base",
    "APACHECONFIG AKIATSUKI eyJhbGciOi task-force-of-the-twentieth-century",
    "| 2020 | 2021 | 2022 |\n| 100 | 200 | 300 |\n| 4111 | 1111 | 1111 | 1111 |",
    "[removed] [email] [phone] [key]",
]


@pytest.fixture(scope="module")
def masker():
    return PatternMasker(regions=("US", "DE"))


class TestPatternMasker(MaskerContract):
    @pytest.fixture
    def masker(self):
        return PatternMasker(regions=("US", "DE"))


@pytest.mark.parametrize(("kind", "data"), PERSONAL)
@pytest.mark.parametrize("place", PLACES)
def test_personal_data_is_masked_wherever_it_stands(masker, kind, data, place):
    masked, counts = masker.mask(place.format(data))

    assert masked == place.format(f"[{kind}]")
    assert counts == {kind: 1}


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_it_stays(masker, text):
    assert masker.mask(text) == (text, {})


def test_a_link_to_an_address_is_masked_twice(masker):
    masked, counts = masker.mask("[jane@acme.org](mailto:jane@acme.org) or [call](tel:+4930901820)")

    assert masked == "[[email]](mailto:[email]) or [call](tel:[phone])"
    assert counts == {"email": 2, "phone": 1}


def test_of_an_address_with_a_password_only_the_password_is_masked(masker):
    masked, _ = masker.mask("postgres://app:s3cr3t-pw@db.acme.example:5432/base")

    assert "s3cr3t-pw" not in masked
    assert masked.startswith("postgres://app:")


def test_national_numbers_of_other_regions_stay():
    text = "Call 01 42 68 53 00."

    assert PatternMasker(regions=("FR",)).mask(text) == ("Call [phone].", {"phone": 1})
    assert PatternMasker(regions=()).mask(text) == (text, {})


def test_a_number_in_one_piece_needs_a_word_that_calls_it_a_phone(masker):
    assert masker.mask("Tel. 03090182012")[0] == "Tel. [phone]"
    assert masker.mask("Phone no. 425-555-0100")[0] == "Phone no. [phone]"
    assert masker.mask("It is 03090182012.")[1] == {}


def test_a_private_key_without_an_end_goes_on_to_the_empty_line(masker):
    text = "-----BEGIN PRIVATE " + "KEY-----\nMIIE\nabcd\n\nMore text."

    assert masker.mask(text) == ("[key]\n\nMore text.", {"key": 1})


def test_keys_in_very_long_lines_are_found(masker):
    line = "x = 1; " * 400

    masked, counts = masker.mask(line + KEYS[1] + " " + line + KEYS[0] + " " + line)

    assert counts == {"key": 2}
    assert len(masked) == 3 * len(line) + len("[key] [key] ")


def test_names_of_people_stay(masker):
    assert masker.mask("Jane Doe lives in Berlin.")[1] == {}


_BAD = ["@", "a@a.", "1 ", "1-", "+1", "sk-", "eyJ", "eyJaaaaaaaa.", "://a:", "//:", "xoxb-1-", "AA00", "2001:", "1.1.",
        "-----BEGIN " + "PRIVATE KEY-----", "A", "aws key ", "(at)", "4111 1111 1111 1111 "]  # fmt: skip


@pytest.mark.parametrize("bad", _BAD)
def test_hostile_text_does_not_hang(masker, bad):
    masked, _ = masker.mask(bad * (100_000 // len(bad)))

    assert masked
