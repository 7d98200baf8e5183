"""Pages of docs/ whose files and terminal sessions are real: reads them, and runs what they show.

A ```json block belongs to the file that the line above it names (`hello.json`:). An indented block that
begins with "$ " is a session: commands, each with what it prints. A line "..." stands for any lines. The
page's ports are 8082 (gateway) and 8090 (perigee echo); the test takes free ones, and for its other backends too.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import harness

FILE = re.compile(r"`([\w.-]+\.json)`[^\n]*:\n+```json\n(.*?)^```$", re.M | re.S)
SESSION = re.compile(r"(?:^    .*\n)+(?:\n*(?:^    .*\n)+)*", re.M)
ECHO = "127.0.0.1:8090"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def text_of(page):
    return (harness.SOURCE / "docs" / page).read_text()


def files_of(text):
    """{name: content} of the files that a page shows."""
    return {name: content for name, content in FILE.findall(text)}


def commands_of(text):
    """(line, command, output lines) of each command in the sessions of a page."""
    for session in SESSION.finditer(text):
        lines = [line[4:] for line in session[0].rstrip("\n").split("\n")]
        if not lines[0].startswith("$ "):
            continue
        first = text.count("\n", 0, session.start()) + 1
        starts = [at for at, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)]):
            yield first + start, lines[start][2:], lines[start + 1:end]


def tables_of(text):
    """(cells of the head, cells of each row) of each table. `\\|` is no border."""
    head, rows = None, []
    for line in text.split("\n") + [""]:
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            if head:
                yield head, rows
            head, rows = None, []
        elif head is None:
            head = cells
        elif set(cells[0]) != {"-"}:
            rows.append(cells)


def unquoted(cell):
    """What stands in the `code` of a cell."""
    assert cell.startswith("`") and cell.endswith("`"), cell
    fence = re.match("`+", cell)[0]
    return cell[len(fence):-len(fence)].strip(" " if len(fence) > 1 else "")


def fits(found, shown):
    """Whether the lines found are those shown, in which "..." stands for any lines."""
    if not shown:
        return not found
    if shown[0] == "...":
        return any(fits(found[at:], shown[1:]) for at in range(len(found) + 1))
    return bool(found) and found[0] == shown[0] and fits(found[1:], shown[1:])


class Page:
    """A page's files in a folder, and a gateway that serves them with `perigee echo` behind it."""

    def __init__(self, test, name, apis=None, keys=None, backends=None):
        """`apis`: name -> definition, of those that are served instead of what the page shows.
        `backends`: "127.0.0.1:port" of the page -> what stands there, beside `perigee echo` or instead of it."""
        harness.need("curl")
        self.test, self.name, self.text = test, name, text_of(name)
        self.folder = pathlib.Path(test.enterContext(tempfile.TemporaryDirectory(prefix="perigee-page-")))
        self.files = files_of(self.text)
        served = {file: json.dumps(api) for file, api in apis.items()} if apis else self.files
        for file, content in self.files.items():
            (self.folder / file).write_text(content)
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "perigee").symlink_to(harness.BINARY)
        self.environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
        backends = dict(backends or {})
        if ECHO not in backends:
            backends[ECHO] = test.enterContext(harness.Echo())
        self.ports = {shown: backend.url.removeprefix("http://") for shown, backend in backends.items()}
        self.gateway = test.enterContext(harness.Gateway(
            keys, apis={file: self.at_backends(content) for file, content in served.items()}))
        self.gateway.started()

    def at_backends(self, content):
        for shown, real in self.ports.items():
            content = content.replace("http://" + shown, "http://" + real)
        return content

    def run(self):
        """Runs every command of the page; how many there were."""
        count = 0
        for line, command, shown in commands_of(self.text):
            count += 1
            with self.test.subTest(page=self.name, line=line):
                found = self.output(command)
                if not fits(self.alike(found), self.alike(shown)):
                    self.test.fail(f"$ {command}\nprints\n" + "\n".join(found) +
                                   "\n\nthe page says\n" + "\n".join(shown))
        return count

    def output(self, command):
        gateway = f"127.0.0.1:{self.gateway.port}"
        words = shlex.split(command)
        self.test.assertIn(words[0], ("curl", "perigee"), command)
        words = [word.replace("localhost:8082", gateway) for word in words]
        if words[0] == "curl":
            words.insert(1, "-sS")
        done = subprocess.run(words, cwd=self.folder, env=self.environment, text=True, timeout=harness.PATIENCE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = done.stdout.replace(gateway, "localhost:8082")
        for shown, real in self.ports.items():
            text = text.replace(real, shown)
        return text.rstrip("\n").split("\n")

    @staticmethod
    def alike(lines):
        """Without what differs from run to run."""
        lines = [UUID.sub("<uuid>", line).rstrip() for line in lines]
        lines = [re.sub(r"curl/[\d.]+", "curl/8", line) for line in lines]
        lines = [re.sub(r"after \d+ milliseconds", "after <n> milliseconds", line) for line in lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines
