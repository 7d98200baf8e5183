"""A primary that is there, but must not be counted with, or forgets: scenarios 4, 5, 6, 8 and 12 of redis-client.md
section 8, through the gateway, with real processes.
"""
import re
import time

import harness
from redis_failover import COUNTER, LEFT_MAX, ONE, Failover
from redis_world import PATIENT, PLENTY, Redis, Traffic, api, ask_redis, wait_until


class APrimaryIsStillThere(Failover):
    def test_4_and_8_cut_off_it_is_left_and_what_it_counted_is_repaired(self):
        ha = self.world()
        gateways = [self.connected(api(self.echo, PLENTY, rate=ONE), {**ha.keys(), **PATIENT}) for _ in range(2)]
        old = ha.primary()
        replicas = [address for address in ha.nodes() if address != old]
        with Traffic(gateways, clients=2) as traffic:
            traffic.until_more(50)
            ha("partition")
            behind = max(ha.counter(COUNTER, each) for each in replicas)
            wait_until(lambda: self.most_name_another(ha, old), "most sentinels name another")
            named = time.monotonic()
            for gateway in gateways:
                wait_until(lambda: self.primary_of(gateway) != "%s:%d" % old, "it is left")
            left = time.monotonic() - named
            acknowledged = ha.counter(COUNTER, old)
            role = ha.node(old, "ROLE")[0]
            for gateway in gateways:
                wait_until(lambda: self.is_back(gateway, "%s:%d" % old), "it is at work")
            traffic.until_more(50)
        self.assert_all_passed(traffic)
        fresh = ha.primary()
        wait_until(lambda: ha.counter(COUNTER, fresh) >= acknowledged, "what was acknowledged is repaired")
        counted, repaired = ha.counter(COUNTER, fresh), sum(self.facts(each)["repaired"] for each in gateways)
        self.tell(f"left {left:.2f} s after most sentinels named another, while it called itself a {role}; "
                  f"{acknowledged - behind} acknowledged counts were lost, "
                  f"then {counted} of {len(traffic.done)} requests were counted, {repaired} of them told later")
        self.assertLess(left, LEFT_MAX)
        self.assertGreater(acknowledged, behind, "there was something to lose")

    @staticmethod
    def most_name_another(ha, old):
        told = [ask_redis(each, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster") for each in ha.sentinels()]
        return sum(each is not None and each != [old[0], str(old[1])] for each in told) >= 2

    def test_5_demoted_it_counts_nothing_and_no_request_is_lost(self):
        ha = self.world()
        gateway = self.connected(api(self.echo, PLENTY, rate=ONE), {**ha.keys(), **PATIENT})
        with Traffic([gateway], clients=2) as traffic:
            traffic.until_more(50)
            mark = gateway.mark()
            ha("readonly")
            gateway.wait_for("not_primary: READONLY", since=mark)
            wait_until(lambda: "its role is" in self.facts(gateway)["redis"]["problem"], "it is asked its role")
            traffic.until_more(50)
            self.assertEqual(self.facts(gateway)["circuit"], "open")
            ha("cli", "REPLICAOF", "NO", "ONE")  # sentinels would take half a minute
            gateway.wait_for("the store of rate limits is at work", since=mark)
            traffic.until_more(50)
        self.assert_all_passed(traffic)
        wait_until(lambda: ha.counter(COUNTER) == len(traffic.done), "each request is counted, once")
        self.assert_lines(gateway, mark, away=1, at_work=1, moved=0)
        self.assertGreater(self.facts(gateway)["admittedAlone"], 0)

    def test_6_without_its_scripts_it_is_sent_them_once(self):
        redis = self.enterContext(Redis()).start()
        keys = {"ratelimit.redis.port": redis.port, "services.health.delay": "600000", **PATIENT}
        gateway = self.connected(api(self.echo, PLENTY, rate=ONE), keys, workers=1)
        wait_until(lambda: self.facts(gateway)["problem"] == "", "the probe has counted")
        self.assertEqual(gateway.request("/a")[0], 200)

        def calls(command):
            found = re.search(rf"cmdstat_{command}:calls=(\d+)", redis.cli("INFO", "commandstats"))
            return int(found[1]) if found else 0
        before = calls("evalsha")
        redis.cli("SCRIPT", "FLUSH")
        answers = [gateway.request("/a")[1]["X-Rate-Limit-Remaining"] for _ in range(10)]
        self.assertEqual(answers, [str(PLENTY - 2 - n) for n in range(10)])
        self.assertEqual((calls("eval"), calls("evalsha") - before), (1, 10), "the first of ten is sent again")
        self.assertEqual(self.facts(gateway)["admittedAlone"], 0)

    def test_12_without_replicas_it_refuses_and_the_gateway_decides_alone(self):
        ha = self.world(MIN_REPLICAS=1)
        gateway = self.connected(api(self.echo, PLENTY, rate=ONE), {**ha.keys(), **PATIENT})
        with Traffic([gateway], clients=2) as traffic:
            traffic.until_more(50)
            mark = gateway.mark()
            for node in (2, 3):
                ha("kill-node", node)
            gateway.wait_for("answers no_replicas: NOREPLICAS", since=mark)
            gateway.wait_for("the store of rate limits is away", since=mark)
            traffic.until_more(50)
            self.assertEqual(self.facts(gateway)["redis"]["linksConnected"], 2)
            ha.begin("heal")
            gateway.wait_for("the store of rate limits is at work", since=mark)
            traffic.until_more(50)
        self.assert_all_passed(traffic)
        self.assertGreater(self.facts(gateway)["admittedAlone"], 0)
        wait_until(lambda: ha.counter(COUNTER) == len(traffic.done), "each request is counted, once")
        self.assert_lines(gateway, mark, away=1, at_work=1, moved=0)


if __name__ == "__main__":
    harness.run()
