"""What takes sentinels long, by their own periods of ten seconds: the rest of redis-client.md section 8. Run by
scripts/long.d/redis_failover, with what is quick.
"""
import harness
from redis_failover import COUNTER, ONE, Failover
from redis_world import PATIENT, PLENTY, Traffic, api, wait_until


class Slow(Failover):
    def counting(self, ha, **keys):
        return self.connected(api(self.echo, PLENTY, rate=ONE), {**ha.keys(), **PATIENT, **keys})

    def test_3_the_woken_primary_is_not_gone_back_to_until_all_is_whole(self):
        ha = self.world()
        gateway = self.counting(ha)
        mark = gateway.mark()
        with Traffic([gateway]) as traffic:
            traffic.until_more(20)
            fresh = self.follow(ha, [gateway], lambda: ha("stop-primary"))
            ha("heal")  # which ends when the woken one has been demoted
            traffic.until_more(20)
        self.assert_all_passed(traffic)
        self.assertEqual(ha.primary(), fresh)
        self.assertEqual(self.primary_of(gateway), "%s:%d" % fresh)
        self.assert_lines(gateway, mark, moved=1)

    def test_5_sentinels_repair_a_demotion(self):
        ha = self.world()
        gateway = self.counting(ha)
        with Traffic([gateway]) as traffic:
            traffic.until_more(20)
            mark = gateway.mark()
            ha("readonly")
            gateway.wait_for("the store of rate limits is away", since=mark)
            gateway.wait_for("the store of rate limits is at work", since=mark)
            traffic.until_more(20)
        self.assert_all_passed(traffic)
        self.tell(f"away for {self.facts(gateway)['awayMs'] / 1000:.1f} s")
        self.assertGreater(self.facts(gateway)["admittedAlone"], 0)

    def test_9_without_most_sentinels_it_decides_alone_until_they_are_back(self):
        ha = self.world()
        gateway = self.counting(ha)
        with Traffic([gateway]) as traffic:
            traffic.until_more(20)
            old, mark = ha("primary"), gateway.mark()
            for sentinel in (1, 2):
                ha("kill-sentinel", sentinel)
            ha("kill-primary")
            # Three times what a failover takes.
            wait_until(lambda: self.facts(gateway)["outageMs"] > 8000, "it goes on alone")
            self.assertEqual((self.facts(gateway)["circuit"], self.primary_of(gateway)), ("open", old))
            ha.begin("heal")
            gateway.wait_for("the store of rate limits is at work", since=mark)
            traffic.until_more(20)
        self.assert_all_passed(traffic)
        self.assert_lines(gateway, mark, away=1, at_work=1)
        wait_until(lambda: ha.counter(COUNTER) >= len(traffic.done), "what was admitted alone is counted")

    def test_7_gateways_that_share_the_store_count_each_other(self):
        ha = self.world()
        gateways = [self.counting(ha) for _ in range(3)]
        for gateway in gateways:
            wait_until(lambda: self.facts(gateway)["nodes"] == 3, "it knows of the others")
        gateways[2].process.kill()
        gateways[2].wait()
        for gateway in gateways[:2]:
            wait_until(lambda: self.facts(gateway)["nodes"] == 2, "it is forgotten")

    def test_10_tls(self):
        self.assert_followed(TLS=1)

    def test_10_a_password_of_sentinels(self):
        self.assert_followed(SENTINEL_PASSWORD="sentinelpw")

    def test_10_a_user(self):
        self.assert_followed(ACL_USER="gateway")

    def test_10_names(self):
        self.assert_followed(HOSTNAMES=1)

    def test_10_one_address(self):
        self.assert_followed(ONE_ADDRESS=1)


if __name__ == "__main__":
    harness.run()
