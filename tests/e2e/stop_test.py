"""The end of the process while definitions still change: in order, whatever the moment.

The end itself is judged by Gateway.close() of the harness, at the end of each `with`.
"""
import unittest

import harness
from harness import Backend, Gateway, api

ROUNDS = 10  # the moment differs from round to round


class Stop(unittest.TestCase):
    def setUp(self):
        self.backend = self.enterContext(Backend())

    def start(self):
        definitions = {f"{n}.json": api(self.backend.url, f"/{n}", str(n)) for n in range(3)}
        return Gateway(apis=definitions)

    def test_at_the_moment_of_a_redeploy(self):
        for _ in range(ROUNDS):
            with self.start() as gateway:
                gateway.started()
                self.assertEqual(gateway.request("/1/x")[0], 200)
                mark = gateway.mark()
                gateway.put("1.json", api(self.backend.url + "/other", "/1", "1"))
                gateway.wait_for("API id[1]", mark)

    def test_at_the_moment_of_a_removal(self):
        for _ in range(ROUNDS):
            with self.start() as gateway:
                gateway.started()
                self.assertEqual(gateway.request("/1/x")[0], 200)
                mark = gateway.mark()
                gateway.remove("1.json")
                gateway.wait_for("undeployed", mark)

    def test_before_the_first_round_is_over(self):
        for _ in range(ROUNDS):
            with self.start() as gateway:
                gateway.wait_for("has been deployed")


if __name__ == "__main__":
    harness.run()
