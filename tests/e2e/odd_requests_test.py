"""Requests that are odd but legal: none is refused, each reaches the backend and is answered."""
import re
import unittest

import harness
import hostile
from hostile import NEXT, Hostile, chunked, get, post

MANY = b"".join(b"1;n=%d\r\n%c\r\n" % (at, 97 + at % 26) for at in range(2000)) + b"0\r\n\r\n"
LETTERS = bytes(97 + at % 26 for at in range(2000))
LARGE = bytes(at * 7 % 256 for at in range(1 << 20))
LARGEST_VALUE = b"v" * (8192 - len("Host: h\r\nX: \r\n"))
EVERY_TCHAR = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
EVERY_VALUE_BYTE = bytes([*range(0x21, 0x7f), 9, 0x20, *range(0x80, 0x100)])


def old(fields=b"", method=b"GET", body=b""):
    return method + b" /a HTTP/1.0\r\n" + fields + b"\r\n" + body


# name, bytes, methods of the requests in them, then what the backend must get of the first: target,
# body, fields.
ROWS = [
    ("head", b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", ["HEAD"], "/a", b"", []),
    ("every_byte_of_a_name", get(EVERY_TCHAR + b": v\r\n"), ["GET"], "/a", b"", [(EVERY_TCHAR, b"v")]),
    ("every_byte_of_a_value", get(b"X: " + EVERY_VALUE_BYTE + b"\r\n"), ["GET"], "/a", b"",
     [(b"X", EVERY_VALUE_BYTE)]),
    ("a_long_name", get(b"n" * 4000 + b": v\r\n"), ["GET"], "/a", b"", [(b"n" * 4000, b"v")]),
    ("the_largest_head", get(b"X: " + LARGEST_VALUE + b"\r\n"), ["GET"], "/a", b"", [(b"X", LARGEST_VALUE)]),
    ("lists_in_several_fields", get(b"Accept: a\r\nCookie: b=1\r\naccept: c, d\r\nCookie: e=2\r\n"), ["GET"],
     "/a", b"", [(b"Accept", b"a"), (b"Cookie", b"b=1"), (b"accept", b"c, d"), (b"Cookie", b"e=2")]),
    ("an_empty_value", get(b"X-Empty:\r\nX-Blank: \t\r\n"), ["GET"], "/a", b"",
     [(b"X-Empty", b""), (b"X-Blank", b"")]),
    ("many_small_chunks", chunked(MANY), ["POST"], "/a", LETTERS, []),
    ("a_large_body", post(b"Content-Length: %d\r\n" % len(LARGE), LARGE), ["POST"], "/a", LARGE, []),
    ("a_large_chunk", chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(LARGE), LARGE)), ["POST"], "/a", LARGE, []),
    ("the_longest_extension", chunked(b"2;" + b"e" * 4092 + b"\r\nhi\r\n0\r\n\r\n"), ["POST"], "/a",
     b"hi", []),
    ("expect_and_body_at_once", post(b"Expect: 100-continue\r\nContent-Length: 2\r\n", b"hi"), ["POST"],
     "/a", b"hi", []),
    ("expect_without_body", get(b"Expect: 100-continue\r\n"), ["GET"], "/a", b"", []),
    ("connection_options", get(b"Connection: keep-alive, X-One\r\nX-One: 1\r\n"), ["GET"], "/a", b"", []),
    ("parameters_without_value", get(target=b"/a?b&c=&d=1"), ["GET"], "/a?b&c=&d=1", b"", []),
    ("escapes", get(target=b"/%2e%2e/%2F%c3%a9/a%20b?q=%26%3d+%"), ["GET"],
     "/%2e%2e/%2F%c3%a9/a%20b?q=%26%3d+%", b"", []),
    ("dot_segments", get(target=b"/a/./b/../c"), ["GET"], "/a/./b/../c", b"", []),
    ("slashes", get(target=b"//a///"), ["GET"], "//a///", b"", []),
    ("parameters_in_path", get(target=b"/a;v=1/b;w,x:@!$'()*"), ["GET"], "/a;v=1/b;w,x:@!$'()*", b"", []),
    ("an_ipv6_host", b"GET /a HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n", ["GET"], "/a", b"", []),
    ("an_absolute_ipv6_target", get(target=b"HTTP://[::1]:80/a?b"), ["GET"], "/a?b", b"", []),
    ("an_empty_line_between", get() + b"\r\n" + get(), ["GET", "GET"], "/a", b"", []),
    ("pipelined", b"".join(get(target=b"/%d" % at) if at % 3 else
                           post(b"Content-Length: 2\r\n", b"hi", target=b"/%d" % at) for at in range(60)),
     ["GET" if at % 3 else "POST" for at in range(60)], "/0", b"hi", []),
    ("trace", b"TRACE /a HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n", ["TRACE"], "/a", b"",
     [(b"Max-Forwards", b"0")]),
]
# From clients of HTTP/1.0, or that want to leave: the connection ends unless they ask for more.
LAST_ROWS = [
    ("http_1_0", old(), True),
    ("http_1_0_post", old(b"Content-Length: 2\r\n", b"POST", b"hi"), True),
    ("http_1_0_keep_alive", old(b"Connection: keep-alive\r\n"), False),
    ("http_1_0_keep_alive_among_others", old(b"Connection: x, Keep-Alive\r\n"), False),
    ("close", get(b"Connection: close\r\n"), True),
    ("close_in_capitals", get(b"Connection: CLOSE\r\n"), True),
    ("close_behind_keep_alive", get(b"Connection: keep-alive\r\nConnection: close\r\n"), True),
]
# Targets that are no path: no context path begins so, which is not for the codec to say.
NOT_A_PATH = {b"*"}


def origin_form(target):
    """What a backend gets for a target in another form; an empty query is none."""
    text = re.sub(r"^[a-zA-Z]+://[^/?]*", "", target.decode())
    text = text.removesuffix("?")
    return text if text.startswith("/") else "/" + text


class OddRequests(Hostile):
    def setUp(self):
        super().setUp()
        self.backend.answer = lambda message: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (
            len(message.target), b"" if message.method == "HEAD" else message.target.encode())

    def check_answers(self, answers, methods, targets):
        self.assertEqual([answer.status for answer in answers], [200] * len(methods))
        bodies = ["" if method == "HEAD" else target for method, target in zip(methods, targets)]
        self.assertEqual([answer.body.decode() for answer in answers], bodies)
        self.assertEqual([message.target for message in self.backend.messages], targets)
        self.assertEqual(self.backend.findings, [])

    def test_legal_requests_are_served_and_the_next_after_them(self):
        for name, request, target, body in hostile.shared_cases("legal"):
            if target in NOT_A_PATH:
                continue
            method = re.match(rb"(?:\r\n)?([^ ]+)", request)[1].decode()
            last = b"HTTP/1.0" in request
            with self.case(name):
                target = origin_form(target)
                answers, rest, over = self.ask(request + NEXT, [method] if last else [method, "GET"],
                                               to_end=last)
                self.check_answers(answers, *(([method], [target]) if last else
                                              ([method, "GET"], [target, "/next"])))
                first = self.backend.messages[0]
                self.assertEqual((first.method, first.body), (method, body))
                self.assertEqual((rest, over), (b"", last))

    def test_rows(self):
        for name, request, methods, target, body, fields in ROWS:
            with self.case(name):
                answers, rest, _ = self.ask(request + NEXT, methods + ["GET"])
                targets = [message.target for message in self.backend.messages]
                self.check_answers(answers, methods + ["GET"], targets)
                first = self.backend.messages[0]
                self.assertEqual((rest, first.method, first.target, first.body),
                                 (b"", methods[0], target, body))
                there = [(key.encode(), value) for key, value in first.fields]
                self.assertEqual([field for field in there if field in fields], fields)
                self.assertEqual(targets[-1], "/next")
                if name == "pipelined":
                    self.assertEqual(targets[:-1], [f"/{at}" for at in range(60)])

    def test_the_connection_ends_when_the_client_wants_it(self):
        for name, request, last in LAST_ROWS:
            with self.case(name):
                methods = ["GET"] if last else ["GET", "GET"]
                answers, rest, over = self.ask(request + NEXT, methods, to_end=last)
                self.check_answers(answers, methods, ["/a"] if last else ["/a", "/next"])
                self.assertEqual((rest, over), (b"", last))
                options = b", ".join(answers[0].all("Connection")).lower()
                if last and b"HTTP/1.1" in request:
                    self.assertEqual(options, b"close")
                if not last:
                    self.assertEqual(options, b"keep-alive")

    def test_trailers_arrive_as_trailers(self):
        body = b"2\r\nhi\r\n0\r\nX-Sum: 7\r\nX-Empty:\r\n\r\n"
        answers, _, _ = self.ask(chunked(body, b"Trailer: X-Sum\r\n"), ["POST"])
        self.check_answers(answers, ["POST"], ["/a"])
        self.assertEqual(self.backend.messages[0].trailers, [("X-Sum", b"7"), ("X-Empty", b"")])
        self.assertEqual(self.backend.messages[0].all("X-Sum"), [])

    def test_options_of_the_server_is_understood(self):
        """No context path covers it; the connection goes on."""
        answers, _, _ = self.ask(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n" + NEXT, ["OPTIONS", "GET"])
        self.assertEqual([answer.status for answer in answers], [404, 200])


if __name__ == "__main__":
    harness.run()
