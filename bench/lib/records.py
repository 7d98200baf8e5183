"""What `pair --record` wrote: every request of a run, and how many each window admitted."""
import bisect
import collections
import math
import struct
from dataclasses import dataclass

_RECORD = struct.Struct("=QqIIHHI")  # pair/record.hpp
Answer = collections.namedtuple("Answer", "due_ns reset_ms latency_us key status proxy unused")


def read(path):
    with open(path, "rb") as file:
        return sorted(map(Answer._make, _RECORD.iter_unpack(file.read())))


def failed(answers):
    """Those without an answer, or with another than "passes" and "too many"."""
    return [answer for answer in answers if answer.status not in (200, 429)]


def quantile_ms(answers, share):
    """By rank: of 100 latencies the 99th is the p99."""
    sorted_us = sorted(answer.latency_us for answer in answers)
    if not sorted_us:
        return math.nan
    return sorted_us[max(0, math.ceil(share * len(sorted_us)) - 1)] / 1e3


@dataclass
class Window:
    key: int
    begin_ms: int
    end_ms: int
    asked: int = 0
    admitted: int = 0


def windows(answers, period_ms, wall_ms_at_0):
    """Each key's windows. An answer says when its window ends; gateways that count alone begin
    theirs some milliseconds apart, so ends nearer to each other than half a period are of one
    window. What was let pass uncounted belongs to the window that runs, or to one in the gap."""
    by_key = collections.defaultdict(list)
    for answer in answers:
        by_key[answer.key].append(answer)
    return [window for key, its in by_key.items()
            for window in _of_key(key, its, period_ms, wall_ms_at_0) if window.asked]


def _of_key(key, answers, period_ms, wall_ms_at_0):
    made = _counted(key, {answer.reset_ms for answer in answers if answer.reset_ms > 0}, period_ms)
    if not made:
        return []
    made = _with_gaps(made, period_ms, answers[-1].due_ns / 1e6 + wall_ms_at_0)
    ends = [window.end_ms for window in made]
    for answer in answers:
        is_counted = answer.reset_ms > 0
        at = answer.reset_ms if is_counted else answer.due_ns / 1e6 + wall_ms_at_0
        index = bisect.bisect_left(ends, at) if is_counted else bisect.bisect_right(ends, at)
        window = made[min(index, len(made) - 1)]
        window.asked += 1
        window.admitted += answer.status == 200
    return made


def _counted(key, ends_ms, period_ms):
    """From the ends that the answers named; a window's end is the last of its group."""
    made = []
    for end in sorted(ends_ms):
        if made and end - made[-1].end_ms < period_ms / 2:
            made[-1].end_ms = end
        else:
            made.append(Window(key, end - period_ms, end))
    return made


def _with_gaps(made, period_ms, last_ms):
    """With windows for the time in which nobody counted."""
    whole = []
    for window in [*made, None]:
        until = window.begin_ms if window else last_ms
        while whole and whole[-1].end_ms < until - 1:
            begin = whole[-1].end_ms
            whole.append(Window(made[0].key, begin, min(begin + period_ms, int(until))))
        if window:
            whole.append(window)
    return whole
