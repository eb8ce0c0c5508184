"""Secrets that addresses hold: credentials before the host, and parameters that are keys. Errors and logs hide them."""

import re
from urllib.parse import unquote

_HIDDEN = "***"
_USERINFO = re.compile(r"(?<=//)(?:[^\s/?#]{1,500}@|[^\s/?#:@]{1,100}:(?!\d*(?:[/?#'\"\s]|$))[^\s@]{0,500}@)")
"""A password may hold a slash, though it should not: what has no port after its colon is one up to its `@`."""
_PARAMETER = re.compile(r"(?<=[?&;#])([^=&?#;\s]{1,100})=([^\s&#'\"]{0,4096}[^\s&#'\":,.)])")
_SECRET = re.compile(
    r".*(?:secret|passw(?:or)?d|passphrase|pwd|signature|credential|bearer|jwt|hmac).*"
    r"|.*(?:api|app|access|account|admin|auth|client|consumer|functions?|license|master|private|security|service|shared"
    r"|storage|subscription)key(?:id)?"
    r"|(?!(?:next|prev|previous|page|nextpage|start|skip|continuation|cursor|sync)token$).*token"
    r"|.*auth|authorization|key|pass|sas|sig"
)
"""Names without their punctuation. A token of paging is none: it says where to go on."""
_LONG_CODE_CHARS = 20
"""A `code` as long as this is the key of an Azure function, and no code of a country or a product."""


def redacted(text: str) -> str:
    """The same text, without the secrets of the addresses in it."""
    if "//" in text:
        text = _USERINFO.sub(f"{_HIDDEN}@", text)
    return _PARAMETER.sub(_without_secret, text) if "=" in text else text


def secret_parameters(url: str) -> list[str]:
    """Names of the parameters of a URL whose values are secrets, to judge by their names; `*` and nothing are none."""
    return [name for name, value in _PARAMETER.findall(url) if _is_secret(name, value)]


def _without_secret(parameter: re.Match[str]) -> str:
    name, value = parameter.groups()
    return f"{name}={_HIDDEN}" if _is_secret(name, value) else parameter[0]


def _is_secret(name: str, value: str) -> bool:
    bare = re.sub(r"[^a-z0-9]", "", unquote(name).lower())
    return bool(value.strip("*")) and (
        bool(_SECRET.fullmatch(bare)) or (bare == "code" and len(value) >= _LONG_CODE_CHARS)
    )
