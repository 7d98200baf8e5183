"""The proxies side by side: how each is configured and started for a shape."""
import contextlib
import http.client
import os
import ssl
from dataclasses import dataclass, replace

from . import certificate, definitions, need, paths
from .processes import Process, wait_until

BACKEND_TARGET = "/backend/v1/customers/"


@dataclass(frozen=True)
class Setup:
    """One start of one proxy."""
    folder: str
    port: int
    backend_port: int
    node_port: int = 0
    tls: certificate.Certificate = None
    api: str = "plain"  # of definitions.ORDERS
    api_count: int = 1
    more_apis: tuple = ()  # definitions beside those
    cpu: int = None
    quota: object = None
    nice: int = 0

    def launch(self, name, argv):
        return Process(name, argv, self.folder, cpu=self.cpu, quota=self.quota, nice=self.nice)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path


@dataclass(frozen=True)
class Target:
    """A proxy; `variant` is one of its settings, tried against each other before a shape is run."""
    name: str
    variant: str = ""
    programs: tuple = ()
    can_tls: bool = True
    wrapper: tuple = ()  # a command in front of the proxy's own

    def start(self, setup):
        process = setup.launch(self.name, [*self.wrapper, *self.command(setup)])
        try:
            process.wait_for_port(setup.port)
            self.wait_until_ready(process, setup)
        except BaseException:
            process.stop()
            raise
        return process

    def wait_until_ready(self, process, setup):
        """A proxy whose port is open is ready, unless it says otherwise here."""

    def expectations(self, setup):
        """What `pair` checks on the first message of each connection."""
        return ["--want-target", BACKEND_TARGET]

    def variants(self, shape):
        return [self]

    def with_variant(self, variant):
        return replace(self, variant=variant)

    def under(self, *wrapper):
        return replace(self, wrapper=wrapper)

    def as_one_process(self):
        return self


@dataclass(frozen=True)
class Forwarder(Target):
    name: str = "forwarder"
    can_tls: bool = False

    def command(self, setup):
        return [paths.forwarder(), str(setup.port), str(setup.backend_port)]

    def expectations(self, setup):
        return []  # it is blind


@dataclass(frozen=True)
class Nginx(Target):
    name: str = "nginx"
    variant: str = "on-16k"
    programs: tuple = ("nginx",)
    is_single: bool = False  # no master beside the worker

    def as_one_process(self):
        return replace(self, is_single=True)

    def command(self, setup):
        return ["nginx", "-e", os.path.join(setup.folder, "nginx.err"), "-c",
                setup.write("nginx.conf", self._configuration(setup))]

    def variants(self, shape):
        sizes = ("16k", "32k", "64k") if shape.is_large else ("16k",)
        return [self.with_variant(f"{switch}-{size}") for switch in ("on", "off") for size in sizes]

    def _configuration(self, setup):
        return fill(paths.peer_file("nginx.conf"), {
            "DIR": setup.folder, "PORT": setup.port, "BACKEND": setup.backend_port,
            "SINGLE": "master_process off;" if self.is_single else "",
            "LISTEN": "ssl" if setup.tls else "",
            "CERTIFICATE": f"ssl_certificate {setup.tls.chain}; ssl_certificate_key "
                           f"{setup.tls.key};" if setup.tls else "",
            "BUFFERING": self._buffering(),
            "MORE_LOCATIONS": "\n    ".join(
                f"location {path} {{ proxy_pass http://backend/backend/v1; }}"
                for path in _more_paths(setup)),
        })

    def _buffering(self):
        """Both directions alike; buffered uploads stay in memory, as a file would cost more."""
        switch, size = self.variant.split("-")
        return (f"proxy_buffering {switch}; proxy_request_buffering {switch}; "
                f"proxy_buffer_size {size}; proxy_buffers 16 {size}; proxy_busy_buffers_size "
                f"{2 * int(size[:-1])}k; client_body_buffer_size "
                f"{'2m' if switch == 'on' else size};")


@dataclass(frozen=True)
class Haproxy(Target):
    name: str = "haproxy"
    variant: str = "16384"
    programs: tuple = ("haproxy",)

    def command(self, setup):
        text = fill(paths.peer_file("haproxy.cfg"), {
            "PORT": setup.port, "BACKEND": setup.backend_port, "BUFSIZE": self.variant,
            "LISTEN": f"ssl crt {setup.tls.both}" if setup.tls else ""})
        return ["haproxy", "-db", "-q", "-f", setup.write("haproxy.cfg", text)]

    def variants(self, shape):
        sizes = ("16384", "32768", "65536") if shape.is_large else ("16384",)
        return [self.with_variant(size) for size in sizes]


@dataclass(frozen=True)
class Perigee(Target):
    name: str = "perigee"
    gateway: str = paths.GATEWAY

    def command(self, setup):
        apis = os.path.join(setup.folder, "apis")
        if setup.api_count > 1:
            definitions.write(apis, definitions.many(setup.api_count, setup.backend_port))
        else:
            definitions.write(apis, [definitions.orders(setup.backend_port, setup.api)])
        definitions.write(apis, setup.more_apis)
        file = setup.write("gravitee.yml", definitions.configuration(
            setup.port, setup.node_port, apis, setup.tls))
        return [self.gateway, "gateway", f"-Dgravitee.conf={file}"]

    def expectations(self, setup):
        marks = definitions.ORDERS[setup.api].marks
        if not marks:
            return super().expectations(setup)
        return [*super().expectations(setup), "--want-request", marks[0],
                "--want-response", marks[1]]

    def wait_until_ready(self, process, setup):
        """The port opens before the definitions are read; until then the answer is 404."""
        wait_until(lambda: process.is_open(setup.port) and status(setup) != 404, 60,
                   f"perigee does not know the API:\n{process.tail()}")


def status(setup):
    """The status of one request through the proxy; None when there was no answer."""
    if setup.tls:
        context = ssl.create_default_context(cafile=setup.tls.chain)
        context.check_hostname = False
        client = http.client.HTTPSConnection("127.0.0.1", setup.port, timeout=10, context=context)
    else:
        client = http.client.HTTPConnection("127.0.0.1", setup.port, timeout=10)
    with contextlib.closing(client), contextlib.suppress(OSError, http.client.HTTPException):
        client.request("GET", "/orders/v2/customers/1", headers={"Host": certificate.NAME})
        return client.getresponse().status


def choose(names, gateway):
    """The targets by name, after a check that their programs are there."""
    makers = {"perigee": lambda: Perigee(gateway=need.gateway(gateway)), "nginx": Nginx,
              "haproxy": Haproxy, "forwarder": Forwarder}
    unknown = [name for name in names if name not in makers]
    if unknown:
        need.fail(f"unknown target {', '.join(unknown)}; known: {', '.join(makers)}")
    targets = [makers[name]() for name in names]
    need.programs(*(program for target in targets for program in target.programs))
    return targets


def fill(text, values):
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def _more_paths(setup):
    """For the comparison at start: as many locations as the gateway has APIs."""
    return [definition["listeners"][0]["paths"][0]["path"]
            for definition in definitions.many(setup.api_count, setup.backend_port)[1:]]
