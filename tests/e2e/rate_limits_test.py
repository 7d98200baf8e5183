"""Rate limits in a running gateway: exact over its workers, kept over redeploys, by the kind of ratelimit.type."""
import collections
import threading
import unittest

import harness
from harness import Backend, Gateway

LIMIT, CLIENTS, EACH = 150, 16, 25


def api(backend, name="limited", limit=LIMIT, **configuration):
    rate = {"limit": limit, "periodTime": 1, "periodTimeUnit": "HOURS"}
    step = {"policy": "rate-limit", "configuration": {"addHeaders": True, "rate": rate, **configuration}}
    return harness.api(backend.url, name=name, flows=[{"name": "f", "enabled": True, "request": [step]}])


class RateLimits(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend())

    def gateway(self, definition, **keys):
        gateway = self.enterContext(Gateway(
            {key.replace("_", "."): value for key, value in keys.items()}, apis={"a.json": definition}))
        return gateway.started()

    def test_workers_together_admit_the_limit_exactly(self):
        gateway = self.gateway(api(self.backend), ratelimit_type="local", http_instances="4")
        statuses, remaining = collections.Counter(), []

        def ask():
            for _ in range(EACH):  # each on a connection of its own, so that all workers get some
                status, headers, _ = gateway.request("/a")
                statuses[status] += 1
                if status == 200:
                    remaining.append(int(headers["X-Rate-Limit-Remaining"]))

        clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(statuses, {200: LIMIT, 429: CLIENTS * EACH - LIMIT})
        self.assertEqual(sorted(remaining), list(range(LIMIT)), "each number once")
        self.assertEqual(self.backend.requests.qsize(), LIMIT)

    def test_a_redeploy_keeps_the_count_and_changes_the_limit(self):
        gateway = self.gateway(api(self.backend, limit=2), ratelimit_type="local")
        self.assertEqual([gateway.request("/a")[0] for _ in range(3)], [200, 200, 429])
        mark = gateway.mark()
        gateway.put("a.json", api(self.backend, name="changed", limit=5))
        gateway.wait_for("name[changed]", since=mark)
        answers = [gateway.request("/a") for _ in range(3)]
        self.assertEqual([status for status, _, _ in answers], [200, 200, 429])
        self.assertEqual(answers[0][1]["X-Rate-Limit-Remaining"], "1")

    def test_without_a_store_nothing_is_limited(self):
        gateway = self.gateway(api(self.backend, limit=1))
        for _ in range(3):
            status, headers, _ = gateway.request("/a")
            self.assertEqual((status, headers["X-Rate-Limit-Limit"]), (200, None))

    def test_a_store_without_a_driver_fails_for_ever(self):
        for strategy, expected in (("FALLBACK_PASS_TROUGH", (200, "-1")), ("BLOCK_ON_INTERNAL_ERROR", (429, None))):
            with self.subTest(strategy):
                gateway = self.gateway(api(self.backend, errorStrategy=strategy), ratelimit_type="mongodb")
                status, headers, _ = gateway.request("/a")
                self.assertEqual((status, headers["X-Rate-Limit-Reset"]), expected)

    def test_more_headers_when_switched_on(self):
        gateway = self.gateway(api(self.backend, limit=1), ratelimit_type="local",
                               **{"perigee.ratelimit.ietfHeaders": "true", "perigee.ratelimit.retryAfter": "true"})
        _, headers, _ = gateway.request("/a")
        self.assertEqual(headers["RateLimit-Policy"], '"rate-limit";q=1;w=3600')
        self.assertRegex(headers["RateLimit"], r'^"rate-limit";r=0;t=3600$')
        _, headers, _ = gateway.request("/a")
        self.assertTrue(3500 < int(headers["Retry-After"]) <= 3600)


if __name__ == "__main__":
    harness.run()
