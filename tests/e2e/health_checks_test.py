"""Health checks of endpoints: a backend that is not well gets no request until it is well again."""
import time
import unittest

import clean
import harness
from harness import Backend, api


class Ailing(Backend):
    """Answers 200, and /health with what `well` says."""

    def __init__(self, name):
        self.well, self.checks = True, 0
        self.name = name
        super().__init__(self.reply)

    def reply(self, request, _):
        if request.path != "/health":
            return 200, self.name.encode()
        self.checks += 1
        return (200, b"fine") if self.well else (503, b"tired")


def definition(backends, **configuration):
    configuration = {"schedule": "* * * * * *", "target": "/health", "method": "GET",
                     "assertion": "{#response.status == 200 && #response.content == 'fine'}",
                     "successThreshold": 1, "failureThreshold": 2} | configuration
    made = api("http://none")
    made["endpointGroups"][0] |= {
        "services": {"healthCheck": {"type": "http-health-check", "configuration": configuration}},
        "endpoints": [{"name": backend.name, "type": "http-proxy",
                       "configuration": {"target": backend.url}} for backend in backends]}
    return made


class HealthChecks(unittest.TestCase):
    def setUp(self):
        self.one, self.two = (self.enterContext(Ailing(name)) for name in ("one", "two"))

    def start(self, **configuration):
        return clean.start(self, {"services.healthcheck.jitterInMs": 0,
                                  "services.metrics.enabled": "true"},
                           apis={"api.json": definition([self.one, self.two], **configuration)})

    def answering(self, gateway):
        return {gateway.request("/a/x")[2].decode() for _ in range(8)}

    def test_a_backend_is_taken_out_and_in(self):
        gateway = self.start()
        self.assertEqual(self.answering(gateway), {"one", "two"})
        for name in ("one", "two"):
            gateway.scrape(f'^perigee_endpoint_up{{.*api="api",endpoint="{name}"}} 1')
        self.one.well = False
        line = gateway.wait_for("is TRANSITIONALLY_DOWN: answered 503: ")
        self.assertIn("endpoint 'one' (127.0.0.1:", line)
        gateway.wait_for("is DOWN")
        self.assertEqual(self.answering(gateway), {"two"})
        gateway.scrape('endpoint_up{.*endpoint="one"} 0')
        self.two.well = False
        gateway.wait_for(f"endpoint 'two' (127.0.0.1:{self.two.port}) is DOWN")
        self.assertEqual(gateway.request("/a/x")[0], 503)
        self.one.well = self.two.well = True
        for backend in (self.one, self.two):
            gateway.wait_for(f"endpoint '{backend.name}' (127.0.0.1:{backend.port}) is UP")
        self.assertEqual(self.answering(gateway), {"one", "two"})

    def test_a_redeploy_keeps_what_is_known_and_an_end_of_checks_forgets_it(self):
        gateway = self.start()
        self.one.well = False
        gateway.wait_for("is DOWN")
        for value in "123":
            changed = definition([self.one, self.two]) | {"flows": harness.setting("X-V", value)}
            gateway.put("api.json", changed)
            limit = time.monotonic() + harness.PATIENCE
            while gateway.request("/a/x")[1]["X-V"] != value and time.monotonic() < limit:
                time.sleep(0.05)
            self.assertEqual(self.answering(gateway), {"two"})
        unchecked = definition([self.one, self.two])
        del unchecked["endpointGroups"][0]["services"]
        gateway.put("api.json", unchecked)
        limit = time.monotonic() + harness.PATIENCE
        while self.answering(gateway) != {"one", "two"} and time.monotonic() < limit:
            time.sleep(0.05)
        self.assertEqual(self.answering(gateway), {"one", "two"})

    def test_a_schedule_that_is_none_is_a_warning(self):
        gateway = self.start(schedule="every second")
        gateway.wait_for("is not checked: a schedule has 6 fields")
        self.assertEqual(self.answering(gateway), {"one", "two"})
        self.assertEqual(self.one.checks, 0)


if __name__ == "__main__":
    harness.run()
