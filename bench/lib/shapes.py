"""The shapes of traffic that are measured, what counts in each, and the goals."""
from dataclasses import dataclass

MARGIN = 0.05          # a goal holds when the far end of the interval is within goal + MARGIN
HALF_OF_NGINX = "half of nginx"


@dataclass(frozen=True)
class Goal:
    """perigee's figure divided by that of `base`, bounded from above (or from below)."""
    base: str
    bound: float
    at_least: bool = False

    def holds(self, interval):
        if self.at_least:
            return interval.low >= self.bound - MARGIN
        return interval.high <= self.bound + MARGIN

    def __str__(self):
        return f"{'>=' if self.at_least else '<='} {self.bound:.2f}"


@dataclass(frozen=True)
class Metric:
    key: str
    title: str
    more_is_better: bool = False


CPU = Metric("cpu_us", "CPU us/request")
P99 = Metric("p99", "p99 us")
TYPICAL_P99 = Metric("typical_p99", "p99 us")
RATE = Metric("rps", "requests/s", more_is_better=True)


@dataclass(frozen=True)
class Shape:
    name: str
    title: str
    metric: Metric
    goals: tuple
    response_bytes: int = 1024
    request_bytes: int = 0
    rate: object = 0            # requests/s, 0 for a closed loop, or HALF_OF_NGINX
    quota_millicores: int = 0
    tls: bool = False
    api: str = "plain"          # which of definitions.ORDERS perigee serves
    connections: int = 64
    turns: int = 20             # of each proxy in one round, alternating with the others
    turn_seconds: float = 0.05  # measured
    settle_seconds: float = 0.02  # before it
    sleeps: bool = False        # an open loop leaves its core to others between arrivals
    targets: tuple = ("perigee", "nginx", "haproxy", "forwarder")

    @property
    def is_large(self):
        return max(self.response_bytes, self.request_bytes) > 16384

    def wants(self, target):
        return target.name in self.targets and (target.can_tls or not self.tls)


KIB, MIB = 1024, 1024 * 1024
UNDER_QUOTA = {"turns": 10, "turn_seconds": 0.1, "settle_seconds": 0.1}  # whole periods
# With 64 MiB on their way the load needs 40 ms for one wave of answers: a turn has many.
LONG = {"turns": 2, "turn_seconds": 1.0, "settle_seconds": 0.3}
AT_ONE_GO = {"turns": 1, "turn_seconds": 2.0}

SHAPES = (
    Shape("plain", "64 connections, 1 KiB", CPU, (Goal("nginx", 0.70), Goal("forwarder", 1.25))),
    Shape("rated", "fixed 10,000 requests/s, 1 KiB", CPU, (Goal("nginx", 0.85),), rate=10_000),
    Shape("policies", "perigee: 3 transform-headers, 2 conditions, metrics; peers: none", CPU,
          (Goal("nginx", 0.80),), api="policies"),
    Shape("definition", "perigee: 10 flows, 3 match, 6 steps, 4 expressions; peers: none", CPU,
          (Goal("nginx", 0.90),), api="definition"),
    Shape("quota-throughput", "500m CPU quota, 64 connections", RATE,
          (Goal("nginx", 1.50, at_least=True),), quota_millicores=500, **UNDER_QUOTA),
    Shape("quota-latency", "500m CPU quota, 20,000 requests/s", P99, (Goal("nginx", 0.15),),
          quota_millicores=500, rate=20_000, **AT_ONE_GO),
    Shape("latency", "half of nginx's saturated rate, 1 KiB", TYPICAL_P99, (Goal("nginx", 1.15),),
          rate=HALF_OF_NGINX, **AT_ONE_GO),
    Shape("response-64k", "64 KiB responses", CPU, (Goal("nginx", 0.95),),
          response_bytes=64 * KIB),
    Shape("response-1m", "1 MiB responses", CPU, (Goal("nginx", 0.95),), response_bytes=MIB,
          **LONG),
    Shape("upload-64k", "64 KiB uploads", CPU, (Goal("nginx", 0.95),), request_bytes=64 * KIB),
    Shape("upload-1m", "1 MiB uploads", CPU, (Goal("nginx", 0.95),), request_bytes=MIB, **LONG),
    Shape("tls", "TLS 1.3 keep-alive, 1 KiB", CPU, (Goal("nginx", 0.90),), tls=True),
)


def named(names):
    """The shapes of these names (none: all shapes), and the names that are unknown."""
    known = {shape.name: shape for shape in SHAPES}
    unknown = [name for name in names if name not in known]
    return [known[name] for name in names if name in known] or list(SHAPES), unknown
