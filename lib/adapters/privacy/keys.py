"""Keys in a text: API keys, tokens, passwords in addresses, and private key blocks."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

_DETECTORS = (
    ("aws", "AWSKeyDetector"),
    ("azure_storage_key", "AzureStorageKeyDetector"),
    ("basic_auth", "BasicAuthDetector"),
    ("cloudant", "CloudantDetector"),
    ("discord", "DiscordBotTokenDetector"),
    ("github_token", "GitHubTokenDetector"),
    ("gitlab_token", "GitLabTokenDetector"),
    ("ibm_cloud_iam", "IbmCloudIamDetector"),
    ("mailchimp", "MailchimpDetector"),
    ("npm", "NpmDetector"),
    ("pypi_token", "PypiTokenDetector"),
    ("sendgrid", "SendGridDetector"),
    ("slack", "SlackDetector"),
    ("softlayer", "SoftlayerDetector"),
    ("square_oauth", "SquareOAuthDetector"),
    ("stripe", "StripeDetector"),
    ("telegram_token", "TelegramBotTokenDetector"),
    ("twilio", "TwilioKeyDetector"),
)
"""
Detectors of detect-secrets whose patterns are sure by themselves. Not used: those that go by entropy or by the words
around, which find hashes and placeholders; Artifactory's, which finds capitalised words; OpenAI's and the one for JSON
web tokens, whose time grows with the square of a hostile text.
"""
_WHOLE = frozenset({"GitHubTokenDetector", "GitLabTokenDetector"})
"""Their groups hold a prefix; the groups of the others hold the secret."""

_PREFIXED = re.compile(
    r"(?<![\w-])(?:sk-[A-Za-z0-9_-]{20,200}|github_pat_\w{22,255}|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,60}|ya29\.[\w-]{20,300}"
    r"|xapp-[\w-]{20,200}|dop_v1_[0-9a-f]{64})(?![\w-])"
)
"""Tokens that detect-secrets does not know as they are today: OpenAI, Anthropic, GitHub, Google, Hugging Face, ..."""
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,4000}+\.eyJ[\w-]{8,8000}+(?:\.[\w-]{0,2000})?")
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{4,50}-----")
_LONGEST_BLOCK = 20_000
_HINT = re.compile(r"[A-Za-z0-9+/=_-]{16}|://[^\s/@]{1,200}@")
_WINDOW, _OVERLAP = 1_000, 200


def find_keys(text: str) -> Iterator[tuple[int, int]]:
    """
    Find keys as code point offsets; longer ones first where they overlap, otherwise in no order.

    Nothing is verified and nothing is sent: only the patterns of detect-secrets are used. Of an address with a
    password only the password is found. Edge: a private key block without an end goes on to the next empty line.
    """
    done = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < done:
            continue
        end = _END.search(text, begin.end(), begin.end() + _LONGEST_BLOCK)
        gap = text.find("\n\n", begin.end(), begin.end() + _LONGEST_BLOCK)
        done = end.end() if end else gap if gap >= 0 else min(len(text), begin.end() + _LONGEST_BLOCK)
        yield begin.start(), done
    for token in _JWT.finditer(text):
        if _patterns()[1](".".join(token[0].split(".")[:2])):
            yield token.span()
    for token in _PREFIXED.finditer(text):
        if _is_random(token[0]):
            yield token.span()
    for start, window in _windows(text):
        for pattern, is_whole in _patterns()[0]:
            for hit in pattern.finditer(window):
                group = 0 if is_whole else next((at for at in range(1, len(hit.groups()) + 1) if hit[at]), 0)
                first, last = (start + at for at in hit.span(group))
                if group or not (_is_word(text, first - 1) or _is_word(text, last)):
                    yield first, last


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """The lines that may hold a key, long ones in pieces that overlap: patterns that look far cannot look farther."""
    done = 0
    for hint in _HINT.finditer(text):
        if hint.start() < done:
            continue
        start = max(text.rfind("\n", max(0, hint.start() - _OVERLAP), hint.start()) + 1, hint.start() - _OVERLAP, 0)
        end = text.find("\n", hint.end(), start + _WINDOW)
        end = min(len(text), start + _WINDOW) if end < 0 else end
        done = end if end < start + _WINDOW else max(hint.end(), end - _OVERLAP)
        yield start, text[start:end]


@cache
def _patterns() -> tuple[list[tuple[re.Pattern[str], bool]], Callable[[str], bool]]:
    """The compiled patterns of the detectors, whether the whole of a hit is the secret, and the check of a JWT."""
    found = []
    for module, name in _DETECTORS:
        detector = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        found += [(pattern, name in _WHOLE) for pattern in detector.denylist]
    jwt = import_module("detect_secrets.plugins.jwt").JwtTokenDetector
    return found, jwt.is_formally_valid


def _is_random(token: str) -> bool:
    """Say whether a token mixes digits and letters, as made-up names do not."""
    return bool(re.search(r"\d", token) and re.search("[A-Za-z].*[A-Za-z]", token)) and len(set(token)) > 10


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isalnum()
