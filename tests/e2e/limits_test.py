"""Every limit on what peers may do, by its key, in the real program: who goes beyond is told or left."""
import unittest

import harness
import hostile
import strict
from hostile import Hostile, get, post

LARGE = 64 << 20  # more than the buffers of both kernels take


def ok(fields, body=b""):
    return b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body


class OfRequests(Hostile):
    """What a head may be."""
    keys = {"http.maxHeaderSize": "512", "http.maxInitialLineLength": "64", "perigee.limits.maxHeaders": "5",
            "perigee.limits.maxRequestsPerConnection": "3"}

    def test_the_first_beyond_is_refused_and_the_last_within_is_served(self):
        line = len("GET / HTTP/1.1")
        rows = [
            ("maxHeaderSize", get(b"X: " + b"v" * (512 - len("Host: h\r\nX: \r\n")) + b"\r\n"), 200),
            ("maxHeaderSize", get(b"X: " + b"v" * (513 - len("Host: h\r\nX: \r\n")) + b"\r\n"), 431),
            ("maxInitialLineLength", get(target=b"/" + b"a" * (64 - line)), 200),
            ("maxInitialLineLength", get(target=b"/" + b"a" * (65 - line)), 414),
            ("maxHeaders", get(b"a: b\r\n" * 4), 200),
            ("maxHeaders", get(b"a: b\r\n" * 5), 431),
        ]
        for name, request, status in rows:
            with self.case(name, status=status):
                answers, _, over = self.ask(request, to_end=status != 200)
                self.assertEqual(([answer.status for answer in answers], over), ([status], status != 200))
                self.assertEqual(len(self.backend.messages), status == 200)

    def test_a_connection_closes_after_its_last_request(self):
        answers, rest, over = self.ask(get() * 5, ["GET"] * 5, to_end=True)
        self.assertEqual([answer.all("Connection") for answer in answers], [[], [], [b"close"]])
        self.assertEqual((rest, over, len(self.backend.messages)), (b"", True, 3))

    def test_a_flood_of_fields_is_refused_before_its_end(self):
        client = self.wire.connect(self.gateway)
        client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n" + b"a: b\r\n" * 100000)
        self.wire.until(lambda: client.over, "the end of the connection")
        self.assertTrue(client.received.startswith(b"HTTP/1.1 431 "), client.received)


class OfTime(Hostile):
    """How long a peer may take."""
    keys = {"perigee.limits.headTimeout": "300ms", "perigee.limits.bodyIdleTimeout": "300ms",
            "perigee.limits.writeIdleTimeout": "300ms"}

    def test_a_slow_head_is_408(self):
        for name, begun in (("a letter", b"G"), ("half a head", b"GET /a HTTP/1.1\r\nHost: h\r\nX")):
            with self.case(name):
                answers, _, over = self.ask(begun, to_end=True)
                self.assertEqual(([answer.status for answer in answers], over), ([408], True))
                self.assertEqual(self.backend.messages, [])

    def test_a_head_that_trickles_is_408_too(self):
        client = self.wire.connect(self.gateway)
        client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n")

        def trickle():
            client.send(b"a: b\r\n")
            self.wire.turn(0.02)
            return client.over or client.received

        self.wire.until(trickle, "an answer to a head without end")
        self.assertTrue(client.received.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 431 ")), client.received)

    def test_an_upload_that_stops_is_408_and_never_whole(self):
        for name, request in (("length", post(b"Content-Length: 100\r\n", b"some")),
                              ("chunks", hostile.chunked(b"4\r\nsome\r\n"))):
            with self.case(name):
                answers, _, over = self.ask(request, ["POST"], to_end=True)
                self.assertEqual(([answer.status for answer in answers], over), ([408], True))
                peer = self.backend.begun()[0]
                self.wire.until(lambda peer=peer: peer.over, "the end of the connection to the backend")
                hostile.check_prefix(self, bytes(peer.received[peer.judged:]))
                self.check_nothing_is_left()

    def test_a_client_that_does_not_read_is_left_and_so_is_its_backend(self):
        self.backend.answer = lambda message: (hostile.OK if message.target == "/sentinel" else
                                               ok(b"Content-Length: %d\r\n" % LARGE, bytes(LARGE)))
        client = self.wire.connect(self.gateway, receive_buffer=4096)
        client.stop_reading()
        client.send(get())
        self.wire.until(lambda: self.backend.messages and self.backend.messages[0].peer.over,
                        "the end of the connection to the backend")
        self.check_nothing_is_left()


class OfBackends(Hostile):
    """How long a backend may take: the endpoint's own limits."""

    def definition(self):
        definition = super().definition()
        definition["endpointGroups"][0]["endpoints"][0] |= {
            "inheritConfiguration": False,
            "sharedConfigurationOverride": {"http": {"readTimeout": 500, "idleTimeout": 1000}}}
        return definition

    def check_504(self, request, method):
        answers, _, over = self.ask(request, [method], to_end=True)
        self.assertEqual(([answer.status for answer in answers], over), ([504], True))
        self.backend.stop_reading(False)
        self.wire.until(lambda: all(peer.over for peer in self.backend.peers), "the backend being left")
        self.backend.forget()
        self.backend.answer = lambda message: hostile.OK
        self.check_nothing_is_left()

    def test_one_that_does_not_read_is_left(self):
        self.backend.stop_reading()
        self.check_504(post(b"Content-Length: %d\r\n" % LARGE, bytes(LARGE)), "POST")

    def test_one_that_does_not_answer_is_left(self):
        self.backend.answer = lambda message: None
        self.check_504(get(), "GET")

    def test_one_that_only_begins_its_head_is_left(self):
        self.backend.answer = lambda message: b"HTTP/1.1 200 OK\r\nContent-Le"
        self.check_504(get(), "GET")

    def test_one_that_sends_interim_answers_only_is_left(self):
        self.backend.answer = lambda message: b"HTTP/1.1 102 Processing\r\n\r\n" * 3
        client = self.wire.connect(self.gateway)
        client.send(get())
        self.wire.until(lambda: client.over, "the end of an exchange without an answer")
        self.assertTrue(client.received.startswith(b"HTTP/1.1 102 "), client.received)
        self.assertIn(b"HTTP/1.1 504 ", client.received)

    def test_a_body_that_stops_is_not_whole(self):
        self.backend.answer = lambda message: ok(b"Content-Length: 100\r\n", b"some")
        answers, rest, over = self.ask(get(), to_end=True)
        self.assertEqual((answers, over), ([], True))
        self.assertTrue(rest.startswith(b"HTTP/1.1 200 ") and rest.endswith(b"\r\n\r\nsome"), rest)
        self.wire.until(lambda: all(peer.over for peer in self.backend.peers), "the backend being left")


class OfIdleConnections(Hostile):
    keys = {"http.idleTimeout": "1"}

    def test_a_connection_without_a_request_closes(self):
        fresh, used = self.wire.connect(self.gateway), self.wire.connect(self.gateway)
        used.send(get())
        self.wire.until(lambda: fresh.over and used.over, "the end of idle connections")
        self.assertEqual(bytes(fresh.received), b"")
        answers, rest = strict.read_answers(used.received, ["GET"], True)
        self.assertEqual(([answer.status for answer in answers], rest), ([200], b""))


class OfConnections(Hostile):
    keys = {"perigee.limits.maxConnections": "3"}

    def test_a_flood_waits_and_everyone_is_served_in_the_end(self):
        clients = [self.wire.connect(self.gateway) for _ in range(50)]
        for client in clients:
            client.send(get())
        waiting, most = list(clients), 0
        while waiting:
            self.wire.until(lambda: any(strict.read_answers(client.received, ["GET"], False)[0]
                                        for client in waiting), "an answer")
            served = [client for client in waiting if strict.read_answers(client.received, ["GET"], False)[0]]
            most = max(most, len(served))
            for client in served:
                client.close()
                waiting.remove(client)
        self.assertLessEqual(most, 3)
        self.gateway.wait_for("perigee.limits.maxConnections")
        self.check_nothing_is_left()


class OfAnswers(Hostile):
    """What a backend's head may be."""
    keys = {"perigee.limits.upstreamHeadBytes": "512", "perigee.limits.upstreamHeaders": "5"}

    def test_the_first_beyond_is_502_and_the_last_within_is_served(self):
        fixed = len("Content-Length: 2\r\nX: \r\n")
        rows = [
            ("upstreamHeadBytes", b"X: " + b"v" * (512 - fixed) + b"\r\n", 200),
            ("upstreamHeadBytes", b"X: " + b"v" * (513 - fixed) + b"\r\n", 502),
            ("upstreamHeaders", b"a: b\r\n" * 4, 200),
            ("upstreamHeaders", b"a: b\r\n" * 5, 502),
        ]
        for name, fields, status in rows:
            with self.case(name, status=status):
                self.backend.answer = lambda message, more=fields: ok(b"Content-Length: 2\r\n" + more, b"ok")
                answers, _, _ = self.ask(get())
                self.assertEqual([answer.status for answer in answers], [status])


class OfBuffers(Hostile):
    keys = {"perigee.limits.bufferedBodyBytes": "100"}

    def definition(self):
        definition = super().definition()
        definition["flows"] = [{
            "name": "flow", "enabled": True, "selectors": [{"type": "http", "path": "/"}],
            "request": [{"policy": "transform-headers", "enabled": True, "configuration": {"addHeaders": [
                {"name": "X-Size", "value": "{#request.content.length()}"}]}}]}]
        return definition

    def test_a_body_that_is_wanted_whole_has_its_limit(self):
        for size, status in ((100, 200), (101, 413)):
            body = b"b" * size
            for name, request in (("length", post(b"Content-Length: %d\r\n" % size, body)),
                                  ("chunks", hostile.chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)))):
                with self.case(name, size=size):
                    answers, _, _ = self.ask(request, ["POST"])
                    self.assertEqual([answer.status for answer in answers], [status])
                    self.assertEqual(len(self.backend.messages), status == 200)


if __name__ == "__main__":
    harness.run()
