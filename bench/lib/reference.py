"""A client that counts in Redis as gateways of the reference do, beside ours: the two shapes of its
script's call (redis-client.md, section 1), with texts of our own that do the same to the hash."""
import dataclasses
import threading
import time

from . import redis

_EFFECT = """
local function count(key, weight, limit, reset, subscription)
  local begins = redis.call('EXISTS', key) == 0
  redis.call('HINCRBY', key, 'counter', weight)
  if begins then
    redis.call('HSET', key, 'reset', reset, 'limit', limit, 'subscription', subscription)
    redis.call('PEXPIREAT', key, reset)
  end
  return redis.call('HMGET', key, 'counter', 'limit', 'reset', 'subscription')
end
"""
# 4.9.0 says the weight as a second key, and what it knows of the counter.
SCRIPTS = {
    "4.9.0": _EFFECT + "return count(KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[4])",
    "4.13": _EFFECT + "return count(KEYS[1], ARGV[1], ARGV[3], ARGV[4], ARGV[5])",
}


@dataclasses.dataclass(frozen=True)
class Counted:
    reset_ms: int
    admitted: bool


class Client(threading.Thread):
    """So many counts a second until it is stopped, each decided by its own answer."""

    def __init__(self, version, port, key, *, rate, limit, period_s):
        super().__init__(daemon=True)
        self.client = redis.connect(port)
        self.script = self.client("SCRIPT", "LOAD", SCRIPTS[version])
        self.is_4_9 = version == "4.9.0"
        self.key, self.limit, self.period_ms = f"ratelimit:{key}", limit, period_s * 1000
        self.rate = rate
        self.over = threading.Event()
        self.counted = []

    def run(self):
        due = time.monotonic()
        while not self.over.is_set():
            self.counted.append(self._count())
            due += 1 / self.rate
            self.over.wait(max(0, due - time.monotonic()))

    def _count(self):
        reset = int(time.time() * 1000) + self.period_ms
        keys = (2, self.key, 1) if self.is_4_9 else (1, self.key, 1)
        counter, _, reset_ms, _ = self.client("EVALSHA", self.script, *keys, 0, self.limit, reset,
                                              "-")
        return Counted(int(reset_ms), int(counter) <= self.limit)

    def stop(self):
        self.over.set()
        self.join()
        self.client.__exit__()
        return self.counted
