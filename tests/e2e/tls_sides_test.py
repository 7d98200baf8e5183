"""TLS beyond the handshake: client certificates, renewal, ALPN, and backends that are verified."""
import pathlib
import signal
import ssl
import subprocess
import tempfile
import time
import unittest

import harness
from harness import Backend, Gateway, api


class Certificates:
    """An authority and certificates that it has signed, made by openssl in a folder of their own."""

    def __init__(self, test):
        self.folder = pathlib.Path(test.enterContext(tempfile.TemporaryDirectory()))
        self.authority = self._make("ca", "Test Authority",
                                    ["-addext", "basicConstraints=critical,CA:TRUE"])

    def _make(self, name, common_name, options, subject=""):
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", f"{subject}/CN={common_name}", "-keyout", key, "-out",
             certificate, *map(str, options)], check=True, capture_output=True)
        return certificate, key

    def make(self, name, host, subject=""):
        certificate, key = self.authority
        kind = "IP" if host[0].isdigit() else "DNS"
        return self._make(name, host, ["-CA", certificate, "-CAkey", key, "-addext",
                                       f"subjectAltName={kind}:{host}"], subject)


def keystore(certificate, key):
    return {"http.secured": "true", "http.ssl.keystore.type": "pem",
            "http.ssl.keystore.certificates[0].cert": certificate,
            "http.ssl.keystore.certificates[0].key": key}


class ToClients(unittest.TestCase):
    def setUp(self):
        self.certificates = Certificates(self)
        self.backend = self.enterContext(Backend())

    def start(self, pair, **keys):
        return self.enterContext(Gateway(
            {**keystore(*pair), **keys}, apis={"api.json": api(self.backend.url)})).started()

    def client(self, gateway, *options):
        """What `openssl s_client` says of one request, answered or not."""
        run = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-CAfile",
             self.certificates.authority[0], "-ign_eof", *map(str, options)],
            input=b"GET /a/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            capture_output=True, timeout=harness.PATIENCE)
        return run.stdout.decode(errors="replace") + run.stderr.decode(errors="replace")

    def test_a_verifying_client_is_content(self):
        gateway = self.start(self.certificates.make("a", "a.example"))
        said = self.client(gateway, "-verify_hostname", "a.example", "-verify_return_error")
        self.assertIn("Verify return code: 0 (ok)", said)
        self.assertIn("HTTP/1.1 200 OK", said)

    def test_a_session_is_resumed_whichever_worker_answers(self):
        gateway = self.start(self.certificates.make("a", "a.example"))
        session = self.certificates.folder / "session"
        self.assertRegex(self.client(gateway, "-sess_out", session), r"\nNew, TLSv")
        for _ in range(8):
            self.assertRegex(self.client(gateway, "-sess_in", session), r"\nReused, TLSv")

    def test_the_protocol_is_agreed_on(self):
        gateway = self.start(self.certificates.make("a", "a.example"), **{"http.alpn": "true"})
        for offered in ("http/1.1", "h2,http/1.1"):
            said = self.client(gateway, "-alpn", offered)
            self.assertIn("ALPN protocol: http/1.1", said)
            self.assertIn("HTTP/1.1 200 OK", said)

    def test_a_client_certificate_may_be_required(self):
        trust = {"http.ssl.clientAuth": "required", "http.ssl.truststore.type": "pem",
                 "http.ssl.truststore.path": self.certificates.authority[0]}
        gateway = self.start(self.certificates.make("a", "a.example"), **trust)
        self.assertNotIn("HTTP/1.1 200 OK", self.client(gateway))
        certificate, key = self.certificates.make("client", "a client")
        said = self.client(gateway, "-cert", certificate, "-key", key)
        self.assertIn("HTTP/1.1 200 OK", said)

    def expressions(self, auth):
        """A gateway whose answers tell in headers what #request.ssl says, with its client's pair."""
        values = {"dn": "{#request.ssl.client.dn}", "ou": "{#request.ssl.client.ou}",
                  "ous": "{#request.ssl.client.attributes['OU']}",
                  "e": "{#request.ssl.client.emailAddress}",
                  "own": "{#request.ssl.server.cn}", "known": "{#request.ssl.client.defined}",
                  "from": "{#request.ssl.clientHost}", "l": "{#request.ssl.client.l ?: 'nowhere'}"}
        steps = [{"policy": "transform-headers", "enabled": True, "configuration": {
            "addHeaders": [{"name": "x-" + name, "value": value} for name, value in values.items()]}},
            {"policy": "transform-headers", "enabled": True,
             "condition": "{#request.ssl.client.o == 'Acme'}",
             "configuration": {"addHeaders": [{"name": "x-acme", "value": "yes"}]}}]
        flow = {"name": "flow", "enabled": True, "selectors": [{"type": "http", "path": "/"}],
                "response": steps}
        gateway = self.enterContext(Gateway(
            {**keystore(*self.certificates.make("a", "a.example")), "http.ssl.clientAuth": auth,
             "http.ssl.truststore.type": "pem", "http.ssl.truststore.path": self.certificates.authority[0]},
            apis={"api.json": api(self.backend.url, flows=[flow])})).started()
        certificate, key = self.certificates.make(
            "client", "a client", "/C=FR/O=Acme/OU=one/OU=two/emailAddress=a@b.c")
        return gateway, ["-cert", certificate, "-key", key]

    def headers(self, said):
        return dict(line.split(": ", 1) for line in said.splitlines() if line.startswith("x-"))

    def test_expressions_read_the_clients_certificate(self):
        for auth in ("required", "request"):
            with self.subTest(auth=auth):
                gateway, pair = self.expressions(auth)
                self.assertEqual(self.headers(self.client(gateway, *pair)), {
                    "x-dn": "CN=a client,1.2.840.113549.1.9.1=#16056140622e63,OU=two,OU=one,O=Acme,C=FR",
                    "x-ou": "two", "x-ous": "two,one", "x-e": "a@b.c", "x-own": "a.example",
                    "x-known": "true", "x-from": "127.0.0.1", "x-l": "nowhere", "x-acme": "yes"})

    def test_expressions_read_nobody_without_a_certificate(self):
        gateway, _ = self.expressions("request")
        said = self.client(gateway)
        self.assertIn("HTTP/1.1 200 OK", said)
        told = self.headers(said)
        self.assertEqual({name: told.get("x-" + name) for name in ("own", "known", "from", "acme")},
                         {"own": "a.example", "known": "false", "from": "127.0.0.1", "acme": None})
        self.assertEqual(told.get("x-dn", ""), "")

    def test_sighup_takes_a_renewed_certificate(self):
        pair = self.certificates.make("a", "a.example")
        gateway = self.start(pair)
        self.assertRegex(self.client(gateway), r"subject=CN ?= ?a.example\n")
        renewed = self.certificates.make("renewed", "renewed.example")
        for old, new in zip(pair, renewed):
            new.rename(old)
        gateway.signal(signal.SIGHUP)
        gateway.wait_for("SIGHUP: log levels, node API users and certificates were read again")
        for _ in range(100):  # each worker takes it a moment later
            said = self.client(gateway)
            if "renewed.example" in said:
                break
        self.assertIn("HTTP/1.1 200 OK", said)
        self.assertRegex(said, r"subject=CN ?= ?renewed.example\n")

    def test_sighup_does_not_claim_a_certificate_that_is_broken(self):
        pair = self.certificates.make("a", "a.example")
        gateway = self.start(pair)
        pair[0].write_text("no certificate")
        gateway.signal(signal.SIGHUP)
        gateway.wait_for("SIGHUP: log levels and node API users were read again")
        self.assertRegex(gateway.text(), r"ERROR .* - SIGHUP: http\.ssl\.keystore \(.*no certificate found.*"
                                         r"; the certificates in use stay")
        self.assertNotIn("certificates were read again", gateway.text())
        self.assertRegex(self.client(gateway), r"subject=CN ?= ?a.example\n")

    def test_a_broken_certificate_is_an_error_at_start(self):
        broken = self.certificates.folder / "broken.pem"
        broken.write_text("no certificate")
        gateway = self.enterContext(Gateway(keystore(broken, broken)))
        self.assertEqual(gateway.wait(), 1)
        self.assertRegex(gateway.text(), r"http\.ssl\.keystore \(.*broken\.pem\): "
                                         r"certificates\[0\]: no certificate found")


class ToBackends(unittest.TestCase):
    def setUp(self):
        self.certificates = Certificates(self)

    def status(self, host, ssl_options):
        """The answer of an API whose backend has a certificate for `host`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificates.make("backend", host))
        backend = self.enterContext(Backend(tls=context))
        definition = api(backend.url)
        endpoint = definition["endpointGroups"][0]["endpoints"][0]
        endpoint["inheritConfiguration"] = False
        endpoint["sharedConfigurationOverride"] = {"ssl": ssl_options}
        gateway = self.enterContext(Gateway(apis={"api.json": definition})).started()
        return gateway.request("/a/x")[0]

    def trusting(self):
        return {"trustStore": {"type": "PEM", "path": str(self.certificates.authority[0])}}

    def test_a_trusted_backend_is_called(self):
        self.assertEqual(self.status("127.0.0.1", self.trusting()), 200)

    def test_a_changed_trust_store_counts_for_new_connections(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificates.make("backend", "127.0.0.1"))
        backend = self.enterContext(Backend(tls=context))
        stranger = Certificates(self).authority[0]
        trust = self.certificates.folder / "trust.pem"

        def put(text):
            beside = self.certificates.folder / "beside"
            beside.write_text(text)
            beside.rename(trust)

        put(stranger.read_text())
        definition = api(backend.url)
        endpoint = definition["endpointGroups"][0]["endpoints"][0]
        endpoint["inheritConfiguration"] = False
        endpoint["sharedConfigurationOverride"] = {"ssl": {"trustStore": {"type": "PEM", "path": str(trust)}}}
        gateway = self.enterContext(Gateway(apis={"api.json": definition})).started()
        self.assertEqual(gateway.request("/a/x")[0], 502)

        def eventually(status):
            end = time.monotonic() + harness.PATIENCE
            while (got := gateway.request("/a/x")[0]) != status:  # each worker takes it a moment later
                self.assertLess(time.monotonic(), end, got)

        mark = gateway.mark()
        put(self.certificates.authority[0].read_text())
        gateway.wait_for("changed files are used for new connections", mark)
        eventually(200)
        mark = gateway.mark()
        put("half a certi")
        gateway.wait_for("changed files cannot be used; those read before stay in use", mark)
        self.assertEqual(gateway.request("/a/x")[0], 200)
        mark = gateway.mark()
        put(stranger.read_text())
        gateway.wait_for("changed files are used for new connections", mark)
        eventually(502)

    def test_an_unknown_authority_is_refused(self):
        self.assertEqual(self.status("127.0.0.1", {}), 502)

    def test_a_wrong_name_is_refused(self):
        self.assertEqual(self.status("10.0.0.9", self.trusting()), 502)

    def test_a_wrong_name_may_be_accepted(self):
        options = {**self.trusting(), "hostnameVerifier": False}
        self.assertEqual(self.status("10.0.0.9", options), 200)

    def test_anything_may_be_trusted(self):
        self.assertEqual(self.status("10.0.0.9", {"trustAll": True}), 200)


if __name__ == "__main__":
    harness.run()
