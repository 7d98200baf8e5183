"""The judge of hostile bytes finds what it is there to find."""
import unittest

import harness
import hostile
import strict

HEAD = b"POST /a HTTP/1.1\r\nHost: h\r\n"
FINDINGS = [
    HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
    HEAD + b"Content-Length: 01\r\n\r\nx",
    HEAD + b"Content-Length: +1\r\n\r\nx",
    HEAD + b"Transfer-Encoding: Chunked\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n0;a\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n01\r\nx\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n",
    HEAD + b"X : y\r\n\r\n",
    HEAD + b"X: y\r\n z\r\n\r\n",
    HEAD + b"X: y\nZ: z\r\n\r\n",
    HEAD + b"X: a\0b\r\n\r\n",
    HEAD + b"X:y\r\n\r\n",
    HEAD + b"TE: trailers\r\n\r\n",
    HEAD + b"Connection: Upgrade\r\n\r\n",
    HEAD + b"Host: h\r\n\r\n",
    b"POST /a HTTP/1.1\r\n\r\n",
    b"POST /a HTTP/1.0\r\nHost: h\r\n\r\n",
    b"POST http://h/a HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST  /a HTTP/1.1\r\nHost: h\r\n\r\n",
    b"\r\nPOST /a HTTP/1.1\r\nHost: h\r\n\r\n",
]


class Strict(unittest.TestCase):
    def test_what_has_two_meanings_is_a_finding(self):
        for data in FINDINGS:
            with self.subTest(data), self.assertRaises(strict.Finding):
                strict.read_request(data)

    def test_whole_requests_are_read_and_their_beginnings_wait(self):
        for request, body in ((hostile.get(), b""),
                              (hostile.post(b"Content-Length: 2\r\n", b"hi"), b"hi"),
                              (hostile.chunked(b"2\r\nhi\r\n0\r\nX: y\r\n\r\n"), b"hi")):
            message, used = strict.read_request(request + hostile.NEXT)
            self.assertEqual((message.body, used), (body, len(request)))
            for cut in range(len(request)):
                self.assertIsNone(strict.read_request(request[:cut]))

    def test_answers_are_told_from_what_follows_them(self):
        both = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
        answers, rest = strict.read_answers(both, ["GET", "GET"], False)
        self.assertEqual(([answer.body for answer in answers], rest), ([b"ok"], b"HTTP/1.1 200 OK\r\n"))


if __name__ == "__main__":
    harness.run()
