"""A strict reading of HTTP/1.1: bytes are whole messages of exactly one meaning, or a finding.

Stricter than RFC 9112 asks a receiver to be: it takes only what every receiver understands alike.
"""
import dataclasses
import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(%s) (/[\x21\x22\x24-\x7e]*) HTTP/1\.1" % TOKEN)
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)")
VALUE = rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?"
FIELD = re.compile(rb"(%s): (%s)" % (TOKEN, VALUE))
LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")
CHUNK_SIZE = re.compile(rb"0|[1-9a-f][0-9a-f]{0,14}")
# Of one connection only; a message that passes a gateway has none of them.
HOP_BY_HOP = {b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade", b"http2-settings",
              b"proxy-authorization", b"proxy-authenticate"}
NOT_IN_TRAILERS = HOP_BY_HOP | {b"content-length", b"transfer-encoding", b"host", b"connection"}


class Finding(Exception):
    """Bytes that a receiver could read in two ways, or not at all."""


@dataclasses.dataclass
class Message:
    fields: list
    method: str = ""
    target: str = ""
    status: int = 0
    framing: str = "none"  # none, length, chunked, close
    length: int = 0
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)

    def all(self, name):
        """Values of this name, in order."""
        return [value for key, value in self.fields if key.lower() == name.lower()]


def require(holds, what, bytes_=b""):
    if not holds:
        raise Finding(f"{what}: {bytes(bytes_)!r}")


def read_line(data, at):
    """(line, where the next begins); None while its end has not come."""
    end = data.find(b"\r\n", at)
    return None if end < 0 else (bytes(data[at:end]), end + 2)


def read_fields(data, at):
    """(fields, where the body begins) of lines up to the empty one; None while it has not come."""
    fields = []
    while line := read_line(data, at):
        text, at = line
        if not text:
            return fields, at
        match = FIELD.fullmatch(text)
        require(match, "a malformed field", text)
        fields.append((match[1].decode(), match[2]))
    return None


def set_framing(message):
    lengths, codings = message.all("Content-Length"), message.all("Transfer-Encoding")
    require(len(lengths) + len(codings) <= 1, "two framings", repr((lengths, codings)).encode())
    if lengths:
        require(LENGTH.fullmatch(lengths[0]), "an odd Content-Length", lengths[0])
        message.framing, message.length = "length", int(lengths[0])
    elif codings:
        require(codings[0] == b"chunked", "an odd Transfer-Encoding", codings[0])
        message.framing = "chunked"


def read_chunks(data, at, message):
    """Where the message ends; None while it has not."""
    while line := read_line(data, at):
        size, at = line
        require(CHUNK_SIZE.fullmatch(size), "an odd chunk size", size)
        if size == b"0":
            rest = read_fields(data, at)
            if rest is None:
                return None
            message.trailers, at = rest
            for name, _ in message.trailers:
                require(name.lower().encode() not in NOT_IN_TRAILERS, "a field of the head in trailers",
                        name.encode())
            return at
        count = int(size, 16)
        if len(data) < at + count + 2:
            return None
        message.body += bytes(data[at:at + count])
        require(data[at + count:at + count + 2] == b"\r\n", "a chunk without its end", data[at:])
        at += count + 2
    return None


def read_body(data, at, message, ended):
    if message.framing == "none":
        return at
    if message.framing == "chunked":
        return read_chunks(data, at, message)
    if message.framing == "close":
        message.body = bytes(data[at:])
        return len(data) if ended else None
    if len(data) < at + message.length:
        return None
    message.body = bytes(data[at:at + message.length])
    return at + message.length


def read_request(data):
    """(message, bytes used) of the request at the front; None while it is not whole."""
    line = read_line(data, 0)
    if line is None:
        return None
    match = REQUEST_LINE.fullmatch(line[0])
    require(match, "a malformed request line", line[0])
    head = read_fields(data, line[1])
    if head is None:
        return None
    message = Message(head[0], method=match[1].decode(), target=match[2].decode())
    require(len(message.all("Host")) == 1, "not one Host", data[:head[1]])
    for name, value in message.fields:
        require(name.lower().encode() not in HOP_BY_HOP, "a field of one connection only", name.encode())
        if name.lower() == "connection":
            require(value.lower() in (b"keep-alive", b"close"), "an option of Connection", value)
    set_framing(message)
    end = read_body(data, head[1], message, False)
    return None if end is None else (message, end)


def read_answer(data, method, ended):
    """(message, bytes used) of the answer to a request of this method; None while it is not whole."""
    line = read_line(data, 0)
    if line is None:
        return None
    match = STATUS_LINE.fullmatch(line[0])
    require(match, "a malformed status line", line[0])
    head = read_fields(data, line[1])
    if head is None:
        return None
    message = Message(head[0], status=int(match[1]))
    set_framing(message)
    granted = method == "CONNECT" and message.status < 300
    if method == "HEAD" or granted or message.status < 200 or message.status in (204, 304):
        message.framing = "none"
    elif message.framing == "none":
        message.framing = "close"
    end = read_body(data, head[1], message, ended)
    return None if end is None else (message, end)


def read_answers(data, methods, ended):
    """All final answers, one per method, and what is left behind the last whole one."""
    answers, data = [], bytes(data)
    for method in methods:
        status = 100
        while status < 200:
            read = read_answer(data, method, ended)
            if read is None:
                return answers, data
            status, data = read[0].status, data[read[1]:]
        answers.append(read[0])
    return answers, data
