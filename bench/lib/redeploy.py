"""One API is redeployed again and again under load: memory growth and failed requests."""
import contextlib
import http.client
import os
import tempfile
import time

from . import certificate, compiling, definitions, load, need, processes
from .checks import Check
from .targets import Setup

RATE = 2000
WARM_REDEPLOYS = 500  # pools, arenas and caches reach their size
GROWTH_GOAL_MIB = 1
_SECONDS_PER_REDEPLOY = 30


def soak(target, redeploys, say):
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
            contextlib.ExitStack() as cleanup:
        port, backend_port, node_port = processes.free_ports(3)
        setup = Setup(folder=folder, port=port, backend_port=backend_port, node_port=node_port)
        proxy = cleanup.enter_context(processes.running(target.start(setup)))
        traffic = load.BackgroundLoad(setup, RATE)
        cleanup.callback(traffic.process.stop)
        watcher = _Watcher(setup)
        begun = time.monotonic()
        for number in range(1, WARM_REDEPLOYS + 1):
            traffic.check()
            watcher.redeploy(number)
        before = _anonymous_mib(proxy)
        for number in range(WARM_REDEPLOYS + 1, WARM_REDEPLOYS + redeploys + 1):
            traffic.check()
            watcher.redeploy(number)
            if number % 1000 == 0:
                say(f"  {number:,} redeploys: {_anonymous_mib(proxy):.2f} MiB anonymous")
        growth = _anonymous_mib(proxy) - before
        seconds = time.monotonic() - begun
        figures = traffic.stop()
    failed = figures["broken"] + figures["refused"] + watcher.failed
    say(f"  {figures['requests']:,} requests served meanwhile, p99 {figures['p99']:,.0f} us")
    return [Check(f"growth over {redeploys:,} redeploys", target.name, growth, "MiB",
                  GROWTH_GOAL_MIB),
            Check("failed requests during redeploys", target.name, failed, "requests", 0),
            Check("one redeploy until it serves", target.name,
                  seconds / (WARM_REDEPLOYS + redeploys) * 1e3, "ms")]


def among(target, api_count, redeploys=100):
    """How long a redeploy takes until it serves when there are many APIs; nobody else calls."""
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
            contextlib.ExitStack() as cleanup:
        port, backend_port, node_port = processes.free_ports(3)
        setup = Setup(folder=folder, port=port, backend_port=backend_port, node_port=node_port,
                      api_count=api_count)
        cleanup.enter_context(load.backend(folder, backend_port))
        proxy = cleanup.enter_context(processes.running(target.start(setup)))
        compiling.wait_for_all(proxy, node_port, api_count)
        watcher = _Watcher(setup)
        begun = time.monotonic()
        for number in range(1, redeploys + 1):
            watcher.redeploy(number)
        seconds = time.monotonic() - begun
    return [Check(f"one redeploy until it serves, {api_count:,} APIs", target.name,
                  seconds / redeploys * 1e3, "ms")]


def _anonymous_mib(proxy):
    return processes.memory_kib(proxy.pid, "Anonymous") / 1024


class _Watcher:
    """Puts a revision in the folder and sees it served, over one kept connection."""

    def __init__(self, setup):
        self.setup = setup
        self.file = os.path.join(setup.folder, "apis", "orders.json")
        self.client = http.client.HTTPConnection("127.0.0.1", setup.port, timeout=10)
        self.failed = 0

    def redeploy(self, number):
        definitions.replace(self.file, definitions.revision(number, self.setup.backend_port))
        end = time.monotonic() + _SECONDS_PER_REDEPLOY
        while self._served() != str(number):
            if time.monotonic() > end:
                need.fail(f"revision {number} is not served after {_SECONDS_PER_REDEPLOY} s")
            time.sleep(0.001)

    def _served(self):
        """The revision that answers; None before the first one, and when the request fails."""
        try:
            self.client.request("GET", "/orders/v2/customers/1",
                                headers={"Host": certificate.NAME})
            answer = self.client.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.failed += 1
            self.client.close()
            return None
        if answer.status != 200:
            self.failed += 1
        return answer.headers.get(definitions.REVISION_HEADER)
