"""What limits cost: CPU and latency with Redis, instructions without, memory of keys, calls."""
import contextlib
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, replace

from . import (definitions, fleet, instructions, load, need, processes, records, redis, resp,
               rounds, shapes, stats, targets)
from .checks import Check

CPU_GOAL, P99_GOAL_MS = 0.35, 1.0  # of what nginx needs for a request; added
INSTRUCTIONS_GOAL_PERCENT = 3
KEY_GOAL_BYTES = 150
CALLS_GOAL, ERROR_GOAL_PERCENT = 1000 / 50, 2

_HUGE, _HOUR = 1_000_000_000, 3600
_WAIT_SECONDS = 30


@dataclass(frozen=True)
class Limited(targets.Perigee):
    """The gateway with one limit that nobody reaches."""
    settings: tuple = ()  # pairs
    keys: int = 0         # in the header X-Key; 0: the client's address is the key
    adds_headers: bool = False

    def command(self, setup):
        # The other files of the setup are the same.
        command = super().command(setup)
        definitions.write(os.path.join(setup.folder, "apis"), [fleet.limited(
            setup.backend_port, _HUGE, _HOUR, name="cost" if self.keys else None,
            addHeaders=self.adds_headers)])
        return [*command, *(f"-D{key}={value}" for key, value in self.settings)]

    def expectations(self, setup):
        return [*super().expectations(setup), *(["--keys", self.keys] if self.keys else [])]

    def wait_until_ready(self, process, setup):
        """The first request tries the store; what comes beside it is decided alone."""
        def is_ready():
            if not process.is_open(setup.port) or fleet.ask(setup.port)[0] == 404:
                return False
            with open(process.log, errors="replace") as log:
                return not self._is_shared() or fleet.COUNTS in log.read()
        processes.wait_until(is_ready, _WAIT_SECONDS, f"{self.name} is not ready", pause=0.02)

    def _is_shared(self):
        return ("ratelimit.type", "redis") in self.settings


@dataclass(frozen=True)
class OneStep(Limited):
    """Not a limit: a flow with a step that changes nothing."""

    def command(self, setup):
        command = super().command(setup)
        definitions.write(os.path.join(setup.folder, "apis"), [definitions.api(
            "orders", "/orders/v2", f"http://127.0.0.1:{setup.backend_port}/backend/v1",
            [definitions.flow(request=[definitions.transform(add={}, remove=["X-Absent"])])])])
        return command


_CPU = shapes.Shape("strict limit", "64 connections, 1 KiB", shapes.CPU, ())
_LATENCY = shapes.Shape("strict limit", "2,000 requests/s, 1 KiB", shapes.TYPICAL_P99, (),
                        rate=2000, sleeps=True, **shapes.AT_ONE_GO)


def strict(gateway, say, *, is_quick=False, nice=0, machine=None):
    """Redis is on the core of the load: it is not what is measured."""
    machine = machine or rounds.Machine(nice=nice, rounds_max=21)
    machine = rounds.quick(machine) if is_quick else machine
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
            redis.alone(folder, cpu=machine.load_cpu) as port:
        settings = tuple(redis.keys_of(port).items())
        plain, = targets.choose(["perigee"], gateway)
        limited = [Limited(name=f"strict limit, {name}", gateway=plain.gateway, settings=settings,
                           keys=keys) for name, keys in (("one key", 0), ("100 keys", 100))]
        nginx, = targets.choose(["nginx"], gateway)
        cpu = _measure(_CPU, [plain, *limited, nginx], machine, say)
        latency = _measure(_LATENCY, [plain, *limited], machine, say)
    checks = []
    for name in (each.name for each in limited):
        added = [a - b for a, b in zip(cpu.values(name, "cpu_us"), cpu.values("perigee", "cpu_us"))]
        ratio = stats.median_ratio(added, cpu.values("nginx", "cpu_us"))
        say(f"  {name}: adds {statistics.median(added):.2f} us, {ratio.median:.3f} of nginx "
            f"({ratio.low:.3f} to {ratio.high:.3f}, {ratio.rounds} rounds)")
        checks += [
            Check(f"{name}: added CPU of a request, of nginx's", "perigee", ratio.median, "x",
                  CPU_GOAL),
            Check(f"{name}: added p99 at 2,000 requests/s", "perigee", statistics.median(
                a - b for a, b in zip(latency.values(name, "typical_p99"),
                                      latency.values("perigee", "typical_p99"))) / 1e3, "ms",
                  P99_GOAL_MS)]
    return checks


def _measure(shape, wanted, machine, say):
    shape = replace(shape, targets=tuple(target.name for target in wanted))
    outcome = rounds.Bench(wanted, machine, say).run(shape)
    for name in outcome.names:
        say(f"  {name}: {outcome.median(name, 'cpu_us'):.2f} us CPU, "
            f"{outcome.median(name, 'rps'):,.0f} requests/s, "
            f"p99 {outcome.median(name, 'typical_p99'):,.0f} us")
    return outcome


def local(gateway, *, is_quick=False):
    """Counted in this process only; the key is the client's address."""
    count = 2_000 if is_quick else 10_000
    plain, = targets.choose(["perigee"], gateway)
    made = {"gateway": plain.gateway, "settings": (("ratelimit.type", "local"),)}
    wanted = (plain, OneStep(name="one-step", **made), Limited(name="local-limit", **made))
    without, with_step, with_limit = (instructions.per_request(each, count) for each in wanted)
    return [Check("user instructions, plain request", "perigee", without, "instructions"),
            Check("local limit: added user instructions", "perigee",
                  100 * (with_limit / without - 1), "%", INSTRUCTIONS_GOAL_PERCENT),
            Check("local limit: beside a step that changes nothing", "perigee",
                  100 * (with_limit / with_step - 1), "%")]


def memory(gateway, say, *, is_quick=False):
    """`perigee.ratelimit.maxKeys` limits the keys, 1,000,000 by default, in up to 256 parts with
    their share each: room for a tenth more lets all of a million live."""
    count = 100_000 if is_quick else 1_000_000
    plain, = targets.choose(["perigee"], gateway)
    limited = Limited(name="many-keys", gateway=plain.gateway, keys=count, adds_headers=True,
                      settings=(("ratelimit.type", "local"),
                                ("perigee.ratelimit.maxKeys", count + count // 10)))
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        port, backend_port, node_port = processes.free_ports(3)
        setup = targets.Setup(folder=folder, port=port, backend_port=backend_port,
                              node_port=node_port)
        with processes.running(limited.start(setup)) as proxy:
            load.requests(setup, 5_000, response_bytes=100, more=["--keys", 1])
            before = _anonymous_bytes(proxy)
            load.requests(setup, count, response_bytes=100, more=["--keys", count])
            after = _anonymous_bytes(proxy)
            with load.backend(folder, backend_port):
                forgotten = sum(_is_forgotten(port, key) for key in range(0, count, count // 500))
    say(f"  {before / 2**20:.1f} MiB before, {after / 2**20:.1f} MiB after; of 500 keys asked "
        f"again {forgotten} were forgotten")
    if forgotten:
        need.fail("not all keys lived")
    return [Check(f"one of {count:,} live keys, private memory", "perigee",
                  (after - before) / count, "bytes", KEY_GOAL_BYTES)]


def _anonymous_bytes(proxy):
    time.sleep(2)
    return processes.memory_kib(proxy.pid, "Anonymous") * 1024


def _is_forgotten(port, key):
    _, headers = fleet.ask(port, f"{key:08}")
    return int(headers["X-Rate-Limit-Remaining"]) > _HUGE - 2


def asynchronous(gateway, say, *, is_quick=False):
    """Four fifths of what is asked pass: a window is below its limit for most of its time."""
    rate, period_s, windows, limit = 5000, 5, 3 if is_quick else 8, 20_000
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
            contextlib.ExitStack() as cleanup:
        port = cleanup.enter_context(redis.alone(folder))
        made = cleanup.enter_context(fleet.Fleet(
            "async", gateway, folder, 3, limit=limit, period_s=period_s,
            settings=redis.keys_of(port), configuration={"async": True}))
        made.wait_until_ready()
        client = cleanup.enter_context(redis.connect(port))
        before = resp.calls(client, "eval", "evalsha")
        made.begin(rate, connections=192)
        time.sleep((windows + 1) * period_s)
        answers = made.end()
        calls = resp.calls(client, "eval", "evalsha") - before
    whole = sorted(made.windows(answers), key=lambda it: it.end_ms)[:windows]
    say(f"  {len(answers):,} requests, {len(records.failed(answers))} failed, {calls:,} calls; "
        "admitted " + ", ".join(f"{window.admitted:,}" for window in whole))
    error = max(abs(window.admitted - min(limit, window.asked)) for window in whole) / limit
    return [Check("async, 3 gateways, 5,000 requests/s: Redis calls of 1,000 requests", "perigee",
                  1000 * calls / len(answers), "calls", CALLS_GOAL),
            Check(f"async, 3 gateways, {len(whole)} windows of {limit:,}: error, at most",
                  "perigee", 100 * error, "%", ERROR_GOAL_PERCENT),
            Check("async: failed requests", "perigee", len(records.failed(answers)), "requests", 0)]
