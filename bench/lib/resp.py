"""As much of Redis's protocol as the benches need: one connection, one command at a time."""
import contextlib
import socket


class ReplyError(Exception):
    """Redis has answered with an error."""


class Client(contextlib.AbstractContextManager):
    def __init__(self, host, port, *, password=None, seconds=1):
        self.socket = socket.create_connection((host, port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        if password:
            self("AUTH", password)

    def __call__(self, *words):
        self.send(*words)
        return self.read()

    def send(self, *words):
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) +
                            b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ReplyError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return rest.decode()

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()


def calls(client, *commands):
    """How often clients have sent these commands since the start, by INFO commandstats."""
    lines = dict(line.split(":", 1) for line in client("INFO", "commandstats").split("\r\n")
                 if ":" in line)
    fields = [dict(field.split("=") for field in lines[f"cmdstat_{command}"].split(","))
              for command in commands if f"cmdstat_{command}" in lines]
    return sum(int(field["calls"]) for field in fields)
