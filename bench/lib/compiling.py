"""Thousands of APIs arrive under a CPU quota while the health probe is polled, as by a kubelet."""
import contextlib
import http.client
import os
import tempfile
import threading
import time

from . import certificate, definitions, load, need, processes
from .checks import Check
from .quota import Quota
from .targets import Setup

MILLICORES = 500
PROBE = "/_node/health?probes=http-server"
PROBE_GOAL_MS = 1000   # the shortest time-out of the chart's probes: the startup probe's
_EVERY_SECONDS = 0.1
_GIVE_UP_SECONDS = 600


def probe_delay(target, api_count, say):
    """The slowest probe while `api_count` definitions arrive in the folder of a serving gateway."""
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
            contextlib.ExitStack() as cleanup:
        quota = cleanup.enter_context(contextlib.closing(Quota("compiling", MILLICORES)))
        port, backend_port, node_port = processes.free_ports(3)
        setup = Setup(folder=folder, port=port, backend_port=backend_port, node_port=node_port,
                      quota=quota)
        cleanup.enter_context(load.backend(folder, backend_port))
        proxy = cleanup.enter_context(processes.running(target.start(setup)))
        wanted = definitions.many(api_count, backend_port)
        stage(folder, wanted)
        with _Prober(node_port) as prober:
            begun = time.monotonic()
            let_arrive(folder)
            wait_for_all(proxy, node_port, api_count)
            seconds = time.monotonic() - begun
        _require_answer(setup, wanted[-1])
    say(f"  {prober.count} probes in {seconds:.1f} s")
    name = f"{api_count:,} APIs under {MILLICORES}m"
    return [Check(f"{name}: slowest health probe", target.name, prober.slowest_ms, "ms",
                  PROBE_GOAL_MS),
            Check(f"{name}: probes not answered 200", target.name, prober.failed, "probes", 0),
            Check(f"{name}: until all serve", target.name, seconds, "s")]


def stage(folder, wanted):
    """Written beside the watched folder first, so that they arrive as fast as renames go."""
    definitions.write(os.path.join(folder, "staged"), wanted)


def let_arrive(folder):
    staged, apis = os.path.join(folder, "staged"), os.path.join(folder, "apis")
    for name in os.listdir(staged):
        os.rename(os.path.join(staged, name), os.path.join(apis, name))


def wait_for_all(proxy, node_port, api_count):
    def is_done():
        if proxy.child.poll() is not None:
            need.fail(f"the gateway ended:\n{proxy.tail()}")
        return _deployed(node_port) >= api_count
    processes.wait_until(is_done, _GIVE_UP_SECONDS, f"not all {api_count} APIs are deployed",
                         pause=1)


def _deployed(node_port):
    """How many APIs the gateway lists; none when it does not answer."""
    try:
        return _get(node_port, "/_node/apis")[1].count(b'"id"')
    except (OSError, http.client.HTTPException):
        return 0


def _require_answer(setup, definition):
    path = definition["listeners"][0]["paths"][0]["path"] + "/orders"
    status, _ = _get(setup.port, path)
    if status != 200:
        need.fail(f"{path} is listed as deployed but answers {status}")


def _get(port, path, timeout=30):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    with contextlib.closing(client):
        client.request("GET", path, headers={"Host": certificate.NAME})
        answer = client.getresponse()
        return answer.status, answer.read()


class _Prober(threading.Thread):
    """Polls the health route every 100 ms, each time over a new connection, as a kubelet does."""

    def __init__(self, node_port):
        super().__init__(daemon=True)
        self.node_port = node_port
        self.over = threading.Event()
        self.count = 0
        self.failed = 0
        self.slowest_ms = 0

    def run(self):
        while not self.over.wait(_EVERY_SECONDS):
            begun = time.monotonic()
            try:
                status = _get(self.node_port, PROBE)[0]
            except (OSError, http.client.HTTPException):
                status = None
            self.count += 1
            self.failed += status != 200
            self.slowest_ms = max(self.slowest_ms, (time.monotonic() - begun) * 1e3)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
