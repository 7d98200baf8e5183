"""Answers that go out compressed (compressionSupported), and those that do not."""
import gzip
import unittest
import zlib

import harness
import wire
from harness import Backend, Gateway, api, setting

TEXT = b"".join(b"line %d of a text that repeats itself\n" % i for i in range(5000))
ON = {"http.compressionSupported": "true"}


class Compression(unittest.TestCase):
    def start(self, keys, backend_url, **members):
        return self.enterContext(Gateway(keys, apis={"api.json": api(backend_url, **members)})).started()

    def test_clients_get_what_they_take(self):
        backend = self.enterContext(Backend(answer=lambda request, body: (200, TEXT)))
        gateway = self.start(ON, backend.url)
        for accept, coding, decode in (("gzip, deflate", "gzip", gzip.decompress),
                                       ("deflate", "deflate", zlib.decompress),
                                       ("br, *;q=0.1", "gzip", gzip.decompress),
                                       ("identity, gzip;q=0.5", None, bytes), ("br", None, bytes)):
            status, headers, body = gateway.request("/a/x", headers={"Accept-Encoding": accept})
            self.assertEqual((status, headers["Content-Encoding"]), (200, coding), accept)
            self.assertEqual(headers["Vary"], "Accept-Encoding")
            self.assertEqual(decode(body), TEXT, accept)
            if coding:
                self.assertIsNone(headers["Content-Length"])
                self.assertLess(len(body), len(TEXT) // 5)

    def test_what_forbids_it_is_left_alone(self):
        backend = self.enterContext(Backend(answer=lambda request, body: (200, TEXT)))
        gateway = self.start(ON, backend.url, flows=setting("Cache-Control", "no-transform"))
        _, headers, body = gateway.request("/a/x", headers={"Accept-Encoding": "gzip"})
        self.assertIsNone(headers["Content-Encoding"])
        self.assertEqual(body, TEXT)
        _, headers, body = gateway.request("/a/x", "HEAD", headers={"Accept-Encoding": "gzip"})
        self.assertIsNone(headers["Content-Encoding"])
        self.assertEqual(headers["Content-Length"], str(len(TEXT)))

    def test_it_is_off_by_default(self):
        backend = self.enterContext(Backend(answer=lambda request, body: (200, TEXT)))
        gateway = self.start({}, backend.url)
        _, headers, body = gateway.request("/a/x", headers={"Accept-Encoding": "gzip"})
        self.assertIsNone(headers["Content-Encoding"])
        self.assertIsNone(headers["Vary"])
        self.assertEqual(body, TEXT)

    def test_events_arrive_one_by_one(self):
        with wire.Wire() as loop:
            backend = loop.backend
            backend.answer = lambda message: (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            gateway = self.start(ON, backend.url)
            client = loop.connect(gateway)
            client.send(b"GET /a/x HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
            loop.until(lambda: backend.messages, "the request")
            sent = b""
            for number in range(10):
                event = b"data: %d\n\n" % number
                sent += event
                backend.messages[0].peer.send(b"%x\r\n%s\r\n" % (len(event), event))
                loop.until(lambda: self.decoded(client.received) == sent, event)
            backend.messages[0].peer.send(b"0\r\n\r\n")
            loop.until(lambda: client.received.endswith(b"0\r\n\r\n"), "the end")

    def decoded(self, received):
        """What a client can read of a chunked gzip answer so far."""
        head, _, rest = bytes(received).partition(b"\r\n\r\n")
        stream, text = zlib.decompressobj(31), b""
        while rest and b"\r\n" in rest:
            size, _, rest = rest.partition(b"\r\n")
            text += stream.decompress(rest[:int(size, 16)])
            rest = rest[int(size, 16) + 2:]
        return text


if __name__ == "__main__":
    harness.run()
