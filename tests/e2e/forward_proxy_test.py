"""Real proxies between the gateway and its backends: tinyproxy, microsocks, dante."""
import contextlib
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import clean
import harness
from harness import Backend, api, openssl

SECRET = "pr0xy-pass"


class Proxy:
    """A proxy's process on a free port of the loopback, with a folder of its own."""

    def __init__(self, program, configure):
        harness.need(program)
        self.port = harness.free_port()
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen([program, *configure(self.port, folder)], stdout=log,
                                             stderr=subprocess.STDOUT, cwd=folder)
        limit = time.monotonic() + harness.PATIENCE
        while time.monotonic() < limit:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{program} does not listen: {self.log.read_text()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(harness.PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def tinyproxy(user=None):
    def configure(port, folder):
        (folder / "conf").write_text(
            f'Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nAllow 127.0.0.1\n'
            f'LogFile "{folder}/log"\nLogLevel Connect\n'
            + (f"BasicAuth {user} {SECRET}\n" if user else ""))
        return "-d", "-c", folder / "conf"
    return Proxy("tinyproxy", configure)


def microsocks(user=None):
    login = ("-u", user, "-P", SECRET) if user else ()
    return Proxy("microsocks", lambda port, _: ("-i", "127.0.0.1", "-p", str(port), *login))


def dante():  # which takes the 0.0.0.x of SOCKS4A for an address
    def configure(port, folder):
        (folder / "conf").write_text(
            f"logoutput: stdout\ninternal: 127.0.0.1 port = {port}\nexternal: lo\n"
            "clientmethod: none\nsocksmethod: none\nuser.unprivileged: nobody\n"
            "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }\n"
            "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0\n proxyprotocol: socks_v4 }\n")
        return "-f", folder / "conf", "-p", folder / "pid"
    return Proxy("danted", configure)


class ForwardProxies(unittest.TestCase):
    def definition(self, target, proxy, **options):
        definition = api(target)
        endpoint = definition["endpointGroups"][0]["endpoints"][0]
        endpoint["sharedConfigurationOverride"] = {"proxy": {"enabled": True} | proxy, **options}
        return definition

    def start(self, target, proxy, keys=None, **options):
        return clean.start(self, keys, apis={"api.json": self.definition(target, proxy, **options)})

    def where(self, proxy, kind, **more):
        return {"type": kind, "host": "127.0.0.1", "port": proxy.port} | more

    def secured(self):
        """A backend of TLS, and the options that trust it."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", folder / "key", "-out", folder / "crt")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "crt", folder / "key")
        backend = self.enterContext(Backend(tls=tls))
        return (backend.url.replace("127.0.0.1", "localhost"),
                {"ssl": {"trustStore": {"type": "PEM", "path": str(folder / "crt")}}})

    def works(self, gateway):
        status, _, body = gateway.request("/a/x", "POST", body=b"hello" * 1000)
        self.assertEqual(status, 200, gateway.text())
        self.assertIn(b"hello", body)
        for _ in range(3):  # may be sent again when the proxy has closed the connection meanwhile
            self.assertEqual(gateway.request("/a/y")[0], 200, gateway.text())
        self.assertNotIn(SECRET, gateway.text())

    def test_http(self):
        proxy = self.enterContext(tinyproxy())
        backend = self.enterContext(Backend())
        self.works(self.start(backend.url, self.where(proxy, "HTTP")))
        self.assertIn("tinyproxy", str(backend.requests.get()[2]))  # its Via

    def test_http_with_a_password(self):
        proxy = self.enterContext(tinyproxy("me"))
        backend = self.enterContext(Backend())
        self.works(self.start(backend.url, self.where(proxy, "HTTP", username="me", password=SECRET)))
        self.assertNotIn("Proxy-Authorization", backend.requests.get()[2])

    def test_http_without_the_password_is_407(self):
        proxy = self.enterContext(tinyproxy("me"))
        gateway = self.start(self.enterContext(Backend()).url, self.where(proxy, "HTTP"))
        self.assertEqual(gateway.request("/a/x")[0], 407)

    def test_a_tunnel_of_http(self):
        proxy = self.enterContext(tinyproxy("me"))
        url, options = self.secured()
        self.works(self.start(url, self.where(proxy, "HTTP", username="me", password=SECRET), **options))

    def test_a_tunnel_that_is_refused(self):
        proxy = self.enterContext(tinyproxy("me"))
        url, options = self.secured()
        gateway = self.start(url, self.where(proxy, "HTTP", username="me", password="wr0ng-pass"),
                             **options)
        self.assertEqual(gateway.request("/a/x")[0], 502)
        gateway.wait_for(f"proxy 127.0.0.1:{proxy.port}: it answered 4")
        self.assertNotIn("wr0ng-pass", gateway.text())

    def test_socks5(self):
        proxy = self.enterContext(microsocks())
        backend = self.enterContext(Backend())
        self.works(self.start(backend.url, self.where(proxy, "SOCKS5")))

    def test_socks5_with_a_password_by_name_and_tls(self):
        proxy = self.enterContext(microsocks("me"))
        url, options = self.secured()
        self.works(self.start(url, self.where(proxy, "SOCKS5", username="me", password=SECRET), **options))

    def test_socks5_with_a_wrong_password(self):
        proxy = self.enterContext(microsocks("me"))
        gateway = self.start(self.enterContext(Backend()).url,
                             self.where(proxy, "SOCKS5", username="me", password="wr0ng-pass"))
        self.assertEqual(gateway.request("/a/x")[0], 502)
        gateway.wait_for("it refuses the user name and password")

    def test_socks5_to_a_closed_port(self):
        proxy = self.enterContext(microsocks())
        gateway = self.start(f"http://127.0.0.1:{harness.free_port()}", self.where(proxy, "SOCKS5"))
        self.assertEqual(gateway.request("/a/x")[0], 502)
        gateway.wait_for("the connection that it makes is refused")

    def test_socks4(self):
        proxy = self.enterContext(dante())
        backend = self.enterContext(Backend())
        self.works(self.start(backend.url, self.where(proxy, "SOCKS4", username="me")))

    def test_the_system_proxy(self):
        proxy = self.enterContext(tinyproxy("me"))
        backend = self.enterContext(Backend())
        gateway = self.start(backend.url, {"useSystemProxy": True}, {
            "system.proxy.host": "127.0.0.1", "system.proxy.port": proxy.port,
            "system.proxy.username": "me", "system.proxy.password": SECRET})
        self.works(gateway)
        self.assertIn("tinyproxy", str(backend.requests.get()[2]))

    def test_half_a_system_proxy_is_a_warning(self):
        gateway = self.start(self.enterContext(Backend()).url, {"useSystemProxy": True},
                             {"system.proxy.host": "127.0.0.1"})
        gateway.wait_for("the system proxy is left out: proxy: its port is 0")
        self.works(gateway)

    def test_no_system_proxy_is_a_warning(self):
        gateway = self.start(self.enterContext(Backend()).url, {"useSystemProxy": True})
        gateway.wait_for("the proxy is left out: the configuration has no system.proxy.host")
        self.works(gateway)


if __name__ == "__main__":
    harness.run()
