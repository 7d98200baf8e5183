"""Rate limits that gateways share through a real Redis: exact, beside gateways of the reference, and while it fails."""
import collections
import re
import threading

import harness
from harness import Gateway
from redis_world import PATIENT, Redis, SharedStore, api, wait_until


class SharedCounts(SharedStore):
    def test_two_gateways_admit_the_limit_together_exactly(self):
        limit, clients, each = 150, 16, 25
        redis = self.enterContext(Redis()).start()
        definition = api(self.backend, limit)
        gateways = [self.connected(definition, {"ratelimit.redis.port": redis.port, **PATIENT}) for _ in range(2)]
        answers = []

        def ask(gateway):
            for _ in range(each):  # each on a connection of its own, so that all workers get some
                answers.append(gateway.request("/a")[:2])

        threads = [threading.Thread(target=ask, args=(gateways[i % 2],)) for i in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = collections.Counter(status for status, _ in answers)
        self.assertEqual(statuses, {200: limit, 429: len(answers) - limit})
        remaining = sorted(int(headers["X-Rate-Limit-Remaining"]) for status, headers in answers if status == 200)
        self.assertEqual(remaining, list(range(limit)), "each number once")
        key = self.only_key(redis)
        # What was refused from memory is told too, 100 ms later.
        wait_until(lambda: redis.cli("HGET", key, "counter") == str(len(answers)), "all are counted")
        self.assertEqual(redis.cli("HGET", key, "limit"), str(limit))

    def test_counts_go_on_where_a_gateway_of_the_reference_is(self):
        redis = self.enterContext(Redis()).start()
        gateway = self.connected(api(self.backend, 10), {"ratelimit.redis.port": redis.port, **PATIENT})
        self.assertEqual(gateway.request("/a")[1]["X-Rate-Limit-Remaining"], "9")
        key = self.only_key(redis)
        self.assertEqual(redis.cli("HINCRBY", key, "counter", 4), "5")  # as its script does
        self.assertEqual(gateway.request("/a")[1]["X-Rate-Limit-Remaining"], "4")
        self.assertEqual(redis.cli("HINCRBY", key, "counter", 4), "10")
        self.assertEqual(gateway.request("/a")[0], 429)

    def test_a_redis_that_comes_late_delays_nothing(self):
        redis = self.enterContext(Redis())
        gateway = self.gateway(api(self.backend, 10), {"ratelimit.redis.port": redis.port, **PATIENT})
        for remaining in ("9", "8", "7"):
            status, headers, _ = gateway.request("/a")
            self.assertEqual((status, headers["X-Rate-Limit-Remaining"]), (200, remaining))
        redis.start()
        gateway.wait_for("the store of rate limits is at work")  # it is told without a request
        wait_until(lambda: redis.cli("KEYS", "ratelimit:*") != "", "what was admitted is told")
        self.assertEqual(redis.cli("HGET", self.only_key(redis), "counter"), "3")
        self.assertEqual(gateway.request("/a")[1]["X-Rate-Limit-Remaining"], "6")

    def test_operators_see_the_store(self):
        redis = self.enterContext(Redis())
        gateway = self.gateway(api(self.backend, 1), {
            "ratelimit.redis.port": redis.port, "services.health.delay": "100", "http.instances": 1, **PATIENT,
            "services.metrics.enabled": "true", "services.metrics.prometheus.enabled": "true"})

        def probe():
            return gateway.node("/_node/health?probes=ratelimit-repository")

        wait_until(lambda: probe()[0] == 500 and b"not_connected" in probe()[2], "it says that Redis is away")
        self.assertEqual([gateway.request("/a")[0] for _ in range(2)], [200, 429])
        seen = gateway.node_json("/_node/ratelimit")
        self.assertEqual((seen["type"], seen["circuit"], seen["admittedAlone"], seen["refusedAlone"]),
                         ("redis", "open", 1, 1))
        redis.start()
        wait_until(lambda: probe()[0] == 200, "it says that Redis counts")
        self.assertEqual(redis.cli("KEYS", "ratelimit:hc-*"), "", "the probe leaves nothing")
        wait_until(lambda: gateway.node_json("/_node/ratelimit")["circuit"] == "closed", "the circuit is closed")
        seen = gateway.node_json("/_node/ratelimit")
        self.assertEqual(seen["redis"]["primary"], f"localhost:{redis.port}")
        self.assertEqual((seen["redis"]["links"], seen["redis"]["linksConnected"]), (1, 1))
        text = gateway.node("/_node/metrics/prometheus")[2].decode()
        self.assertRegex(text, r"perigee_ratelimit_store_up\{[^}]*\} 1\n")
        away = re.search(r"perigee_ratelimit_away_seconds_total\{[^}]*\} (\S+)\n", text)
        self.assertGreater(float(away[1]), 0.05, "since the start, until Redis was there")
        self.assertEqual(float(away[1]), seen["awayMs"] / 1000)
        self.assertRegex(text, r"perigee_ratelimit_refused_alone_total\{[^}]*\} 1\n")
        self.assertRegex(text, r"perigee_ratelimit_store_seconds_count\{[^}]*\} [1-9]")

    def test_asynchronous_counts_are_told_before_the_end(self):
        redis = self.enterContext(Redis()).start()
        keys = {"ratelimit.redis.port": redis.port, "services.ratelimit.async.flushInterval": "600000"}
        with Gateway({"ratelimit.type": "redis", "http.instances": 1, **keys},
                     apis={"a.json": api(self.backend, 1000, **{"async": True})}) as gateway:
            gateway.started()
            gateway.wait_for("connected to ")
            for _ in range(3):
                self.assertEqual(gateway.request("/a")[0], 200)
        self.assertEqual(redis.cli("HGET", self.only_key(redis), "counter"), "3")

    def test_without_local_budgets_the_error_strategy_decides(self):
        redis = self.enterContext(Redis())  # never there
        for strategy, expected in (("FALLBACK_PASS_TROUGH", (200, "-1")), ("BLOCK_ON_INTERNAL_ERROR", (429, None))):
            with self.subTest(strategy):
                gateway = self.gateway(api(self.backend, 5, errorStrategy=strategy),
                                       {"ratelimit.redis.port": redis.port, "perigee.ratelimit.local.enabled": "false"})
                status, headers, _ = gateway.request("/a")
                self.assertEqual((status, headers["X-Rate-Limit-Reset"]), expected)


if __name__ == "__main__":
    harness.run()
