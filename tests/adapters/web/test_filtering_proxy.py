"""The proxy that browsers are put behind: what it connects to, what it refuses, and what it lets through."""

import socket
import threading
from dataclasses import replace

import pytest

from lib.adapters.web import address_rules
from lib.adapters.web.filtering_proxy import FilteringProxy
from tests.adapters.web.proxy_client import dial, everything, get, say
from tests.site import Site

REASON = "X-Plumbline-Reason"


@pytest.fixture
def site():
    with Site({"/": "hello", "/robots.txt": "quiet"}) as running:
        yield running


@pytest.fixture
def make_proxy():
    started = []

    def make(**options):
        proxy = FilteringProxy(**options)
        proxy.start()
        started.append(proxy)
        return proxy

    yield make
    for proxy in started:
        proxy.close()


@pytest.fixture
def private(make_proxy):
    """A proxy that reaches the test's own site."""
    return make_proxy(allow_private=True, lookup=lambda host: ["127.0.0.1"])


@pytest.fixture
def loopback_is_public(monkeypatch):
    """Only so can a test have a public site: nothing else of the rules is changed."""
    truly = address_rules.reach
    monkeypatch.setattr(address_rules, "reach", lambda a: "public" if a == "127.0.0.1" else truly(a))


def test_a_plain_request_is_forwarded(private, site):
    status, headers, body = get(private, f"http://site.test:{site.port}/")

    assert (status, body, headers[REASON]) == (200, b"hello", None)
    assert private.traffic()["site.test"].requests == 1
    assert private.traffic()["site.test"].size_bytes > len(body)


def test_a_tunnel_carries_bytes_both_ways(private, site):
    connection, head = dial(private, f"CONNECT site.test:{site.port} HTTP/1.1\r\n\r\n".encode())
    with connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n")
        answer, _ = everything(connection)

    assert head.startswith("HTTP/1.1 200 ")
    assert answer.endswith(b"hello")


def test_a_body_reaches_the_host_and_headers_of_the_hop_do_not(private):
    received = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with listener.accept()[0] as peer:
                data = b""
                while not data.endswith(b"a=1&b=2"):
                    data += peer.recv(65_536)
                received.append(data)
                peer.sendall(
                    b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-Plumbline-Reason: forged\r\n"
                    b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\nok"
                )

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://site.test:{listener.getsockname()[1]}/form?q=1"
        hop = {"Proxy-Authorization": "secret", "Proxy-Connection": "keep-alive", "Connection": "X-Own", "X-Own": "1"}
        status, headers, body = get(private, url, method="POST", body="a=1&b=2", headers=hop)
        thread.join()

    assert (status, body) == (200, b"ok")
    assert received[0].startswith(b"POST /form?q=1 HTTP/1.1\r\nHost: site.test:")
    assert b"secret" not in received[0]
    assert b"X-Own" not in received[0]
    assert (headers[REASON], headers["X-Hop"], headers["Connection"]) == (None, None, "close")


def test_no_header_makes_a_body_of_a_request_another_request(private):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        request = (
            f"POST http://site.test:{listener.getsockname()[1]}/ HTTP/1.1\r\nConnection: content-length\r\n"
            "Content-Length: 24\r\n\r\nGET /other HTTP/1.1\r\n\r\n\0"
        )
        client = socket.create_connection(("127.0.0.1", private.port))
        client.sendall(request.encode())
        with client, listener.accept()[0] as peer:
            received = b""
            while not received.endswith(b"\0"):
                received += peer.recv(65_536)

    assert b"\r\nContent-Length: 24\r\n" in received


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254", "100.100.100.200", "[::ffff:127.0.0.1]", "[fd00:ec2::254]"],
)
@pytest.mark.parametrize("form", ["GET http://{}/ HTTP/1.1\r\n\r\n", "CONNECT {}:443 HTTP/1.1\r\n\r\n"])
def test_addresses_that_are_not_public_are_refused(make_proxy, address, form):
    proxy = make_proxy()

    head = say(proxy, form.format(address).encode())

    assert head.startswith("HTTP/1.1 403 ")
    assert f"{REASON}: " in head
    assert " address " in head
    assert proxy.traffic()[address.strip("[]")].refusals == 1


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost"])
def test_every_spelling_of_loopback_is_refused(make_proxy, spelling):
    head = say(make_proxy(), f"GET http://{spelling}/ HTTP/1.1\r\n\r\n".encode())

    assert head.startswith("HTTP/1.1 403 ")


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "0.0.0.0", "fe80::1", "::ffff:a9fe:a9fe"])
def test_metadata_is_refused_even_where_private_addresses_are_allowed(make_proxy, address):
    proxy = make_proxy(allow_private=True, lookup=lambda host: [address])

    assert say(proxy, b"GET http://metadata.test/ HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403 ")
    assert say(proxy, b"CONNECT metadata.test:443 HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403 ")


@pytest.mark.usefixtures("loopback_is_public")
def test_one_forbidden_address_among_several_refuses_the_name(make_proxy, site):
    proxy = make_proxy(lookup=lambda host: ["127.0.0.1", "10.0.0.1"])

    assert say(proxy, b"GET http://mixed.test/ HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 403 ")
    assert site.requests == []


@pytest.mark.usefixtures("loopback_is_public")
def test_a_name_is_looked_up_once_a_connection_and_a_changed_answer_is_checked_again(make_proxy, monkeypatch):
    asked = []

    def rebinding(host):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        proxy = make_proxy(lookup=rebinding)
        monkeypatch.setattr(proxy, "_policy", replace(proxy._policy, ports=frozenset((port,))))
        first, opened = dial(proxy, f"CONNECT rebind.test:{port} HTTP/1.1\r\n\r\n".encode())
        peer, _ = listener.accept()
        with first, peer:
            second = say(proxy, f"CONNECT rebind.test:{port} HTTP/1.1\r\n\r\n".encode())

    assert opened.startswith("HTTP/1.1 200 ")
    assert second.startswith("HTTP/1.1 403 ")
    assert asked == ["rebind.test"] * 2


def test_ports_other_than_those_of_the_web_are_refused(make_proxy):
    proxy = make_proxy(lookup=lambda host: ["93.184.216.34"])

    heads = [say(proxy, f"CONNECT mail.test:{port} HTTP/1.1\r\n\r\n".encode()) for port in (25, 22, 8080)]

    assert [head.partition(f"{REASON}: ")[2].split("\r\n")[0] for head in heads] == ["port 25", "port 22", "port 8080"]


def test_hosts_and_urls_that_the_caller_denies_are_refused(make_proxy, site):
    proxy = make_proxy(
        allow_private=True,
        lookup=lambda host: ["127.0.0.1"],
        is_allowed=lambda host: host == "site.test",
        block=lambda url: url.endswith("?ad"),
    )

    answers = [get(proxy, f"http://{rest}") for rest in (f"site.test:{site.port}/?ad", f"other.test:{site.port}/")]

    assert [status for status, _, _ in answers] == [403, 403]
    assert [headers[REASON] for _, headers, _ in answers] == ["blocked", "host not allowed"]
    assert get(proxy, f"http://SITE.test:{site.port}/")[0] == 200


def test_the_proxy_does_not_lead_to_itself_or_to_shielded_ports(make_proxy, site):
    shielded = set()
    proxy = make_proxy(allow_private=True, shielded=shielded)
    shielded.add(site.port)

    heads = [say(proxy, f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n".encode()) for port in (proxy.port, site.port)]

    assert [head[:13] for head in heads] == ["HTTP/1.1 403 "] * 2
    assert site.requests == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: site.test\r\n\r\n", 400),
        (b"GET ftp://site.test/ HTTP/1.1\r\n\r\n", 400),
        (b"GET https://site.test/ HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT site.test HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT site.test:99999 HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT site.test:443#x HTTP/1.1\r\n\r\n", 400),
        (b"GET http://site.test/ HTTP/1.1\r\nA : b\r\n\r\n", 400),
        (b"GET http://site.test/ HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400),
        (b"POST http://site.test/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST http://site.test/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET http://site.test/ HTTP/1.1\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", 400),
    ],
)
def test_what_is_no_proxy_request_is_answered_without_connecting(make_proxy, sent, status):
    asked = []
    proxy = make_proxy(lookup=asked.append)

    assert say(proxy, sent).startswith(f"HTTP/1.1 {status} ")
    assert asked == []


def test_a_host_that_is_not_there_is_a_failure_and_no_refusal(make_proxy):
    def no_such_name(host):
        raise OSError("no such name")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    nowhere = make_proxy(lookup=no_such_name)
    dead = make_proxy(allow_private=True)

    answers = [get(nowhere, "http://nowhere.test/"), get(dead, f"http://127.0.0.1:{closed}/")]

    assert [status for status, _, _ in answers] == [502, 502]
    assert nowhere.traffic()["nowhere.test"].refusals == 0
    assert nowhere.traffic()["nowhere.test"].last_reason == "the host name does not resolve"
