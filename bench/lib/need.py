"""Says clearly which program is missing, and where it comes from."""
import os
import shutil
import sys

PACKAGES = {
    "nginx": "nginx",
    "haproxy": "haproxy",
    "openssl": "openssl",
    "taskset": "util-linux",
    "nice": "coreutils",
    "clang++-19": "clang-19",
    "valgrind": "valgrind",
}


def fail(reason):
    sys.exit(f"bench: {reason}")


def programs(*names):
    """Ends the run unless every program is there."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        packages = " ".join(sorted({PACKAGES.get(name, name) for name in missing}))
        fail(f"not found: {', '.join(missing)}; install with: apt-get install {packages}")


def gateway(path):
    """The path of the gateway's executable, made absolute; ends the run when it is not there."""
    if not os.access(path, os.X_OK):
        fail(f"no gateway at {path}; build it (cmake --preset release && cmake --build --preset "
             "release) or name it with --gateway PATH")
    return os.path.abspath(path)


def root_for(what):
    if os.geteuid() != 0:
        fail(f"{what} needs root")
