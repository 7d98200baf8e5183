// A WebSocket client that checks what passes through the gateway at argv[2]; exits with 1 and says
// what was wrong.
const assert = require('assert');
const { once } = require('events');
const WebSocket = require('ws');

const base = process.argv[2];

async function open(path, protocols) {
  const socket = new WebSocket(base + path, protocols);
  await once(socket, 'open');
  return socket;
}

async function echoes() {
  const socket = await open('/a/chat?room=1', ['other', 'chat']);
  assert.strictEqual(socket.protocol, 'chat');
  socket.send('where');
  assert.strictEqual((await once(socket, 'message'))[0].toString(), '/chat?room=1');
  const large = Buffer.alloc(1 << 20, 'perigee');
  socket.send(large);
  const [data, isBinary] = await once(socket, 'message');
  assert.ok(isBinary && large.equals(data), 'a large message came back changed');
  socket.ping('are you there');
  assert.strictEqual((await once(socket, 'pong'))[0].toString(), 'are you there');
  return socket;
}

async function closes() {
  const left = await open('/a/x');
  left.send('leave');
  const [code, reason] = await once(left, 'close');
  assert.deepStrictEqual([code, reason.toString()], [4001, 'bye']);
  const leaving = await open('/a/x');
  leaving.close(4002, 'enough');
  assert.strictEqual((await once(leaving, 'close'))[0], 4002);
}

async function refused() {
  const socket = new WebSocket(base + '/a/refused');
  const [, response] = await once(socket, 'unexpected-response');
  assert.strictEqual(response.statusCode, 403);
  response.destroy();
}

// Fewer than one worker's share of the endpoint's connections.
async function many() {
  const sockets = await Promise.all(Array.from({ length: 40 }, () => open('/a/x')));
  for (let round = 0; round < 10; ++round) {
    await Promise.all(sockets.map(async (socket, index) => {
      socket.send(`${round} ${index}`);
      assert.strictEqual((await once(socket, 'message'))[0].toString(), `${round} ${index}`);
    }));
  }
  for (const socket of sockets) socket.terminate();
}

async function main() {
  const socket = await echoes();
  await closes();
  await refused();
  await many();
  socket.close();
  await once(socket, 'close');
  console.log('all is well');
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
