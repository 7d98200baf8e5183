"""Every row of the tables of docs/answers.md: provoked, and answered as the page says."""
import contextlib
import http.client
import json
import pathlib
import re
import socket
import threading
import unittest

import harness
import pages

KEYS = {"http.instances": "1", "http.requestTimeout": "4000", "http.websocket.enabled": "true",
        "perigee.limits.headTimeout": "300ms", "perigee.limits.bodyIdleTimeout": "300ms",
        "perigee.limits.bufferedBodyBytes": "1000", "api.pending_requests_timeout": "100"}
HOST = b"Host: h\r\n"
FIRST = {  # "When" of the page, up to its first comma or colon -> bytes
    "the first line": b"GET /nowhere HTTP/1.1\n" + HOST + b"\r\n",
    "the length of the body is told twice":
        b"POST /slow HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no `Host`": b"GET /nowhere HTTP/1.1\r\n\r\n",
    "no API is deployed for this host": b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n",
    "the head did not come within `perigee.limits.headTimeout`": b"GET /nowhere HTTP/1.1\r\n",
    "the first line is longer than `http.maxInitialLineLength`":
        b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "the fields are longer than `http.maxHeaderSize`":
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 9000 + b"\r\n\r\n",
    "the method is `CONNECT`": b"CONNECT h:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a version other than HTTP/1.0 and HTTP/1.1": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
}
TEXT = "Accept: text/plain\r\n"


def request(path, fields="", body=b"", method="GET"):
    return f"{method} {path} HTTP/1.1\r\nHost: h\r\n{fields}\r\n".encode() + body


def chunked(path, body):
    return request(path, TEXT + "Transfer-Encoding: chunked\r\n", body, "POST")


def until_comma(when):
    return re.split("[,:]", when)[0]


class Answers(unittest.TestCase):
    def setUp(self):
        self.page = pages.text_of("answers.md")

    def rows(self, *head):
        return next(rows for found, rows in pages.tables_of(self.page) if tuple(found) == head)

    def test_files_and_sessions(self):
        self.assertEqual(pages.Page(self, "answers.md").run(), 4)

    def ask(self, gateway, data):
        """(status, headers, body) of what comes for these bytes; the connection is given up then."""
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=harness.PATIENCE) as client:
            client.sendall(data)
            answer = http.client.HTTPResponse(client)
            answer.begin()
            return answer.status, answer.headers, answer.read()

    def test_before_an_api_is_chosen(self):
        gateway = self.enterContext(harness.Gateway(KEYS)).started()
        rows = self.rows("Status", "When", "What to do")
        self.assertEqual(sorted(until_comma(row[1]) for row in rows), sorted(FIRST))
        for status, when, _ in rows:
            with self.subTest(when=when):
                found, headers, body = self.ask(gateway, FIRST[until_comma(when)])
                self.assertEqual(str(found), status)
                shown = found == 404
                self.assertEqual(body, b"No context-path matches the request URI." if shown else b"")
                self.assertEqual(headers.get("Connection"), None if shown else "close")
                self.assertNotIn("X-Gravitee-Request-Id", headers)

    def test_of_an_api(self):
        rows = {until_comma(row[3]): row for row in self.rows("Status", "Body", "Key", "When", "What to do")}
        given = Given(self)
        self.assertEqual(sorted(rows), sorted(given.cases))
        for when, (status, body, *_) in rows.items():
            with self.subTest(when=when):
                text = "" if body == "none" else pages.unquoted(body)
                found, headers, got = given.cases[when]()
                self.assertEqual((str(found), got.decode()), (status, text))
                self.assertIn("X-Gravitee-Request-Id", headers)
                if found >= 500 or found == 413:
                    self.assertEqual(headers.get("Connection"), "close")

    def test_json_for_who_takes_it(self):
        given = Given(self)
        for accept, is_json in (("application/json", True), ("*/*", True), ("text/html, */*;q=0.1", True),
                                ("text/html", False), (None, False)):
            with self.subTest(accept=accept):
                fields = f"Accept: {accept}\r\n" if accept else ""
                status, headers, body = self.ask(given.gateway, request("/condition", fields))
                self.assertEqual(status, 500)
                shown = json.dumps({"message": "Internal Server Error", "http_status_code": 500},
                                   separators=(",", ":")) if is_json else "Internal Server Error"
                self.assertEqual(body.decode(), shown)
                self.assertEqual(headers["Content-Type"], "application/json" if is_json else "text/plain")

    def test_keys_are_those_of_the_source(self):
        told = "".join(file.read_text() for file in pathlib.Path(harness.SOURCE, "src/proxy").glob("*.cpp"))
        for key in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', told):
            self.assertIn(f"`{key}`", self.page)
        keys = {pages.unquoted(row[2]) for row in self.rows("Status", "Body", "Key", "When", "What to do") if row[2]}
        source = "".join(file.read_text() for folder in ("src/proxy", "src/policies")
                         for file in pathlib.Path(harness.SOURCE, folder).glob("*.cpp"))
        self.assertEqual([key for key in sorted(keys) if f'"{key}"' not in source], [])

    def test_a_declined_websocket_has_the_answer_of_the_backend(self):
        given = Given(self)
        status, _, body = self.ask(given.gateway, request("/quick", given.HANDSHAKE))
        self.assertEqual((status, body), (200, b"x" * 2000))


class Given:
    """A gateway with an API for each case, and a backend that keeps requests until the end of the test."""
    HANDSHAKE = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + TEXT)

    def __init__(self, test):
        self.test = test
        self.over = threading.Event()
        self.slow = test.enterContext(harness.Backend(self.answer_late))
        self.quick = test.enterContext(harness.Backend(lambda *_: (200, b"x" * 2000)))
        self.gateway = test.enterContext(harness.Gateway(KEYS, apis=self.apis())).started()
        test.addCleanup(self.over.set)
        self.cases = {
            "the chunked body of the request is broken": lambda: self.ask(chunked("/quick", b"\r\nhello\r\n")),
            "no listener of the API has an entrypoint": lambda: self.ask(request("/closed", TEXT)),
            "`flowExecution.matchRequired`": lambda: self.ask(request("/match", TEXT)),
            "the client sent nothing for `perigee.limits.bodyIdleTimeout`":
                lambda: self.ask(chunked("/slow", b"5\r\nhel")),
            "an expression names a body longer than `perigee.limits.bufferedBodyBytes`":
                lambda: self.ask(request("/content", TEXT + "Content-Length: 1001\r\n", b"a" * 1001, "POST")),
            "the condition of a step failed": lambda: self.ask(request("/condition", TEXT)),
            "an expression of `transform-headers` failed": lambda: self.ask(request("/policy", TEXT)),
            "the backend of a WebSocket cannot be reached": lambda: self.ask(request("/down", self.HANDSHAKE)),
            "the backend cannot be reached": lambda: self.ask(request("/down", TEXT)),
            "an expression names an answer longer than `perigee.limits.bufferedBodyBytes`":
                lambda: self.ask(request("/answer", TEXT)),
            "a preflight request asks for an origin": lambda: self.ask(request("/cors", (
                TEXT + "Origin: http://o\r\nAccess-Control-Request-Method: PUT\r\n"), method="OPTIONS")),
            "a NUL or `%00` came": lambda: self.ask(request("/null/%00", TEXT)),
            "the attribute `request.method` is no method": lambda: self.ask(request("/method", TEXT)),
            "no plan applies": lambda: self.ask(request("/plan", TEXT)),
            "a `selectionRule` failed": lambda: self.ask(request("/rule", TEXT)),
            "failover is on": lambda: self.ask(request("/failover", TEXT)),
            "the group has no usable endpoint": lambda: self.ask(request("/empty", TEXT)),
            "`maxConcurrentConnections` are in use": self.ask_beside_another,
            "the API was removed or replaced": self.ask_while_removed,
            "the backend did not answer within `connectTimeout` or `readTimeout`":
                lambda: self.ask(request("/late", TEXT)),
            "`http.requestTimeout` is over": lambda: self.ask(request("/slow", TEXT)),
        }

    def answer_late(self, *_):
        self.over.wait(harness.PATIENCE)
        return 200, b""

    def apis(self):
        def step(value, **more):
            return {"policy": "transform-headers", **more,
                    "configuration": {"addHeaders": [{"name": "X-A", "value": value}]}}

        wrong, down = "{#request.params['none'][0]}", "http://127.0.0.1:1"
        apis = {
            "quick": harness.api(self.quick.url), "down": harness.api(down), "slow": self.waiting(readTimeout=0),
            "late": self.waiting(readTimeout=100), "removed": self.waiting(readTimeout=0),
            "full": self.waiting(readTimeout=0, maxConcurrentConnections=1, maxWaitQueueSize=0),
            "match": harness.api(down, flowExecution={"matchRequired": True}),
            "content": harness.api(down, flows=[{"request": [step("{#request.content}")]}]),
            "answer": harness.api(self.quick.url, flows=[{"response": [step("{#response.content}")]}]),
            "condition": harness.api(down, flows=[{"request": [step("a", condition=wrong)]}]),
            "policy": harness.api(down, flows=[{"request": [step(wrong)]}]),
            "empty": harness.api("no target"), "closed": harness.api(self.quick.url),
            "failover": harness.api(down, failover={"enabled": True, "maxRetries": 1}),
            "method": harness.api(down, flows=[{"request": [{"policy": "policy-assign-attributes", "configuration": {
                "attributes": [{"name": "gravitee.attribute.request.method", "value": "no method"}]}}]}]),
            **{name: harness.api(self.quick.url) for name in ("cors", "null", "plan", "rule")},
        }
        apis["closed"]["listeners"][0]["entrypoints"] = []
        apis["cors"]["listeners"][0]["cors"] = {"enabled": True, "allowOrigin": ["http://o"], "allowMethods": ["GET"]}
        apis["null"]["listeners"][0]["requestValidation"] = {"rejectNullByte": True}
        apis["plan"]["plans"][0]["selectionRule"] = "#request.method == 'PUT'"
        apis["rule"]["plans"][0]["selectionRule"] = wrong
        for name, api in apis.items():
            api["id"] = name
            api["listeners"][0]["paths"][0]["path"] = "/" + name
        return {name + ".json": api for name, api in apis.items()}

    def waiting(self, **options):
        api = harness.api(self.slow.url)
        api["endpointGroups"][0]["endpoints"][0]["sharedConfigurationOverride"] = {"http": options}
        return api

    def ask(self, data):
        return self.test.ask(self.gateway, data)

    @contextlib.contextmanager
    def waits_at(self, path):
        """A connection whose request is with the backend."""
        while not self.slow.requests.empty():
            self.slow.requests.get()
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=harness.PATIENCE) as client:
            client.sendall(request(path, TEXT))
            self.slow.requests.get(timeout=harness.PATIENCE)
            yield client

    def ask_beside_another(self):
        with self.waits_at("/full"):
            return self.ask(request("/full", TEXT))

    def ask_while_removed(self):
        with self.waits_at("/removed") as client:
            self.gateway.remove("removed.json")
            answer = http.client.HTTPResponse(client)
            answer.begin()
            return answer.status, answer.headers, answer.read()


if __name__ == "__main__":
    harness.run()
