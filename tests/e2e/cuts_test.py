"""Peers of the real program that leave or reset after every single byte, in every state: nobody else
is troubled, and descriptors and memory come back to where they were."""
import pathlib
import re
import subprocess
import unittest

import harness
import hostile
import strict
from hostile import NEXT, Hostile, chunked, get, post

HOWS = ("end", "reset")
REQUESTS = {
    "pipelined": get() + post(b"Content-Length: 2\r\n", b"hi") + get(b"Connection: close\r\n"),
    "expecting": post(b"Expect: 100-continue\r\nContent-Length: 10\r\n", b"0123456789"),
    "chunked": chunked(b"3;x\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\n") + NEXT,
    "old": b"POST /a HTTP/1.0\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc",
    "broken": chunked(b"xyz\r\n"),
    "refused": b"GET / HTTP/1.1\r\nHost : h\r\n\r\nwhatever follows",
}
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\no\r\n1\r\nk\r\n0\r\nT: v\r\n"
               b"\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "garbage": b"what do you want?\r\n\r\n",
}
NOISE = 256 << 10
LISTENERS = 2  # traffic and node API


def leave(peer, how):
    peer.end() if how == "end" else peer.reset()


class Cuts(Hostile):
    def setUp(self):
        super().setUp()
        self.process = pathlib.Path(f"/proc/{self.gateway.process.pid}")
        # One of each, so that what is made once is there.
        self.cut_all_requests(step=40)
        self.cut_all_answers(step=20)
        self.settle()
        self.descriptors_before = self.descriptors()

    def descriptors(self):
        return sorted(link.split(":")[0] for link in self.gateway.descriptors())

    def memory(self):
        return int(re.search(r"RssAnon:\s+(\d+) kB", (self.process / "status").read_text())[1]) << 10

    def settle(self):
        """Nobody else is troubled, everybody leaves, and the gateway has closed its sides."""
        self.backend.forget()
        self.backend.answer = lambda message: hostile.OK
        self.check_nothing_is_left()
        for peer in self.backend.peers:
            peer.end()
            self.wire.until(lambda peer=peer: peer.over, "the end of an idle connection")
        # Of a client that has left nobody hears when the gateway closes its side.
        self.wire.until(lambda: self.descriptors().count("socket") == LISTENERS, "the end of all connections")

    def check_descriptors(self):
        self.settle()
        self.assertEqual(self.descriptors(), self.descriptors_before)

    def cut_all_requests(self, step=1):
        for request in REQUESTS.values():
            for sent in range(0, len(request) + 1, step):
                for how in HOWS:
                    client = self.wire.connect(self.gateway)
                    client.send(request[:sent])
                    self.wire.turn(0)
                    leave(client, how)
                    self.wire.turn(0)
                    if how == "end":
                        self.wire.until(lambda client=client: client.over, f"an end after {request[:sent]!r}")
                    client.close()
                    self.wire.clients.remove(client)
                    self.assertEqual(self.backend.findings, [])
                    for peer in self.backend.begun():
                        self.assertIsNone(strict.read_request(peer.received[peer.judged:]))

    def cut_all_answers(self, step=1):
        for answer in ANSWERS.values():
            for sent in range(0, len(answer) + 1, step):
                for how in HOWS:
                    self.cut_answer(answer, sent, how)

    def cut_answer(self, answer, sent, how):
        def reply(peer):
            peer.send(answer[:sent])
            leave(peer, how)

        self.backend.answer = lambda message: reply
        answers, rest, over = self.ask(post(b"Content-Length: 2\r\n", b"hi"), ["POST"])
        where = f"{answer[:sent]!r}, {how}"
        if answers and answers[0].status == 200:
            self.assertEqual((sent, answers[0].body), (len(answer), b"ok"), where)
        elif answers:
            self.assertEqual((answers[0].status, rest), (502, b""), where)
        else:
            self.assertTrue(over and b"HTTP/1.1 200 " in rest, (where, rest))

    def test_clients_that_leave_after_every_byte(self):
        self.cut_all_requests()
        self.check_descriptors()

    def test_backends_that_leave_after_every_byte(self):
        self.cut_all_answers()
        self.check_descriptors()

    def test_memory_comes_back(self):
        version = subprocess.run([harness.BINARY, "--version"], capture_output=True, text=True).stdout
        if "asan mode" in version or "tsan mode" in version:
            self.skipTest("quarantine and shadow are no measure of ours")

        def round_of_faults():
            self.cut_all_requests(step=3)
            self.cut_all_answers(step=3)
            self.settle()

        for _ in range(3):
            round_of_faults()
        before = self.memory()
        for _ in range(5):
            round_of_faults()
        self.assertLess(self.memory(), before + NOISE)
        self.check_descriptors()


class Absent(Hostile):
    def test_a_backend_may_go_and_come_back(self):
        for _ in range(3):
            self.backend.close()
            for method in ("GET", "POST"):  # a connection that was kept does not hide it
                answers, _, _ = self.ask(method.encode() + b" /a HTTP/1.1\r\nHost: h\r\n\r\n", [method])
                self.assertEqual([(answer.status, answer.body) for answer in answers], [(502, b"")])
            self.backend.listen()
            self.check_nothing_is_left()


class FewDescriptors(Hostile):
    """More clients than descriptors."""
    LIMIT = 48
    wrapper = ("prlimit", f"--nofile={LIMIT}:{LIMIT}")

    def test_a_flood_of_connections_passes(self):
        for _ in range(3):
            flood = [self.wire.connect(self.gateway) for _ in range(3 * self.LIMIT)]
            for client in flood:
                client.send(get())

            def told(waiting=flood):
                return [client for client in waiting if client.over or client.received]

            while flood:  # each is answered or closed, none is left waiting
                self.wire.until(told, "a sign of life")
                for client in told():
                    client.close()
                    flood.remove(client)
            self.wire.clients.clear()
            self.backend.forget()
            self.check_nothing_is_left()


if __name__ == "__main__":
    harness.run()
