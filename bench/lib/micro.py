"""Microbenchmarks of single rooms (bench/*_bench.cpp, beside the gateway's executable), judged."""
import json
import os
import subprocess

from . import need
from .checks import Check

# What ten of them add to the chain of a request, against none: benchmark and goal in ns.
STEPS = {"no-op step": ("no_op_steps", 15),
         "transform-headers step that sets one header": ("header_steps", 60),
         "condition that compares a header": ("conditions", 80)}
_STEPS_COUNT = 10
_REPETITIONS = 31


def chain(target):
    """The price of a step and of a condition in the chain that requests pass."""
    figures = medians(target, "chain_bench", repetitions=_REPETITIONS, min_seconds=0.05)
    return [Check(f"{name}, one of ten", target.name,
                  (figures[f"{benchmark}/{_STEPS_COUNT}"]["cpu_time"] -
                   figures[f"{benchmark}/0"]["cpu_time"]) / _STEPS_COUNT, "ns", goal)
            for name, (benchmark, goal) in STEPS.items()]


def definitions(target):
    """5,000 APIs from bytes to a plan, and one of them again."""
    many = medians(target, "plan_bench", only="DeployFiveThousandMedian", repetitions=5,
                   min_seconds=0)
    again = medians(target, "plan_bench", only="RedeployOne/5000", repetitions=9, min_seconds=0.2)
    return [Check("5,000 APIs compiled, from bytes to the plan", target.name,
                  _only(many)["cpu_time"], "ms", 2000),
            Check("one of 5,000 APIs redeployed, until the plan", target.name,
                  _only(again)["cpu_time"], "ms", 10)]


def _only(figures):
    figure, = figures.values()
    return figure


def medians(target, program, *, only="", repetitions, min_seconds):
    """Per benchmark its medians over the repetitions, which are interleaved."""
    path = os.path.join(os.path.dirname(target.gateway), "bench", program)
    if not os.access(path, os.X_OK):
        need.fail(f"no {path}; build it: cmake --build --preset release --target {program}")
    done = subprocess.run(
        [path, f"--benchmark_filter={only}", "--benchmark_format=json",
         f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={min_seconds}",
         "--benchmark_enable_random_interleaving=true", "--benchmark_report_aggregates_only=true"],
        stdout=subprocess.PIPE, text=True, check=True)
    runs = json.loads(done.stdout)["benchmarks"]
    broken = [f"{run['name']}: {run['error_message']}" for run in runs if run.get("error_occurred")]
    if broken or not runs:
        need.fail(f"{program}: {'; '.join(broken) or 'nothing ran'}")
    return {run["run_name"]: run for run in runs if run["aggregate_name"] == "median"}
