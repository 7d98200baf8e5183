"""Starts, watches and stops programs; only what was started here is ever stopped."""
import contextlib
import glob
import os
import random
import re
import resource
import signal
import socket
import subprocess
import time

from . import need

CALM = 0.1  # a core that is busy for less than this share of the time
_AUTOGROUP = "/proc/self/autogroup"
DESCRIPTORS = 65536  # for the proxies: 10,000 idle connections and their upstreams


class Process:
    """One running program, with what it printed kept in a file for the message when it fails."""

    def __init__(self, name, argv, folder, *, cpu=None, quota=None, nice=0):
        self.name = name
        self.log = os.path.join(folder, f"{name}.log")
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                preexec_fn=lambda: _settle(cpu, quota, nice))
        self.pid = self.child.pid

    def wait_for_port(self, port, seconds=30):
        wait_until(lambda: self.is_open(port), seconds, f"{self.name}: port {port} did not open")

    def is_open(self, port):
        if self.child.poll() is not None:
            need.fail(f"{self.name} ended with status {self.child.returncode}:\n{self.tail()}")
        return is_open(port)

    def tail(self, lines=15):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def stop(self, seconds=10):
        """SIGTERM, and SIGKILL when that does not help; returns what it printed."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        with open(self.log, errors="replace") as log:
            return log.read()


def stop_children_on_sigterm():
    """SIGTERM ends the harness as an exception does: what it started is stopped on the way out."""
    signal.signal(signal.SIGTERM, lambda *_: need.fail("ended by SIGTERM"))


@contextlib.contextmanager
def running(process):
    try:
        yield process
    finally:
        process.stop()


def _settle(cpu, quota, nice):
    """In the child, before it becomes the program."""
    if quota:
        quota.add(os.getpid())
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    if nice:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    raise_descriptor_limit()


def raise_descriptor_limit():
    """As far as we may: a container can deny even root to lift the hard limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for limit in (max(hard, DESCRIPTORS), hard):
        with contextlib.suppress(ValueError):
            return resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


@contextlib.contextmanager
def priority(nice):
    """Sets the priority of this session's scheduling group: beside it, `nice` itself counts only
    inside the group."""
    if not nice or not os.path.exists(_AUTOGROUP):
        yield
        return
    with open(_AUTOGROUP) as file:
        before = file.read().split()[-1]
    _write(_AUTOGROUP, nice)
    try:
        yield
    finally:
        _write(_AUTOGROUP, before)


def share_priority(pid):
    """With a process that has a session, and so a scheduling group, of its own."""
    if not os.path.exists(_AUTOGROUP):
        return
    with open(_AUTOGROUP) as file:
        nice = file.read().split()[-1]
    if nice != "0":
        _write(f"/proc/{pid}/autogroup", nice)


def _write(path, value):
    with open(path, "w") as file:
        file.write(str(value))


def wait_until(condition, seconds, complaint, pause=0.005):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            need.fail(f"{complaint} within {seconds} s")
        time.sleep(pause)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for_calm(cpus, seconds=900):
    """Returns when nobody else keeps these cores busy."""
    wait_until(lambda: max(_busy(cpus, 0.25)) < CALM, seconds,
               "the machine is not calm: other programs keep the cores busy", pause=0.5)


def _busy(cpus, seconds):
    """The share of time that each core was not idle."""
    before = _core_times()
    time.sleep(seconds)
    after = _core_times()
    spent = {cpu: [b - a for a, b in zip(before[cpu], after[cpu])] for cpu in cpus}
    return [1 - (times[3] + times[4]) / max(1, sum(times)) for times in spent.values()]


def _core_times():
    """Per core: user, nice, system, idle, iowait, ... in ticks."""
    with open("/proc/stat") as file:
        return {int(name): list(map(int, times.split()))
                for name, times in re.findall(r"^cpu(\d+) (.*)$", file.read(), re.M)}


def free_ports(count):
    """Ports below the ephemeral range, so that no outgoing connection takes one meanwhile."""
    ports = []
    for port in random.sample(range(20000, 30000), 10000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                ports.append(port)
        if len(ports) == count:
            return ports
    need.fail("no free ports between 20000 and 30000")


def tree(pid):
    """The process and its descendants."""
    found, todo = [], [pid]
    while todo:
        pid = todo.pop()
        found.append(pid)
        for path in glob.glob(f"/proc/{pid}/task/*/children"):
            with contextlib.suppress(OSError), open(path) as file:
                todo += map(int, file.read().split())
    return found


def memory_kib(pid, key):
    """A line of smaps_rollup ("Pss", "Anonymous", ...) summed over the tree of processes."""
    total = 0
    for each in tree(pid):
        with open(f"/proc/{each}/smaps_rollup") as file:
            total += int(re.search(rf"^{key}:\s+(\d+)", file.read(), re.M)[1])
    return total


def shared_objects(pid):
    """The shared objects that a process has mapped."""
    with open(f"/proc/{pid}/maps") as file:
        return sorted(set(re.findall(r"(/\S+\.so(?:\.\S+)?)$", file.read(), re.M)))
