"""How long the analysis takes, and how much memory, as studies grow.

Run by hand: ``python benchmarks/analysis_speed.py`` (all cases; ``--case runs-100k`` for one). Files are made in a
temporary directory in the form that the plugin writes them; every case runs in a process of its own, imports are
left out, and memory is the process's largest resident set. Seconds are CPU seconds: machines are shared.

=================== ============================================== ==========================
case                what                                           bounds
=================== ============================================== ==========================
runs-100k           25,000 programs, 100,000 runs, to the summary  2 s beyond imports
runs-1m             250,000 programs, 1,000,000 runs               10 s beyond imports, 3 GB
csv-1m              the same million as CSV                        10 s beyond imports, 3 GB
page                5,000 programs in 200 treatments, ``--out``    15 s, page at most 3 MB
tests               20,000 studies of each test of the registry    10 s each
=================== ============================================== ==========================
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from refinery_analysis._inference.registry import TESTS
from refinery_analysis._inference.rowwise import DataSets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LISTS, RUNS = 2, 2
STUDIES, BATCH, MOST_SECONDS = 20_000, 2_000, 10.0
PROGRAMS = np.full(12, 5)
FAILING = 0.1
"""Of the programs; each kind of failure is one of the three."""

MODULES = (
    "_analysis",
    "_reading.join",
    "_reading.benchmark_json",
    "_reading.usual_json",
    "_reading.csv",
    "_presentation.terminal",
    "_report",
)
CHILD = """
import sys, time, resource
sys.path.insert(0, {root!r})
import importlib
from pathlib import Path
import analysis.__main__
for name in {modules!r}:
    importlib.import_module("analysis." + name)
from analysis._cli import run
started = time.process_time()
run({arguments!r})
took = time.process_time() - started
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, flush=True)
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One study, and what its analysis may take: ``seconds`` beyond imports, ``gigabytes``, ``megabytes`` of page."""

    factors: Mapping[str, tuple[str, ...]]
    replicates: int
    seconds: float
    gigabytes: float | None = None
    megabytes: float | None = None
    csv: bool = False


PILOT = {
    "agents": ("1", "2", "3"),
    "optimization": ("3 iterations", "8 iterations", "60 s", "120 s"),
}
WIDE = {
    "agents": ("1", "2", "3", "4", "5"),
    "optimization": ("3 iterations", "8 iterations", "60 s", "120 s"),
    "prompt": tuple(f"wording {letter}" for letter in "abcdefghij"),
}
CASES = {
    "runs-100k": Case(factors=PILOT, replicates=2_084, seconds=2),
    "runs-1m": Case(factors=PILOT, replicates=20_834, seconds=10, gigabytes=3),
    "csv-1m": Case(factors=PILOT, replicates=20_834, seconds=10, gigabytes=3, csv=True),
    "page": Case(factors=WIDE, replicates=25, seconds=15, megabytes=3),
}


def programs(
    case: Case, rng: np.random.Generator
) -> Iterator[tuple[dict[str, Any], int, str, np.ndarray[Any, np.dtype[np.float64]]]]:
    """Yield treatment, replicate, verdict and times (lists x runs) of every program."""
    for levels in itertools.product(*case.factors.values()):
        treatment: dict[str, Any] = {
            name: int(level) if level.isdigit() else level
            for name, level in zip(case.factors, levels, strict=True)
        }
        centre = 0.3 * rng.standard_normal()
        for replicate in range(1, case.replicates + 1):
            failed = rng.random() < FAILING
            verdict = ("wrong_answer", "error", "timeout")[int(rng.integers(3))] if failed else "correct"
            log = centre + 0.5 * rng.standard_normal() + 0.05 * rng.standard_normal((LISTS, RUNS))
            yield treatment, replicate, verdict, np.exp(log)


def write_json(path: Path, case: Case, rng: np.random.Generator) -> None:
    """Write benchmark JSON as the plugin does, entry by entry."""
    entries = []
    with path.open("w", encoding="utf-8") as file:
        file.write('{"machine_info": {"node": "here"}, "commit_info": {}, "version": "5.3.1", ')
        file.write('"datetime": "2026-01-01T00:00:00", "benchmarks": [')
        joint = ""
        for treatment, replicate, verdict, times in programs(case, rng):
            name = "-".join(f"{factor}={level}".replace(" ", "") for factor, level in treatment.items())
            known: dict[str, Any] = {"treatment": treatment, "replicate": replicate, "verdict": verdict}
            known |= {"sha256": f"{hash((name, replicate)) & (2**64 - 1):064x}"}
            amounts = {
                "turns": 3,
                "calls": 3,
                "prompt_tokens": 900,
                "completion_tokens": 400,
                "cost_usd": 0.01,
            }
            reason = None if verdict == "correct" else "it broke"
            amounts |= {"load_seconds": 0.01, "verify_seconds": 0.2}
            entries.append({**known, **amounts, "model": "m", "reason": reason, "error_type": None})
            if verdict != "correct":
                continue
            for number, data in enumerate(times.tolist(), start=1):
                extra = {**known, "study": "speed", "task": "t", "list": number, "block": replicate % 50}
                extra |= {"session": "s", "limit_seconds": 60.0, "cpu_seconds": data}
                extra |= {"contaminated": [False] * RUNS, "queue_seconds": [0.0] * RUNS}
                stats = {"data": data, "mean": sum(data) / RUNS, "rounds": RUNS, "min": min(data)}
                stats |= {"max": max(data), "stddev": 0.01, "median": data[0], "iqr": 0.0, "ops": 1.0}
                full = f"tests/test_generated/test_programs.py::test_time[{name}-r{replicate}-{number}]"
                benchmark: dict[str, Any] = {
                    "group": None,
                    "name": full[38:],
                    "fullname": full,
                    "params": None,
                    "param": None,
                }
                benchmark |= {"extra_info": extra, "options": {"disable_gc": True, "timer": "perf_counter"}}
                file.write(joint + json.dumps({**benchmark, "stats": stats}))
                joint = ", "
        told = [
            {"block": block, "session": "s", "list": number, "seconds": [0.99, 1.0, 1.02]}
            for block in range(50)
            for number in range(1, LISTS + 1)
        ]
        refinery = {"schema": 1, "study": {"name": "speed"}, "programs": entries, "reference": told}
        file.write(f'], "refinery": {json.dumps(refinery)}}}')


def write_csv(path: Path, case: Case, rng: np.random.Generator) -> None:
    """Write a CSV of measurements: one line a run."""
    with path.open("w", encoding="utf-8") as file:
        file.write("agents,iterations,time_limit,replicate,list,run,seconds,passed\n")
        for treatment, replicate, verdict, times in programs(case, rng):
            number, _, unit = str(treatment["optimization"]).partition(" ")
            limits = f"{number},inf" if unit.startswith("iteration") else f"inf,{number}"
            head = f"{treatment['agents']},{limits},{replicate}"
            for (where, run), seconds in np.ndenumerate(times):
                ok = verdict == "correct"
                file.write(f"{head},{where + 1},{run + 1},{seconds if ok else ''},{ok}\n")


def measure(name: str, case: Case, folder: Path) -> bool:
    """Analyse one made study in a process of its own, say what it took, return whether that is within bounds."""
    rng = np.random.default_rng(20261125)
    results = folder / (f"{name}.csv" if case.csv else f"{name}.json")
    (write_csv if case.csv else write_json)(results, case, rng)
    out = folder / f"{name}-report"
    arguments = [str(results)] + (["--out", str(out)] if case.megabytes else [])
    root = str(Path(__file__).resolve().parent.parent)
    code = CHILD.format(root=root, arguments=arguments, modules=MODULES)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    took, memory = map(float, done.stdout.split()[-2:])
    good = took <= case.seconds and (case.gigabytes is None or memory <= case.gigabytes)
    told = f"{name:12} {results.stat().st_size / 1e6:7.0f} MB of results  {took:6.2f} s (at most {case.seconds:g})"
    told += f"  {memory:5.2f} GB" + (f" (at most {case.gigabytes:g})" if case.gigabytes else "")
    if case.megabytes:
        size = (out / "report.html").stat().st_size / 1e6
        good = good and size <= case.megabytes
        told += f"  page {size:.2f} MB (at most {case.megabytes:g})"
    print(told + ("" if good else "  TOO MUCH"), flush=True)
    return good


def measure_tests() -> bool:
    """Do every test of the registry on 20,000 studies in which nothing differs; return whether each is in bounds."""
    good = True
    for test in TESTS:
        rng = np.random.default_rng(20261125)
        found, started = 0, time.process_time()
        for _ in range(STUDIES // BATCH):
            data = DataSets(counts=PROGRAMS, y=rng.standard_normal((BATCH, int(PROGRAMS.sum()))))
            values = data.of(data.residuals) if test.of_residuals else data
            rejected = test.figures(values).p <= 0.05 if test.rejects is None else test.rejects(values, 0.05)
            found += int(rejected.sum())
        took = time.process_time() - started
        good &= took <= MOST_SECONDS
        told = f"{STUDIES:,} studies of {PROGRAMS.size} x {PROGRAMS[0]}: {test.title:20} {took:6.2f} s"
        print(f"{told} (at most {MOST_SECONDS:g}); {found / STUDIES:.2%} find a difference", flush=True)
    return good


def main() -> int:
    """Measure the cases that were asked for; 1 where a bound does not hold."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument(
        "--case", action="append", choices=(*CASES, "tests"), help="may be repeated (default: all)"
    )
    names = asked.parse_args().case or [*CASES, "tests"]
    with tempfile.TemporaryDirectory() as folder:
        good = [
            measure_tests() if name == "tests" else measure(name, CASES[name], Path(folder)) for name in names
        ]
    return int(not all(good))


if __name__ == "__main__":
    raise SystemExit(main())
