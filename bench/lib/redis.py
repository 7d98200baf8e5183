"""The Redis that gateways share: one alone, or a primary with replicas and sentinels."""
import contextlib
import glob
import os
import subprocess

from . import need, paths, processes, resp
from .processes import Process

_SCRIPT = os.path.join(paths.ROOT, "tests", "redis", "support", "redis-ha.sh")


@contextlib.contextmanager
def alone(folder, cpu=None):
    """A Redis without persistence; gives its port."""
    need.programs("redis-server")
    port, = processes.free_ports(1)
    process = Process("redis", ["redis-server", "--port", str(port), "--bind", "127.0.0.1",
                                "--save", "", "--dir", folder], folder, cpu=cpu)
    with processes.running(process):
        process.wait_for_port(port)
        yield port


def keys_of(port):
    """The gateway's settings for it."""
    return {"ratelimit.type": "redis", "ratelimit.redis.host": "127.0.0.1",
            "ratelimit.redis.port": port}


def connect(port):
    return resp.Client("127.0.0.1", port)


class HighlyAvailable:
    """A primary, two replicas and three sentinels, by tests/redis/support/redis-ha.sh."""
    PASSWORD, MASTER = "myredispassword", "mymaster"

    def __init__(self, folder, down_after_ms):
        need.programs("redis-server", "redis-cli", "bash")
        port, sentinel_port = processes.free_ports(2)
        self.nodes = [(f"127.0.0.{10 + i}", port) for i in (1, 2, 3)]
        self.sentinels = [(f"127.0.0.{20 + i}", sentinel_port) for i in (1, 2, 3)]
        self.environment = {
            **os.environ, "REDIS_HA_DIR": os.path.join(folder, "ha"), "REDIS_HA_QUIET": "1",
            "REDIS_HA_PORT": str(port), "REDIS_HA_SENTINEL_PORT": str(sentinel_port),
            "REDIS_HA_PASSWORD": self.PASSWORD, "REDIS_HA_MASTER": self.MASTER,
            "REDIS_HA_DOWN_AFTER_MS": str(down_after_ms), "REDIS_HA_WAIT_S": "60"}

    def __call__(self, *words, check=True):
        child = self.begin(*words)
        said, _ = child.communicate()
        if check and child.returncode:
            need.fail(f"redis-ha.sh {' '.join(map(str, words))}: {said}")
        if words[0] in ("up", "heal"):
            self._share_priority()
        return said.strip()

    def begin(self, *words):
        return subprocess.Popen(["bash", _SCRIPT, *map(str, words)], env=self.environment,
                                text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def _share_priority(self):
        for path in glob.glob(os.path.join(self.environment["REDIS_HA_DIR"], "*", "pid")):
            with open(path) as file, contextlib.suppress(OSError, ValueError):
                processes.share_priority(int(file.read()))

    def keys(self):
        """The gateway's settings for it."""
        made = {"ratelimit.type": "redis", "ratelimit.redis.password": self.PASSWORD,
                "ratelimit.redis.sentinel.master": self.MASTER}
        for i, (host, port) in enumerate(self.sentinels):
            made |= {f"ratelimit.redis.sentinel.nodes[{i}].host": host,
                     f"ratelimit.redis.sentinel.nodes[{i}].port": port}
        return made

    def __enter__(self):
        self("up")
        return self

    def __exit__(self, *_):
        self("down", check=False)
