"""Sees a failover from outside: real writes on every node, and what sentinels publish."""
import contextlib
import socket
import threading
import time

from . import resp

_EVERY_SECONDS = 0.005
_WRITE_SECONDS = 0.1  # a node that does not answer in this time takes no writes
_AGAIN_SECONDS = 0.02
_CHANNEL = "+switch-master"


class Sampler(contextlib.AbstractContextManager):
    """`writable` has (time, node) for each time that a node begins to accept writes, `switches` the
    times of the sentinels' messages; all by time.monotonic()."""

    def __init__(self, available):
        self.password = available.PASSWORD
        self.writable, self.switches, self.listening = [], [], {}
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(node,), daemon=True)
                        for node in available.nodes]
        self.threads += [threading.Thread(target=self._listen, args=(sentinel,), daemon=True)
                         for sentinel in available.sentinels]

    def _write(self, node):
        accepts, client = False, None
        while not self.over.wait(_EVERY_SECONDS if client else _AGAIN_SECONDS):
            before = accepts
            try:
                if not client:
                    client = resp.Client(*node, password=self.password, seconds=_WRITE_SECONDS)
                client("SET", "bench:probe", 1, "PX", 1000)
                accepts = True
            except resp.ReplyError:
                accepts = False
            except OSError:
                accepts, client = False, _closed(client)
            if accepts and not before:
                self.writable.append((time.monotonic(), node))
        _closed(client)

    def _listen(self, sentinel):
        while not self.over.wait(_AGAIN_SECONDS):
            with contextlib.suppress(OSError), resp.Client(*sentinel) as client:
                client("SUBSCRIBE", _CHANNEL)
                client.socket.settimeout(None)  # a time-out would break the stream
                self.listening[sentinel] = client.socket
                while client.read():
                    self.switches.append(time.monotonic())

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for each in self.listening.values():
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()


def _closed(client):
    if client:
        client.__exit__()
