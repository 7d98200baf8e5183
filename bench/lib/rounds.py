"""Runs a shape: picks each peer's better setting, then paired rounds in shuffled order."""
import contextlib
import dataclasses
import json
import random
import statistics
import subprocess
import tempfile
from dataclasses import dataclass, field

from . import certificate, need, paths, processes, shapes, stats
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
        order = random.sample(targets, len(targets))
        samples = {target.name: self._measure(target, shape, rate) for target in order}
        return {target.name: samples[target.name] for target in targets}

    def _better_setting(self, target, shape, rate):
        """The variant with the better median of a few interleaved rounds."""
        variants = target.variants(shape)
        if len(variants) == 1:
            return variants[0]
        figures = {variant: [] for variant in variants}
        for _ in range(CALIBRATION_ROUNDS):
            for variant in random.sample(variants, len(variants)):
                figures[variant].append(self._measure(variant, shape, rate)[shape.metric.key])
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
            saturated = statistics.median(self._measure(nginx, plain, 0)["rps"]
                                          for _ in range(CALIBRATION_ROUNDS))
            self.say(f"  nginx is saturated at {saturated:,.0f} requests/s")
            self._half_of_nginx = round(saturated / 2, -2)
        return self._half_of_nginx

    def _measure(self, target, shape, rate):
        """Starts the proxy afresh, so that no luck of one start favours it in all rounds."""
        with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
                contextlib.ExitStack() as cleanup:
            quota = None
            if shape.quota_millicores:
                quota = cleanup.enter_context(contextlib.closing(
                    Quota(shape.quota_millicores, self.machine.nice)))
            port, backend, node = processes.free_ports(3)
            setup = Setup(folder=folder, port=port, backend_port=backend, node_port=node,
                          tls=certificate.make(folder) if shape.tls else None,
                          with_policies=shape.with_policies, cpu=self.machine.proxy_cpu,
                          quota=quota, nice=self.machine.nice)
            proxy = cleanup.enter_context(processes.running(target.start(setup)))
            throttled = quota.throttled_periods() if quota else 0
            sample = self._load(target, setup, shape, rate, proxy)
            if quota:
                sample["throttled"] = quota.throttled_periods() - throttled
            return sample

    def _load(self, target, setup, shape, rate, proxy):
        command = [paths.pair(), "--proxy", setup.port, "--listen", setup.backend_port,
                   "--pid", proxy.pid, "--conns", shape.connections,
                   "--size", shape.response_bytes, "--post", shape.request_bytes, "--rate", rate,
                   "--secs", shape.seconds * self.machine.shorten,
                   "--warm", self.machine.warm_seconds, *target.expectations(setup)]
        if setup.tls:
            command += ["--tls", setup.tls.chain]
        command = ["taskset", "-c", self.machine.load_cpu,
                   "nice", "-n", self.machine.nice, *command]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode:
            need.fail(f"{shape.name}, {target.name} {target.variant}: {done.stderr.strip()}\n"
                      f"{proxy.tail()}")
        return self._accepted(json.loads(done.stdout), target, shape, proxy)

    @staticmethod
    def _accepted(sample, target, shape, proxy):
        """A round with failed requests is no measurement."""
        if sample["broken"] or sample["refused"] or not sample["requests"]:
            need.fail(f"{shape.name}, {target.name} {target.variant}: {sample['requests']} served, "
                      f"{sample['broken']} connections broken, {sample['refused']} answers other "
                      f"than 200\n{proxy.tail()}")
        return sample


def is_disturbed(samples):
    return any(sample["waited_share"] > DISTURBED for sample in samples.values())


def quick(machine):
    """Few and short rounds: shows that everything runs, proves nothing."""
    return dataclasses.replace(machine, rounds_min=3, rounds_max=3, shorten=0.5)
