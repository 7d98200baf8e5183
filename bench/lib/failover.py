"""What clients and limits notice of a Redis that fails over: events, and what is measured."""
import contextlib
import math
import os
import shutil
import tempfile
import time
from dataclasses import dataclass

from . import fleet, processes, records, redis
from .sampler import Sampler

LIMIT, PERIOD_S, RATE, CONNECTIONS = 2000, 10, 2000, 48
# Requests a second of each key: the first five ask for more than their 200.
SHARES = (360, 320, 280, 260, 240, 140, 120, 110, 90, 80)
FLEETS = (1, 3)  # gateways
DOWN_AFTER_MS = (10_000, 1_000)

FAILED_GOAL = 0
ADDED_P99_GOAL_MS = 2
BEYOND_GOALS_PERCENT = {1: 1, 3: 10}
AFTER_WRITABLE_GOAL_MS = 500
AFTER_SWITCH_GOAL_MS = 100
# What nobody has told a gateway when it is on its own: requests of the last moments (4.2, "stale").
_STALE_SECONDS = 0.05

_BEFORE_SECONDS = 12  # at least one whole window
_AFTER_SECONDS = 12
_CALM_SECONDS = 8     # of an event that moves nothing
_BACK_SECONDS = 90    # at most, until all gateways count again
_MOVED = "has moved from"


@dataclass(frozen=True)
class Event:
    """Commands of redis-ha.sh; a number is a pause in seconds. `mends`: so long after them all is
    started again, as nobody else will."""
    name: str
    commands: tuple
    moves: bool = True
    mends: float = None


_ALL_SENTINELS = tuple(("kill-sentinel", number) for number in (1, 2, 3))
EVENTS = (
    Event("kill -9", (("kill-primary",),)),
    Event("SIGSTOP", (("stop-primary",),)),
    Event("partition", (("partition",),)),
    Event("planned", (("failover",),)),
    Event("no sentinels", _ALL_SENTINELS, moves=False),
    Event("no sentinels, kill -9", (*_ALL_SENTINELS, 2, ("kill-primary",)), mends=6),
)

HEADINGS = ("event", "down-after", "gateways", "failed", "p99 before", "p99 in the gap",
            "beyond the limit", "gap s", "after writable ms", "after +switch-master ms", "verdict")


@dataclass(frozen=True)
class Outcome:
    event: Event
    down_after_ms: int
    gateways: int
    decides_alone: bool
    failed: int
    p99_before_ms: float
    p99_gap_ms: float
    beyond: int           # requests in the worst window
    is_within_bound: bool
    short: int            # requests that the worst window refused although the limit had room
    gap_s: float = math.nan
    after_writable_ms: float = math.nan
    after_switch_ms: float = math.nan

    @property
    def faults(self):
        if not self.decides_alone:
            return []
        judged = {
            "failed requests": self.failed > FAILED_GOAL,
            "added p99": self.p99_gap_ms - self.p99_before_ms > ADDED_P99_GOAL_MS,
            "beyond the limit": 100 * self.beyond / LIMIT > BEYOND_GOALS_PERCENT[self.gateways],
            "bound of 4.2": not self.is_within_bound,
            "after writable": self.after_writable_ms > AFTER_WRITABLE_GOAL_MS,
            "after +switch-master": self.after_switch_ms > AFTER_SWITCH_GOAL_MS,
        }
        return [name for name, fails in judged.items() if fails]

    @property
    def verdict(self):
        if not self.decides_alone:
            return "-"
        return "FAILS: " + ", ".join(self.faults) if self.faults else "holds"

    def row(self):
        kind = f"{self.gateways}" if self.decides_alone else f"{self.gateways}, reference"
        return (self.event.name, f"{self.down_after_ms / 1000:g} s", kind, str(self.failed),
                f"{self.p99_before_ms:.2f}", f"{self.p99_gap_ms:.2f}",
                f"{100 * self.beyond / LIMIT:.2f} %", _or_dash(self.gap_s, 2),
                _or_dash(self.after_writable_ms), _or_dash(self.after_switch_ms), self.verdict)


def _or_dash(value, digits=0):
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def run(gateway, say, *, down_afters=DOWN_AFTER_MS, events=EVENTS, decides_alone=True,
        keep=None):
    """Each event with fleets of 1 and of 3 gateways: they share the failover, not the keys."""
    outcomes = []
    for down_after_ms in down_afters:
        name = f"{down_after_ms}-{'alone' if decides_alone else 'reference'}"
        with _folder(keep, name) as folder, \
                redis.HighlyAvailable(folder, down_after_ms) as available, \
                contextlib.ExitStack() as cleanup:
            fleets = []
            for count in FLEETS:
                fleets.append(cleanup.enter_context(
                    _fleet(gateway, folder, available, count, decides_alone)))
            for each in fleets:
                each.wait_until_ready()
            for event in events:
                made = _Run(event, down_after_ms, available, fleets, decides_alone, say).outcomes()
                for outcome in made:
                    say("  " + "  ".join(outcome.row()) + f"  short {outcome.short}")
                outcomes += made
    return outcomes


@contextlib.contextmanager
def _folder(keep, name):
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        try:
            yield folder
        finally:
            if keep:
                shutil.copytree(folder, os.path.join(keep, name), dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("ha"))


def _fleet(gateway, folder, available, count, decides_alone):
    settings = available.keys() | {
        "perigee.ratelimit.local.enabled": str(decides_alone).lower(),
        # Both fleets register at one Redis.
        "perigee.ratelimit.local.nodes": count}
    return fleet.Fleet(f"of-{count}", gateway, folder, count, limit=LIMIT, period_s=PERIOD_S,
                       settings=settings)


class _Run:
    """One event."""

    def __init__(self, event, down_after_ms, available, fleets, decides_alone, say):
        self.event, self.down_after_ms = event, down_after_ms
        self.available, self.fleets = available, fleets
        self.decides_alone, self.say = decides_alone, say

    def outcomes(self):
        with Sampler(self.available) as sampler:
            for each in self.fleets:
                each.begin(RATE, connections=CONNECTIONS, shares=SHARES)
            time.sleep(_BEFORE_SECONDS)
            primary = self.available("primary")
            begun = time.monotonic()
            mending, caused = self._cause()
            back = self._wait_until_back(caused)
            time.sleep(_AFTER_SECONDS)
            answers = [each.end() for each in self.fleets]
            if mending:
                mending.wait()
            self.available("heal", "fast")
        writable = [at for at, node in sampler.writable if at > begun and
                    (self.event.mends or f"{node[0]}:{node[1]}" != primary)]
        switches = [at for at in sampler.switches if at > begun]
        return [self._judge(*each, begun, writable, switches)
                for each in zip(self.fleets, answers, back)]

    def _cause(self):
        """The healing under way, and since when the gateways may count again."""
        caused = time.monotonic()
        for command in self.event.commands:
            if isinstance(command, tuple):
                self.available(*command)
            else:
                time.sleep(command)
        if self.event.mends is None:
            return None, caused
        time.sleep(self.event.mends)
        caused = time.monotonic()
        return self.available.begin("heal"), caused

    def _wait_until_back(self, begun):
        """When the last gateway of each fleet counts in the store again."""
        if not self.event.moves:
            time.sleep(_CALM_SECONDS)
            return [time.monotonic() for _ in self.fleets]
        gateways = [gateway for each in self.fleets for gateway in each.gateways]
        processes.wait_until(lambda: all(self._back_at(it, begun) for it in gateways),
                             _BACK_SECONDS, f"{self.event.name}: not all count again", pause=0.2)
        return [max(self._back_at(gateway, begun) for gateway in each.gateways)
                for each in self.fleets]

    def _back_at(self, gateway, begun):
        """When the store first counted for it on the new primary; None: not yet."""
        if not self.event.mends:
            begun = min(_since(gateway, _MOVED, begun), default=math.inf)
        return min(_since(gateway, fleet.COUNTS, begun), default=None)

    def _judge(self, its, answers, back, begun, writable, switches):
        before = [it for it in answers if begun - 10 <= it.due_ns / 1e9 < begun]
        gap = [it for it in answers if begun <= it.due_ns / 1e9 <= back]
        windows = its.windows(answers)
        times = {}
        if self.event.moves:
            times = _times(back, begun, writable, switches)
        return Outcome(
            event=self.event, down_after_ms=self.down_after_ms, gateways=its.count,
            decides_alone=self.decides_alone, failed=len(records.failed(answers)),
            p99_before_ms=records.quantile_ms(before, .99),
            p99_gap_ms=records.quantile_ms(gap, .99),
            beyond=max(max(0, it.admitted - LIMIT) for it in windows),
            is_within_bound=all(it.admitted <= _bound(it, its.count) for it in windows),
            short=max(min(LIMIT, it.asked) - it.admitted for it in windows), **times)


def _times(back, begun, writable, switches):
    """The message can come before the new primary accepts writes; then these count."""
    found = {"gap_s": back - begun}
    if writable:
        found["after_writable_ms"] = (back - writable[0]) * 1e3
    if switches and writable:
        found["after_switch_ms"] = (back - max(switches[0], writable[0])) * 1e3
    return found


def _since(gateway, text, begun):
    """When it said so, by time.monotonic(). Lines have milliseconds: two can be of the same one."""
    shift = fleet.WALL_MINUS_MONOTONIC
    return [at - shift for at in gateway.log_times(text) if at - shift >= begun - 0.001]


def _bound(window, gateways):
    """redis-client.md 4.2, with the rounding of the shares."""
    return LIMIT + (SHARES[window.key] * _STALE_SECONDS if gateways > 1 else LIMIT) + gateways - 1
