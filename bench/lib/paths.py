"""Where things are, and the programs of ours that are compiled on first use."""
import os
import subprocess

from . import need

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(BENCH)
OUTPUT = os.path.join(ROOT, "build", "bench")
GATEWAY = os.path.join(ROOT, "build", "release", "perigee")

# Not -I: bench/limits would be <limits>.
_FLAGS = ["-std=c++23", "-O2", "-Wall", "-Wextra", "-Wno-missing-field-initializers",
          "-Wno-missing-designated-field-initializers", "-iquote", BENCH]


def peer_file(name):
    with open(os.path.join(BENCH, "peers", name)) as file:
        return file.read()


def forwarder():
    return _compiled("forwarder", ["forwarder.cc"])


def pair():
    sources = sorted(name for name in os.listdir(os.path.join(BENCH, "pair")))
    return _compiled("pair", [f"pair/{name}" for name in sources], ["-lssl", "-lcrypto"])


def _compiled(name, files, libraries=()):
    """The executable, built again when a file of its sources is newer."""
    files = [os.path.join(BENCH, file) for file in files]
    target = os.path.join(OUTPUT, name)
    if os.path.exists(target) and all(_age(target) >= _age(file) for file in files):
        return target
    need.programs("clang++-19")
    os.makedirs(OUTPUT, exist_ok=True)
    sources = [file for file in files if file.endswith(".cc")]
    subprocess.run(["clang++-19", *_FLAGS, "-o", target, *sources, *libraries], check=True)
    return target


def _age(path):
    return os.stat(path).st_mtime
