"""What operators say of Redis and Sentinel, right and wrong: scenarios 10 and 11 of redis-client.md section 8, through
the gateway, with real processes.
"""
import time

import harness
from redis_failover import ONE, Failover
from redis_world import PATIENT, RedisHa, Relay, api, wait_until


class Settings(Failover):
    def test_10_names_tls_users_and_passwords_together(self):
        self.assert_followed(TLS=1, HOSTNAMES=1, ACL_USER="gateway", SENTINEL_PASSWORD="sentinelpw")

    def test_11_what_is_wrongly_configured_is_said_and_not_tried_in_haste(self):
        ha = self.world(SENTINEL_PASSWORD=RedisHa.PASSWORD, REPLICAS=1)
        right = {**ha.keys(), "ratelimit.redis.sentinel.password": RedisHa.PASSWORD}
        of_sentinels = [  # what is changed, what is said of it, and how often a sentinel is asked in one attempt
            ({"sentinel.master": "theirmaster"}, 1,
             'none of the 1 sentinels that answer knows a primary "theirmaster": is ratelimit.redis.sentinel.master'),
            ({"sentinel.password": "guessed1"}, 1,
             'no sentinel says who the primary "mymaster" is (127.0.0.1:PORT: denied: WRONGPASS'),
            ({"sentinel.password": None, "password": "guessed2"}, 2,
             'no sentinel says who the primary "mymaster" is (127.0.0.1:PORT: denied: it wants a password, none is '
             "configured for sentinels, and Redis's is wrong: WRONGPASS"),
        ]
        begun = []
        for changed, asked, message in of_sentinels:
            relay = self.enterContext(Relay(ha.sentinels()[0]))
            keys = {**right, "ratelimit.redis.sentinel.nodes[0].host": "127.0.0.1",
                    "ratelimit.redis.sentinel.nodes[0].port": relay.port}
            begun.append((self.wrongly(keys, changed), message.replace("PORT", str(relay.port)), relay, asked))
        started = time.monotonic()
        of_data = self.wrongly(right, {"password": "guessed3"})
        borrowing = self.connected(api(self.echo, 1, rate=ONE), {**ha.keys(), **PATIENT})  # as for the reference
        borrowing.wait_for("ratelimit.redis.password is right and is used for all sentinels")

        for gateway, message, relay, asked in begun:
            with self.subTest(message):
                self.assert_said(gateway, message)
                wait_until(lambda: len(relay.times_of(b"GET-MASTER-ADDR-BY-NAME")) > 2 * asked, "the third attempt")
                times = relay.times_of(b"GET-MASTER-ADDR-BY-NAME")
                self.tell([f"{at - times[0]:.1f} s" for at in times])
                self.assertGreater(times[2 * asked] - times[0], 2.3, "1 and 2 s, 20 % less at the most")
        with self.subTest("the password of Redis"):
            self.assert_said(of_data, "no connection to %s:%d: denied: " % ha.primary())
            wait_until(lambda: ha.refused_logins() >= 3, "the third attempt")
            self.assertGreater(time.monotonic() - started, 2.3)
        self.assertNotIn(RedisHa.PASSWORD, borrowing.text())

    def wrongly(self, keys, changed):
        changed = {"ratelimit.redis." + name: value for name, value in changed.items()}
        return self.gateway(api(self.echo, 1, rate=ONE), {"http.instances": 1, **keys, **changed})

    def assert_said(self, gateway, message):
        """It says what is wrong, and admits what it may alone."""
        self.assertIn("ERROR", gateway.wait_for(message))
        self.assertEqual([gateway.request("/a")[0] for _ in range(2)], [200, 429])
        for secret in ("guessed", RedisHa.PASSWORD):
            self.assertNotIn(secret, gateway.text())


if __name__ == "__main__":
    harness.run()
