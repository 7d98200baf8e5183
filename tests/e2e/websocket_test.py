"""WebSocket end to end: client and server of npm's `ws`, the gateway between them."""
import json
import pathlib
import subprocess
import unittest

import harness
import npm
from harness import Gateway, api

# Echoes; says which headers of the handshake have arrived; closes with 4001 when told "bye".
SERVER = """
const { WebSocketServer } = require('ws');
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (all) => [...all][0] });
server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket, request) => {
  socket.send(JSON.stringify({ url: request.url, asked: request.headers['x-asked'] }));
  socket.on('message', (data, binary) => {
    if (!binary && data.toString() === 'bye') return socket.close(4001, 'as asked');
    socket.send(data, { binary });
  });
});
"""

# Prints one JSON line of what it saw.
CLIENT = """
const crypto = require('crypto');
const WebSocket = require('ws');
const compressed = process.argv[3] === 'compressed';
const socket = new WebSocket(process.argv[2], ['chat'], {
  perMessageDeflate: compressed, headers: { 'X-Asked': 'yes' } });
const big = crypto.randomBytes(200000);
const sent = ['hello', '', big, 'ping'];
const seen = { echoes: 0 };
socket.on('message', (data, binary) => {
  if (!seen.first) {
    seen.first = JSON.parse(data);
    seen.protocol = socket.protocol;
    sent.slice(0, 3).forEach((message) => socket.send(message));
    return;
  }
  const wanted = sent[seen.echoes];
  const same = binary ? data.equals(wanted) : data.toString() === wanted;
  if (!same) { console.error('not what was sent', seen.echoes); process.exit(1); }
  seen.echoes += 1;
  if (seen.echoes === 3) socket.ping('p');
});
socket.on('pong', (data) => { seen.pong = data.toString(); socket.send('bye'); });
socket.on('close', (code, reason) => {
  console.log(JSON.stringify({ ...seen, code, reason: reason.toString() }));
});
socket.on('unexpected-response', (request, response) => {
  console.log(JSON.stringify({ status: response.statusCode }));
  process.exit(0);
});
socket.on('error', (error) => { console.error(error.message); process.exit(1); });
"""


class WebSockets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(npm.install_ws(cls))
        (cls.folder / "server.js").write_text(SERVER)
        (cls.folder / "client.js").write_text(CLIENT)

    def start(self, enabled):
        server = npm.node(self, self.folder, self.folder / "server.js")
        target = f"http://127.0.0.1:{int(server.stdout.readline())}/base"
        return self.enterContext(Gateway(
            {"http.websocket.enabled": enabled}, apis={"api.json": api(target)})).started()

    def client(self, gateway, *arguments):
        url = f"ws://127.0.0.1:{gateway.port}/a/chat?room=1"
        run = subprocess.run(["node", "client.js", url, *arguments], capture_output=True, text=True,
                             timeout=harness.PATIENCE, cwd=self.folder)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def test_messages_pings_and_the_close_pass_both_ways(self):
        gateway = self.start("true")
        for arguments in ((), ("compressed",)):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.client(gateway, *arguments), {
                    "first": {"url": "/base/chat?room=1", "asked": "yes"}, "protocol": "chat",
                    "echoes": 3, "pong": "p", "code": 4001, "reason": "as asked"})

    def test_an_upgrade_is_a_plain_request_while_websockets_are_off(self):
        # The server of ws tells a plain request that it wants an upgrade.
        self.assertEqual(self.client(self.start("false")), {"status": 426})


if __name__ == "__main__":
    harness.run()
