"""One spelling per URL, so that a page is fetched once and a citation always opens."""

import ipaddress
import re
from functools import lru_cache

import idna

MAX_URL_CHARS = 4096
"""Longer ones are traps or data, not addresses of pages."""

_PARTS = re.compile(r"(?i)(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PLAIN_PATH = re.compile(r"(?:/(?!\.)[A-Za-z0-9._~!$&'()*+,;=:@-]*)*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9._~!$'()*,;=:@/?-]*")  # no & and no %: one parameter at most
_PLAIN_REFERENCE = re.compile(r"/?[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
_LABELS = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_JOINERS = frozenset("\u200c\u200d")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9._~!$&'()*+,;=:@/-]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NOISE = re.compile(r"[\t\n\r]")
_EDGES = "".join(map(chr, range(0x21)))

_TRACKING = frozenset(
    "gclid gclsrc dclid gbraid wbraid fbclid msclkid yclid twclid ttclid li_fat_id igshid mc_cid mc_eid mkt_tok "
    "srsltid _ga _gl _hsenc _hsmi vero_id oly_enc_id oly_anon_id wickedid".split()
)
_SESSIONS = frozenset("phpsessid jsessionid aspsessionid cfid cftoken".split())
_SESSION_VALUE = re.compile(r"(?i)(?:sid|session|sessionid|session_id|sessid|s)=[0-9a-f]{16,}|aspsessionid[a-z]*=.*")
_SESSION_IN_PATH = re.compile(r"(?i);(?:jsessionid|phpsessid|sid|sessionid)=[^/;?]*")
_TRACKING_PREFIXES = ("utm_", "hsa_", "mtm_", "pk_campaign", "pk_kwd")


def normalise(url: str, base: str = "") -> str | None:
    """
    Give the one spelling of an absolute http(s) URL, or of a reference found on the page `base`.

    Lower-case scheme and IDNA host, no default port, no dot segments, canonical percent-encoding, no fragment, no
    tracking parameters, no session ids; the order of the query is kept and no final slash is guessed. Numeric hosts
    become dotted IPv4. Idempotent.
    Edge: None for other schemes, credentials, hosts that cannot be, and URLs longer than `MAX_URL_CHARS`.
    Source: RFC 3986 section 6; hosts as in the WHATWG URL standard, so that what is checked is what is asked for.
    """
    if base and _PLAIN_REFERENCE.fullmatch(url):  # nearly every link of a page: joined without a parser
        end = base.find("/", 8) if url[0] == "/" else base.partition("?")[0].rfind("/") + 1
        return _normalise_absolute(base[:end] + url) if end > 8 else _normalise_reference(url, base)
    return _normalise_reference(url, base)


def normalise_with_fragment(url: str, base: str = "") -> str | None:
    """
    As `normalise`, and the fragment stays, in its canonical percent-encoding without tracking parameters.

    For addresses that are kept and opened, and never asked for: in some sites it names the page.
    """
    found = normalise(url, base)
    kept = escape(_NOISE.sub("", url.strip(_EDGES)).partition("#")[2], keep="?").split("&")
    fragment = "&".join(parameter for parameter in kept if not _is_tracking(parameter))
    if not found or not fragment:
        return found
    return f"{found}#{fragment}" if len(found) + len(fragment) < MAX_URL_CHARS else None


def origin(url: str) -> str:
    """Scheme, host and port of a normalised URL: `https://example.com`."""
    return url[: url.index("/", 8)]


def host(url: str) -> str:
    """
    Host of a normalised URL without its port; an IPv6 address without its brackets.

    Edge: never ends with a dot.
    """
    authority = url[url.index("//") + 2 : url.index("/", 8)]
    if authority.startswith("["):
        return authority[1 : authority.index("]")]
    return authority.partition(":")[0]


def spell_authority(scheme: str, text: str) -> str:
    """Give the one spelling of a host with its port, with stars instead of labels; as it is if it has none."""
    if "*" not in text:
        return _authority(scheme, text) or text.lower()
    try:
        return _ascii_name(text.lower())
    except (idna.IDNAError, UnicodeError):
        return text.lower()


def escape(text: str, *, keep: str) -> str:
    """Give the canonical percent-encoding of a path, or with `keep="?"` of a query. Idempotent."""

    def one(match: re.Match[str]) -> str:
        found = match[0]
        if len(found) == 3:
            char = chr(int(found[1:], 16))
            return char if char in _UNRESERVED else found.upper()
        if found in keep:
            return found
        return "".join(f"%{byte:02X}" for byte in _utf8(found))

    return _ESCAPE.sub(one, text)


def _normalise_reference(url: str, base: str) -> str | None:
    url = _NOISE.sub("", url.strip(_EDGES))
    if len(url) > MAX_URL_CHARS:
        return None
    if "\\" in url:
        url = _forward_slashes(url)
    if not _PARTS.fullmatch(url):
        url = _resolve(url, base)
    return _normalise_absolute(url)


def _resolve(reference: str, base: str) -> str:
    """
    Give the absolute form of a reference (RFC 3986, 5.2.2), dot segments still in it; empty if there is none.

    The standard library's `urljoin` drops empty segments and empty queries, which browsers keep.
    """
    parts = _PARTS.fullmatch(base)
    if parts is None:
        return ""
    scheme, authority, path, _ = parts.groups()
    if named := _SCHEME.match(reference):
        if named[0].lower() != f"{scheme.lower()}:":
            return ""
        reference = reference[named.end() :]  # an old spelling of a relative reference
    if reference.startswith("//"):
        return f"{scheme}:{reference}"
    if not reference or reference[0] == "#":
        return base
    if reference[0] == "?":
        return f"{scheme}://{authority}{path}{reference}"
    folder = "" if reference[0] == "/" else path[: path.rfind("/") + 1] or "/"
    return f"{scheme}://{authority}{folder}{reference}"


@lru_cache(maxsize=16_384)
def _normalise_absolute(url: str) -> str | None:
    match = _PARTS.fullmatch(url)
    if match is None:
        return None
    scheme = match[1].lower()
    authority = _authority(scheme, match[2])
    if authority is None:
        return None
    path = match[3] or "/"
    if ";" in path:
        path = _SESSION_IN_PATH.sub("", path) or "/"
    if not _PLAIN_PATH.fullmatch(path):
        path = _without_dot_segments(escape(path, keep=""))
    query = match[4]
    if query and (not _PLAIN_QUERY.fullmatch(query) or _is_tracking(query)):
        query = "&".join(p for p in escape(query, keep="?").split("&") if not _is_tracking(p))
    result = f"{scheme}://{authority}{path}?{query}" if query else f"{scheme}://{authority}{path}"
    return result if len(result) <= MAX_URL_CHARS else None


def _forward_slashes(url: str) -> str:
    head = re.match(r"[^?#]*", url)
    end = head.end() if head else 0
    return url[:end].replace("\\", "/") + url[end:]


@lru_cache(maxsize=4096)
def _authority(scheme: str, text: str) -> str | None:
    if "@" in text or "%" in text:
        return None
    name, colon, port = text, "", ""
    if not text.endswith("]"):
        name, colon, port = text.rpartition(":")
        if not colon:
            name, port = port, ""
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 65535 and len(port) <= 5):
        return None
    name = _host(name) or ""
    if not name:
        return None
    default = "80" if scheme == "http" else "443"
    return f"{name}:{int(port)}" if port and str(int(port)) != default else name


def _host(text: str) -> str | None:
    if text.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(text[1:-1]).compressed}]" if text.endswith("]") else None
        except ValueError:
            return None
    name = text.lower()
    if not name.isascii():
        try:
            name = _ascii_name(name)
        except (idna.IDNAError, UnicodeError):
            return None
    name = name.removesuffix(".")
    if len(name) > 253 or not _LABELS.fullmatch(name):
        return None
    if "xn--" in name and not all(_is_encoded(label) for label in name.split(".") if label.startswith("xn--")):
        return None
    return _ipv4(name) if _NUMBER.fullmatch(name.rpartition(".")[2]) else name


def _ascii_name(name: str) -> str:
    """Encode each label that needs it. Symbols are encoded too, as browsers do; IDNA 2008 knows letters only."""
    labels = idna.uts46_remap(name, std3_rules=False, transitional=False).split(".")
    return ".".join(label if label.isascii() else _ascii_label(label) for label in labels)


def _ascii_label(label: str) -> str:
    try:
        return idna.alabel(label).decode("ascii")
    except idna.InvalidCodepoint:
        if not idna.check_bidi(label) or not _JOINERS.isdisjoint(label):
            raise
        return "xn--" + label.encode("punycode").decode("ascii")


def _is_encoded(label: str) -> bool:
    """Say whether a label that begins as an encoded one is what its text would be encoded to."""
    try:
        text = label[4:].encode("ascii").decode("punycode")
        mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
        return not text.isascii() and mapped == text and _ascii_label(text) == label
    except (idna.IDNAError, UnicodeError):
        return False


def _ipv4(text: str) -> str | None:
    """Read the decimal, octal, hexadecimal and shortened spellings that resolvers accept."""
    numbers: list[int] = []
    for part in text.split("."):
        if not _NUMBER.fullmatch(part):
            return None
        digits, radix = (part[2:] or "0", 16) if part.startswith("0x") else (part, 8 if part[0] == "0" else 10)
        try:
            numbers.append(int(digits, radix))
        except ValueError:
            return None
    if len(numbers) > 4 or any(n > 255 for n in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        return None
    value = numbers[-1] + sum(n << (8 * (3 - i)) for i, n in enumerate(numbers[:-1]))
    return str(ipaddress.IPv4Address(value))


def _utf8(char: str) -> bytes:
    try:
        return char.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "\ufffd".encode()


def _without_dot_segments(path: str) -> str:
    if not path.startswith("/"):
        path = "/" + path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    if name in _TRACKING or name in _SESSIONS or name.startswith(_TRACKING_PREFIXES):
        return True
    return bool(_SESSION_VALUE.fullmatch(parameter))
