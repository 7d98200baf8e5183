"""`pair` in its roles: measuring in turns, only the backend, a load in the background, a number of
requests."""
import contextlib
import json
import subprocess

from . import need, paths
from .processes import Process, running

FOR_EVER = 10_000_000  # seconds; such a run ends when it is stopped


@contextlib.contextmanager
def backend(folder, port, cpu=None):
    """Answers every request with 1 KiB."""
    argv = [paths.pair(), "--listen", str(port), "--conns", "0", "--secs", str(FOR_EVER)]
    with running(Process("backend", argv, folder, cpu=cpu)) as process:
        process.wait_for_port(port)
        yield process


class BackgroundLoad:
    """A fixed rate until it is stopped; it is the backend too."""

    def __init__(self, setup, rate, cpu=None):
        argv = [paths.pair(), "--proxy", setup.port, "--listen", setup.backend_port,
                "--rate", rate, "--warm", 0, "--secs", FOR_EVER]
        self.process = Process("load", [str(word) for word in argv], setup.folder, cpu=cpu)
        self.process.wait_for_port(setup.backend_port)

    def check(self):
        """Ends the run when the load has given up."""
        status = self.process.child.poll()
        if status is not None:
            need.fail(f"the load ended with status {status}: {self.process.tail()}")

    def stop(self):
        """The figures of the whole run."""
        self.check()
        return json.loads(self.process.stop())


class Turns:
    """A load that measures one part at each turn; between turns it sends nothing. It is the backend
    too. `complain` ends the run, told what is wrong."""

    def __init__(self, argv, complain):
        self.complain = complain
        self.child = subprocess.Popen(
            [str(word) for word in argv], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        try:
            self._expect("ready")
        except BaseException:
            self.close()
            raise

    def take(self):
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.write("\n")
            self.child.stdin.flush()
        self._expect("done")

    def figures(self):
        """After the last turn."""
        text = self.child.stdout.readline()
        if self.child.wait() or not text:
            self.complain(self.child.stderr.read().strip())
        return json.loads(text)

    def close(self):
        self.child.kill()
        self.child.communicate()

    def _expect(self, word):
        if self.child.stdout.readline().strip() != word:
            self.complain(self.child.stderr.read().strip())


def requests(setup, count, *, connections=64, cpu=None, response_bytes=1024, request_bytes=0,
             more=()):
    """Exactly so many requests, or a few more; returns their figures."""
    argv = [paths.pair(), "--proxy", setup.port, "--listen", setup.backend_port,
            "--conns", connections, "--requests", count,
            "--size", response_bytes, "--post", request_bytes, *more]
    if setup.tls:
        argv += ["--tls", setup.tls.chain]
    with running(Process("load", [str(word) for word in argv], setup.folder, cpu=cpu)) as load:
        if load.child.wait(600):
            need.fail(f"the load failed: {load.tail()}")
        figures = json.loads(load.tail())
    if figures["broken"] or figures["refused"]:
        need.fail(f"{figures['broken']} connections broken, {figures['refused']} refused answers")
    return figures
