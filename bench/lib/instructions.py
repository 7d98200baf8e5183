"""User instructions per request, counted by callgrind."""
import os
import re
import shutil
import tempfile

from . import load, need, processes, targets


def per_request(target, requests, *, api="plain", keep=None):
    """Of two runs, of N and of 2 N requests, the difference divided by that of the requests: start
    and stop cancel out."""
    need.programs("valgrind")
    few, few_served = _counted(target, requests, api, keep)
    many, many_served = _counted(target, 2 * requests, api, keep)
    return (many - few) / (many_served - few_served)


def _counted(target, count, api, keep):
    """Instructions of a whole run, and the requests that it served."""
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder:
        port, backend, node = processes.free_ports(3)
        setup = targets.Setup(folder=folder, port=port, backend_port=backend, node_port=node,
                              api=api)
        out = os.path.join(folder, f"callgrind.{target.name}.{count}")
        with processes.running(target.under("valgrind", "--tool=callgrind",
                                            f"--callgrind-out-file={out}").start(setup)) as proxy:
            figures = load.requests(setup, count)
            proxy.stop(seconds=120)
        if not os.path.exists(out):
            need.fail(f"callgrind wrote nothing for {target.name}:\n{proxy.tail()}")
        if keep:
            os.makedirs(keep, exist_ok=True)
            shutil.copy(out, keep)
        with open(out) as file:
            total = int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M)[1])
        return total, figures["requests"]
