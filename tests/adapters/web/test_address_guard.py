"""Which addresses are reached: checked after the look-up, where the connection is made, at every hop."""

import ipaddress
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.adapters.web import address_rules
from lib.adapters.web.address_guard import AddressRefused, check, reach
from lib.domain.sources import Source
from tests.nasty_pages import redirect

REFUSED = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "127.0.0.1", "127.8.8.8", "100.64.0.1", "169.254.169.254",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "100.100.100.200",
    "168.63.129.16",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "fd00:ec2::254",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:808:808::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "4000::1", "100::1",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.42.42", "169.254.0.23", "100.100.100.200",
    "100.96.0.96", "100.80.80.80", "168.63.129.16", "192.0.0.192",
]  # fmt: skip
NEVER = [
    *METADATA, "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "fe80::1", "ff02::1", "fe80::a9fe:a9fe%eth0",
    "fd00:ec2::254", "fd00:0ec2:0:0:0:0:0:0254", "FD00:EC2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42",
    "fd00:a9fe:a9fe::1", "fd00:100::100:200",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address):
    with pytest.raises(AddressRefused):
        check(address, allow_private=False)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_link_local_are_never_reached(address):
    with pytest.raises(AddressRefused, match="metadata or reserved"):
        check(address, allow_private=True)


@pytest.mark.parametrize("address", METADATA)
def test_no_ipv6_form_of_a_metadata_address_is_ever_reached(address):
    number = int(ipaddress.IPv4Address(address))
    forms = {
        "compatible": number,
        "mapped": 0xFFFF << 32 | number,
        "translated": 0xFFFF << 48 | number,
        "NAT64": 0x64FF9B << 96 | number,
        "own NAT64": 0x64FF9B0001 << 80 | number,
        "6to4": 0x2002 << 112 | number << 80 | 1,
        "Teredo": 0x20010000 << 96 | number ^ 0xFFFFFFFF,
    }

    assert {name: reach(str(ipaddress.IPv6Address(form))) for name, form in forms.items()} == dict.fromkeys(
        forms, "never"
    )


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"])
def test_public_addresses_pass(address):
    check(address, allow_private=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "fd12::1", "fd20::1"])
def test_private_addresses_pass_where_the_source_allows_them(address):
    check(address, allow_private=True)


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_public(address):
    if reach(str(address)) == "public":
        assert not address.is_private
        assert not address.is_multicast
        assert not address.is_reserved


@given(st.ip_addresses(v=4))
def test_an_ipv6_form_reaches_no_further_than_what_it_holds(inner):
    forms = [f"::ffff:{inner}", str(ipaddress.IPv6Address((0x64FF9B << 96) | int(inner)))]
    expected = {"public": "wrapped", "private": "private", "never": "never"}[reach(str(inner))]

    assert [reach(form) for form in forms] == [expected] * 2


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "[::1]", "[::ffff:7f00:1]"]
)
def test_every_spelling_of_loopback_is_refused(site, make_reader, read, host):
    start = f"http://{host}:{site.port}/"

    result = read(start, of=Source(id="s", kind="website", start=(start,)))

    assert (result.outcome, result.requests, site.requests) == ("refused", 0, [])
    assert "private address" in result.reason


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["10.0.0.1"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["169.254.169.254"], ["64:ff9b::7f00:1"]],
)
def test_a_name_that_leads_to_a_private_address_is_refused(site, make_reader, read, answers):
    start = f"http://rebind.test:{site.port}/"
    reader = make_reader(lookup=lambda host: answers)

    result = read(start, of=Source(id="s", kind="website", start=(start,)), using=reader)

    assert (result.outcome, result.requests, site.requests) == ("refused", 0, [])


@pytest.fixture
def loopback_is_public(monkeypatch):
    """Only so can a test have a public site: nothing else of the guard is changed."""
    truly = address_rules.reach
    monkeypatch.setattr(address_rules, "reach", lambda a: "public" if a == "127.0.0.1" else truly(a))


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/", "http://localhost.test/", "http://[::1]/", "http://0x0a000001/", "http://192.168.1.1:8080/"],
)
@pytest.mark.usefixtures("loopback_is_public")
def test_a_redirect_from_a_public_to_a_private_address_is_refused(site, make_reader, read, target):
    site.pages["/turn"] = redirect(target)
    start = f"http://public.test:{site.port}/"
    source = Source(id="s", kind="website", start=(start,), include=("http**",))
    reader = make_reader(lookup=lambda host: ["127.0.0.1"] if host == "public.test" else ["127.0.0.2"])

    result = read(start + "turn", of=source, using=reader)

    assert (result.outcome, result.reason.split(" 1")[0].split(" :")[0]) == ("refused", "private address")
    assert site.paths() == ["/turn"]


@pytest.mark.usefixtures("loopback_is_public")
def test_the_address_that_was_checked_is_the_one_connected_to(site, make_reader, read):
    asked = []

    def rebinding(host):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    start = f"http://rebind.test:{site.port}/"
    reader = make_reader(lookup=rebinding)

    results = read(start, start + "ok", start + "next", of=Source(id="s", kind="website", start=(start,)), using=reader)

    assert {r.outcome for r in results.values()} == {"page"}
    assert asked == ["rebind.test"]
    assert not [t for t in threading.enumerate() if t.name.startswith("plumbline") and not t.daemon and _outlives(t)]


def _outlives(thread):
    thread.join(5)
    return thread.is_alive()


@pytest.mark.usefixtures("loopback_is_public")
def test_addresses_added_by_nat64_are_dropped_and_not_held_against_a_host(site, make_reader, read):
    start = f"http://dual.test:{site.port}/"
    reader = make_reader(lookup=lambda host: ["64:ff9b::808:808", "127.0.0.1"])

    assert read(start, of=Source(id="s", kind="website", start=(start,)), using=reader).outcome == "page"


@pytest.mark.parametrize("answer", [OSError("no such name"), UnicodeError("label too long"), [], ["no address"]])
def test_a_name_that_does_not_resolve_is_a_failure(make_reader, read, answer):
    def no_such_name(host):
        if isinstance(answer, Exception):
            raise answer
        return answer

    start = "http://nowhere.test/"

    result = read(start, of=Source(id="s", kind="website", start=(start,)), using=make_reader(lookup=no_such_name))

    assert (result.outcome, result.requests) == ("failed", 0)
    assert "does not resolve" in result.reason


def test_proxies_of_the_environment_are_not_used(monkeypatch, read):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert read("/ok").outcome == "page"
