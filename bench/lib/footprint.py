"""Private memory of the gateway per API that it has."""
import contextlib
import tempfile
import time

from . import compiling, definitions, load, processes
from .checks import Check
from .targets import Setup

GOAL_KIB = 12
_SETTLE_SECONDS = 2


def memory_per_api(target, count):
    """Growth of the anonymous memory from `count` copies of the median definition to twice as many,
    which nobody has called yet."""
    copied = definitions.median()
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
            contextlib.ExitStack() as cleanup:
        port, backend_port, node_port = processes.free_ports(3)
        setup = Setup(folder=folder, port=port, backend_port=backend_port, node_port=node_port,
                      more_apis=definitions.copies(copied, range(count)))
        cleanup.enter_context(load.backend(folder, backend_port))
        proxy = cleanup.enter_context(processes.running(target.start(setup)))
        before = _memory_kib(proxy, node_port, 1 + count)
        compiling.stage(folder, definitions.copies(copied, range(count, 2 * count)))
        compiling.let_arrive(folder)
        after = _memory_kib(proxy, node_port, 1 + 2 * count)
    return [Check(f"one API of {2 * count:,}, private memory", target.name,
                  (after - before) / count, "KiB", GOAL_KIB)]


def _memory_kib(proxy, node_port, api_count):
    compiling.wait_for_all(proxy, node_port, api_count)
    time.sleep(_SETTLE_SECONDS)
    return processes.memory_kib(proxy.pid, "Anonymous")
