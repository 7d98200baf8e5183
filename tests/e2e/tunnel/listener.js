// A WebSocket client that keeps the tunnel to argv[2] and argues with nobody: prints "open" when it
// stands, and how it was closed.
const WebSocket = require('ws');

const socket = new WebSocket(process.argv[2]);
socket.on('open', () => socket.send('hello'));
socket.on('message', () => console.log('open'));
socket.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
socket.on('error', (error) => console.log(error.message));
