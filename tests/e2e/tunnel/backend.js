// A WebSocket backend: echoes; closes with 4001 when told "leave"; refuses /refused with 403. Prints
// its port, then one line per closed connection: the code and reason that it was closed with.
const http = require('http');
const { WebSocketServer } = require('ws');

const server = http.createServer((_, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({
  server,
  handleProtocols: (protocols) => (protocols.has('chat') ? 'chat' : false),
  verifyClient: (info, done) => done(!info.req.url.startsWith('/refused'), 403, 'Keep Out'),
});
sockets.on('connection', (socket, request) => {
  socket.on('message', (data, isBinary) => {
    if (!isBinary && data.toString() === 'leave') return socket.close(4001, 'bye');
    if (!isBinary && data.toString() === 'where') return socket.send(request.url);
    socket.send(data, { binary: isBinary });
  });
  socket.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
