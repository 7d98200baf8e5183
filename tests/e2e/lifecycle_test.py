"""Start, signals, draining and exit codes (runtime.md section 4)."""
import asyncio
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import BINARY, Backend, Echo, Gateway, api

DELAY = {"gracefulShutdown.delay": "5000", "gracefulShutdown.unit": "MILLISECONDS"}


class Rate:
    """Requests at a fixed rate on keep-alive connections, as a client behind a load balancer sends
    them: who is asked to leave connects again, to where the balancer points now."""

    def __init__(self, target, per_second, connections=40):
        self.target = target  # (host, port): changed by the test
        self.answered, self.failed = 0, []
        self._period = connections / per_second
        self._connections = connections
        self._stop = False
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._begun = time.monotonic()
        self._thread.start()

    async def _run(self):
        await asyncio.gather(*(self._client(n) for n in range(self._connections)))

    async def _client(self, number):
        due = self._begun + self._period * number / self._connections
        reader = writer = None
        while not self._stop:
            await asyncio.sleep(due - time.monotonic())
            due += self._period
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection(*self.target)
                writer.write(b"GET /a/x HTTP/1.1\r\nHost: h\r\n\r\n")
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), harness.PATIENCE)
                fields = head.decode().lower()
                length = int(fields.split("content-length: ")[1].split("\r\n")[0])
                await asyncio.wait_for(reader.readexactly(length), harness.PATIENCE)
                if not head.startswith(b"HTTP/1.1 200 "):
                    self.failed.append(head.split(b"\r\n")[0])
                if "connection: close" in fields:
                    writer.close()
                    writer = None
                with self._progress:
                    self.answered += 1
                    self._progress.notify_all()
            except (OSError, EOFError, asyncio.TimeoutError) as error:
                self.failed.append(repr(error))
                if writer:
                    writer.close()
                writer = None
        if writer:
            writer.close()

    def more(self, count):
        """Waits for this many further answers."""
        with self._progress:
            until = self.answered + count
            in_time = self._progress.wait_for(lambda: self.answered >= until, harness.PATIENCE)
        assert in_time, f"{self.answered} answers instead of {until}; failures: {self.failed[:5]}"

    def stop(self):
        """Answers a second."""
        self._stop = True
        self._thread.join(harness.PATIENCE)
        return self.answered / (time.monotonic() - self._begun)


class Churn:
    """Clients that connect for each request, until nobody listens any more."""

    def __init__(self, address, clients=8):
        self.answered, self.failed = 0, []
        self._address = address
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _client(self):
        while True:
            try:
                connection = socket.create_connection(self._address, harness.PATIENCE)
            except ConnectionRefusedError:
                return  # the port is closed
            except OSError as error:
                return self._note(repr(error))
            with connection:
                try:
                    connection.sendall(b"GET /a/x HTTP/1.1\r\nHost: h\r\n\r\n")
                    answer = connection.recv(65536)
                except OSError as error:
                    answer = repr(error).encode()
            self._note(None if answer.startswith(b"HTTP/1.1 200 ") else answer)

    def _note(self, failure):
        with self._lock:
            self.answered += failure is None
            if failure is not None:
                self.failed.append(failure)

    def join(self):
        for thread in self._threads:
            thread.join()


class Draining(unittest.TestCase):
    def test_sigterm_under_load_fails_no_request(self):
        echo = self.enterContext(Echo())
        definition = {"api.json": api(echo.url)}
        leaving = self.enterContext(Gateway(DELAY, apis=definition)).started()
        staying = self.enterContext(Gateway(apis=definition)).started()
        rate = Rate(("127.0.0.1", leaving.port), 2000)
        self.addCleanup(rate.stop)
        rate.more(2000)
        leaving.signal(signal.SIGTERM)
        leaving.wait_for("stopping: answers ask clients to leave")
        rate.more(200)  # still served where it was, however slow this machine is
        rate.target = ("127.0.0.1", staying.port)
        code = leaving.wait()
        rate.more(1000)
        per_second = rate.stop()
        print(f"{rate.answered} answers, {per_second:.0f} a second")
        self.assertEqual(rate.failed, [])
        self.assertEqual(code, 0)
        self.assertGreater(per_second, 100, "too slow to say anything")

    def test_sigterm_while_clients_come_and_go_fails_no_request(self):
        echo = self.enterContext(Echo())
        for _ in range(5):
            with Gateway(apis={"api.json": api(echo.url)}) as gateway:
                gateway.started()
                churn = Churn(("127.0.0.1", gateway.port))
                while churn.answered < 100:
                    self.assertEqual(gateway.request("/a/x")[0], 200)
                gateway.signal(signal.SIGTERM)
                self.assertEqual(gateway.wait(), 0)
                churn.join()
                self.assertEqual(churn.failed, [])

    def held(self, keys=None):
        """A gateway with a request that its backend holds back; the event lets it go."""
        release, asked = threading.Event(), threading.Event()

        def answer(request, body):
            asked.set()
            release.wait(harness.PATIENCE)
            return 200, b'"late"'

        self.addCleanup(release.set)
        backend = self.enterContext(Backend(answer))
        gateway = self.enterContext(Gateway(keys, apis={"api.json": api(backend.url)})).started()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/a/x")
        self.assertTrue(asked.wait(harness.PATIENCE))
        return gateway, connection, release

    def test_a_pending_request_is_answered_before_the_end(self):
        gateway, connection, release = self.held()
        gateway.signal(signal.SIGTERM)
        gateway.wait_for("stopping")
        release.set()
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.read()), (200, b'"late"'))
        self.assertEqual(gateway.wait(), 0)

    def test_a_pending_request_is_cut_when_the_time_is_over(self):
        gateway, connection, _ = self.held({"perigee.shutdown.drainTimeout": "300"})
        gateway.signal(signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)
        self.assertIn("what is left is cut off", gateway.text())
        self.assertIn("cut off, WebSockets included: 1\n", gateway.text())
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.headers["Connection"]), (503, "close"))

    def test_during_the_delay_new_connections_are_served_and_asked_to_leave(self):
        backend = self.enterContext(Backend())
        gateway = self.enterContext(Gateway(
            {"gracefulShutdown.delay": "60000", "gracefulShutdown.unit": "MILLISECONDS"},
            apis={"api.json": api(backend.url)})).started()
        idle = socket.create_connection(("127.0.0.1", gateway.port), timeout=harness.PATIENCE)
        self.addCleanup(idle.close)
        gateway.signal(signal.SIGTERM)
        gateway.wait_for("stopping")
        for _ in range(1000):  # workers hear of it a moment later
            status, headers, _ = gateway.request("/a/x")
            self.assertEqual(status, 200)
            if headers["Connection"] == "close":
                break
        self.assertEqual(headers["Connection"], "close")
        status, _, body = gateway.node("/_node/health")
        self.assertEqual(status, 500)
        self.assertFalse(json.loads(body)["draining"]["healthy"])
        self.assertEqual(gateway.node("/_node/health?probes=http-server")[0], 200)
        self.assertEqual(gateway.node("/_node/health?probes=http-server,draining")[0], 500)
        begun = time.monotonic()
        gateway.signal(signal.SIGTERM)  # the second one skips what is left of the delay
        self.assertEqual(gateway.wait(), 0)
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(idle.recv(1), b"", "idle connections are closed in order")

    def test_two_interrupts_end_at_once(self):
        gateway, _, _ = self.held({"gracefulShutdown.delay": "60000",
                                   "gracefulShutdown.unit": "MILLISECONDS"})
        gateway.signal(signal.SIGINT)
        gateway.wait_for("stopping")
        begun = time.monotonic()
        gateway.signal(signal.SIGINT)
        self.assertEqual(gateway.wait(), 0)
        self.assertLess(time.monotonic() - begun, 30)
        self.assertIn("cut off, WebSockets included: 1\n", gateway.text())

    def test_as_the_first_process_of_a_container(self):
        harness.need("unshare")
        probe = subprocess.run(["unshare", "--fork", "--pid", "true"], capture_output=True)
        if probe.returncode != 0:
            self.skipTest("no right to make a pid namespace")
        gateway = self.enterContext(Gateway(wrapper=["unshare", "--fork", "--pid"])).started()
        self.assertIn("pid[1]", gateway.text())
        with open(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children") as children:
            inner = int(children.read().split()[0])
        os.kill(inner, signal.SIGTERM)
        self.assertEqual(gateway.wait(), 0)


class Signals(unittest.TestCase):
    def test_sighup_reads_log_levels_again_and_goes_on_serving(self):
        backend = self.enterContext(Backend())
        gateway = self.enterContext(Gateway(apis={"api.json": api(backend.url)})).started()
        (gateway.folder / "gravitee.yml").write_text(
            "perigee:\n  log:\n    level:\n      io_gravitee_gateway: debug\n"
            "services:\n  core:\n    http:\n      authentication:\n        users:\n          new: hired\n")
        self.assertEqual(gateway.node("/_node", credentials=("new", "hired"))[0], 401)
        gateway.signal(signal.SIGHUP)
        gateway.wait_for("SIGHUP: log levels, node API users and certificates were read again")
        self.assertEqual(gateway.node_json("/_node/logging")["io.gravitee.gateway"], "DEBUG")
        self.assertEqual(gateway.node("/_node", credentials=("new", "hired"))[0], 200)
        self.assertEqual(gateway.request("/a/x")[0], 200)
        (gateway.folder / "gravitee.yml").write_text("http:\n  port: [\n")
        gateway.signal(signal.SIGHUP)
        gateway.wait_for("SIGHUP: the configuration has errors, nothing was changed")
        self.assertEqual(gateway.request("/a/x")[0], 200)

    def test_sighup_with_a_broken_logback_xml_changes_nothing(self):
        with tempfile.TemporaryDirectory() as home:
            file = pathlib.Path(home) / "config" / "logback.xml"
            file.parent.mkdir()
            text = ("<configuration>\n<appender name='C' class='ConsoleAppender'/>\n<logger name='a.b' level='{}'/>\n"
                    "<root level='INFO'><appender-ref ref='C'/></root>\n</configuration>\n")
            file.write_text(text.format("ERROR"))
            gateway = self.enterContext(Gateway(environment={"GRAVITEE_HOME": home})).started()
            (gateway.folder / "gravitee.yml").write_text("perigee: {log: {level: {c.d: debug}}}\n")
            for broken, why in [("<configuration>\n<root level='DEBUG'>\n", ":3: no element found"),
                                ("\n<beans/>", ":2: expected <configuration>, got <beans>")]:
                with self.subTest(why=why):
                    mark = gateway.mark()
                    file.write_text(broken)
                    gateway.signal(signal.SIGHUP)
                    gateway.wait_for("SIGHUP: the configuration has errors, nothing was changed", mark)
                    self.assertIn(f"ERROR io.gravitee.node.container.Container - SIGHUP: {file}{why}; nothing of it is "
                                  "used", gateway.text())
                    levels = gateway.node_json("/_node/logging")
                    self.assertEqual((levels["ROOT"], levels["a.b"], "c.d" in levels), ("INFO", "ERROR", False))
            file.write_text(text.format("LOUD"))
            gateway.signal(signal.SIGHUP)
            gateway.wait_for("SIGHUP: log levels")
            self.assertRegex(gateway.text(), rf"WARN .* - SIGHUP: {file}:3: level of 'a.b': expected one of")
            levels = gateway.node_json("/_node/logging")
            self.assertEqual(("a.b" in levels, levels["c.d"]), (False, "DEBUG"))

    def test_sigusr1_asks_older_connections_to_leave(self):
        backend = self.enterContext(Backend())
        gateway = self.enterContext(Gateway(apis={"api.json": api(backend.url)})).started()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/a/x")  # opens it before the signal
        connection.getresponse().read()
        gateway.signal(signal.SIGUSR1)
        # Nothing tells when the worker has heard of it: answers go on without the word until then.
        for _ in range(10000):
            connection.request("GET", "/a/x")
            answer = connection.getresponse()
            answer.read()
            if answer.headers["Connection"] == "close":
                break
        self.assertEqual(answer.headers["Connection"], "close")
        self.assertIsNone(gateway.request("/a/x")[1]["Connection"])

    def test_sigpipe_is_ignored(self):
        gateway = self.enterContext(Gateway()).started()
        gateway.signal(signal.SIGPIPE)
        self.assertEqual(gateway.request("/x")[0], 404)


class ExitCodes(unittest.TestCase):
    def test_a_port_in_use_is_1(self):
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = taken.getsockname()[1]
            for key in ("http.port", "services.core.http.port"):
                for later in ("true", "false"):
                    with self.subTest(key=key, listenAfterSync=later):
                        gateway = self.enterContext(
                            Gateway({key: port, "perigee.http.listenAfterSync": later}))
                        self.assertEqual(gateway.wait(), 1)
                        self.assertIn(f"{key}: ", gateway.text())

    def test_a_bad_configuration_is_1(self):
        rows = {
            "http.port": "eighty", "http.requestTimeout": "soon",
            "services.core.http.port": "123456",
        }
        for key, value in rows.items():
            with self.subTest(key=key):
                gateway = self.enterContext(Gateway({key: value}))
                self.assertEqual(gateway.wait(), 1)
                self.assertIn(key, gateway.text())

    def test_a_file_that_is_no_yaml_is_1(self):
        gateway = self.enterContext(Gateway(yaml="http:\n  port: [\n"))
        self.assertEqual(gateway.wait(), 1)
        self.assertIn("gravitee.yml:", gateway.text())

    def test_wrong_usage_is_2(self):
        for arguments in ([], ["no-such-command"], ["gateway", "--no-such-option"]):
            run = subprocess.run([BINARY, *arguments], capture_output=True, timeout=harness.PATIENCE)
            self.assertEqual(run.returncode, 2, arguments)

    def test_help_and_version_are_0_on_every_command(self):
        for command in ([], ["gateway"], ["check"], ["echo"]):
            for option in ("--help", "--version"):
                run = subprocess.run([BINARY, *command, option], capture_output=True, text=True,
                                     timeout=harness.PATIENCE)
                self.assertEqual(run.returncode, 0, (command, option))
                self.assertTrue(run.stdout)


def sockets_that_listen(port):
    rows = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A" for row in rows)


class Servers(unittest.TestCase):
    def several(self, **of_first):
        """A gateway with a second server; that one's port."""
        first = harness.free_port()
        gateway = self.enterContext(Gateway({
            "http.port": None, "http.host": None, "servers[0].type": "http", "servers[0].port": first,
            "servers[0].host": "127.0.0.1", **{f"servers[0].{key}": value for key, value in of_first.items()},
            "servers[1].instances": "3", "servers[1].websocket.enabled": "true"},
            apis={"api.json": api(self.backend.url)}, server="second")).started()
        return gateway, first

    def setUp(self):
        self.backend = self.enterContext(Backend())

    def test_have_instances_of_their_own(self):
        gateway, first = self.several(instances="1")
        self.assertEqual([sockets_that_listen(port) for port in (first, gateway.port)], [1, 3])
        for port in (first, gateway.port):
            self.assertEqual(gateway.request("/a/x", port=port)[0], 200)

    def test_have_websockets_of_their_own(self):
        gateway, first = self.several()
        handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                     "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="}
        for port, passed_on in ((first, None), (gateway.port, "websocket")):
            gateway.request("/a/x", port=port, headers=handshake)
            self.assertEqual(self.backend.requests.get(timeout=harness.PATIENCE)[2].get("Upgrade"), passed_on)


class Addresses(unittest.TestCase):
    def test_ipv6_on_both_sides(self):
        backend = self.enterContext(Backend(host="::1"))
        gateway = self.enterContext(Gateway(host="::1", apis={"api.json": api(backend.url)}))
        gateway.started()
        status, _, body = gateway.request("/a/x")
        self.assertEqual((status, json.loads(body)["path"]), (200, "/x"))
        _, _, headers = backend.requests.get(timeout=harness.PATIENCE)
        self.assertEqual(headers["Host"], f"[::1]:{backend.port}")
        self.assertEqual(gateway.node("/_node/health?probes=http-server")[0], 200)

    def test_a_dual_stack_listener_serves_both(self):
        backend = self.enterContext(Backend())
        gateway = self.enterContext(Gateway(host="::", apis={"api.json": api(backend.url)}))
        gateway.started()
        for host in ("127.0.0.1", "::1"):
            gateway.host = host
            self.assertEqual(gateway.request("/a/x")[0], 200)

    def test_a_backend_by_its_name(self):
        backend = self.enterContext(Backend())
        target = backend.url.replace("127.0.0.1", "localhost")
        gateway = self.enterContext(Gateway(apis={"api.json": api(target)})).started()
        self.assertEqual(gateway.request("/a/x")[0], 200)


if __name__ == "__main__":
    harness.run()
