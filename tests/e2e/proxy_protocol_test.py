"""Listeners behind a balancer that speaks the PROXY protocol: plain, TLS, and behind a real HAProxy."""
import contextlib
import re
import socket
import ssl
import struct
import subprocess
import unittest

import harness
from harness import Backend, Gateway, api, need, setting

TEXT = b"PROXY TCP4 192.0.2.1 198.51.100.2 50000 443\r\n"
BINARY = (b"\r\n\r\n\0\r\nQUIT\n\x21\x21" + struct.pack(">H", 36 + 6) + bytes.fromhex("20010db8") + bytes(11) +
          b"\x09" + bytes(15) + b"\x01" + struct.pack(">HH", 50000, 443) + b"\x04\0\x03abc")
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
REQUEST = b"GET /a/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


class ProxyProtocol(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend())

    def start(self, **keys):
        definition = api(self.backend.url, flows=setting("X-Remote", "{#request.remoteAddress}"))
        return self.enterContext(Gateway({"http.haproxy.proxyProtocol": "true", **keys},
                                         apis={"api.json": definition})).started()

    def connect(self, gateway):
        return self.enterContext(contextlib.closing(
            socket.create_connection((gateway.host, gateway.port), timeout=harness.PATIENCE)))

    def answer(self, connection):
        """All that comes until the gateway ends."""
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while data := connection.recv(65536):
                received += data
        return received.decode()

    def remote(self, answer):
        self.assertTrue(answer.startswith("HTTP/1.1 200 "), answer)
        return re.search(r"X-Remote: (\S+)", answer)[1]

    def test_the_client_is_whom_the_header_names(self):
        gateway = self.start()
        for header, remote in ((TEXT, "192.0.2.1"), (BINARY, "2001:db8::9"), (LOCAL, "127.0.0.1"),
                               (b"PROXY UNKNOWN\r\n", "127.0.0.1")):
            connection = self.connect(gateway)
            connection.sendall(header + REQUEST)
            self.assertEqual(self.remote(self.answer(connection)), remote, header)

    def test_it_comes_before_tls(self):
        gateway = self.start(**{"http.secured": "true", "http.ssl.keystore.type": "self-signed"})
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for header, remote in ((TEXT, "192.0.2.1"), (BINARY, "2001:db8::9")):
            plain = self.connect(gateway)
            plain.sendall(header)
            with context.wrap_socket(plain) as connection:
                connection.sendall(REQUEST)
                self.assertEqual(self.remote(self.answer(connection)), remote, header)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(self.connect(gateway))

    def test_anything_else_is_closed_and_told_at_a_bounded_rate(self):
        gateway = self.start(**{"http.instances": "1", "services.metrics.enabled": "true"})
        told = "without a valid header of the PROXY protocol"
        for _ in range(20):
            connection = self.connect(gateway)
            connection.sendall(REQUEST)
            self.assertEqual(self.answer(connection), "")
        line = gateway.wait_for(told)
        self.assertRegex(line, rf"server 'http' on \S+:{gateway.port} closed a connection from 127.0.0.1:\d+ without a "
                               r"valid header of the PROXY protocol \(haproxy.proxyProtocol\): its first bytes begin no "
                               r"such header$")
        self.assertLessEqual(gateway.text().count(told), 3)
        gateway.scrape(rf'^http_server_errors_total{{.*:{gateway.port}".*}} 20$')

    def test_a_header_has_its_time(self):
        gateway = self.start(**{"http.haproxy.proxyProtocolTimeout": "200"})
        connection = self.connect(gateway)
        connection.sendall(TEXT[:-1])
        self.assertEqual(self.answer(connection), "")
        self.assertIn("no whole header in time", gateway.wait_for("PROXY protocol"))

    def test_haproxy_is_understood(self):
        need("haproxy")
        gateway = self.start()
        for option in ("send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options unique-id"):
            listener = self.enterContext(contextlib.closing(socket.create_server(("127.0.0.1", 0))))
            configuration = gateway.folder / "haproxy.cfg"
            configuration.write_text(
                "defaults\n mode tcp\n timeout client 60s\n timeout server 60s\n timeout connect 60s\n"
                f"frontend f\n bind fd@{listener.fileno()}\n unique-id-format %ci\n default_backend b\n"
                f"backend b\n server g 127.0.0.1:{gateway.port} {option}\n")
            process = subprocess.Popen(["haproxy", "-q", "-db", "-f", configuration],
                                       pass_fds=[listener.fileno()])
            try:
                with socket.create_connection(listener.getsockname(), harness.PATIENCE,
                                              ("127.0.0.7", 0)) as connection:
                    connection.sendall(REQUEST)
                    self.assertEqual(self.remote(self.answer(connection)), "127.0.0.7", option)
            finally:
                process.kill()
                process.wait()


if __name__ == "__main__":
    harness.run()
