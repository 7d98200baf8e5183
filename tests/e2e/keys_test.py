"""Keys of the configuration do what they are for, in the real program."""
import unittest

import harness
from harness import Backend, Gateway, api


class Keys(unittest.TestCase):
    def start(self, **keys):
        self.backend = self.enterContext(Backend())
        keys = {key.replace("__", "."): value for key, value in keys.items()}
        return self.enterContext(Gateway(keys, apis={"api.json": api(self.backend.url)})).started()

    def test_a_trace_begins_here_when_it_is_switched_on(self):
        gateway = self.enterContext(Gateway({"handlers.request.trace-context.enabled": "true"})).started()
        self.assertRegex(gateway.request("/none")[1]["traceparent"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        self.assertIsNone(self.start().request("/a/x")[1]["traceparent"])
        self.assertNotIn("traceparent", self.backend.requests.get()[2])

    def test_the_folder_is_looked_at_after_the_delay_of_synchronisation(self):
        gateway = self.enterContext(Gateway({
            "services.sync.local.path": "/nonexistent", "services.sync.delay": "7",
            "services.sync.unit": "SECONDS"}))
        gateway.wait_for("it is looked at again every 7000 ms")


if __name__ == "__main__":
    harness.run()
