"""A backend that changes its address in the DNS, and a DNS server that dies, while the gateway runs.

The gateway asks the name server of /etc/resolv.conf, so it gets one of its own: that takes root's rights.
"""
import pathlib
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import Backend, Gateway, api

SERVER = "127.53.53.53"
NAME = "backend.test"


class Dns:
    """Answers every question for an A record with `address`, to be believed for a second."""

    def __init__(self, address):
        self.address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((SERVER, 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            query, peer = self._socket.recvfrom(512)
            if not query:
                return
            end = query.index(0, 12) + 5  # behind name, type and class
            is_a = query[end - 4:end - 2] == b"\0\1"
            reply = query[:2] + struct.pack(">5H", 0x8180, 1, is_a, 0, 0) + query[12:end]
            if is_a:
                reply += struct.pack(">HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(self.address)
            self._socket.sendto(reply, peer)

    def close(self):
        if self._thread.is_alive():
            self._socket.sendto(b"", (SERVER, 53))
            self._thread.join()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Addresses(unittest.TestCase):
    def setUp(self):
        harness.need("unshare")
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "resolv.conf").write_text(f"nameserver {SERVER}\n")
        self.wrapper = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                        str(folder / "resolv.conf")]
        if subprocess.run([*self.wrapper, "true"], capture_output=True).returncode != 0:
            self.skipTest("no right to give the gateway a resolv.conf of its own")
        try:
            self.dns = self.enterContext(Dns("127.0.0.2"))
        except PermissionError:
            self.skipTest("no right to be a DNS server")
        self.first = self.backend("first", "127.0.0.2")
        self.second = self.backend("second", "127.0.0.3", port=self.first.port)
        definition = api(f"http://{NAME}:{self.first.port}")
        endpoint = definition["endpointGroups"][0]["endpoints"][0]
        endpoint["inheritConfiguration"] = False
        endpoint["sharedConfigurationOverride"] = {"http": {"keepAlive": False}}  # each asks for the address
        self.gateway = self.enterContext(
            Gateway({"http.instances": "1"}, apis={"api.json": definition}, wrapper=self.wrapper)).started()

    def backend(self, name, host, port=0):
        return self.enterContext(Backend(lambda *_: (200, name.encode()), host, port=port))

    def ask(self):
        status, _, body = self.gateway.request("/a/x")
        self.assertEqual(status, 200, body)
        return body.decode()

    def ask_until(self, done, what):
        """None of the requests fails meanwhile."""
        limit = time.monotonic() + harness.PATIENCE
        while not done(self.ask()):
            self.assertLess(time.monotonic(), limit, what)

    def test_the_new_address_is_used_when_the_old_one_has_expired(self):
        self.assertEqual(self.ask(), "first")
        self.dns.address = "127.0.0.3"
        self.ask_until(lambda answer: answer == "second", "the new address")
        self.first.close()
        self.assertEqual(self.ask(), "second")

    def test_the_old_address_serves_while_the_dns_is_dead(self):
        self.assertEqual(self.ask(), "first")
        self.dns.close()
        mark = self.gateway.mark()
        self.ask_until(lambda _: "cannot be refreshed" in "\n".join(filter(None, self.gateway.log[mark:])),
                       "an expired address")
        self.assertEqual(self.ask(), "first")
        self.dns = self.enterContext(Dns("127.0.0.3"))
        self.ask_until(lambda answer: answer == "second", "the new address")


if __name__ == "__main__":
    harness.run()
