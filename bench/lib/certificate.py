"""A self-signed ECDSA certificate, made for one run."""
import os
import subprocess
from dataclasses import dataclass

from . import need

NAME = "api.example.com"


@dataclass(frozen=True)
class Certificate:
    chain: str
    key: str
    both: str  # one file with both, as haproxy wants it


def make(folder):
    need.programs("openssl")
    chain, key, both = (os.path.join(folder, name) for name in ("tls.crt", "tls.key", "tls.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                    "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", chain],
                   check=True, capture_output=True)
    with open(both, "w") as pem:
        for path in (chain, key):
            with open(path) as part:
                pem.write(part.read())
    return Certificate(chain, key, both)
