"""Policies that call: retry asks the backend again, traffic-shadowing asks another one too."""
import time
import unittest

import clean
import harness
from harness import Backend, api


def asking(policy, **configuration):
    return [{"name": "flow", "enabled": True, "request": [
        {"policy": policy, "enabled": True, "configuration": configuration}]}]


class Failing(Backend):
    """Answers 503 to the first `times` requests, then 200 with the request's body."""

    def __init__(self, times):
        self.times = times
        super().__init__(self.reply)

    def reply(self, _, body):
        self.times -= 1
        return (503, b"busy") if self.times >= 0 else (200, body)


class Retry(unittest.TestCase):
    def start(self, backend, **configuration):
        configuration = {"condition": "{#response.status == 503}", "maxRetries": 2} | configuration
        definition = api(self.enterContext(backend).url, flows=asking("retry", **configuration))
        return clean.start(self, {}, apis={"api.json": definition})

    def test_the_body_is_sent_again(self):
        backend = Failing(2)
        gateway = self.start(backend)
        status, headers, body = gateway.request("/a/x", "POST", body=b"hello" * 1000)
        self.assertEqual((status, body), (200, b"hello" * 1000))
        self.assertEqual(len(headers.get_all("X-Gravitee-Transaction-Id")), 1)
        self.assertEqual(len(headers.get_all("Content-Type")), 1)
        asked = [backend.requests.get() for _ in range(3)]
        ids = {request[2]["X-Gravitee-Transaction-Id"] for request in asked}
        self.assertEqual((len(ids), backend.requests.qsize()), (1, 0))

    def test_what_fails_for_ever_is_502_without_a_body(self):
        gateway = self.start(Failing(99))
        status, _, body = gateway.request("/a/x")
        self.assertEqual((status, body), (502, b""))

    def test_the_last_answer_when_it_is_wanted(self):
        gateway = self.start(Failing(99), lastResponse=True)
        status, _, body = gateway.request("/a/x")
        self.assertEqual((status, body), (503, b"busy"))

    def test_a_condition_that_cannot_be_evaluated_is_told(self):
        gateway = self.start(Failing(0), condition="{#response.status > 'x'}")
        self.assertEqual(gateway.request("/a/x")[0], 500)
        gateway.wait_for("the call of the backend: ")

    def test_an_attempt_that_takes_too_long_is_given_up(self):
        slow = iter([2, 0])
        backend = Backend(lambda *_: (time.sleep(next(slow)), (200, b"late"))[1])
        gateway = self.start(backend, timeout=200)
        begun = time.monotonic()
        status, _, body = gateway.request("/a/x")
        self.assertEqual((status, body), (200, b"late"))
        self.assertLess(time.monotonic() - begun, 1.9)

    def test_a_backend_that_is_not_there_is_tried_again(self):
        definition = api(f"http://127.0.0.1:{harness.free_port()}",
                         flows=asking("retry", condition="{false}", maxRetries=3))
        gateway = clean.start(self, {}, apis={"api.json": definition})
        status, _, body = gateway.request("/a/x")
        self.assertEqual((status, body), (502, b""))


class Shadowing(unittest.TestCase):
    def start(self, target):
        self.backend = self.enterContext(Backend())
        flows = asking("traffic-shadowing", target=target, headers=[{"name": "X-Shadow", "value": "1"}])
        return clean.start(self, {}, apis={"api.json": api(self.backend.url, flows=flows)})

    def test_another_server_gets_a_copy(self):
        bodies = []
        shadow = self.enterContext(Backend(lambda _, body: (bodies.append(body), (500, b"no"))[1]))
        gateway = self.start(shadow.url + "/s{#request.pathInfo}")
        status, headers, body = gateway.request("/a/x?q=1", "POST", {"X-Mine": "2"}, b"hello")
        self.assertEqual(status, 200)
        self.assertIn(b'"hello"', body)
        method, path, headers = shadow.requests.get(timeout=harness.PATIENCE)
        self.assertEqual((method, path), ("POST", "/s/x?q=1"))
        self.assertEqual((headers["X-Shadow"], headers["X-Mine"]), ("1", "2"))
        self.assertEqual(headers["Host"], shadow.url.removeprefix("http://"))
        self.assertEqual(bodies, [b"hello"])

    def test_a_shadow_that_is_not_there_harms_nothing_and_is_told(self):
        gateway = self.start(f"http://127.0.0.1:{harness.free_port()}/")
        self.assertEqual(gateway.request("/a/x")[0], 200)
        gateway.wait_for("copy of a request: ")

    def test_a_shadow_that_hangs_delays_nothing(self):
        shadow = self.enterContext(Backend(lambda *_: (time.sleep(3), (200, b""))[1]))
        gateway = self.start(shadow.url)
        begun = time.monotonic()
        self.assertEqual(gateway.request("/a/x")[0], 200)
        self.assertLess(time.monotonic() - begun, 2.5)
        shadow.requests.get(timeout=harness.PATIENCE)


if __name__ == "__main__":
    harness.run()
