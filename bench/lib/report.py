"""Tables for people: on the console and in RESULTS.md; and the raw figures as JSON."""
import json
import platform
import re
import subprocess

from . import need, rounds

BEGIN, END = "<!-- {}:begin -->", "<!-- {}:end -->"
HEADINGS = ("shape", "measure", "perigee", "nginx", "haproxy", "forwarder", "ratio", "median",
            "95 % interval", "goal", "verdict", "rounds")


def rows(outcome):
    """One row per comparison; its first and seventh cell together name it."""
    shape = outcome.shape
    figures = [_figure(outcome, name) for name in ("perigee", "nginx", "haproxy", "forwarder")]
    return [(shape.name, shape.metric.title, *figures, f"{each.target}/{each.base}",
             f"{each.interval.median:.3f}",
             f"{each.interval.low:.3f} to {each.interval.high:.3f}",
             str(each.goal) if each.goal else "-", each.verdict, str(each.interval.rounds))
            for each in outcome.comparisons()]


def _figure(outcome, name):
    if name not in outcome.names:
        return "-"
    value = outcome.median(name, outcome.shape.metric.key)
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"


def console(headings, table):
    widths = [max(len(row[i]) for row in [headings, *table]) for i in range(len(headings))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in [headings, *table])


def notes(outcome):
    """What a reader must know of a shape before believing its row."""
    lines = [f"{outcome.shape.name}: {outcome.shape.title}" +
             (f", {outcome.rate:,.0f} requests/s" if outcome.rate else "")]
    for name in outcome.names:
        setting = f" ({outcome.settings[name]})" if outcome.settings[name] else ""
        line = (f"  {name + setting:<20} busy {outcome.median(name, 'proxy_share'):4.0%}  "
                f"load busy {outcome.median(name, 'load_share'):4.0%}  "
                f"{outcome.median(name, 'rps'):10,.0f} requests/s  "
                f"p50 {outcome.median(name, 'p50'):8,.0f} us  "
                f"p99 {outcome.median(name, 'p99'):8,.0f} us  "
                f"p99.9 {outcome.median(name, 'p999'):8,.0f} us")
        if outcome.shape.quota_millicores:
            line += f"  throttled {outcome.median(name, 'throttled'):.0f}"
        lines.append(line)
    waited = 0  # under a quota it is the quota that holds the proxies back
    if not outcome.shape.quota_millicores:
        waited = max(outcome.median(name, "waited_share") for name in outcome.names)
    if outcome.repeated:
        lines.append(f"  {outcome.repeated} rounds were disturbed by other programs and repeated")
    if waited > rounds.DISTURBED:
        lines.append(f"  others had the cores for {waited:.0%} of the time: do not believe this")
    bound = outcome.load_bound()
    lines.append(f"  the load limited {', '.join(bound)}: read this shape with care" if bound
                 else "  the load was not the limit")
    return "\n".join(lines)


def check_markdown(path, section):
    """Before a long run: is there a place for its rows?"""
    _split(path, section)


def update_markdown(path, section, headings, table, name_cells):
    """Replaces or adds rows in the table between the section's markers; the other rows stay."""
    before, inside, after = _split(path, section)
    kept = {_name(row, name_cells): row for row in _parse(inside)}
    kept.update({_name(row, name_cells): tuple(row) for row in table})
    lines = [headings, ["---"] * len(headings), *kept.values()]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    with open(path, "w") as file:
        file.write(f"{before}\n{body}\n{after}")


def _split(path, section):
    """The text up to and with the first marker, what is between them, and the rest."""
    try:
        with open(path) as file:
            text = file.read()
    except OSError as error:
        need.fail(f"cannot read {path}: {error.strerror}")
    begin, end = BEGIN.format(section), END.format(section)
    if begin not in text or end not in text:
        need.fail(f"{path} has no place for results: expected {begin} and {end}")
    before, _, rest = text.partition(begin)
    inside, _, after = rest.partition(end)
    return before + begin, inside, end + after


def _parse(text):
    lines = re.findall(r"^\| (.*) \|$", text, re.M)[2:]
    return [tuple(cell.strip() for cell in line.split(" | ")) for line in lines]


def _name(row, cells):
    return tuple(row[cell] for cell in cells)


def save_json(path, outcomes, extra=None):
    with open(path, "w") as file:
        json.dump({"machine": facts(), "shapes": {
            outcome.shape.name: {"rate": outcome.rate, "settings": outcome.settings,
                                 "rounds": outcome.rounds} for outcome in outcomes},
            **(extra or {})}, file, indent=1)


def facts(gateway=None):
    """What the figures depend on besides the code."""
    with open("/proc/cpuinfo") as file:
        cpu = re.search(r"model name\s*: (.*)", file.read())[1]
    return {"cpu": cpu, "kernel": platform.release(), "nginx": _version(["nginx", "-v"]),
            "haproxy": _version(["haproxy", "-v"]), "openssl": _version(["openssl", "version"])} | (
                {"perigee": _version([gateway, "--version"])} if gateway else {})


def _version(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return "not installed"
    return (done.stdout + done.stderr).strip().split("\n")[0]
