"""Redis and Sentinel as tests use them: real processes, seen from outside, and traffic while things happen to them.

Nothing here waits for time to pass: tests wait for what they want to see (wait_until).
"""
import contextlib
import dataclasses
import http.client
import os
import pathlib
import random
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import Backend, Gateway, free_port, need

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "redis/support/redis-ha.sh"
# On a busy machine an answer takes longer than the 10 ms after which a gateway decides alone.
PATIENT = {"ratelimit.redis.operation.timeout": "20000"}
PLENTY = 1_000_000_000  # a limit that is never reached


def api(backend, limit, **configuration):
    """An API at /a with a rate limit."""
    rate = {"limit": limit, "periodTime": 1, "periodTimeUnit": "HOURS", **configuration.pop("rate", {})}
    step = {"policy": "rate-limit", "configuration": {"addHeaders": True, "rate": rate, **configuration}}
    return harness.api(backend.url, flows=[{"name": "f", "enabled": True, "request": [step]}])


def wait_until(done, what, within=harness.PATIENCE):
    limit = time.monotonic() + within
    while not done():
        if time.monotonic() > limit:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.02)


def free_ports(host, count):
    """The first of several ports in a row, not among those that connections get by themselves."""
    while True:
        first = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind((host, port))
            return first


def ask_redis(address, *words, password=None):
    """What a server says to one command in plain RESP2: its lines. None: it does not answer."""
    commands = ([["AUTH", password]] if password else []) + [list(words)]
    text = "".join(f"*{len(each)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in each) for each in commands)
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=1) as connection:
        connection.sendall(text.encode())
        file = connection.makefile("rb")
        if password and not file.readline().startswith(b"+OK"):
            return None
        return _reply(file)
    return None


def _reply(file):
    line = file.readline().decode()
    kind, rest = line[:1], line[1:].strip()
    if kind == "*":
        return [part for _ in range(int(rest)) for part in _reply(file) or [""]]
    if kind == "$" and rest != "-1":
        return [file.read(int(rest) + 2)[:-2].decode()]
    return [rest] if kind in ("+", ":", "-") else None


class Redis:
    """One server without a password."""

    def __init__(self, port=None):
        self.port = port or free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="perigee-redis-")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder.name],
            stdout=subprocess.DEVNULL)
        wait_until(lambda: self.cli("PING") == "PONG", "Redis answers")
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *map(str, words)], check=False,
                              capture_output=True, text=True).stdout.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()


class RedisHa:
    """A primary, two replicas, three sentinels, by redis-ha.sh: RedisHa(TLS=1, REPLICAS=1), as it names them."""
    PASSWORD = "myredispassword"

    def __init__(self, **settings):
        self.folder = tempfile.TemporaryDirectory(prefix="perigee-ha-")
        self.settings = {"REDIS_HA_" + name: str(value) for name, value in settings.items()}
        self.one_address = bool({"HOSTNAMES", "ONE_ADDRESS"} & settings.keys())
        self._under_way = []

    def _start(self, *words):
        environment = {**os.environ, "REDIS_HA_DIR": self.folder.name + "/ha", "REDIS_HA_QUIET": "1",
                       "REDIS_HA_WAIT_S": str(harness.PATIENCE),
                       "REDIS_HA_PORT": str(self.port), "REDIS_HA_SENTINEL_PORT": str(self.sentinel_port),
                       **self.settings}
        return subprocess.Popen(["bash", str(SCRIPT), *map(str, words)], env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __call__(self, *words, check=True):
        process = self._start(*words)
        said = process.communicate()[0]
        if check and process.returncode != 0:
            raise AssertionError(f"redis-ha.sh {words}: {said}")
        return said.strip()

    def begin(self, *words):
        """The same, but it goes on by itself until it is done, or the world ends."""
        self._under_way.append(self._start(*words))

    def sentinels(self):
        if self.one_address:
            return [("127.0.0.1", self.sentinel_port + i) for i in range(3)]
        return [(f"127.0.0.{21 + i}", self.sentinel_port) for i in range(3)]

    def nodes(self):
        if self.one_address:
            return [("127.0.0.1", self.port + i) for i in range(3)]
        return [(f"127.0.0.{11 + i}", self.port) for i in range(3)]

    def process_of(self, address):
        folder = pathlib.Path(self.folder.name) / "ha" / f"redis-{self.nodes().index(address) + 1}"
        return int((folder / "pid").read_text())

    def ca_file(self):
        return self.folder.name + "/ha/tls/ca.crt"

    def refused_logins(self):
        """How many passwords the primary has refused."""
        told = self("cli", "ACL", "LOG").split("\n")
        return sum(int(value) for name, value in zip(told, told[1:]) if name == "count")

    def primary(self):
        """As (host, port), by the sentinels."""
        host, _, port = self("primary").rpartition(":")
        return host, int(port)

    def node(self, address, *words):
        """What one Redis says, whatever its role; None: it does not answer."""
        return ask_redis(address, *map(str, words), password=self.PASSWORD)

    def counter(self, key, address=None):
        """Of a window, at the primary or at this node; 0: there is none."""
        told = self.node(address, "HGET", key, "counter") if address else [self("cli", "HGET", key, "counter")]
        return int((told or [""])[0] or 0)

    def is_writable(self, address):
        return self.node(address, "SET", "probe", "1", "PX", "1000") == ["OK"]

    def keys(self):
        """The gateway's, for this world."""
        host, port = self.sentinels()[0]
        return {"ratelimit.redis.sentinel.nodes[0].host": host, "ratelimit.redis.sentinel.nodes[0].port": port,
                "ratelimit.redis.sentinel.master": "mymaster", "ratelimit.redis.password": self.PASSWORD}

    def __enter__(self):
        for attempt in range(3):
            # On one address each node has a port of its own, one after the other.
            self.port = free_ports("127.0.0.1" if self.one_address else "127.0.0.11", 3)
            self.sentinel_port = free_ports("127.0.0.1" if self.one_address else "127.0.0.21", 3)
            try:
                self("up")
                return self
            except AssertionError:  # a port that was free a moment ago
                if attempt == 2:
                    raise

    def __exit__(self, *_):
        for process in self._under_way:
            process.kill()
            process.communicate()
        self("down", check=False)
        self.folder.cleanup()


class Client:
    """One connection, kept."""

    def __init__(self, gateway):
        self.gateway = gateway
        self._connection = http.client.HTTPConnection(gateway.host, gateway.port, timeout=harness.PATIENCE)

    def ask(self, path):
        """(status, headers)"""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, answer.headers

    def close(self):
        self._connection.close()


@dataclasses.dataclass(frozen=True)
class Asked:
    begun: float
    seconds: float
    gateway: Gateway
    path: str
    status: int
    remaining: int | None


class Traffic:
    """Requests to gateways that go on while something happens. `done` has what came of them.

    Without `rate` each client asks as soon as it has its answer; with it, requests leave at that many a second
    whatever becomes of those before, and their time counts from when they were to leave: paths take turns.
    """

    def __init__(self, gateways, paths=("/a",), clients=1, rate=None):
        self.done, self.failed = [], []
        self._over, self._lock, self._next = threading.Event(), threading.Lock(), 0
        self._paths, self._rate, self._begun = paths, rate, time.monotonic()
        self._threads = [threading.Thread(target=self._run, args=(gateway,)) for gateway in gateways
                         for _ in range(clients)]

    def _turn(self):
        with self._lock:
            self._next += 1
            turn = self._next
        if self._rate is None:
            return time.monotonic(), self._paths[turn % len(self._paths)]
        due = self._begun + turn / self._rate
        self._over.wait(max(0, due - time.monotonic()))
        return due, self._paths[turn % len(self._paths)]

    def _run(self, gateway):
        client = Client(gateway)
        try:
            while not self._over.is_set():
                begun, path = self._turn()
                status, headers = client.ask(path)
                remaining = headers["X-Rate-Limit-Remaining"]
                self.done.append(Asked(begun, time.monotonic() - begun, gateway, path, status,
                                       None if remaining is None else int(remaining)))
        except (OSError, http.client.HTTPException) as why:
            self.failed.append(repr(why))
        finally:
            client.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def until_more(self, count, what="requests are answered"):
        wanted = len(self.done) + count
        wait_until(lambda: len(self.done) >= wanted or self.failed, what)

    def longest_pause(self):
        """Seconds between one answer and the next."""
        times = sorted(each.begun + each.seconds for each in self.done)
        return max(later - earlier for earlier, later in zip(times, times[1:]))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Relay:
    """Passes connections on to `target`, and keeps what clients said on them, and when."""

    def __init__(self, target):
        self._target, self._listener = target, socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.said = []  # (time, bytes)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError), socket.create_connection(self._target) as server:
            back = threading.Thread(target=self._pass, args=(server, client, []), daemon=True)
            back.start()
            self._pass(client, server, self.said)
            back.join()

    @staticmethod
    def _pass(source, to, kept):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                kept.append((time.monotonic(), data))
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)

    def times_of(self, word):
        """When clients said this; once for each time that it was said."""
        return [at for at, data in list(self.said) for _ in range(data.count(word))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)  # ends accept()
        self._listener.close()


class SharedStore(unittest.TestCase):
    """A backend, and gateways that count in Redis."""

    def setUp(self):
        need("redis-server")
        self.backend = self.enterContext(Backend())

    def gateway(self, definition, keys, **others):
        apis = {name + ".json": each for name, each in {"a": definition, **others}.items()}
        return self.enterContext(Gateway({"ratelimit.type": "redis", **keys}, apis=apis)).started()

    def connected(self, definition, keys, workers=2, **others):
        """A gateway that counts in Redis, with all its workers: one without a connection decides alone."""
        gateway = self.gateway(definition, {"http.instances": workers, **keys}, **others)

        def counts():
            facts = gateway.node_json("/_node/ratelimit")
            return facts["redis"]["linksConnected"] == workers and facts["circuit"] == "closed"
        wait_until(counts, "every worker is connected")
        return gateway

    def only_key(self, redis):
        keys = redis.cli("KEYS", "ratelimit:*").split()
        self.assertEqual(len(keys), 1, keys)
        return keys[0]
