"""scripts/quickstart --check with a ready binary: the three commands it prints answer as it says."""
import os
import socket
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def main() -> int:
    binary = os.environ.get("PERIGEE_BINARY")
    if not binary:
        print("PERIGEE_BINARY names no perigee")
        return 1
    environment = os.environ | {
        "QUICKSTART_BINARY": binary,
        "QUICKSTART_PORT": free_port(),
        "QUICKSTART_NODE_PORT": free_port(),
    }
    return subprocess.run([SOURCE / "scripts/quickstart", "--check"], env=environment, timeout=60).returncode


sys.exit(main())
