"""Gateways that share a store, and one open load over all of them whose every answer is kept."""
import contextlib
import datetime
import http.client
import json
import os
import re
import time

from . import certificate, definitions, load, need, paths, processes, records
from .processes import Process

PATH = "/orders/v2/customers/1"
WALL_MINUS_MONOTONIC = time.time() - time.monotonic()
COUNTS = "the store of rate limits is at work"


def limited(backend_port, limit, period_s, *, name=None, **configuration):
    """The API of the speed shapes under a limit: for each X-Key, with counters of this name, or
    without a name for each client address."""
    key = {"key": name + "-{#request.headers['X-Key'][0]}", "useKeyOnly": True} if name else {}
    step = {"name": "limit", "enabled": True, "policy": "rate-limit",
            "configuration": {**configuration, "rate": {
                **key, "limit": limit, "periodTime": period_s, "periodTimeUnit": "SECONDS"}}}
    return definitions.api("orders", "/orders/v2", f"http://127.0.0.1:{backend_port}/backend/v1",
                           [definitions.flow(request=[step])])


def ask(port, key="first"):
    """One request; gives its status and headers."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as client:
        client.request("GET", PATH, headers={"Host": certificate.NAME, "X-Key": key})
        answer = client.getresponse()
        answer.read()
        return answer.status, answer.headers


class Gateway:
    def __init__(self, gateway, folder, definition, settings):
        os.makedirs(folder)
        self.folder = folder
        self.port, self.node_port = processes.free_ports(2)
        apis = os.path.join(folder, "apis")
        definitions.write(apis, [definition])
        file = os.path.join(folder, "gravitee.yml")
        with open(file, "w") as text:
            text.write(definitions.configuration(self.port, self.node_port, apis))
        self.process = Process("perigee", [
            gateway, "gateway", f"-Dgravitee.conf={file}",
            *(f"-D{key}={value}" for key, value in settings.items())], folder)

    def wait_until_ready(self):
        """It knows the API, and its store of limits has answered a request: the first one tries the
        store, and what comes beside it is decided alone."""
        processes.wait_until(
            lambda: self.process.is_open(self.port) and COUNTS in self._ask_and_read_log(), 60,
            f"the gateway does not reach its store:\n{self.process.tail()}", pause=0.05)

    def _ask_and_read_log(self):
        ask(self.port)
        return self.log()

    def log(self):
        with open(self.process.log, errors="replace") as file:
            return file.read()

    def seen(self):
        """GET /_node/ratelimit."""
        with contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", self.node_port, timeout=5)) as client:
            client.request("GET", "/_node/ratelimit")
            return json.loads(client.getresponse().read())

    def log_times(self, text):
        """When lines with this text were written, in seconds since 1970: of the last 24 hours."""
        now = datetime.datetime.now()
        found = [datetime.datetime.combine(now, datetime.time.fromisoformat(each)) for each in
                 re.findall(rf"^([0-9:.]+) .*{re.escape(text)}", self.log(), re.M)]
        return [(each if each <= now else each - datetime.timedelta(days=1)).timestamp()
                for each in found]


class Fleet:
    """`count` gateways behind one load of `rate` requests a second; the load is the backend too."""

    def __init__(self, name, gateway, folder, count, *, limit, period_s, settings,
                 configuration=None):
        self.name, self.count = name, count
        self.limit, self.period_s = limit, period_s
        self.folder = os.path.join(folder, name)
        self.backend_port, = processes.free_ports(1)
        definition = limited(self.backend_port, limit, period_s, name=name, addHeaders=True,
                             **(configuration or {}))
        self.gateways = [Gateway(gateway, os.path.join(self.folder, str(i)), definition, settings)
                         for i in range(count)]
        self.load = None

    def wait_until_ready(self):
        with load.backend(self.folder, self.backend_port):
            for gateway in self.gateways:
                gateway.wait_until_ready()

    def begin(self, rate, *, connections, shares=(1,)):
        self.record = os.path.join(self.folder, "record")
        self.load = Process("load", [str(word) for word in [
            paths.pair(), "--proxy", ",".join(str(each.port) for each in self.gateways),
            "--listen", self.backend_port, "--conns", connections, "--rate", rate, "--sleeps", 1,
            "--warm", 0, "--secs", load.FOR_EVER, "--size", 100, "--path", PATH,
            "--key-shares", ",".join(map(str, shares)), "--record", self.record]], self.folder)
        self.load.wait_for_port(self.backend_port)
        self.begun_ms = time.time() * 1e3

    def end(self):
        """The answers since begin()."""
        if self.load.child.poll() is not None:
            need.fail(f"the load of {self.name} ended by itself: {self.load.tail()}")
        self.load.stop()
        if self.load.child.returncode:
            need.fail(f"the load of {self.name} failed: {self.load.tail()}")
        return records.read(self.record)

    def windows(self, answers):
        """Without those that began before the load: others have counted in them."""
        made = records.windows(answers, self.period_s * 1000, WALL_MINUS_MONOTONIC * 1e3)
        return [window for window in made if window.begin_ms >= self.begun_ms - 1000]

    def tally(self, *names):
        """The sum over the gateways, of /_node/ratelimit."""
        seen = [gateway.seen() for gateway in self.gateways]
        return {name: sum(each[name] for each in seen) for name in names}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in ([self.load] if self.load else []) + [it.process for it in self.gateways]:
            each.stop()


