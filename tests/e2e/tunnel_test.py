"""WebSocket tunnels in number, and how they end, by npm's `ws` on both sides of the gateway."""
import pathlib
import signal
import unittest

import harness
import npm
from harness import Gateway, api

SCRIPTS = pathlib.Path(__file__).with_name("tunnel")
TERMINATED = 40  # connections that client.js breaks off


class Tunnels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = npm.install_ws(cls)

    def node(self, script, *arguments):
        return npm.node(self, self.folder, SCRIPTS / script, *arguments)

    def setUp(self):
        self.backend = self.node("backend.js")
        self.target = f"http://127.0.0.1:{int(self.backend.stdout.readline())}"

    def start(self, **keys):
        return self.enterContext(Gateway(keys, apis={"api.json": api(self.target)})).started()

    def test_many_tunnels_pass_messages_and_end_as_their_sides_say(self):
        gateway = self.start(**{"http.websocket.enabled": "true"})
        client = self.node("client.js", f"ws://127.0.0.1:{gateway.port}")
        said, _ = client.communicate(timeout=harness.PATIENCE)
        self.assertEqual((client.returncode, said), (0, "all is well\n"))
        # The backend heard each client's own close, and the broken ones.
        closes = [self.backend.stdout.readline() for _ in range(TERMINATED + 3)]
        self.assertIn("closed 4001 bye\n", closes)
        self.assertIn("closed 4002 enough\n", closes)
        self.assertEqual(closes.count("closed 1006 \n"), TERMINATED)

    def test_a_gateway_that_stops_tells_its_clients_to_go_elsewhere(self):
        gateway = self.start(**{"http.websocket.enabled": "true"})
        clients = [self.node("listener.js", f"ws://127.0.0.1:{gateway.port}/a/x") for _ in range(3)]
        for client in clients:
            self.assertEqual(client.stdout.readline(), "open\n")
        gateway.signal(signal.SIGTERM)
        for client in clients:
            said, _ = client.communicate(timeout=harness.PATIENCE)
            self.assertEqual((client.returncode, said), (0, "closed 1001 \n"))
        # The clients' own answers to the close frame went on to the backend.
        self.assertEqual([self.backend.stdout.readline() for _ in clients], ["closed 1001 \n"] * 3)
        self.assertEqual(gateway.wait(), 0)


if __name__ == "__main__":
    harness.run()
