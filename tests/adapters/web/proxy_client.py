"""Talks to a proxy as clients do, and as clients should not."""

import http.client
import socket
from contextlib import closing


def get(proxy, url, *, method="GET", body=None, headers=None):
    with closing(http.client.HTTPConnection(proxy.host, proxy.port, timeout=20)) as connection:
        connection.request(method, url, body=body, headers=headers or {})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()


def dial(proxy, sent):
    """Send raw bytes to the proxy and return the socket and the head of its answer."""
    connection = socket.create_connection((proxy.host, proxy.port), timeout=20)
    connection.sendall(sent)
    head = b""
    while b"\r\n\r\n" not in head and (piece := connection.recv(1)):
        head += piece
    return connection, head.decode("latin-1")


def say(proxy, sent):
    connection, head = dial(proxy, sent)
    connection.close()
    return head


def everything(connection):
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionResetError:
        return received, "reset"
    return received, "ended"
