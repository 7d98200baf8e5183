"""Everything under examples/ does what its first lines say; configuration and links in the documentation are valid.

The pages of docs/policies have their own tests, tests/tools/docs_examples_test.py and policy_pages_test.py.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest

import harness
from harness import SOURCE, free_port

BINARY = str(pathlib.Path(harness.BINARY).resolve())
EXAMPLES = SOURCE / "examples"
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.upper().startswith(("PERIGEE_", "GRAVITEE_"))}
CLEAN = ": 0 errors, 0 warnings"


def check(*paths):
    """(exit code, output) of `perigee check`."""
    done = subprocess.run([BINARY, "check", *map(str, paths)], capture_output=True, text=True, timeout=harness.PATIENCE,
                          cwd=SOURCE)  # which the paths of the examples are relative to
    return done.returncode, done.stdout + done.stderr


class Echo:
    """`perigee echo` on this port under this name."""

    def __init__(self, port, name):
        self.process = subprocess.Popen([BINARY, "echo", "--port", str(port), "--name", name],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert str(port) in line, line

    def close(self):
        code = harness.end(self.process)
        self.process.stdout.close()
        assert code == 0, f"perigee echo ended with {code}"


class Example(harness.Gateway):
    """A folder of examples/ as it stands there, but for the numbers of its ports."""

    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perigee-example-"))
        shutil.copytree(EXAMPLES / name, self.folder, dirs_exist_ok=True)
        self.apis, self.host = self.folder / "apis", "127.0.0.1"
        self.ports = {}
        for file in self.folder.rglob("*.*"):
            if file.suffix in (".json", ".yml"):
                file.write_text(re.sub(r"(port: |127\.0\.0\.1:)(\d+)", self._moved, file.read_text()))
        self.port = self.ports["8082"]
        self.node_port = free_port()
        self.launch([BINARY, "gateway", "--config", str(self.folder / "gravitee.yml"),
                     f"-Dservices.core.http.port={self.node_port}", f"-Dservices.sync.local.path={self.apis}",
                     "-Dperigee.http.listenAfterSync=true"])

    def launch(self, command):
        self.log = []
        self._more = threading.Condition()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env=ENVIRONMENT, cwd=self.folder)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _moved(self, found):
        port = self.ports.setdefault(found[2], free_port())
        return found[1] + str(port)

    def json(self, path, **more):
        status, _, body = self.request(path, **more)
        assert status == 200, (path, status, body)
        return json.loads(body)


class Examples(unittest.TestCase):
    def start(self, name, **backends):
        """The example with a backend for each name=port."""
        gateway = Example(name)
        self.addCleanup(gateway.close)
        for backend, port in backends.items():
            self.addCleanup(Echo(gateway.ports[str(port)], backend).close)
        return gateway.started()

    def test_all_are_valid_without_a_warning(self):
        code, output = check(EXAMPLES)
        self.assertEqual(code, 0, output)
        self.assertIn(CLEAN, output)

    def test_the_quick_start_checks_itself(self):
        environment = {**ENVIRONMENT, "PERIGEE_QUICKSTART_BINARY": BINARY}
        for name in ("PORT", "NODE_PORT", "UPSTREAM_PORT"):
            environment["PERIGEE_QUICKSTART_" + name] = str(free_port())
        done = subprocess.run([SOURCE / "scripts/quickstart", "--check"], env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("all three commands answer as expected", done.stdout)
        self.assertNotIn("WARN", done.stdout)
        self.assertNotRegex(done.stdout, harness.COMPLAINT)

    def test_the_quick_start_tells_which_port_is_in_use(self):
        backend = self.enterContext(harness.Backend())
        environment = {**ENVIRONMENT, "PERIGEE_QUICKSTART_BINARY": BINARY, "PERIGEE_QUICKSTART_PORT": str(backend.port)}
        done = subprocess.run([SOURCE / "scripts/quickstart", "--check"], env=environment, text=True,
                              capture_output=True, timeout=harness.PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"port {backend.port} is in use", done.stderr)
        self.assertIn("PERIGEE_QUICKSTART_PORT=", done.stderr)

    def test_quickstart_flows(self):
        gateway = self.start("quickstart", echo=8090)
        status, headers, body = gateway.request(
            "/greetings/loud?echo=twice", headers={"X-Volume": "high", "X-Secret": "s"})
        self.assertEqual(status, 200)
        self.assertEqual(headers.get_all("X-Loud"), ["/loud with status 200", "and again"])
        received = json.loads(body)
        self.assertEqual(received["path"], "/v2/loud")
        self.assertEqual(received["headers"]["X-Greeting"], "hello from Greetings 2.1")
        self.assertNotIn("X-Secret", received["headers"])
        _, headers, _ = gateway.request("/greetings/loud", headers={"X-Volume": "low"})
        self.assertNotIn("X-Loud", headers)

    def test_two_hosts(self):
        gateway = self.start("two-hosts", shop=8091, stock=8092)
        for host, path, server, received in [("shop.example.com", "/basket", "shop", "/basket"),
                                             ("stock.example.com", "/shoes", "stock", "/shoes"),
                                             ("elsewhere.example.com", "/stock/shoes", "stock", "/shoes")]:
            with self.subTest(host=host, path=path):
                answer = gateway.json(path, headers={"Host": host})
                self.assertEqual((answer["server"], answer["path"]), (server, received))
        status, _, body = gateway.request("/basket")
        self.assertEqual((status, body), (404, b"No context-path matches the request URI."))

    def test_round_robin(self):
        gateway = self.start("round-robin", one=8091, two=8092, three=8093)
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        servers = []
        for _ in range(6):  # on one connection: each worker has a turn of its own
            connection.request("GET", "/catalogue/shoes")
            servers.append(json.loads(connection.getresponse().read())["server"])
        self.assertEqual(servers[:3], servers[3:])
        self.assertEqual(sorted(servers[:3]), ["one", "three", "two"])

    def test_tls(self):
        gateway = self.start("tls", echo=8090)
        trusting = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("localhost", gateway.ports["8443"], context=trusting,
                                                 timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        for path in ("/private/notes", "/everywhere/notes"):
            connection.request("GET", path)
            answer = connection.getresponse()
            self.assertEqual((answer.status, json.loads(answer.read())["path"]), (200, "/notes"))
        self.assertEqual(gateway.request("/private/notes")[0], 404)
        self.assertEqual(gateway.json("/everywhere/notes")["path"], "/notes")


def blocks(language):
    """(page, line, text) of every fenced block of this language in README.md and docs/."""
    for page in [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]:
        text = page.read_text()
        for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S):
            yield page.relative_to(SOURCE), text.count("\n", 0, found.start()) + 1, found[1]


class Documentation(unittest.TestCase):
    def test_configuration_is_valid(self):
        seen = 0
        with tempfile.TemporaryDirectory() as folder:
            for page, line, text in blocks("yaml"):
                seen += 1
                file = pathlib.Path(folder) / f"example-{seen}.yml"
                file.write_text(text)
                with self.subTest(page=str(page), line=line):
                    code, output = check(file, "-Dservices.sync.local.path=.")  # theirs is of no machine
                    self.assertEqual(code, 0, output)
                    self.assertIn(CLEAN, output)
        self.assertGreaterEqual(seen, 1)

    def test_links_lead_to_files(self):
        for page in [SOURCE / "README.md", *(SOURCE / "docs").rglob("*.md")]:
            for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
                if "://" not in link:
                    self.assertTrue((page.parent / link).exists(), f"{page.relative_to(SOURCE)}: {link}")


if __name__ == "__main__":
    harness.run()
