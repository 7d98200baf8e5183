"""Requests whose framing could be read in two ways, judged at a backend on the bytes that arrive."""
import unittest

import harness
import hostile
from hostile import Hostile, NEXT, chunked, get, post

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: s\r\n\r\n"
ONE_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
SLOWLY_BYTES_MAX = 400

# name, bytes, then what the backend must get: method, target, body, and fields that must (True) or
# must not (False) be there. Framing is judged by the reading itself.
REWRITTEN = [
    ("length_zeros", post(b"Content-Length: 0000005\r\n", b"hello"), "POST", "/a", b"hello",
     {"Content-Length: 5": True}),
    ("length_blanks", post(b"Content-Length:\t 5 \t\r\n", b"hello"), "POST", "/a", b"hello",
     {"Content-Length: 5": True}),
    *((f"length_on_{method.lower()}", b"%s /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (
        method.encode(), len(SMUGGLED), SMUGGLED), method, "/a", SMUGGLED, {})
      for method in ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "BREW")),
    ("chunked_on_get", get(b"Transfer-Encoding: chunked\r\n") + ONE_CHUNK, "GET", "/a", SMUGGLED, {}),
    ("a_chunk_that_looks_like_a_request", chunked(ONE_CHUNK), "POST", "/a", SMUGGLED, {}),
    ("a_chunk_that_looks_like_the_end", chunked(b"9\r\n\r\n0\r\n\r\n12\r\n0\r\n\r\n"), "POST", "/a",
     b"\r\n0\r\n\r\n12", {}),
    ("coding_cases", post(b"tRANSFER-eNCODING:CHUNKED\r\n", ONE_CHUNK), "POST", "/a", SMUGGLED, {}),
    ("chunk_extensions", chunked(b"2;a=\"0\";b\r\nhi\r\n0;c=d\r\n\r\n"), "POST", "/a", b"hi", {}),
    ("chunk_zeros", chunked(b"0000000000000002\r\nhi\r\n0000\r\n\r\n"), "POST", "/a", b"hi", {}),
    ("chunk_upper_hex", chunked(b"A\r\n0123456789\r\n0\r\n\r\n"), "POST", "/a", b"0123456789", {}),
    ("trailers_that_frame", chunked(b"2\r\nhi\r\n0\r\nContent-Length: 40\r\n"
                                    b"Transfer-Encoding: identity\r\nHost: evil\r\n"
                                    b"Connection: close\r\nTE: x\r\nTrailer: y\r\nUpgrade: z\r\n\r\n"),
     "POST", "/a", b"hi", {}),
    # Fields that Connection names must not take the framing with them.
    ("connection_names_length", post(b"Connection: Content-Length\r\nContent-Length: 5\r\n", b"hello"),
     "POST", "/a", b"hello", {"Content-Length: 5": True}),
    ("connection_names_coding", chunked(ONE_CHUNK, b"Connection: Transfer-Encoding\r\n"), "POST", "/a",
     SMUGGLED, {}),
    ("connection_names_host", get(b"Connection: Host\r\n"), "GET", "/a", b"", {}),
    ("connection_names_a_field", get(b"Connection: X-One\r\nX-One: 1\r\nX-Two: 2\r\n"), "GET", "/a", b"",
     {"X-One: 1": False, "X-Two: 2": True}),
    ("two_connections_name_fields", get(b"Connection: X-One\r\nConnection: X-Two\r\n"
                                        b"X-One: 1\r\nX-Two: 2\r\n"),
     "GET", "/a", b"", {"X-One: 1": False, "X-Two: 2": False}),
    ("fields_of_this_connection", get(b"Keep-Alive: timeout=5\r\nProxy-Connection: close\r\n"
                                      b"TE: trailers\r\nTrailer: X\r\n"
                                      b"Proxy-Authorization: Basic eA==\r\n"), "GET", "/a", b"", {}),
    ("upgrade_to_http2", get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                             b"HTTP2-Settings: AAMAAABk\r\n"),
     "GET", "/a", b"", {}),
    ("upgrade_to_websocket", get(b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                 b"Sec-WebSocket-Version: 13\r\n"),
     "GET", "/a", b"", {}),
    # Fields that only look like framing.
    ("length_lookalikes", post(b"Content_Length: 50\r\nContentLength: 50\r\nX-Content-Length: 50\r\n"
                               b"Content-Length: 5\r\n", b"hello"), "POST", "/a", b"hello",
     {"Content-Length: 5": True}),
    ("coding_lookalikes", post(b"Transfer_Encoding: chunked\r\nX-Transfer-Encoding: chunked\r\n"
                               b"Content-Length: 5\r\n", b"hello"), "POST", "/a", b"hello",
     {"Content-Length: 5": True}),
    ("content_encoding_chunked", post(b"Content-Encoding: chunked\r\nContent-Length: 5\r\n", b"hello"),
     "POST", "/a", b"hello", {"Content-Length: 5": True}),
    # One target and one Host, whatever form the client chose.
    ("absolute_form", get(target=b"http://evil:81/a?b"), "GET", "/a?b", b"", {}),
    ("absolute_form_without_path", get(target=b"http://evil"), "GET", "/", b"", {}),
    ("absolute_form_with_slashes", get(target=b"http://evil//other/a"), "GET", "//other/a", b"", {}),
    ("url_in_path", get(target=b"/http://evil/a"), "GET", "/http://evil/a", b"", {}),
    ("escaped_lines_in_target", get(target=b"/a%0d%0aX:%20y?c=%0d%0a"), "GET",
     "/a%0d%0aX:%20y?c=%0d%0a", b"", {}),
    ("obs_text_in_value", get(b"X: \x85\xa0\xff\r\n"), "GET", "/a", b"", {"X: \x85\xa0\xff": True}),
    # HTTP/1.0 becomes HTTP/1.1 without taking its framing along.
    ("http_1_0_with_length", b"POST /a HTTP/1.0\r\nConnection: keep-alive\r\n"
                             b"Content-Length: 5\r\n\r\nhello",
     "POST", "/a", b"hello", {"Content-Length: 5": True}),
    ("post_without_framing", post(b""), "POST", "/a", b"", {}),
]


class Smuggling(Hostile):
    def ways(self, request):
        return (False, True) if len(request) <= SLOWLY_BYTES_MAX else (False,)

    def test_what_is_ambiguous_reaches_no_backend(self):
        for name, request, status in hostile.shared_cases("refused"):
            for slowly in self.ways(request):
                with self.case(name, slowly=slowly):
                    answers, rest, _ = self.ask(request + SMUGGLED, ["?"] * 2, slowly=slowly, to_end=True)
                    self.assertEqual([answer.status for answer in answers], [status])
                    self.assertEqual(answers[0].all("Connection"), [b"close"])
                    self.assertEqual((rest, self.backend.messages, self.backend.begun()), (b"", [], []))
                    self.check_nothing_is_left()

    def test_a_broken_body_never_becomes_a_whole_request(self):
        for name, body, status in hostile.shared_cases("broken"):
            request = chunked(body)
            for slowly in self.ways(request):
                with self.case(name, slowly=slowly):
                    answers, rest, _ = self.ask(request + SMUGGLED, ["?"] * 2, slowly=slowly, to_end=True)
                    self.assertEqual([answer.status for answer in answers], [status])
                    self.assertEqual(answers[0].all("Connection"), [b"close"])
                    self.assertEqual((rest, self.backend.messages), (b"", []))
                    begun = self.backend.begun()
                    for peer in begun:
                        hostile.check_prefix(self, bytes(peer.received[peer.judged:]))
                        self.wire.until(lambda peer=peer: peer.over, "the end of a spoiled connection")
                    self.assertLessEqual(len(begun), 1)
                    self.check_nothing_is_left()

    def test_what_is_forwarded_has_one_meaning(self):
        for name, request, method, target, body, fields in REWRITTEN:
            for slowly in self.ways(request):
                with self.case(name, slowly=slowly):
                    answers, rest, _ = self.ask(request + NEXT, [method, "GET"], slowly=slowly)
                    self.assertEqual([answer.status for answer in answers], [200, 200])
                    self.assertEqual((rest, self.backend.findings), (b"", []))
                    self.assertEqual([(one.method, one.target, one.body) for one in self.backend.messages],
                                     [(method, target, body), ("GET", "/next", b"")])
                    lines = [f"{key}: {value.decode('latin-1')}"
                             for key, value in self.backend.messages[0].fields]
                    for line, there in fields.items():
                        self.assertEqual(line in lines, there, (line, lines))
                    self.check_nothing_is_left()


class OwnFields(Hostile):
    """Connection names fields of the client, never those that the gateway and policies add."""

    def definition(self):
        step = {"policy": "transform-headers", "enabled": True,
                "configuration": {"addHeaders": [{"name": "X-User", "value": "alice"}]}}
        return super().definition() | {"flows": [{
            "name": "flow", "enabled": True, "selectors": [{"type": "http", "path": "/"}],
            "request": [step]}]}

    def test_a_client_takes_nothing_away_from_what_the_gateway_says(self):
        names = b"X-User, X-Gravitee-Request-Id, X-Gravitee-Transaction-Id, Host"
        claims = b"X-User: eve\r\nX-Gravitee-Request-Id: eve\r\nX-Gravitee-Transaction-Id: eve\r\n"
        for name, fields in (("nothing of its own", b""), ("claims", claims)):
            with self.case(name):
                self.ask(get(fields + b"Connection: " + names + b"\r\n"))
                message = self.backend.messages[0]
                self.assertEqual(message.all("X-User"), [b"alice"])
                for id_name in ("X-Gravitee-Request-Id", "X-Gravitee-Transaction-Id"):
                    self.assertEqual(len(message.all(id_name)), 1)
                    self.assertNotEqual(message.all(id_name), [b"eve"])


if __name__ == "__main__":
    harness.run()
