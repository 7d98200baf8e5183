"""Clients that send any bytes, and a backend that records and judges what arrives; in one thread.

The test turns the loop itself and waits for what it wants to see: nothing sleeps, nothing races.
"""
import contextlib
import selectors
import socket
import struct
import time

import harness
import strict

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """One connection, either side. `received` keeps every byte; `over` when the other side ended."""

    def __init__(self, wire, connection):
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire, self.socket = wire, connection
        self.received, self.over, self.reading = bytearray(), False, True
        self._unsent, self.on_bytes = bytearray(), None
        wire.selector.register(connection, selectors.EVENT_READ, self)

    def send(self, data):
        self._unsent += data
        self._write()

    def send_slowly(self, data):
        """Byte by byte, each in a packet of its own as far as the other side takes them."""
        for at in range(len(data)):
            self.send(data[at:at + 1])
            self.wire.turn(0)

    def stop_reading(self):
        self.read_on(False)

    def read_on(self, reading=True):
        self.reading = reading
        self._watch()

    def end(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        if self.socket.fileno() >= 0:
            with contextlib.suppress(KeyError):
                self.wire.selector.unregister(self.socket)
            self.socket.close()
        self.over = True

    def ready(self, events):
        if events & selectors.EVENT_READ:
            self._read()
        if events & selectors.EVENT_WRITE and self.socket.fileno() >= 0:
            self._write()

    def _read(self):
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.received += data
        if not data:
            self.over = True
            self._watch()
        elif self.on_bytes:
            self.on_bytes(self)

    def _write(self):
        try:
            while self._unsent:
                del self._unsent[:self.socket.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:  # the other side is gone; what it sent before is still to be read
            self._unsent.clear()
        self._watch()

    def _watch(self):
        if self.socket.fileno() < 0:
            return
        events = selectors.EVENT_READ if self.reading and not self.over else 0
        if self._unsent:
            events |= selectors.EVENT_WRITE
        with contextlib.suppress(KeyError):
            self.wire.selector.unregister(self.socket)
        if events:
            self.wire.selector.register(self.socket, events, self)


class Backend:
    """Takes one strictly read request at a time, records it and gives `answer(message)`.

    `findings` holds what was wrong with the bytes that came: it must stay empty. None as an answer
    says nothing. Answers are bytes, or functions that get the connection."""

    def __init__(self, wire):
        self.wire, self.peers, self.messages, self.findings = wire, [], [], []
        self.answer = lambda message: OK
        self._reading = True
        self._port = 0  # any, then the same
        self.listen()
        self.url = f"http://127.0.0.1:{self._port}"

    def listen(self):
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=256)
        self._listener.setblocking(False)
        self._port = self._listener.getsockname()[1]
        self.wire.selector.register(self._listener, selectors.EVENT_READ, self)

    def ready(self, _):
        with contextlib.suppress(BlockingIOError):
            peer = Peer(self.wire, self._listener.accept()[0])
            peer.on_bytes, peer.judged = self._judge, 0
            peer.read_on(self._reading)
            self.peers.append(peer)

    def stop_reading(self, stop=True):
        """Of connections that are there and of new ones."""
        self._reading = not stop
        for peer in self.peers:
            peer.read_on(not stop)

    def begun(self):
        """Connections on which a request began and is not whole."""
        return [peer for peer in self.peers if len(peer.received) > peer.judged]

    def forget(self):
        """Begins anew; connections whose request is not whole go, the others may be used again."""
        self.messages.clear()
        self.findings.clear()
        for peer in self.peers:
            if peer.over or len(peer.received) > peer.judged:
                peer.close()
        self.peers = [peer for peer in self.peers if not peer.over]

    def _judge(self, peer):
        try:
            read = strict.read_request(peer.received[peer.judged:])
            if read is None:
                return
            message, used = read
            peer.judged += used
            # The gateway sends its next request on a connection after the answer only.
            strict.require(peer.judged == len(peer.received), "bytes behind a request",
                           peer.received[peer.judged:])
        except strict.Finding as finding:
            self.findings.append(str(finding))
            peer.close()
            return
        message.peer = peer
        self.messages.append(message)
        answer = self.answer(message)
        if callable(answer):
            answer(peer)
        elif answer is not None:
            peer.send(answer)

    def close(self):
        """Whoever connects is refused."""
        for peer in self.peers:
            peer.close()
        if self._listener.fileno() >= 0:
            self.wire.selector.unregister(self._listener)
            self._listener.close()


class Wire:
    """The loop of a test, its clients and its backend."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.clients = []
        self.backend = Backend(self)

    def connect(self, gateway, receive_buffer=None):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(harness.PATIENCE)
        connection.connect((gateway.host, gateway.port))
        peer = Peer(self, connection)
        self.clients.append(peer)
        return peer

    def turn(self, timeout):
        for key, events in self.selector.select(timeout):
            key.data.ready(events)

    def until(self, done, what):
        limit = time.monotonic() + harness.PATIENCE
        while not done():
            if time.monotonic() > limit:
                raise AssertionError(f"did not happen: {what}")
            self.turn(1)

    def ask(self, gateway, request, methods=("GET",), slowly=False, to_end=False):
        """The strictly read answers to these bytes, what came behind them, and whether the gateway hung
        up; waits for the answers, or to the end. The connection is closed."""
        client = self.connect(gateway)
        client.send_slowly(request) if slowly else client.send(request)
        self.until(lambda: client.over or not to_end and self._answered(client, methods),
                   f"answers to {request[:2000]!r}")
        over = client.over
        answers, rest = strict.read_answers(client.received, methods, over)
        client.close()
        self.clients.remove(client)
        return answers, rest, over

    @staticmethod
    def _answered(client, methods):
        return len(strict.read_answers(client.received, methods, False)[0]) == len(methods)

    def close(self):
        for client in self.clients:
            client.close()
        self.backend.close()
        self.selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
