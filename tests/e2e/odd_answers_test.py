"""Answers whose framing could be read in two ways, and answers that are odd but legal.

The client gets one right answer or a cut one, the connection to the backend is not used again, and
nothing of it reaches the next client.
"""
import os
import unittest

import harness
import hostile
import strict
from hostile import Hostile, get, post

SPLIT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


def ok(fields, body=b""):
    return b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body


def chunked(body):
    return ok(b"Transfer-Encoding: chunked\r\n", body)


# Refused whole: the client is told 502.
REFUSED = [
    ("length_and_chunked", ok(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n")),
    ("chunked_and_length", ok(b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n")),
    ("two_lengths", ok(b"Content-Length: 2\r\nContent-Length: 4\r\n", b"okok")),
    ("two_equal_lengths", ok(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"ok")),
    ("length_list", ok(b"Content-Length: 2, 2\r\n", b"ok")),
    ("length_minus", ok(b"Content-Length: -2\r\n", b"ok")),
    ("length_plus", ok(b"Content-Length: +2\r\n", b"ok")),
    ("length_hex", ok(b"Content-Length: 0x2\r\n", b"ok")),
    ("length_empty", ok(b"Content-Length:\r\n", b"ok")),
    ("length_overflow", ok(b"Content-Length: 18446744073709551618\r\n", b"ok")),
    ("coding_list", ok(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n")),
    ("coding_unknown", ok(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n")),
    ("coding_twice", ok(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n")),
    ("coding_identity", ok(b"Transfer-Encoding: identity\r\n", b"ok")),
    ("coding_blank_before_colon", ok(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n")),
    ("coding_of_http_1_0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("bare_lf", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    ("bare_cr", ok(b"X: a\rSet-Cookie: b\r\nContent-Length: 2\r\n", b"ok")),
    ("nul", ok(b"X: a\0b\r\nContent-Length: 2\r\n", b"ok")),
    ("folded", ok(b"X: a\r\n b\r\nContent-Length: 2\r\n", b"ok")),
    ("blank_before_first_field", b"HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok"),
    ("no_colon", ok(b"nonsense\r\nContent-Length: 2\r\n", b"ok")),
    ("empty_name", ok(b": x\r\nContent-Length: 2\r\n", b"ok")),
    ("status_of_two_digits", b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("status_of_four_digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("status_below_100", b"HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("status_word", b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok"),
    ("http_2", b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("http_0_9", b"<html>hello</html>\r\n\r\n"),
    ("http_2_frames", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\x10\0\0\r\n\r\n"),
    ("smtp", b"220 mail.example ESMTP\r\n\r\n"),
    ("a_request", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("an_empty_line_before", b"\r\n" + ok(b"Content-Length: 2\r\n", b"ok")),
    ("a_head_too_large", ok(b"X: " + b"v" * 70000 + b"\r\nContent-Length: 2\r\n", b"ok")),
    ("too_many_fields", ok(b"X: v\r\n" * 201 + b"Content-Length: 2\r\n", b"ok")),
    ("a_long_reason", b"HTTP/1.1 200 " + b"O" * 9000 + b"\r\nContent-Length: 2\r\n\r\nok"),
    ("a_switch_that_nobody_asked_for", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                       b"Upgrade: x\r\n\r\nX"),
    ("a_flood_of_interim_answers", b"HTTP/1.1 102 Processing\r\n\r\n" * 17
                                   + ok(b"Content-Length: 2\r\n", b"ok")),
    ("an_endless_interim_answer", b"HTTP/1.1 103 Early Hints\r\n" + b"Link: x\r\n" * 201),
    ("first_chunk_size_word", chunked(b"zz\r\nok\r\n0\r\n\r\n")),
    ("first_chunk_size_minus", chunked(b"-2\r\nok\r\n0\r\n\r\n")),
    ("first_chunk_size_0x", chunked(b"0x2\r\nok\r\n0\r\n\r\n")),
    ("first_chunk_size_overflow", chunked(b"10000000000000002\r\nok\r\n0\r\n\r\n")),
    ("first_chunk_bare_lf", chunked(b"2\nok\n0\n\n")),
    ("first_chunk_long_extension", chunked(b"2;" + b"e" * 5000 + b"\r\nok\r\n0\r\n\r\n")),
]

# Begun, then broken: the client sees that the answer is not whole.
CUT = [
    ("second_chunk_size_word", chunked(b"2\r\nok\r\nzz\r\nok\r\n0\r\n\r\n")),
    ("data_too_long", chunked(b"2\r\nokok\r\n0\r\n\r\n")),
    ("bare_lf_after_data", chunked(b"2\r\nok\n0\r\n\r\n")),
    ("trailer_blank_before_colon", chunked(b"2\r\nok\r\n0\r\nX : y\r\n\r\n")),
    ("trailer_bare_lf", chunked(b"2\r\nok\r\n0\r\nX: y\n\r\n\r\n")),
    ("trailers_too_large", chunked(b"2\r\nok\r\n0\r\n" + b"X: v\r\n" * 201 + b"\r\n")),
]

# name, method, answer, what the client gets: status and body. More bytes follow in each: they belong
# to no answer.
FOLLOWED = [
    ("another_answer", "GET", ok(b"Content-Length: 2\r\n", b"ok"), 200, b"ok"),
    ("another_answer_behind_chunks", "GET", chunked(b"2\r\nok\r\n0\r\n\r\n"), 200, b"ok"),
    ("a_body_for_head", "HEAD", ok(b"Content-Length: %d\r\n" % len(SPLIT)), 200, b""),
    ("a_chunked_body_for_head", "HEAD", ok(b"Transfer-Encoding: chunked\r\n"), 200, b""),
    ("a_body_of_204", "GET", b"HTTP/1.1 204 No Content\r\nContent-Length: %d\r\n\r\n" % len(SPLIT), 204, b""),
    ("chunks_of_204", "GET", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 204, b""),
    ("a_body_of_304", "GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: %d\r\n\r\n" % len(SPLIT), 304,
     b""),
    ("an_empty_body", "GET", ok(b"Content-Length: 0\r\n"), 200, b""),
]

# Odd but legal: name, method, answer, what the client gets: status and body. "close" ones end with
# their connection.
ODD = [
    ("no_reason", "GET", b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    ("no_blank_before_no_reason", "GET", b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    ("obs_text_reason", "GET", b"HTTP/1.1 200 d\xe9j\xe0 vu\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    ("own_status", "GET", b"HTTP/1.1 299 Fine\r\nContent-Length: 2\r\n\r\nok", 299, b"ok"),
    ("length_zeros", "GET", ok(b"Content-Length: 0002\r\n", b"ok"), 200, b"ok"),
    ("coding_cases", "GET", ok(b"transfer-encoding:\tCHUNKED \r\n", b"2\r\nok\r\n0\r\n\r\n"), 200, b"ok"),
    ("extensions", "GET", chunked(b"1;a=\"b;c\"\r\no\r\n1 ;d\r\nk\r\n0;e\r\n\r\n"), 200, b"ok"),
    ("trailers", "GET", chunked(b"2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n"
                                b"Connection: close\r\n\r\n"), 200, b"ok"),
    ("many_small_chunks", "GET", chunked(b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n"), 200, b"x" * 3000),
    ("a_large_chunk", "GET", chunked(b"100000\r\n" + b"y" * (1 << 20) + b"\r\n0\r\n\r\n"), 200,
     b"y" * (1 << 20)),
    ("empty_values", "GET", ok(b"X:\r\nY: \t\r\nContent-Length: 2\r\n", b"ok"), 200, b"ok"),
    ("obs_text_value", "GET", ok(b"X: caf\xe9\r\nContent-Length: 2\r\n", b"ok"), 200, b"ok"),
    ("many_fields", "GET", ok(b"X: v\r\n" * 190 + b"Content-Length: 2\r\n", b"ok"), 200, b"ok"),
    ("interim_answers", "GET", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 16
                               + ok(b"Content-Length: 2\r\n", b"ok"), 200, b"ok"),
    ("length_of_head", "HEAD", ok(b"Content-Length: 1000\r\n"), 200, b""),
    ("length_of_304", "GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", 304, b""),
    ("connection_close", "GET", ok(b"Connection: close\r\nContent-Length: 2\r\n", b"ok"), 200, b"ok"),
    ("http_1_0", "GET", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
]
UNTIL_CLOSE = [
    ("http_1_0", b"HTTP/1.0 200 OK\r\n\r\nok"),
    ("http_1_1", ok(b"", b"ok")),
    ("connection_close", ok(b"Connection: close\r\n", b"ok")),
]


def request(method):
    return method.encode() + b" /a HTTP/1.1\r\nHost: h\r\n\r\n"


class OddAnswers(Hostile):
    def answered_with(self, answer):
        self.backend.answer = lambda message: (
            hostile.OK if message.target in ("/sentinel", "/next") else answer)

    def check_left(self, peer):
        """The connection of this answer was given up, and nobody else is troubled."""
        self.wire.until(lambda: peer.over, "the end of the connection to the backend")
        self.check_nothing_is_left()

    def test_what_is_ambiguous_is_502(self):
        before = len(self.gateway.descriptors())
        for name, answer in REFUSED:
            with self.case(name):
                self.answered_with(answer)
                answers, rest, over = self.ask(get(), to_end=True)
                got = [(one.status, one.body) for one in answers]
                self.assertEqual((got, rest, over), ([(502, b"")], b"", True))
                self.check_left(self.backend.messages[0].peer)
        self.assertLessEqual(len(self.gateway.descriptors()), before)

    def test_what_breaks_midway_is_not_whole(self):
        for name, answer in CUT:
            with self.case(name):
                self.answered_with(answer)
                answers, rest, over = self.ask(get(), to_end=True)
                if answers:  # nothing had been sent
                    self.assertEqual((answers[0].status, rest), (502, b""))
                else:
                    self.assertTrue(rest.startswith(b"HTTP/1.1 200 ") and rest.endswith(b"2\r\nok\r\n"), rest)
                self.assertTrue(over)
                self.check_left(self.backend.messages[0].peer)

    def test_bytes_behind_an_answer_are_nobodys(self):
        for name, method, answer, status, body in FOLLOWED:
            with self.case(name):
                self.answered_with(answer + SPLIT)
                answers, rest, _ = self.ask(request(method) + hostile.NEXT, [method, "GET"])
                got = [(one.status, one.body) for one in answers]
                self.assertEqual((got, rest), ([(status, body), (200, b"ok")], b""))
                first, second = self.backend.messages
                self.assertIsNot(first.peer, second.peer)
                self.check_left(first.peer)

    def test_bytes_that_come_unasked_are_nobodys(self):
        self.ask(get(target=b"/next"))
        idle = self.backend.messages[-1].peer
        for _ in range(3):
            idle.send(SPLIT)
            self.check_left(idle)
            self.ask(get(target=b"/next"))
            idle = self.backend.messages[-1].peer

    def test_odd_answers_reach_the_client(self):
        for name, method, answer, status, body in ODD:
            with self.case(name):
                self.answered_with(answer)
                answers, rest, _ = self.ask(request(method) + hostile.NEXT, [method, "GET"])
                got = [(one.status, one.body) for one in answers]
                self.assertEqual((got, rest), ([(status, body), (200, b"ok")], b""))
                self.check_nothing_is_left()

    def test_answers_that_end_with_their_connection_reach_the_client(self):
        for name, answer in UNTIL_CLOSE:
            with self.case(name):
                def reply(peer, answer=answer):
                    peer.send(answer)
                    peer.end()

                self.backend.answer = lambda message, reply=reply: (
                    reply if message.target == "/a" else hostile.OK)
                answers, rest, _ = self.ask(get() + hostile.NEXT, ["GET", "GET"])
                self.assertEqual([(one.status, one.body) for one in answers], [(200, b"ok")] * 2)
                self.check_left(self.backend.messages[0].peer)

    def test_an_answer_before_the_end_of_the_upload_spoils_only_its_connection(self):
        """Bytes of an upload that goes on must not be read as the next request."""
        self.answered_with(ok(b"Content-Length: 2\r\n", b"ok"))
        client = self.wire.connect(self.gateway)
        client.send(post(b"Content-Length: 1000\r\n", b"GET /smuggled HTTP/1.1\r\nHost: s\r\n\r\n"))
        self.wire.until(self.backend.begun, "the beginning of the upload")
        peer = self.backend.begun()[0]
        peer.send(ok(b"Content-Length: 2\r\n", b"no"))
        self.wire.until(lambda: strict.read_answers(client.received, ["POST"], False)[0], "an early answer")
        client.close()
        self.wire.until(lambda: peer.over, "the end of the connection to the backend")
        hostile.check_prefix(self, bytes(peer.received[peer.judged:]))
        self.check_nothing_is_left()


if __name__ == "__main__":
    harness.run()
