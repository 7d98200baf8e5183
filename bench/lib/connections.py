"""User memory per idle client connection: opened, used for one request, then left alone."""
import contextlib
import socket
import ssl
import tempfile
import time

from . import certificate, load, need, processes
from .checks import Check, goal_of
from .targets import Setup

GOALS_KIB = {"plain": 0.5, "TLS": 16}
_WARM_CONNECTIONS = 200
_SETTLE_SECONDS = 2
_REQUEST = b"GET /orders/v2/customers/1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n"


def memory_per_connection(target, kind, count):
    """Growth of anonymous memory, and of PSS, over `count` idle connections."""
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        port, backend_port, node_port = processes.free_ports(3)
        setup = Setup(folder=folder, port=port, backend_port=backend_port, node_port=node_port,
                      tls=certificate.make(folder) if kind == "TLS" else None)
        with load.backend(folder, backend_port), \
                processes.running(target.start(setup)) as proxy, \
                contextlib.ExitStack() as connections:
            _warm_up(setup)
            before = _memory(proxy)
            dial = _dialler(setup)
            for _ in range(count):
                connections.enter_context(_used(dial()))
            after = _memory(proxy)
    name = f"idle {kind} connection"
    return [Check(f"{name}, anonymous", target.name, (after[0] - before[0]) / count, "KiB",
                  goal_of(target, GOALS_KIB[kind])),
            Check(f"{name}, PSS", target.name, (after[1] - before[1]) / count, "KiB")]


def _warm_up(setup):
    """What the first connections leave behind is not the cost of an idle one."""
    dial = _dialler(setup)
    with contextlib.ExitStack() as connections:
        for _ in range(_WARM_CONNECTIONS):
            connections.enter_context(_used(dial()))


def _memory(proxy):
    time.sleep(_SETTLE_SECONDS)
    return [processes.memory_kib(proxy.pid, key) for key in ("Anonymous", "Pss")]


def _dialler(setup):
    if not setup.tls:
        return lambda: socket.create_connection(("127.0.0.1", setup.port), 10)
    context = ssl.create_default_context(cafile=setup.tls.chain)
    return lambda: context.wrap_socket(socket.create_connection(("127.0.0.1", setup.port), 10),
                                       server_hostname=certificate.NAME)


def _used(client):
    """The connection after one complete exchange."""
    client.sendall(_REQUEST)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(client)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        need.fail(f"expected 200, got {head[:60]!r}")
    while len(body) < 1024:
        body += _some(client)
    return client


def _some(client):
    received = client.recv(65536)
    if not received:
        need.fail("the proxy closed a connection before its answer was complete")
    return received
