"""npm's `ws` for the tests of WebSockets, and programs that use it."""
import os
import subprocess
import tempfile

import harness

WS = "ws@8"


def install_ws(test_class):
    """A folder with the package, which goes with the tests of the class."""
    for program in ("npm", "node"):
        harness.need(program)
    folder = test_class.enterClassContext(tempfile.TemporaryDirectory())
    try:
        install = subprocess.run(
            ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--prefix", folder, WS],
            capture_output=True, text=True, timeout=120, cwd=folder)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"npm install {WS} took too long: is the registry reachable?") from error
    if install.returncode != 0:
        raise AssertionError(f"npm install {WS} failed: is the registry reachable?\n"
                             f"{install.stdout}{install.stderr}")
    return folder


def node(test, folder, script, *arguments):
    """A running script that may require what is installed in the folder; it ends with the test."""
    process = subprocess.Popen(
        ["node", script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "NODE_PATH": os.path.join(folder, "node_modules")})

    def end():
        process.kill()
        process.wait()
        process.stdout.close()
    test.addCleanup(end)
    return process
