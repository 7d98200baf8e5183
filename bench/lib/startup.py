"""From the start of the process to the first proxied answer, and what an idle process holds."""
import os
import random
import socket
import statistics
import subprocess
import tempfile
import time

from . import load, need, processes
from .checks import Check, goal_of
from .targets import Setup

GOALS_MS = {100: 20, 1000: 100}
IDLE_GOAL_MIB = 12
_SETTLE_SECONDS = 2
_PAUSE_SECONDS = 0.0002
_REQUEST = (b"GET /orders/v2/customers/1 HTTP/1.1\r\nHost: api.example.com\r\n"
            b"Connection: close\r\n\r\n")


def start_times(targets, runs):
    """Medians over interleaved starts, for each target and number of APIs."""
    times = {(target, count): [] for target in targets for count in GOALS_MS}
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        backend_port, = processes.free_ports(1)
        with load.backend(folder, backend_port):
            for _ in range(runs):
                for target, count in random.sample(list(times), len(times)):
                    times[target, count].append(_one_start(target, count, backend_port))
    return [Check(f"start, {count:,} APIs", target.name, statistics.median(values), "ms",
                  goal_of(target, GOALS_MS[count])) for (target, count), values in times.items()]


def _one_start(target, api_count, backend_port):
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        port, node_port = processes.free_ports(2)
        setup = Setup(folder=folder, port=port, backend_port=backend_port, node_port=node_port,
                      api_count=api_count)
        command = target.command(setup)
        log = os.path.join(folder, "start.log")
        with open(log, "wb") as output:
            begun = time.monotonic()
            # Not a Process: its work between fork and exec would count as the proxy's.
            child = subprocess.Popen(command, stdout=output, stderr=output,
                                     stdin=subprocess.DEVNULL)
        try:
            return _wait_for_answer(child, port, begun, log) * 1e3
        finally:
            child.terminate()
            child.wait(30)


def _wait_for_answer(child, port, begun, log):
    while not _is_answered(port):
        if child.poll() is not None or time.monotonic() - begun > 60:
            with open(log, errors="replace") as output:
                need.fail(f"no proxied answer after the start:\n{output.read()[-2000:]}")
        time.sleep(_PAUSE_SECONDS)
    return time.monotonic() - begun


def _is_answered(port):
    """One request on a connection of its own; before the definitions are read the answer is 404."""
    with socket.socket() as client:
        if client.connect_ex(("127.0.0.1", port)) != 0:
            return False
        client.settimeout(10)
        try:
            client.sendall(_REQUEST)
            return client.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def idle_process(target):
    """PSS with 100 APIs after one answer and a pause, and the shared objects that are mapped."""
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        port, backend_port, node_port = processes.free_ports(3)
        setup = Setup(folder=folder, port=port, backend_port=backend_port, node_port=node_port,
                      api_count=100)
        with load.backend(folder, backend_port), \
                processes.running(target.start(setup)) as proxy:
            processes.wait_until(lambda: _is_answered(port), 10, f"{target.name}: no answer")
            time.sleep(_SETTLE_SECONDS)
            pss = processes.memory_kib(proxy.pid, "Pss") / 1024
            objects = processes.shared_objects(proxy.pid)
    return [Check("idle PSS, 100 APIs", target.name, pss, "MiB", goal_of(target, IDLE_GOAL_MIB)),
            Check("shared objects mapped", target.name, len(objects), "objects")]
