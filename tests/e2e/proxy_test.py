"""What a request becomes at the backend, what its answer becomes at the client, and failures."""
import json
import socket
import threading
import unittest

import harness
from harness import Backend, Gateway, api

UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
NO_API = b"No context-path matches the request URI."


def transform(where, condition=None, **configuration):
    """A flow of one transform-headers step."""
    step = {"policy": "transform-headers", "enabled": True, "configuration": configuration}
    if condition:
        step["condition"] = condition
    return {"name": "flow", "enabled": True, "selectors": [{"type": "http", "path": "/"}],
            where: [step]}


def header(name, value):
    return {"name": name, "value": value}


def with_http_options(definition, **options):
    configuration = definition["endpointGroups"][0]["endpoints"][0]
    configuration["inheritConfiguration"] = False
    configuration["sharedConfigurationOverride"] = {"http": options}
    return definition


class Requests(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend())

    def start(self, definition, keys=None):
        return self.enterContext(Gateway(keys, apis={"api.json": definition})).started()

    def received(self):
        method, path, headers = self.backend.requests.get(timeout=harness.PATIENCE)
        return method, path, {name.lower(): value for name, value in headers.items()}

    def test_method_path_query_and_body_arrive(self):
        gateway = self.start(api(self.backend.url + "/base"))
        rows = [
            ("GET", "/a", "/base", b""),
            ("GET", "/a/", "/base/", b""),
            ("POST", "/a/x?q=1&q=2", "/base/x?q=1&q=2", b"hello"),
            ("PUT", "/a/b%20c/d?x=%2F", "/base/b%20c/d?x=%2F", b"z" * 100000),
            ("DELETE", "/a/x", "/base/x", b""),
            ("OPTIONS", "/a/x", "/base/x", b""),
            ("PATCH", "/a/x?", "/base/x?", b"p"),
        ]
        for method, asked, path, body in rows:
            with self.subTest(method=method, asked=asked):
                status, _, answer = gateway.request(asked, method, body=body or None)
                self.assertEqual(status, 200)
                got = json.loads(answer)
                self.assertEqual((got["method"], got["body"]), (method, body.decode()))
                self.assertEqual(got["path"].rstrip("?"), path.rstrip("?"))
        status, headers, answer = gateway.request("/a/x", "HEAD")
        self.assertEqual((status, answer), (200, b""))
        self.assertGreater(int(headers["Content-Length"]), 0)

    def test_ids_are_given_to_both_sides(self):
        gateway = self.start(api(self.backend.url))
        _, headers, _ = gateway.request("/a/x")
        request_id = headers["X-Gravitee-Request-Id"]
        self.assertRegex(request_id, UUID)
        self.assertEqual(headers["X-Gravitee-Transaction-Id"], request_id)
        self.assertTrue(headers["X-Gravitee-Client-Identifier"])
        _, _, arrived = self.received()
        self.assertEqual(arrived["x-gravitee-request-id"], request_id)
        self.assertEqual(arrived["x-gravitee-transaction-id"], request_id)
        self.assertEqual(arrived["host"], f"127.0.0.1:{self.backend.port}")

    def test_a_transaction_id_is_kept_and_a_request_id_is_not(self):
        gateway = self.start(api(self.backend.url))
        given = {"X-Gravitee-Transaction-Id": "t1", "X-Gravitee-Request-Id": "r1", "X-Mine": "kept"}
        _, headers, _ = gateway.request("/a/x", headers=given)
        self.assertEqual(headers["X-Gravitee-Transaction-Id"], "t1")
        self.assertRegex(headers["X-Gravitee-Request-Id"], UUID)
        _, _, arrived = self.received()
        self.assertEqual(arrived["x-gravitee-transaction-id"], "t1")
        self.assertEqual(arrived["x-gravitee-request-id"], headers["X-Gravitee-Request-Id"])
        self.assertEqual(arrived["x-mine"], "kept")

    def test_overlapping_context_paths(self):
        other = self.enterContext(Backend())
        apis = {"api.json": api(self.backend.url), "deep.json": api(other.url + "/deep", "/a/b", "deep")}
        # The shorter path wins unless overlapping is allowed (lifecycle.md 1.2 and 1.3).
        for overlapping, path in (("false", "/b/c"), ("true", "/deep/c")):
            with self.subTest(overlapping=overlapping):
                gateway = self.enterContext(Gateway({"api.allowOverlappingContext": overlapping}, apis=apis)).started()
                for asked, expected in (("/a/c", "/c"), ("/a/bc", "/bc"), ("/a/b/c", path)):
                    self.assertEqual(json.loads(gateway.request(asked)[2])["path"], expected, asked)

    def test_no_api_is_a_404_in_plain_text(self):
        gateway = self.start(api(self.backend.url))
        for path in ("/", "/other", "/ab"):
            for accept in ("application/json", "text/plain", "*/*"):
                status, headers, body = gateway.request(path, headers={"Accept": accept})
                self.assertEqual((status, headers["Content-Type"], body),
                                 (404, "text/plain", NO_API))
                self.assertIsNone(headers["X-Gravitee-Request-Id"])

    def test_statuses_and_headers_of_the_backend_reach_the_client(self):
        gateway = self.start(api(self.backend.url))
        for status in (201, 301, 404, 418, 500, 503):
            self.backend.answer = lambda request, body, status=status: (status, b"of the backend")
            got, headers, body = gateway.request("/a/x", headers={"Accept": "application/json"})
            self.assertEqual((got, body), (status, b"of the backend"))
            self.assertIn("X-Gravitee-Request-Id", headers)

    def test_headers_are_transformed_as_conditions_say(self):
        flows = [
            transform("request", addHeaders=[
                header("X-Told", "{#request.method} {#request.params['who'][0]} of {#api.name}")],
                removeHeaders=["X-Secret"]),
            transform("request", "{#request.headers['X-Volume'][0] == 'high'}",
                      addHeaders=[header("X-Loud", "yes")]),
            transform("response", "{#response.status == 418}",
                      addHeaders=[header("X-Teapot", "short and stout")]),
        ]
        gateway = self.start(api(self.backend.url, flows=flows))
        self.backend.answer = lambda request, body: (
            418 if request.path.startswith("/tea") else 200, b"{}")
        _, headers, _ = gateway.request("/a/x?who=me", headers={"X-Secret": "s", "X-Volume": "high"})
        _, _, arrived = self.received()
        self.assertEqual(arrived["x-told"], "GET me of api")
        self.assertEqual(arrived["x-loud"], "yes")
        self.assertNotIn("x-secret", arrived)
        self.assertIsNone(headers["X-Teapot"])
        _, headers, _ = gateway.request("/a/tea?who=you", headers={"X-Volume": "low"})
        _, _, arrived = self.received()
        self.assertEqual(arrived["x-told"], "GET you of api")
        self.assertNotIn("x-loud", arrived)
        self.assertEqual(headers["X-Teapot"], "short and stout")


class Raw:
    """A backend that says these bytes to every connection and hangs up; without bytes it is silent."""

    def __init__(self, says=b""):
        self._says, self._held = says, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return  # closed
            self._held.append(connection)
            if self._says:
                try:
                    connection.recv(65536)
                    connection.sendall(self._says)
                    connection.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # the gateway hung up first, as it may on garbage

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(harness.PATIENCE)
        self._socket.close()
        for connection in self._held:
            connection.close()


class Failures(unittest.TestCase):
    """lifecycle.md 8.5, 10 and 11."""

    def start(self, definition, keys=None):
        return self.enterContext(Gateway(keys, apis={"api.json": definition})).started()

    def check_empty(self, gateway, status):
        for accept in ("application/json", "text/html"):
            got, headers, body = gateway.request("/a/x", headers={"Accept": accept})
            self.assertEqual((got, body, headers["Content-Length"]), (status, b"", "0"))
            self.assertIsNone(headers["Content-Type"])
            self.assertEqual(headers["Connection"], "close")
            self.assertIn("X-Gravitee-Request-Id", headers)

    def test_a_backend_that_refuses_is_502(self):
        target = f"http://127.0.0.1:{harness.free_port()}"
        self.check_empty(self.start(api(target)), 502)

    def test_a_backend_that_talks_garbage_is_502(self):
        backend = self.enterContext(Raw(b"what do you want?\r\n\r\n"))
        self.check_empty(self.start(api(backend.url)), 502)

    def test_a_backend_that_hangs_is_504_after_its_read_timeout(self):
        silent = self.enterContext(Raw())
        definition = with_http_options(api(silent.url), readTimeout=200)
        self.check_empty(self.start(definition), 504)

    def test_an_api_without_a_usable_endpoint_is_503(self):
        self.check_empty(self.start(api("not a url")), 503)

    def test_a_message_is_told_in_what_the_client_accepts(self):
        silent = self.enterContext(Raw())
        gateway = self.start(api(silent.url), {"http.requestTimeout": "200"})
        told = b'{"message":"Request timeout","http_status_code":504}'
        rows = {
            "application/json": ("application/json", told),
            "text/html, application/json;q=0.1": ("application/json", told),
            "*/*": ("application/json", told),
            "text/html": ("text/plain", b"Request timeout"),
            None: ("text/plain", b"Request timeout"),
        }
        for accept, (kind, body) in rows.items():
            with self.subTest(accept=accept):
                got = gateway.request("/a/x", headers={"Accept": accept} if accept else {})
                self.assertEqual((got[0], got[1]["Content-Type"], got[2]), (504, kind, body))
                self.assertEqual(got[1]["Content-Length"], str(len(body)))
                self.assertEqual(got[1]["Connection"], "close")

    def test_an_answer_that_breaks_off_is_not_whole(self):
        backend = self.enterContext(Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
        gateway = self.start(api(backend.url))
        with socket.create_connection((gateway.host, gateway.port), harness.PATIENCE) as client:
            client.sendall(b"GET /a/x HTTP/1.1\r\nHost: h\r\n\r\n")
            got = b"".join(iter(lambda: client.recv(65536), b""))
        self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)
        self.assertTrue(got.endswith(b"\r\n\r\nhalf"), got)


if __name__ == "__main__":
    harness.run()
