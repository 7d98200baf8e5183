"""Keystores of a secured listener: PKCS#12, refusals with key and file, files that change."""
import pathlib
import shutil
import tempfile
import time
import unittest

import clean
import harness
from harness import Backend, Gateway, api, openssl


class Keystores(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.backend = self.enterContext(Backend())

    def pair(self, name):
        """The files of a new self-signed certificate."""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate)
        return certificate, key

    def pkcs12(self, name, password="secret"):
        certificate, key = self.pair(name)
        store = self.folder / f"{name}.p12"
        openssl("pkcs12", "-export", "-in", certificate, "-inkey", key, "-out", store, "-name", name,
                "-passout", f"pass:{password}")
        return store

    def keys(self, **store):
        return {"http.secured": "true"} | {
            "http.ssl." + key.replace("_", "."): value for key, value in store.items()}

    def start(self, **store):
        return clean.start(self, self.keys(**store), apis={"api.json": api(self.backend.url)})

    def subject(self, gateway, *options, port=None, path="/a/x"):
        told = openssl("s_client", "-connect", f"127.0.0.1:{port or gateway.port}", "-ign_eof", *options,
                       given=f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        self.assertIn("HTTP/1.1 200 OK", told)
        return told.split("subject=")[1].splitlines()[0].replace(" ", "")

    def refusal(self, **store):
        gateway = self.enterContext(Gateway(self.keys(**store)))
        self.assertEqual(gateway.wait(), 1)
        return next(line for line in gateway.text().splitlines() if " ERROR " in line)

    def test_pkcs12_is_served_and_the_default_alias_comes_first(self):
        first, second = self.pkcs12("first.example"), self.pkcs12("second.example")
        store = {"keystore_type": "pkcs12", "keystore_password": "secret", "sni": "true",
                 "keystore_path[0]": first, "keystore_path[1]": second}
        gateway = self.start(**store)
        self.assertEqual(self.subject(gateway, "-noservername"), "CN=first.example")
        self.assertEqual(self.subject(gateway, "-servername", "second.example"), "CN=second.example")
        gateway = self.start(keystore_defaultAlias="second.example", **store)
        self.assertEqual(self.subject(gateway, "-noservername"), "CN=second.example")
        self.assertEqual(self.subject(gateway, "-servername", "first.example"), "CN=first.example")

    def test_errors_name_the_key_and_the_file(self):
        store = self.pkcs12("a.example")
        line = self.refusal(keystore_type="pkcs12", keystore_path=store, keystore_password="wrong")
        self.assertIn(f"http.ssl.keystore.path: {store}: cannot be opened (", line)
        self.assertIn("is the password right?", line)
        line = self.refusal(keystore_type="pkcs12", keystore_path=self.folder / "none.p12")
        self.assertIn(f"http.ssl.keystore.path: {self.folder}/none.p12: cannot be opened: No such", line)
        java = self.folder / "old.jks"
        java.write_bytes(bytes.fromhex("feedfeed0000000200000001"))
        line = self.refusal(keystore_path=java)  # jks is the default type
        self.assertIn(f"http.ssl.keystore.path: {java}: a Java keystore (JKS", line)
        self.assertIn("keytool -importkeystore", line)
        certificate, _ = self.pair("b.example")
        _, key = self.pair("c.example")
        line = self.refusal(**{"keystore_type": "pem", "keystore_certificates[0]_cert": certificate,
                               "keystore_certificates[0]_key": key})
        self.assertIn(f"http.ssl.keystore ({certificate}, {key}): certificates[0]: the private key "
                      "does not belong to the certificate", line)

    def test_a_changed_file_is_served_and_a_broken_one_is_not(self):
        served = self.folder / "served.p12"
        first, second = self.pkcs12("first.example"), self.pkcs12("second.example")
        third = self.pkcs12("third.example", password="another")

        def put(source):
            beside = self.folder / "beside"
            shutil.copy(source, beside)
            beside.rename(served)

        put(first)
        gateway = self.start(keystore_type="pkcs12", keystore_password="secret", keystore_path=served)
        self.assertEqual(self.subject(gateway), "CN=first.example")
        mark = gateway.mark()
        put(second)
        gateway.wait_for("http.ssl: certificates were read again", mark)
        self.eventually(gateway, "CN=second.example")
        mark = gateway.mark()
        put(third)
        line = gateway.wait_for("the certificates in use stay", mark)
        self.assertIn(f"http.ssl.keystore.path: {served}: cannot be opened", line)
        self.assertEqual(self.subject(gateway), "CN=second.example")
        mark = gateway.mark()
        put(first)
        gateway.wait_for("http.ssl: certificates were read again", mark)
        self.eventually(gateway, "CN=first.example")

    def test_the_node_api_serves_a_changed_file_too(self):
        served = self.folder / "node.p12"
        shutil.copy(self.pkcs12("first.example"), served)
        keys = {"secured": "true", "alpn": "true", "ssl.keystore.type": "pkcs12",
                "ssl.keystore.password": "secret", "ssl.keystore.path": served,
                "authentication.type": "none"}
        gateway = clean.start(self, {"services.core.http." + key: keys[key] for key in keys})

        def told():
            return self.subject(gateway, port=gateway.node_port, path="/_node/health")

        self.assertEqual(told(), "CN=first.example")
        protocol = openssl("s_client", "-connect", f"127.0.0.1:{gateway.node_port}", "-alpn", "http/1.1")
        self.assertIn("ALPN protocol: http/1.1", protocol)
        mark = gateway.mark()
        beside = self.folder / "beside"
        shutil.copy(self.pkcs12("second.example"), beside)
        beside.rename(served)
        gateway.wait_for("services.core.http.ssl: certificates were read again", mark)
        self.assertEqual(told(), "CN=second.example")
        mark = gateway.mark()
        served.write_bytes(b"broken")
        line = gateway.wait_for("the certificates in use stay", mark)
        self.assertIn(f"services.core.http.ssl.keystore.path: {served}", line)
        self.assertEqual(told(), "CN=second.example")

    def eventually(self, gateway, subject):
        """Workers take a new certificate a moment after it was logged."""
        end = time.monotonic() + harness.PATIENCE
        while (got := self.subject(gateway)) != subject:
            self.assertLess(time.monotonic(), end, got)

    def test_a_truststore_may_be_a_folder(self):
        store = self.pkcs12("server.example")
        trusted = self.folder / "trusted"
        trusted.mkdir()
        client, key = self.pair("client.example")
        stranger, strange_key = self.pair("stranger.example")
        shutil.copy(client, trusted / "one.pem")
        gateway = self.start(keystore_type="pkcs12", keystore_password="secret", keystore_path=store,
                             clientAuth="required", truststore_type="pem-folder",
                             truststore_path=trusted)
        self.assertEqual(self.subject(gateway, "-cert", client, "-key", key), "CN=server.example")
        with self.assertRaises(AssertionError):
            self.subject(gateway, "-cert", stranger, "-key", strange_key)
        mark = gateway.mark()
        shutil.copy(stranger, trusted / "two.pem")
        gateway.wait_for("certificates were read again", mark)
        end = time.monotonic() + harness.PATIENCE
        while True:
            try:
                self.subject(gateway, "-cert", stranger, "-key", strange_key)
                break
            except AssertionError:
                self.assertLess(time.monotonic(), end)


if __name__ == "__main__":
    harness.run()
