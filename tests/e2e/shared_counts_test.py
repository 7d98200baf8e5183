"""Rate limits that gateways share through a real Redis: exact, beside gateways of the reference, and while it fails."""
import collections
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import Backend, Gateway, free_port, need

HERE = pathlib.Path(__file__).resolve().parent
# On a busy machine an answer takes longer than the 10 ms after which a gateway decides alone.
PATIENT = {"ratelimit.redis.operation.timeout": "20000"}


def api(backend, limit, **configuration):
    rate = {"limit": limit, "periodTime": 1, "periodTimeUnit": "HOURS"}
    step = {"policy": "rate-limit", "configuration": {"addHeaders": True, "rate": rate, **configuration}}
    return harness.api(backend.url, flows=[{"name": "f", "enabled": True, "request": [step]}])


class Redis:
    def __init__(self, port=None):
        self.port = port or free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="perigee-redis-")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder.name],
            stdout=subprocess.DEVNULL)
        wait_until(lambda: self.cli("PING") == "PONG", "Redis answers")
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *map(str, words)], check=False,
                              capture_output=True, text=True).stdout.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()


class RedisHa:
    """A primary, two replicas, three sentinels."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="perigee-ha-")
        self.port, self.sentinel_port = free_port("127.0.0.11"), free_port("127.0.0.21")

    def __call__(self, *words, check=True):
        environment = {**os.environ, "REDIS_HA_DIR": self.folder.name + "/ha", "REDIS_HA_QUIET": "1",
                       "REDIS_HA_PORT": str(self.port), "REDIS_HA_SENTINEL_PORT": str(self.sentinel_port)}
        done = subprocess.run(["bash", str(HERE.parent / "redis/support/redis-ha.sh"), *words], env=environment,
                              check=False, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise AssertionError(f"redis-ha.sh {words}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def keys(self):
        return {"ratelimit.redis.sentinel.nodes[0].host": "127.0.0.21",
                "ratelimit.redis.sentinel.nodes[0].port": self.sentinel_port,
                "ratelimit.redis.sentinel.master": "mymaster", "ratelimit.redis.password": "myredispassword"}

    def __enter__(self):
        self("up")
        return self

    def __exit__(self, *_):
        self("down", check=False)
        self.folder.cleanup()


def wait_until(done, what):
    limit = time.monotonic() + 60
    while not done():
        if time.monotonic() > limit:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.02)


class SharedCounts(unittest.TestCase):
    def setUp(self):
        need("redis-server")
        self.backend = self.enterContext(Backend())

    def gateway(self, definition, keys):
        return self.enterContext(Gateway({"ratelimit.type": "redis", **keys}, apis={"a.json": definition})).started()

    def connected(self, definition, keys, workers=2):
        """A gateway whose workers all have a connection: one without decides alone."""
        gateway = self.gateway(definition, {"http.instances": workers, **keys})
        wait_until(lambda: gateway.node_json("/_node/ratelimit")["redis"]["linksConnected"] == workers,
                   "every worker is connected")
        return gateway

    def only_key(self, redis):
        keys = redis.cli("KEYS", "ratelimit:*").split()
        self.assertEqual(len(keys), 1, keys)
        return keys[0]

    def test_two_gateways_admit_the_limit_together_exactly(self):
        limit, clients, each = 150, 16, 25
        redis = self.enterContext(Redis()).start()
        definition = api(self.backend, limit)
        gateways = [self.connected(definition, {"ratelimit.redis.port": redis.port, **PATIENT}) for _ in range(2)]
        # The first request of a gateway tries the store; others beside it would be decided alone.
        answers = [gateway.request("/a")[:2] for gateway in gateways]

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

    def test_a_killed_primary_costs_no_request_and_its_counts_are_repaired(self):
        need("redis-sentinel")
        ha = self.enterContext(RedisHa())
        gateways = [self.connected(api(self.backend, 1_000_000), ha.keys()) for _ in range(2)]
        answers, over = [], threading.Event()

        def ask(gateway):
            while not over.is_set():
                answers.append(gateway.request("/a")[0])

        threads = [threading.Thread(target=ask, args=(gateway,)) for gateway in gateways for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(answers) > 50, "requests are answered")
        marks = [gateway.mark() for gateway in gateways]
        ha("kill-primary")
        for gateway, mark in zip(gateways, marks):
            gateway.wait_for("the store of rate limits is away", since=mark)
            gateway.wait_for("has moved from", since=mark)
            gateway.wait_for("the store of rate limits is at work", since=mark)
        over.set()
        for thread in threads:
            thread.join()
        self.assertEqual(collections.Counter(answers), {200: len(answers)})
        self.assertEqual(gateways[0].request("/a")[0], 200)
        key = ha("cli", "KEYS", "ratelimit:*")
        total = len(answers) + 1
        # What was under way on the old primary may be counted twice; what was admitted alone by the gateway that
        # repaired first may be swallowed by the other's floor.
        def repaired():
            return abs(int(ha("cli", "HGET", key, "counter") or 0) - total) <= total // 10 + 20
        wait_until(repaired, f"about {total}, not {ha('cli', 'HGET', key, 'counter')}")


if __name__ == "__main__":
    harness.run()
