"""The routes under /_node: golden answers (runtime.md section 3)."""
import json
import os
import re
import unittest

import harness
from harness import Backend, Gateway, api

YAML = """\
organizations: acme
environments: dev,test
http:
  requestTimeout: 30000
services:
  metrics:
    enabled: true
some:
  password: hidden
  apiToken: hidden
"""

SERVER = [
    "http_server_active_connections", "http_server_active_requests",
    "http_server_active_ws_connections", "http_server_requests_total",
    "http_server_request_resets_total", "http_server_response_time_seconds",
    "http_server_response_time_seconds_max", "http_server_request_bytes",
    "http_server_request_bytes_max", "http_server_response_bytes", "http_server_response_bytes_max",
    "http_server_bytes_read_total", "http_server_bytes_written_total", "http_server_errors_total",
]
CLIENT = [
    "http_client_active_connections", "http_client_active_ws_connections",
    "http_client_active_requests", "http_client_queue_pending",
    "http_client_request_bytes", "http_client_request_bytes_max",
    "http_client_response_bytes", "http_client_response_bytes_max",
    "http_client_queue_time_seconds",
    "http_client_requests_total", "http_client_responses_total",
    "http_client_response_time_seconds", "http_client_response_time_seconds_max",
    "http_client_bytes_read_total", "http_client_bytes_written_total", "http_client_errors_total",
]
PROCESS = [
    "process_files_open_files", "process_files_max_files", "process_cpu_usage", "system_cpu_usage",
    "system_cpu_count", "system_load_average_1m", "jvm_memory_used_bytes",
    "jvm_memory_committed_bytes", "jvm_memory_max_bytes", "jvm_gc_pause_seconds",
    "jvm_gc_memory_allocated_bytes_total", "jvm_gc_memory_promoted_bytes_total",
    "jvm_gc_live_data_size_bytes", "jvm_gc_max_data_size_bytes", "jvm_threads_live_threads",
    "jvm_threads_daemon_threads", "jvm_threads_peak_threads", "jvm_threads_started_threads_total",
    "jvm_threads_states_threads", "jvm_classes_loaded_classes",
    "jvm_classes_unloaded_classes_total", "node_health",
]
OURS = ["perigee_api_request_seconds", "perigee_api_upstream_seconds",
        "perigee_apis_deployed", "perigee_apis_refused", "perigee_connections_shed_total"]


class Node(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.backend = cls.enterClassContext(Backend())
        bad = api(cls.backend.url, "/bad", "bad", type="message")
        cls.gateway = cls.enterClassContext(Gateway(
            yaml=YAML, apis={"api.json": api(cls.backend.url), "bad.json": bad})).started()

    def get(self, path):
        status, headers, body = self.gateway.node(path)
        return status, headers["Content-Type"], body

    def test_node(self):
        shown = self.gateway.node_json("/_node")
        self.assertRegex(shown.pop("id"), r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(sorted(shown.pop("version")),
                         ["BUILD_ID", "BUILD_NUMBER", "MAJOR_VERSION", "REVISION"])
        self.assertTrue(shown.pop("productVersion"))
        self.assertEqual(shown, {
            "name": "Gravitee.io - API Gateway", "product": "perigee",
            "metadata": {"organizations": ["acme"], "environments": ["dev", "test"]}})
        status, kind, body = self.get("/_node/")
        self.assertEqual((status, kind), (200, "application/json"))
        self.assertTrue(body.startswith(b"{\n"), "pretty-printed")

    def test_health(self):
        rows = {
            "": (200, {"http-server": {"healthy": True},
                       "ratelimit-repository": {"healthy": True,
                                                "message": "RateLimit type is none"},
                       "draining": {"healthy": True}}),
            "?probes=http-server": (200, {"http-server": {"healthy": True}}),
            "?probes=http-server,sync-process": (200, {"http-server": {"healthy": True},
                                                       "sync-process": {"healthy": True}}),
            "?probes=sync-process&probes=draining": (200, {"sync-process": {"healthy": True},
                                                           "draining": {"healthy": True}}),
            "?probes=no-such": (500, {"no-such": {"healthy": False,
                                                  "message": "probe not found"}}),
            "?probes=http-server,no-such": (500, {"http-server": {"healthy": True},
                                                  "no-such": {"healthy": False,
                                                              "message": "probe not found"}}),
            "?probes=gc-pressure": (200, {"gc-pressure": {"healthy": True}}),
        }
        for query, (status, expected) in rows.items():
            with self.subTest(query=query):
                got, kind, body = self.get("/_node/health" + query)
                self.assertEqual((got, kind, json.loads(body)),
                                 (status, "application/json", expected))

    def test_apis(self):
        entries = self.gateway.node_json("/_node/apis")
        served = {name: entries[0][name] for name in ("id", "name", "version", "state")}
        self.assertEqual(served, {"id": "api", "name": "api", "version": "1", "state": "deployed"})
        refused = {name: entries[1][name] for name in ("id", "state", "previousServes")}
        self.assertEqual(refused, {"id": "bad", "state": "refused", "previousServes": False})
        self.assertIn("/type", entries[1]["reasons"][0])
        self.assertTrue(entries[1]["source"].endswith("/bad.json"))
        self.assertEqual(self.gateway.node_json("/_node/apis/api"), api(self.backend.url))
        status, _, body = self.get("/_node/apis/bad")
        self.assertEqual((status, body), (404, b""))

    def test_configuration_is_flat_sorted_and_masked(self):
        status, kind, body = self.get("/_node/configuration")
        self.assertEqual((status, kind), (200, "application/json"))
        shown = json.loads(body)
        self.assertEqual(shown, {
            "environments": "dev,test", "http.requestTimeout": "30000", "organizations": "acme",
            "services.metrics.enabled": "true", "some.apiToken": "********",
            "some.password": "********"})
        self.assertEqual(list(shown), sorted(shown))

    def test_sync(self):
        shown = self.gateway.node_json("/_node/sync")
        self.assertGreaterEqual(shown.pop("counter"), 1)
        self.assertEqual(shown, {"initialDone": True, "nextSyncTime": -1, "lastOnError": False,
                                 "lastErrorMessage": None, "totalOnErrors": 0})

    def test_logging(self):
        before = self.gateway.node_json("/_node/logging")
        self.assertEqual(before, {"ROOT": "WARN", "io.gravitee": "INFO"})
        change = json.dumps({"io.gravitee.gateway": "DEBUG"})
        status, _, body = self.gateway.node("/_node/logging", "POST", change)
        self.assertEqual((status, json.loads(body)),
                         (200, {**before, "io.gravitee.gateway": "DEBUG"}))
        change = json.dumps({"io.gravitee.gateway": ""})
        _, _, body = self.gateway.node("/_node/logging", "POST", change)
        self.assertEqual(json.loads(body), before)
        self.assertEqual(self.gateway.node("/_node/logging", "POST", "no json")[0], 400)

    def test_license_and_unknown_paths(self):
        self.assertEqual(self.get("/_node/license")[0], 200)
        for path in ("/", "/_nod", "/_node/nothing", "/_node/apis/a/b", "/hooks/x"):
            self.assertEqual(self.get(path)[0], 404, path)
        self.assertEqual(self.gateway.node("/_node/apis", "DELETE")[0], 404)

    def test_metric_families_are_there_after_a_request(self):
        self.assertEqual(self.gateway.request("/a/x", "POST", body=b"x")[0], 200)
        self.assertEqual(self.gateway.request("/none")[0], 404)
        # The worker counts when the answer has left.
        wanted = 'perigee_api_request_seconds_count'
        for _ in range(1000):
            status, kind, body = self.get("/_node/metrics/prometheus")
            if wanted in body.decode():
                break
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        text = body.decode()
        families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        for name in SERVER + CLIENT + PROCESS + OURS:
            self.assertIn(name, families)
            self.assertRegex(text, rf"(?m)^# HELP {name} \S")
        self.assertEqual(families["perigee_api_request_seconds"], "histogram")
        self.assertEqual(families["http_server_response_time_seconds"], "summary")
        self.assertRegex(text, r'(?m)^node_health\{[^}]*probe="sync-process"\} 1$')
        for line in text.splitlines():
            if not line.startswith("#"):
                self.assertIn('application="gio-apim-gateway",instance="', line)
        local = f'local="127.0.0.1:{self.gateway.port}"'
        self.assertRegex(text, rf'http_server_requests_total{{[^}}]*{local}[^}}]*code="404"}} 1')

    def test_every_path_asks_for_credentials(self):
        for path in ("/_node", "/_node/health", "/_node/metrics/prometheus", "/nowhere"):
            for credentials in (None, ("admin", "wrong"), ("nobody", "e2e-password")):
                status, headers, _ = self.gateway.node(path, credentials=credentials)
                self.assertEqual(status, 401, path)
                self.assertEqual(headers["WWW-Authenticate"], 'Basic realm="gravitee.io"')


class Strangers(unittest.TestCase):
    """Whoever writes definitions must not bring the node API down: with it goes the gateway."""

    def test_apis_are_shown_whatever_they_and_their_files_are_called(self):
        with Backend() as backend, Gateway(apis={"good.json": api(backend.url)}) as gateway:
            gateway.started()
            odd = os.fsencode(gateway.apis) + b"/\xff\xfe \xc3.json"
            with open(odd, "w", encoding="utf-8") as file:
                json.dump(api(backend.url, "/odd", "odd/../%00 id"), file)
            gateway.wait_for("API id[odd/../%00 id]")
            shown = self.shown(gateway, "odd/../%00 id")
            self.assertTrue(shown["source"].endswith("/\ufffd\ufffd \ufffd.json"), shown)

    def test_a_warning_that_is_cut_in_the_middle_of_a_character_is_shown(self):
        for before in (31, 32):
            condition = "{#request." + "x" * before + "\u00e9" * 100 + " (}"
            flow = {"selectors": [{"type": "condition", "condition": condition}]}
            with Gateway(apis={"cut.json": api("http://127.0.0.1:1", flows=[flow])}) as gateway:
                shown = self.shown(gateway.started(), "api")
                self.assertIn("\u00e9...", shown["warnings"][0].replace("\ufffd", ""))

    def shown(self, gateway, api_id):
        """As the node API has it, which takes a moment longer than the log."""
        for _ in range(1000):
            for entry in gateway.node_json("/_node/apis"):
                if entry["id"] == api_id:
                    return entry
        raise AssertionError(f"no API {api_id!r}")


class OtherNodes(unittest.TestCase):
    def test_guessing_is_braked_for_who_guesses(self):
        gateway = self.enterContext(Gateway()).started()
        statuses = []
        while 429 not in statuses:
            statuses.append(gateway.node("/_node", credentials=("admin", "guess"))[0])
            self.assertLess(len(statuses), 2000)
        self.assertEqual(set(statuses), {401, 429})
        self.assertEqual(gateway.node("/_node", source="127.0.0.2")[0], 200)
        gateway.wait_for("127.0.0.1 sent wrong credentials more than 20 times in a second")

    def test_anonymous_paths_need_no_credentials(self):
        gateway = self.enterContext(Gateway({"perigee.node.anonymousPaths": "/_node/health"}))
        gateway.started()
        self.assertEqual(gateway.node("/_node/health", credentials=None)[0], 200)
        self.assertEqual(gateway.node("/_node", credentials=None)[0], 401)

    def test_authentication_may_be_off(self):
        gateway = self.enterContext(Gateway({"services.core.http.authentication.type": "none"}))
        gateway.started()
        self.assertEqual(gateway.node("/_node", credentials=None)[0], 200)

    def test_metrics_are_off_by_default(self):
        gateway = self.enterContext(Gateway()).started()
        self.assertEqual(gateway.node("/_node/metrics/prometheus")[0], 404)

    def test_the_node_api_answers_before_the_first_round_is_over(self):
        backend = self.enterContext(Backend())
        apis = {f"{n}.json": api(backend.url, f"/{n}", str(n)) for n in range(300)}
        gateway = self.enterContext(Gateway(apis=apis))
        gateway.wait_for("has been deployed")
        status, _, body = gateway.node("/_node/health?probes=http-server,sync-process")
        self.assertIn(status, (200, 500))
        self.assertEqual(status == 200, all(p["healthy"] for p in json.loads(body).values()))
        gateway.started()
        self.assertEqual(gateway.node("/_node/health?probes=http-server,sync-process")[0], 200)


if __name__ == "__main__":
    harness.run()
