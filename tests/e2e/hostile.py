"""What tests of hostile bytes share: the tables of tests/http, and a gateway before a recording backend."""
import contextlib
import os
import subprocess
import unittest

import clean
import strict
from harness import api
from wire import OK, Wire

PROGRAM = os.environ.get("PERIGEE_REQUEST_CASES", "build/dev/tests/print_request_cases")
HEAD = b"Host: h\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: n\r\n\r\n"


def shared_cases(kind):
    """Rows of tests/http/support/request_cases.cpp: [name, bytes, ...]; all fields but the name and
    numbers are bytes."""
    def field(text):
        return b"" if text == "-" else bytes.fromhex(text)

    lines = subprocess.run([PROGRAM], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split()[1:] for line in lines if line.startswith(kind + " ")]
    if kind == "legal":
        return [(row[0], *map(field, row[1:])) for row in rows]
    return [(row[0], field(row[1]), int(row[2])) for row in rows]


def get(fields=b"", target=b"/a", version=b"1.1"):
    return b"GET " + target + b" HTTP/" + version + b"\r\n" + HEAD + fields + b"\r\n"


def post(fields, body=b"", target=b"/a"):
    return b"POST " + target + b" HTTP/1.1\r\n" + HEAD + fields + b"\r\n" + body


def chunked(body, fields=b""):
    return post(fields + b"Transfer-Encoding: chunked\r\n", body)


class Hostile(unittest.TestCase):
    """One gateway for all cases of a test, and one worker: what a case leaves behind would spoil the
    next."""
    keys = {}
    wrapper = ()
    maxDiff = None

    def setUp(self):
        self.wire = self.enterContext(Wire())
        self.backend = self.wire.backend
        self.gateway = clean.start(self, {"http.instances": "1"} | self.keys, wrapper=self.wrapper,
                                   apis={"api.json": self.definition()})
        self.ask(NEXT)  # a connection to the backend is there to be spoiled
        self.backend.forget()

    def definition(self):
        return api(self.backend.url, "/")

    def ask(self, request, methods=("GET",), **how):
        return self.wire.ask(self.gateway, request, methods, **how)

    @contextlib.contextmanager
    def case(self, name, **more):
        """One row of a table; what an earlier row left is not its fault."""
        with self.subTest(name, **more):
            self.backend.forget()
            yield

    def check_nothing_is_left(self):
        """The next client gets its own answer, and the backend sees its request and no other."""
        before = len(self.backend.messages)
        answers, rest, _ = self.ask(get(target=b"/sentinel"))
        self.assertEqual([(answer.status, answer.body) for answer in answers], [(200, b"ok")])
        self.assertEqual(rest, b"")
        self.assertEqual([message.target for message in self.backend.messages[before:]], ["/sentinel"])
        self.assertEqual(self.backend.findings, [])
        self.backend.forget()


def check_prefix(test, data):
    """These bytes are the beginning of one request that is not whole."""
    test.assertIn(b"\r\n\r\n", data)
    test.assertIsNone(strict.read_request(data))
