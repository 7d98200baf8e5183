"""Strict limits that several gateways share are exact in each window, beside the reference too."""
import collections
import contextlib
import tempfile
import time

from . import fleet, need, records, redis, reference
from .checks import Check

GATEWAYS, CONNECTIONS, RATE = 4, 64, 3000
LIMIT, PERIOD_S = 1000, 5
WINDOWS, WINDOWS_MIXED = 20, 8
# A strict operation without an answer in 10 ms is decided alone. That is for other checks: here a
# pause of the machine shall not look like an error of counting.
PATIENT = {"ratelimit.redis.operation.timeout": 5000}
_REFERENCE_RATE = 300  # of each version


def exact(gateway, say, *, is_quick=False):
    with tempfile.TemporaryDirectory(prefix="perigee-bench-") as folder, \
            contextlib.ExitStack() as cleanup:
        port = cleanup.enter_context(redis.alone(folder))
        made = cleanup.enter_context(fleet.Fleet(
            "exact", gateway, folder, GATEWAYS, limit=LIMIT, period_s=PERIOD_S,
            settings=redis.keys_of(port) | PATIENT))
        made.wait_until_ready()
        alone = _alone(made)
        whole = _windows(made, 3 if is_quick else WINDOWS, say)
        name = f"{len(whole)} windows of {LIMIT:,}, {GATEWAYS} gateways: "
        checks = [Check(name + "admitted beside the limit, at most", "perigee",
                        max(abs(it.admitted - min(LIMIT, it.asked)) for it in whole),
                        "requests", 0),
                  Check(name + "decided alone", "perigee", _alone(made) - alone, "requests", 0)]
        counts, of_reference = _mixed(made, port, 2 if is_quick else WINDOWS_MIXED, say)
        name = f"{len(counts)} windows with clients of the reference: "
        return checks + [
            Check(name + "admitted beside the limit, at most", "perigee",
                  max(abs(count - LIMIT) for count in counts), "requests", 0),
            Check(name + "of that by the reference", "perigee", of_reference, "%")]


def _alone(made):
    return sum(made.tally("admittedAlone", "refusedAlone").values())


def _windows(made, count, say):
    """All that are whole."""
    made.begin(RATE, connections=GATEWAYS * CONNECTIONS)
    time.sleep((count + 1) * PERIOD_S)
    answers = made.end()
    _require_answers(answers)
    whole = sorted(made.windows(answers), key=lambda it: it.end_ms)[:count]
    say(f"  {len(answers):,} requests, p99 {records.quantile_ms(answers, .99):.2f} ms; "
        f"admitted {_summary(window.admitted for window in whole)}")
    for window in whole:
        if window.admitted != LIMIT:
            say(f"    of {window.asked:,} asked {window.admitted:,}, after "
                f"{(window.begin_ms - made.begun_ms) / 1e3:.2f} s")
    return whole


def _mixed(made, port, count, say):
    """What each whole window admitted, the reference's clients included, and their part."""
    clients = [reference.Client(version, port, "exact-00000000:rl", rate=_REFERENCE_RATE,
                                limit=LIMIT, period_s=PERIOD_S) for version in reference.SCRIPTS]
    time.sleep(PERIOD_S)  # the window before has ended
    made.begin(RATE, connections=GATEWAYS * CONNECTIONS)
    for client in clients:
        client.start()
    time.sleep((count + 1) * PERIOD_S)
    theirs = [counted for client in clients for counted in client.stop()]
    answers = made.end()
    _require_answers(answers)
    admitted = collections.Counter(answer.reset_ms for answer in answers if answer.status == 200)
    by_reference = collections.Counter(each.reset_ms for each in theirs if each.admitted)
    ends = sorted(admitted | by_reference)[:count]
    totals = [admitted[end] + by_reference[end] for end in ends]
    say(f"  beside {len(theirs):,} counts of the reference: admitted {_summary(totals)}")
    return totals, 100 * sum(by_reference[end] for end in ends) / max(1, sum(totals))


def _require_answers(answers):
    lost = records.failed(answers)
    if lost:
        need.fail(f"{len(lost)} of {len(answers)} requests failed")


def _summary(counts):
    return ", ".join(f"{count:,} in {times}" for count, times in
                     sorted(collections.Counter(counts).items()))
