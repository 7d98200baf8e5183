"""A secured listener seen by `openssl s_client`: certificates by SNI, resumption, requests."""
import http.client
import json
import pathlib
import socket
import ssl
import tempfile
import unittest

import harness
from harness import Backend, Gateway, api, openssl

NAMES = ("first.example", "second.example")


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for name in NAMES:
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}",
                    "-keyout", cls.folder / f"{name}.key", "-out", cls.folder / f"{name}.crt")

    def start(self, **more):
        keys = {"http.secured": "true", "http.ssl.keystore.type": "pem", "http.ssl.sni": "true"}
        for i, name in enumerate(NAMES):
            keys[f"http.ssl.keystore.certificates[{i}].cert"] = self.folder / f"{name}.crt"
            keys[f"http.ssl.keystore.certificates[{i}].key"] = self.folder / f"{name}.key"
        backend = self.enterContext(Backend())
        return self.enterContext(Gateway(keys | more, apis={"api.json": api(backend.url)})).started()

    def handshake(self, gateway, *options):
        """What s_client tells of a connection that it uses for one request."""
        request = "GET /a/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        return openssl("s_client", "-connect", f"127.0.0.1:{gateway.port}", "-ign_eof", *options,
                       given=request)

    def subject(self, told):
        return told.split("subject=")[1].splitlines()[0].replace(" ", "")

    def test_the_name_chooses_the_certificate(self):
        gateway = self.start()
        rows = {name: name for name in NAMES}
        rows |= {"SECOND.example": "second.example", "unknown.example": "first.example"}
        for asked, name in rows.items():
            told = self.handshake(gateway, "-servername", asked)
            self.assertEqual(self.subject(told), f"CN={name}", asked)
            self.assertIn("HTTP/1.1 200 OK", told)
        told = self.handshake(gateway, "-noservername")
        self.assertEqual(self.subject(told), "CN=first.example")

    def test_a_session_is_resumed(self):
        gateway = self.start()
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version=version):
                session = self.folder / f"session{version}"
                options = (version, "-servername", NAMES[0])
                told = self.handshake(gateway, *options, "-sess_out", session)
                self.assertIn("\nNew, TLSv1", told)
                told = self.handshake(gateway, *options, "-sess_in", session)
                self.assertIn("\nReused, TLSv1", told)
                self.assertIn("HTTP/1.1 200 OK", told)

    def test_only_the_configured_protocol_is_spoken(self):
        gateway = self.start(**{"http.ssl.tlsProtocols": "TLSv1.3"})
        self.assertIn("TLSv1.3", self.handshake(gateway, "-tls1_3"))
        with self.assertRaises(AssertionError):
            self.handshake(gateway, "-tls1_2")

    def test_requests_over_one_verified_connection(self):
        gateway = self.start()
        context = ssl.create_default_context(cafile=self.folder / f"{NAMES[1]}.crt")
        context.check_hostname = False  # the connection goes to an address
        connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, context=context,
                                                 timeout=harness.PATIENCE)
        connection.sock = context.wrap_socket(
            socket.create_connection(("127.0.0.1", gateway.port), harness.PATIENCE),
            server_hostname=NAMES[1])
        self.addCleanup(connection.close)
        for body in (b"hello", b"z" * 300000):
            connection.request("POST", "/a/x?q=1", body=body)
            answer = connection.getresponse()
            got = json.loads(answer.read())
            self.assertEqual(answer.status, 200)
            self.assertEqual(got, {"method": "POST", "path": "/x?q=1", "body": body.decode()})

    def test_plain_text_is_not_answered(self):
        gateway = self.start()
        with self.assertRaises((http.client.HTTPException, OSError)):
            gateway.request("/a/x")


if __name__ == "__main__":
    harness.run()
