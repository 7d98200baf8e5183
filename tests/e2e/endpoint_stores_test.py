"""PKCS#12 stores of endpoints: whom the gateway trusts, and what it shows to the backend."""
import base64
import pathlib
import ssl
import tempfile
import unittest

import clean
import harness
from harness import Backend, api, openssl


class EndpointStores(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("localhost", "client"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.crt")
        openssl("pkcs12", "-export", "-nokeys", "-in", self.folder / "localhost.crt",
                "-out", self.folder / "trust.p12", "-passout", "pass:t-pw")
        openssl("pkcs12", "-export", "-inkey", self.folder / "client.key",
                "-in", self.folder / "client.crt", "-out", self.folder / "key.p12",
                "-passout", "pass:k-pw")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.folder / "localhost.crt", self.folder / "localhost.key")
        tls.load_verify_locations(self.folder / "client.crt")
        tls.verify_mode = ssl.CERT_REQUIRED
        answer = lambda request, _: (200, str(request.connection.getpeercert()["subject"]).encode())
        self.backend = self.enterContext(Backend(answer, tls=tls))

    def ask(self, **stores):
        definition = api(self.backend.url.replace("127.0.0.1", "localhost"))
        definition["endpointGroups"][0]["endpoints"][0]["sharedConfigurationOverride"] = {"ssl": stores}
        return clean.start(self, apis={"api.json": definition}).request("/a/x")

    def test_both_stores(self):
        content = base64.b64encode((self.folder / "key.p12").read_bytes()).decode()
        for key in ({"path": str(self.folder / "key.p12")}, {"content": content}):
            status, _, body = self.ask(
                trustStore={"type": "JKS", "path": str(self.folder / "trust.p12"), "password": "t-pw"},
                keyStore={"type": "PKCS12", "password": "k-pw", **key})
            self.assertEqual((status, b"client" in body), (200, True), body)

    def test_without_the_key_the_backend_refuses(self):
        status, _, _ = self.ask(
            trustStore={"type": "PKCS12", "path": str(self.folder / "trust.p12"), "password": "t-pw"})
        self.assertEqual(status, 502)


if __name__ == "__main__":
    harness.run()
