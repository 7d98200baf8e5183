"""WebSocket tunnels in number, and how they end, by npm's `ws` on both sides of the gateway."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import harness
from harness import Gateway, api

SCRIPTS = pathlib.Path(__file__).with_name("tunnel")
WS = "ws@8"
TERMINATED = 40  # connections that client.js breaks off


class Tunnels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Installs `ws` in a folder that goes with the test."""
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        try:
            install = subprocess.run(
                ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--prefix", cls.folder, WS],
                capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AssertionError(f"npm could not be run: {error}") from error
        if install.returncode != 0:
            raise AssertionError(f"npm install {WS} failed: is the registry reachable?\n{install.stderr}")

    def node(self, script, *arguments):
        process = subprocess.Popen(
            ["node", SCRIPTS / script, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "NODE_PATH": os.path.join(self.folder, "node_modules")})

        def end():
            process.kill()
            process.wait()
            process.stdout.close()
        self.addCleanup(end)
        return process

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


if __name__ == "__main__":
    harness.run()
