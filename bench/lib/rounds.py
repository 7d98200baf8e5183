"""Runs a shape: picks each peer's better setting, then paired rounds in shuffled order."""
import contextlib
import dataclasses
import random
import statistics
import tempfile
from dataclasses import dataclass, field

from . import certificate, load, need, paths, processes, shapes, stats
from .quota import Quota
from .targets import Nginx, Setup

ROUNDS_MIN = 9
ROUNDS_MAX = 41
PRECISION = 0.04
CALIBRATION_ROUNDS = 3
DISTURBED = 0.02        # of the time, spent ready to run while a program of others ran
REPEATS_MAX = 100
SATURATED = 0.95        # a share of one core from which a side counts as busy all the time


@dataclass(frozen=True)
class Machine:
    """Where the two sides run, and how long."""
    proxy_cpu: int = 0
    load_cpu: int = 1
    nice: int = 0
    rounds_min: int = ROUNDS_MIN
    rounds_max: int = ROUNDS_MAX
    warm_seconds: float = 0.3
    shorten: float = 1.0
    is_shared: bool = False  # others use it: wait until they pause, repeat what they disturbed


@dataclass(frozen=True)
class Comparison:
    """One target's figure divided by another's."""
    target: str
    base: str
    interval: stats.Interval
    goal: shapes.Goal = None

    @property
    def verdict(self):
        if self.goal is None:
            return "-"
        return "holds" if self.goal.holds(self.interval) else "FAILS"


@dataclass
class Outcome:
    shape: shapes.Shape
    rate: float
    settings: dict
    rounds: list = field(default_factory=list)  # per round: target name -> sample
    repeated: int = 0                           # rounds that were disturbed and left out

    def values(self, name, key):
        return [sample[name][key] for sample in self.rounds]

    def median(self, name, key):
        return statistics.median(self.values(name, key))

    @property
    def names(self):
        return list(self.rounds[0])

    def comparisons(self):
        """perigee against the base of each goal; without perigee, the peers against nginx."""
        goals = [goal for goal in self.shape.goals if goal.base in self.names]
        if "perigee" in self.names:
            return [self._compare("perigee", goal.base, goal) for goal in goals]
        return [self._compare(name, "nginx") for name in self.names
                if name != "nginx" and "nginx" in self.names]

    def _compare(self, target, base, goal=None):
        key = self.shape.metric.key
        interval = stats.median_ratio(self.values(target, key), self.values(base, key))
        return Comparison(target, base, interval, goal)

    def load_bound(self):
        """The targets that waited for the load: it was busy, and they were not."""
        if self.rate or self.shape.quota_millicores:
            return [name for name in self.names if self.median(name, "load_share") > SATURATED]
        return [name for name in self.names if self.median(name, "load_share") > SATURATED and
                self.median(name, "proxy_share") < SATURATED]


class Bench:
    def __init__(self, targets, machine, say=print):
        self.targets = targets
        self.machine = machine
        self.say = say
        self._half_of_nginx = None

    def run(self, shape):
        targets = [target for target in self.targets if shape.wants(target)]
        rate = self._rate(shape)
        targets = [self._better_setting(target, shape, rate) for target in targets]
        outcome = Outcome(shape, rate, {target.name: target.variant for target in targets})
        while not self._is_enough(outcome):
            samples = self._round(targets, shape, rate)
            if self.machine.is_shared and is_disturbed(samples):
                self._repeat(outcome)
            else:
                outcome.rounds.append(samples)
        return outcome

    @staticmethod
    def _repeat(outcome):
        """Whoever is disturbed, the whole round is left out: the rule must not know the result."""
        outcome.repeated += 1
        if outcome.repeated > REPEATS_MAX:
            need.fail(f"{outcome.shape.name}: {REPEATS_MAX} rounds were disturbed by others")

    def _is_enough(self, outcome):
        rounds = len(outcome.rounds)
        if rounds < self.machine.rounds_min or rounds >= self.machine.rounds_max:
            return rounds >= self.machine.rounds_max
        return all(each.interval.is_within(PRECISION) for each in outcome.comparisons())

    def _round(self, targets, shape, rate):
        if self.machine.is_shared:
            processes.wait_for_calm((self.machine.proxy_cpu, self.machine.load_cpu))
        names = [target.name for target in targets]
        return dict(zip(names, self._measure(targets, shape, rate), strict=True))

    def _better_setting(self, target, shape, rate):
        """The variant with the better median of a few interleaved rounds."""
        variants = target.variants(shape)
        if len(variants) == 1:
            return variants[0]
        rounds = [self._measure(variants, shape, rate) for _ in range(CALIBRATION_ROUNDS)]
        figures = {variant: [each[at][shape.metric.key] for each in rounds]
                   for at, variant in enumerate(variants)}
        best = max if shape.metric.more_is_better else min
        chosen = best(variants, key=lambda variant: statistics.median(figures[variant]))
        self.say(f"  {target.name}: {chosen.variant} is best of " + ", ".join(
            f"{variant.variant} {statistics.median(values):.2f}"
            for variant, values in figures.items()))
        return chosen

    def _rate(self, shape):
        if shape.rate != shapes.HALF_OF_NGINX:
            return shape.rate
        if self._half_of_nginx is None:
            need.programs("nginx")
            plain = shapes.named(["plain"])[0][0]
            nginx = self._better_setting(Nginx(), plain, 0)
            saturated = statistics.median(self._measure([nginx], plain, 0)[0]["rps"]
                                          for _ in range(CALIBRATION_ROUNDS))
            self.say(f"  nginx is saturated at {saturated:,.0f} requests/s")
            self._half_of_nginx = round(saturated / 2, -2)
        return self._half_of_nginx

    def _measure(self, targets, shape, rate):
        """Each target's figures of one round. All proxies are started afresh, so that no luck of one
        start favours one in all rounds, and are measured in turns, so that whatever else the
        machine does hits all alike: it changes within a second."""
        with contextlib.ExitStack() as cleanup:
            runs = [None] * len(targets)
            for at in shuffled(range(len(targets))):
                runs[at] = Run(targets[at], shape, rate, self.machine, cleanup)
            for _ in range(shape.turns):
                for run in shuffled(runs):
                    run.load.take()
            return [run.sample() for run in runs]


class Run:
    """One target in one round: its proxy, and the load that waits for its turns."""

    def __init__(self, target, shape, rate, machine, cleanup):
        self.target, self.shape = target, shape
        folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="perigee-bench-"))
        port, backend, node = processes.free_ports(3)
        self.quota = None
        if shape.quota_millicores:
            self.quota = cleanup.enter_context(contextlib.closing(
                Quota(port, shape.quota_millicores, machine.nice)))
        setup = Setup(folder=folder, port=port, backend_port=backend, node_port=node,
                      tls=certificate.make(folder) if shape.tls else None,
                      api=shape.api, cpu=machine.proxy_cpu,
                      quota=self.quota, nice=machine.nice)
        self.proxy = cleanup.enter_context(processes.running(target.start(setup)))
        self.load = cleanup.enter_context(contextlib.closing(
            load.Turns(self._command(setup, rate, machine), self._complain)))
        self.throttled_before = self.quota.throttled_periods() if self.quota else 0

    def sample(self):
        """After the last turn. A round with failed requests is no measurement."""
        sample = self.load.figures()
        if sample["broken"] or sample["refused"] or not sample["requests"]:
            self._complain(f"{sample['requests']} served, {sample['broken']} connections broken, "
                           f"{sample['refused']} answers other than 200")
        if self.quota:
            sample["throttled"] = self.quota.throttled_periods() - self.throttled_before
        return sample

    def _command(self, setup, rate, machine):
        shape = self.shape
        command = ["taskset", "-c", machine.load_cpu, "nice", "-n", machine.nice,
                   paths.pair(), "--proxy", setup.port, "--listen", setup.backend_port,
                   "--pid", self.proxy.pid, "--conns", shape.connections,
                   "--size", shape.response_bytes, "--post", shape.request_bytes, "--rate", rate,
                   "--sleeps", int(shape.sleeps),
                   "--turns", shape.turns, "--secs", shape.turn_seconds * machine.shorten,
                   "--settle", shape.settle_seconds,
                   "--warm", machine.warm_seconds, *self.target.expectations(setup)]
        return [*command, "--tls", setup.tls.chain] if setup.tls else command

    def _complain(self, what):
        need.fail(f"{self.shape.name}, {self.target.name} {self.target.variant}: {what}\n"
                  f"{self.proxy.tail()}")


def shuffled(items):
    return random.sample(items, len(items))


def is_disturbed(samples):
    return any(sample["waited_share"] > DISTURBED for sample in samples.values())


def quick(machine):
    """Few and short rounds: shows that everything runs, proves nothing."""
    return dataclasses.replace(machine, rounds_min=3, rounds_max=3, shorten=0.5)
