"""A throw-away cgroup with a CPU quota, version 1 or 2."""
import os
import re
import time

from . import need

_V1 = "/sys/fs/cgroup/cpu"
_V2 = "/sys/fs/cgroup"
PERIOD_US = 100_000


class Quota:
    """`nice` weighs the group against others: beside it the processes' own priority is nothing."""

    def __init__(self, name, millicores, nice=0):
        need.root_for("a CPU quota")
        weight = 1.25 ** -nice
        budget = millicores * PERIOD_US // 1000
        self.folder = os.path.join(self._parent(), f"perigee-bench-{os.getpid()}-{name}")
        os.makedirs(self.folder, exist_ok=True)
        if self._is_v1():
            self._put("cpu.cfs_period_us", PERIOD_US)
            self._put("cpu.cfs_quota_us", budget)
            self._put("cpu.shares", round(1024 * weight))
        else:
            self._put("cpu.max", f"{budget} {PERIOD_US}")
            self._put("cpu.weight", min(10_000, round(100 * weight)))

    def add(self, pid):
        self._put("cgroup.procs", pid)

    def throttled_periods(self):
        with open(os.path.join(self.folder, "cpu.stat")) as file:
            return int(re.search(r"nr_throttled (\d+)", file.read())[1])

    def close(self):
        """The kernel needs a moment to see that the last process has left."""
        for _ in range(100):
            try:
                return os.rmdir(self.folder)
            except OSError:
                time.sleep(0.02)
        need.fail(f"cannot remove the cgroup {self.folder}: a process is still in it")

    def _put(self, name, value):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(str(value))

    @staticmethod
    def _is_v1():
        return os.path.exists(os.path.join(_V1, "cgroup.procs"))

    @classmethod
    def _parent(cls):
        if cls._is_v1():
            return _V1
        try:
            with open(os.path.join(_V2, "cgroup.subtree_control"), "w") as file:
                file.write("+cpu")
        except OSError as error:
            need.fail(f"cannot make a cgroup with a CPU quota under {_V2}: {error}; "
                      "run where the cpu controller may be delegated, or leave the quota out")
        return _V2
