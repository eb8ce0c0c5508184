"""What the filtering proxy lets through at most, and what is left when it is closed."""

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lib.adapters.web.filtering_proxy import FilteringProxy, Limits
from tests.adapters.web.proxy_client import dial, everything, get, say
from tests.nasty_site import NastySite
from tests.site import Reply, Site

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


def test_what_is_larger_than_the_limit_is_cut_off_and_not_ended_cleanly(make_proxy, site):
    site.pages["/large"] = Reply(body="x" * 300_000)
    proxy = make_proxy(allow_private=True, limits=Limits(connection_bytes=100_000))
    plain, _ = dial(proxy, f"GET {site.url}/large HTTP/1.1\r\n\r\n".encode())
    with plain:
        received, end = everything(plain)
    tunnel, _ = dial(proxy, f"CONNECT 127.0.0.1:{site.port} HTTP/1.1\r\n\r\n".encode())
    with tunnel:
        tunnel.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        tunneled, tunnel_end = everything(tunnel)

    assert len(received) <= 100_000 >= len(tunneled)
    assert (end, tunnel_end) == ("reset", "reset")
    assert proxy.traffic()["127.0.0.1"].last_reason == "more than 100,000 bytes"


def test_hosts_that_keep_silent_or_drip_are_given_up(make_proxy):
    limits = Limits(connection_s=1.5, idle_s=0.3, connect_s=0.3)
    proxy = make_proxy(allow_private=True, limits=limits)
    with NastySite() as nasty, socket.create_server(("127.0.0.1", 0)) as listener:
        silent = get(proxy, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        dripping, _ = dial(proxy, f"GET {nasty.url('/never-ends')} HTTP/1.1\r\n\r\n".encode())
        with dripping:
            _, end = everything(dripping)
        slow, head = dial(proxy, b"GET http://slow")
        slow.close()

    assert (silent[0], silent[1][REASON]) == (504, "took too long")
    assert end == "reset"
    assert head.startswith("HTTP/1.1 504 ")


def test_connections_beyond_the_limit_are_turned_away_and_cut_off_ones_make_room(make_proxy):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = make_proxy(allow_private=True, limits=Limits(connections=1))
        sent = f"CONNECT 127.0.0.1:{listener.getsockname()[1]} HTTP/1.1\r\n\r\n".encode()
        held, _ = dial(proxy, sent)
        with held:
            turned_away = say(proxy, sent)
            proxy.cut_off()
            everything(held)
            while (again := say(proxy, sent)).startswith("HTTP/1.1 503 "):
                pass

    assert turned_away.startswith("HTTP/1.1 503 ")
    assert again.startswith("HTTP/1.1 200 ")


def test_a_closed_proxy_leaves_no_thread_and_no_connection(make_proxy):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = make_proxy(allow_private=True)
        held, _ = dial(proxy, f"CONNECT 127.0.0.1:{listener.getsockname()[1]} HTTP/1.1\r\n\r\n".encode())
        with held:
            proxy.close()
            proxy.close()
            everything(held)

    assert [t.name for t in threading.enumerate() if t.name == "plumbline-proxy"] == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((proxy.host, proxy.port))


def test_a_taken_port_is_said_at_the_start(make_proxy):
    taken = make_proxy()

    with pytest.raises(OSError, match="address already in use"):
        FilteringProxy(port=taken.port).start()


def test_no_address_that_was_asked_for_is_logged(make_proxy, caplog):
    caplog.set_level("DEBUG")

    say(make_proxy(), b"GET http://127.0.0.1/private?token=s3cret HTTP/1.1\r\n\r\n")

    assert "s3cret" not in caplog.text


def test_the_program_needs_the_standard_library_only():
    command = [sys.executable, "-S", "-u", "-m", "lib.adapters.web.filtering_proxy", "--port", "0"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()
        port = int(line.rpartition(":")[2])
        proxy = FilteringProxy(port=port)
        head = say(proxy, b"GET http://169.254.169.254/ HTTP/1.1\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    assert head.startswith("HTTP/1.1 403 ")
    assert process.returncode == 0
