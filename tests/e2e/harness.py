"""What the end-to-end tests share: the real program, a backend, raw clients. Standard library only.

Nothing here sleeps to let something happen: the gateway is followed by its log, the rest by sockets.
"""
import base64
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

# Absolute: the gateway runs in a folder of its own.
BINARY = os.path.abspath(os.environ.get("PERIGEE_BINARY", "build/dev/perigee"))
SOURCE = pathlib.Path(__file__).resolve().parents[2]
COMPAT = pathlib.Path(os.environ.get("PERIGEE_COMPAT_DIR", SOURCE.parent / "shared" / "compat"))
PATIENCE = 60  # seconds until a test gives up on something that should happen
ADMIN = ("admin", "e2e-password")
COMPLAINT = re.compile(r"Sanitizer|runtime error:|broken invariant")


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def not_run(why):
    """Ends a test, or the set-up of its class, for what this machine lacks: it passes and says so, in CI
    it fails."""
    if os.environ.get("CI") == "true":
        raise AssertionError(why)
    print(f"NOT RUN: {why}", file=sys.stderr)
    raise unittest.SkipTest(why)


def need(program):
    if not shutil.which(program):
        not_run(f"no {program} on this machine: scripts/setup installs it")


def compat_or_skip():
    """The folder of compatibility data."""
    if not COMPAT.is_dir():
        not_run(f"no compatibility data at {COMPAT}: set PERIGEE_COMPAT_DIR")
    return COMPAT


def end(process):
    """Stops it as an orchestrator does and gives its exit code; one that does not end is killed and fails."""
    process.terminate()
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


class Gateway:
    """`perigee gateway` on free ports, with a folder of definitions of its own.

    It must also end well, whatever the test was about: close() stops it by SIGTERM and fails when its
    code is not 0, or when a sanitizer or an assertion has said anything in its log.
    """

    def __init__(self, keys=None, environment=None, apis=None, host="127.0.0.1", server=None,
                 yaml="# empty\n", wrapper=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="perigee-e2e-"))
        self.apis = self.folder / "apis"
        self.apis.mkdir()
        for name, definition in (apis or {}).items():
            self.put(name, definition)
        self.host, self.port, self.node_port = host, free_port(host), free_port()
        settings = {
            "http.port": self.port,
            "http.host": host,
            "services.core.http.port": self.node_port,
            "services.core.http.host": "127.0.0.1",
            f"services.core.http.authentication.users.{ADMIN[0]}": ADMIN[1],
            "services.sync.local.enabled": "true",
            "services.sync.local.path": self.apis,
            "perigee.http.listenAfterSync": "true",
        }
        if server:  # the second of several, with an id
            settings |= {"servers[1].id": server, "servers[1].type": "http",
                         "servers[1].port": self.port, "servers[1].host": host}
        settings.update(keys or {})
        (self.folder / "gravitee.yml").write_text(yaml)
        command = [*wrapper, BINARY, "gateway", "--config", str(self.folder / "gravitee.yml")]
        command += [f"-D{key}={value}" for key, value in settings.items() if value is not None]
        # Variables of the test run would be taken for configuration.
        ours = {name: value for name, value in os.environ.items()
                if not name.upper().startswith(("PERIGEE_", "GRAVITEE_"))}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**ours, **(environment or {})}, cwd=self.folder)
        self.log = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._more:
                self.log.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self.log.append(None)  # the end
            self._more.notify_all()

    def wait_for(self, text, since=0):
        """The first log line from `since` on that holds the text; fails when the process ends before."""
        limit = time.monotonic() + PATIENCE
        with self._more:
            at = since
            while True:
                while at < len(self.log):
                    line = self.log[at]
                    if line is None:
                        raise AssertionError(f"the gateway ended before it logged {text!r}:\n{self.text()}")
                    if text in line:
                        return line
                    at += 1
                if not self._more.wait(limit - time.monotonic()):
                    raise AssertionError(f"the gateway did not log {text!r}:\n{self.text()}")

    def mark(self):
        return len(self.log)

    def text(self):
        return "\n".join(line for line in self.log if line is not None)

    def descriptors(self):
        """What is open, in all tables: workers have their own, other threads one together."""
        tables = set()
        for folder in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/fd"):
            table = []
            with contextlib.suppress(FileNotFoundError):  # the thread has ended
                for path in folder.iterdir():
                    with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                        table.append((int(path.name), str(path.readlink())))
            tables.add(tuple(sorted(table)))
        return [link for table in tables for _, link in table]

    def started(self):
        self.wait_for(" started in ")
        return self

    def put(self, name, definition):
        """As an editor or a deployment tool does it: written beside, then renamed."""
        text = definition if isinstance(definition, str) else json.dumps(definition)
        beside = self.folder / (name + ".new")
        beside.write_text(text)
        beside.rename(self.apis / name)

    def remove(self, name):
        (self.apis / name).unlink()

    def request(self, path, method="GET", headers=None, body=None, port=None):
        """(status, headers, body) of one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, port or self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def node(self, path, method="GET", body=None, credentials=ADMIN, source="127.0.0.1"):
        connection = http.client.HTTPConnection("127.0.0.1", self.node_port, timeout=PATIENCE,
                                                source_address=(source, 0))
        headers = {}
        if credentials:
            pair = base64.b64encode(":".join(credentials).encode()).decode()
            headers["Authorization"] = "Basic " + pair
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def node_json(self, path):
        status, _, body = self.node(path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def scrape(self, wanted):
        """The metrics once a line is so: a worker counts a moment after its client has the answer."""
        for _ in range(1000):
            text = self.node("/_node/metrics/prometheus")[2].decode()
            if re.search(wanted, text, re.MULTILINE):
                return text
        raise AssertionError(f"no {wanted!r} in\n{text}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def close(self):
        code = 0  # of one that has ended before, its test has looked at the code
        try:
            if self.process.poll() is None:
                code = end(self.process)
        finally:
            self._reader.join(PATIENCE)
            self.process.stdout.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        complaints = [line for line in self.text().splitlines() if COMPLAINT.search(line)]
        if code != 0 or complaints:
            raise AssertionError(f"the gateway ended with {code} and {complaints}:\n{self.text()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Backend:
    """Answers every request with JSON about it; `answer` may be replaced."""

    def __init__(self, answer=None, host="127.0.0.1", tls=None, port=0):
        backend = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                backend.requests.put((self.command, self.path, dict(self.headers)))
                status, reply = backend.answer(self, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = handle_any

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

            def handle_error(self, *_):
                pass  # a gateway that gives up is what some tests want

        self.answer = answer or (lambda request, body: (200, json.dumps(
            {"method": request.command, "path": request.path, "body": body.decode()}).encode()))
        self.requests = queue.Queue()
        self._server = Server((host, port), Handler)
        self.port = self._server.server_address[1]
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://{'[' + host + ']' if ':' in host else host}:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Echo:
    """`perigee echo` on a free port: a backend that does not hold a load test back."""

    def __init__(self):
        self._process = subprocess.Popen([BINARY, "echo", "--port", "0"], stdout=subprocess.PIPE,
                                         text=True)
        line = self._process.stdout.readline()
        self.url = line.split()[-1]

    def close(self):
        code = end(self._process)
        self._process.stdout.close()
        assert code == 0, f"perigee echo ended with {code}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def api(target, path="/a", api_id="api", **members):
    """A v4 definition with a key-less plan."""
    definition = {
        "id": api_id, "name": api_id, "apiVersion": "1", "definitionVersion": "4.0.0", "type": "proxy",
        "listeners": [{"type": "http", "paths": [{"path": path}],
                       "entrypoints": [{"type": "http-proxy"}]}],
        "endpointGroups": [{"name": "default", "type": "http-proxy", "endpoints": [
            {"name": "one", "type": "http-proxy", "configuration": {"target": target}}]}],
        "plans": [{"id": "plan", "name": "open", "status": "published", "mode": "standard",
                   "security": {"type": "key-less"}}],
        "flows": [],
    }
    definition.update(members)
    return definition


def setting(header, value):
    """A flow that sets a response header."""
    return [{"name": "flow", "enabled": True, "selectors": [{"type": "http", "path": "/"}],
             "response": [{"policy": "transform-headers", "enabled": True, "configuration": {
                 "addHeaders": [{"name": header, "value": value}]}}]}]


def openssl(*arguments, given=""):
    """Runs openssl with this as its input; both of its outputs."""
    need("openssl")
    ran = subprocess.run(["openssl", *map(str, arguments)], input=given, text=True,
                         capture_output=True, timeout=PATIENCE)
    assert ran.returncode == 0, (arguments, ran.returncode, ran.stdout, ran.stderr)
    return ran.stdout + ran.stderr


def run():
    unittest.main(verbosity=2)
