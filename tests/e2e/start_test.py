"""What the gateway's start loads: few shared objects (design/architecture.md, "The product")."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import harness
from harness import BINARY, Backend, Gateway, api

# The C and C++ runtime (with the parts of it that sanitizers ask for), the loader, and what Debian
# has no archive of. Everything else is linked statically or loaded on first use.
ALLOWED = {"libc.so", "libm.so", "libgcc_s.so", "libstdc++.so", "libsimdjson.so",
           "ld-linux-x86-64.so", "ld-linux-aarch64.so",
           "librt.so", "libdl.so", "libpthread.so", "libresolv.so"}


def plain(name):
    """"libc.so" of "libc.so.6"."""
    return re.sub(r"\.so.*", ".so", name.rsplit("/", 1)[-1])


class Start(unittest.TestCase):
    def test_the_program_is_linked_to_few_shared_objects(self):
        listed = subprocess.run(["ldd", BINARY], check=True, capture_output=True, text=True).stdout
        names = {plain(line.split()[0]) for line in listed.splitlines()} - {"linux-vdso.so"}
        self.assertLessEqual(names, ALLOWED)

    def test_no_other_is_loaded_once_it_serves(self):
        backend = self.enterContext(Backend())
        gateway = self.enterContext(Gateway(
            {"services.metrics.enabled": "true"}, apis={"api.json": api(backend.url)})).started()
        self.assertEqual(gateway.request("/a/x")[0], 200)
        self.assertEqual(gateway.node("/_node/metrics/prometheus")[0], 200)
        with open(f"/proc/{gateway.process.pid}/maps") as maps:
            names = {plain(path) for path in re.findall(r"(/\S+\.so\S*)", maps.read())}
        self.assertTrue(names)
        self.assertLessEqual(names, ALLOWED)

    def test_an_endpoint_with_tls_does_not_read_the_systems_certificates(self):
        # A pipe that nobody writes to: reading it would never end.
        backend = self.enterContext(Backend())
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        os.mkfifo(folder / "bundle.pem")
        gateway = self.enterContext(Gateway(
            apis={"tls.json": api("https://localhost:1", "/tls", "tls"),
                  "plain.json": api(backend.url)},
            environment={"SSL_CERT_FILE": str(folder / "bundle.pem")})).started()
        self.assertIn("API id[tls]", gateway.text())
        self.assertEqual(gateway.request("/a/x")[0], 200)
        gateway.signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)


if __name__ == "__main__":
    harness.run()
