"""One API is redeployed again and again under load: memory growth and failed requests."""
import contextlib
import http.client
import os
import tempfile
import time

from . import certificate, definitions, need, processes
from .checks import Check
from .load import BackgroundLoad
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
        load = BackgroundLoad(setup, RATE)
        cleanup.callback(load.process.stop)
        watcher = _Watcher(setup)
        begun = time.monotonic()
        for number in range(1, WARM_REDEPLOYS + 1):
            watcher.redeploy(number, load)
        before = _anonymous_mib(proxy)
        for number in range(WARM_REDEPLOYS + 1, WARM_REDEPLOYS + redeploys + 1):
            watcher.redeploy(number, load)
            if number % 1000 == 0:
                say(f"  {number:,} redeploys: {_anonymous_mib(proxy):.2f} MiB anonymous")
        growth = _anonymous_mib(proxy) - before
        seconds = time.monotonic() - begun
        figures = load.stop()
    failed = figures["broken"] + figures["refused"] + watcher.failed
    say(f"  {figures['requests']:,} requests served meanwhile, p99 {figures['p99']:,.0f} us")
    return [Check(f"growth over {redeploys:,} redeploys", target.name, growth, "MiB",
                  GROWTH_GOAL_MIB),
            Check("failed requests during redeploys", target.name, failed, "requests", 0),
            Check("one redeploy until it serves", target.name,
                  seconds / (WARM_REDEPLOYS + redeploys) * 1e3, "ms")]


def _anonymous_mib(proxy):
    return processes.memory_kib(proxy.pid, "Anonymous") / 1024


class _Watcher:
    """Puts a revision in the folder and sees it served, over one kept connection."""

    def __init__(self, setup):
        self.setup = setup
        self.file = os.path.join(setup.folder, "apis", "orders.json")
        self.client = http.client.HTTPConnection("127.0.0.1", setup.port, timeout=10)
        self.failed = 0

    def redeploy(self, number, load):
        load.check()
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
