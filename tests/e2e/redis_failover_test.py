"""A primary that is gone: scenarios 1, 2, 3, 7 and 9 of redis-client.md section 8, through the gateway, with real
processes. What takes sentinels long is in redis_failover_slow.py.
"""
import math
import os
import signal
import time

import harness
from redis_failover import COUNTER, ONE, Failover
from redis_world import PATIENT, PLENTY, Traffic, api, wait_until


class APrimaryIsGone(Failover):
    def test_1_killed_it_costs_no_request_and_no_time(self):
        ha = self.world()
        gateway = self.beside_plain(ha)
        with self.traffic_beside_plain(gateway) as traffic:
            traffic.until_more(100)
            fresh = self.follow(ha, [gateway], lambda: ha("kill-primary"))
            traffic.until_more(100)
        self.assert_all_passed(traffic)
        self.assert_adds_little(traffic)
        # Redis does not pass scripts on: the gateway has brought them with its connections.
        self.assertIn("cmdstat_script|load", ha("cli", "INFO", "commandstats"))
        self.assertNotIn("cmdstat_eval:", ha("cli", "INFO", "commandstats"))
        self.assertGreater(ha.counter(COUNTER, fresh), 100)

    def test_2_and_3_stopped_it_makes_nobody_wait_and_is_not_gone_back_to(self):
        ha = self.world()
        gateway = self.beside_plain(ha)
        old = ha.primary()
        with self.traffic_beside_plain(gateway) as traffic:
            traffic.until_more(100)
            mark = gateway.mark()
            fresh = self.follow(ha, [gateway], lambda: ha("stop-primary"))
            ha.begin("heal")  # it wakes, and calls itself a primary for 8 s and more
            wait_until(lambda: ha.node(old, "ROLE"), "it is awake")
            role, counted = ha.node(old, "ROLE")[0], ha.counter(COUNTER, fresh)
            traffic.until_more(200)
            self.assertGreater(ha.counter(COUNTER, fresh), counted)
            self.assertNotIn("name=perigee", ha.node(old, "CLIENT", "LIST")[0])
        self.tell(f"the woken node calls itself a {role}")
        self.assert_all_passed(traffic)
        self.assert_adds_little(traffic)
        self.assert_lines(gateway, mark, moved=1)
        self.assertEqual(self.primary_of(gateway), "%s:%d" % fresh)

    def test_7_the_limit_holds_where_the_reference_has_none(self):
        limit, nodes = 600, 3
        ha = self.world()
        keys = {**ha.keys(), **PATIENT, "perigee.ratelimit.local.nodes": nodes}
        ours = [self.connected(api(self.echo, limit, rate=ONE), keys) for _ in range(nodes)]
        through = {"useKeyOnly": True, "key": "through"}
        keys = {**keys, "perigee.ratelimit.local.enabled": "false"}
        theirs = [self.connected(api(self.echo, limit, rate=through), keys) for _ in range(nodes)]
        marks = [gateway.mark() for gateway in ours]
        victim = ha.process_of(ha.primary())
        with Traffic(ours + theirs, clients=2) as traffic:
            traffic.until_more(limit // 2)
            killed = []

            def kill():
                killed.append(time.monotonic())
                os.kill(victim, signal.SIGKILL)
            self.follow(ha, ours + theirs, kill)

            def is_used_up():
                return ha.counter(COUNTER) > limit and ha.counter("ratelimit:through:rl") > limit
            wait_until(is_used_up, "the limit is reached")
            traffic.until_more(100)
        self.assertEqual(traffic.failed, [])
        admitted = [each for each in traffic.done if each.status == 200]
        bound = limit + self.stale(traffic, ours, killed[0], limit) / nodes + nodes - 1
        total = sum(each.gateway in ours for each in admitted)
        passed = len(admitted) - total
        self.tell(f"limit {limit}, bound {bound:.1f}: admitted {total}; by the reference's way {passed}")
        self.assertLessEqual(total, math.ceil(bound))
        self.assertGreaterEqual(total, limit - 2 * len(ours), "what was under way may be counted twice")
        self.assertGreaterEqual(passed, limit, "and what came while Redis was away: without bound")
        for gateway, mark in zip(ours, marks):
            self.assert_lines(gateway, mark, away=1, at_work=1, moved=1)

    @staticmethod
    def stale(traffic, gateways, when, limit):
        """By how much what gateways had been told was behind what had been counted (redis-client.md 4.2), at most."""
        before = [each for each in traffic.done
                  if each.gateway in gateways and each.begun < when and each.status == 200]
        behind = 0
        for gateway in gateways:
            told = [limit - each.remaining for each in before
                    if each.gateway is gateway and each.begun + each.seconds < when]
            behind += max(len(before) - max(told, default=0), 0)
        return behind

    def test_9_two_of_three_sentinels_are_enough(self):
        ha = self.world()
        unwanted = {"ratelimit.redis.sentinel.password": "unwanted"}  # 11: used by nobody
        gateway = self.connected(api(self.echo, PLENTY, rate=ONE), {**ha.keys(), **PATIENT, **unwanted})
        gateway.wait_for("wants no password, although one is configured")
        with Traffic([gateway]) as traffic:
            traffic.until_more(20)
            mark = gateway.mark()
            ha("kill-sentinel", 1)  # the one that is configured
            gateway.wait_for("WARN  io.gravitee.gateway.redis - sentinel %s:%d: " % ha.sentinels()[0], since=mark)
            self.follow(ha, [gateway], lambda: ha("kill-primary"))
            traffic.until_more(20)
        self.assert_all_passed(traffic)
        self.assert_lines(gateway, mark, away=1, at_work=1, moved=1)


if __name__ == "__main__":
    harness.run()
