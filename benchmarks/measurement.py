"""How much of a timing session is ours, and what a busy machine does to its figures.

    python benchmarks/measurement.py [--programs DIR] [--study FILE] [--busy]

Runs ``pytest --benchmark-only`` on the recorded pilot (or other programs) and prints

- the session's wall time over what programs themselves took: loading, verification, timing and the reference included
  (target: at most 1.06);
- the A/A noise of the reference;
- with ``--busy``, a second session with every core occupied: by how much each program's CPU seconds differ from the
  quiet session's (target: within 5 %), and how many of its runs were marked as contaminated.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from neighbours import occupied

ROOT = Path(__file__).parents[1]


def session(options: list[str]) -> tuple[float, dict[str, Any]]:
    """Run one timing session; return its wall seconds and its benchmark file."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--benchmark-only",
            "-q",
            f"--benchmark-json={out}",
            *options,
        ]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        document: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return wall, document


def generate() -> None:
    """Make the recorded pilot's programs from its cassettes; nothing is called."""
    command = [sys.executable, "-m", "pytest", "tests/test_generated", "-q", "--refinery-generate"]
    done = subprocess.run(
        [*command, "--refinery-record=none"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the pilot cannot be replayed:\n{done.stdout}{done.stderr}")


def reference_noise(document: dict[str, Any]) -> float:
    """Return the median relative distance of the reference's runs from their list's median."""
    by_list: dict[int, list[float]] = {}
    for entry in document["refinery"]["reference"]:
        by_list.setdefault(entry["list"], []).extend(entry["seconds"])
    distances = []
    for seconds in by_list.values():
        middle = statistics.median(seconds)
        distances += [abs(second / middle - 1) for second in seconds]
    return statistics.median(distances)


def cpu_by_benchmark(document: dict[str, Any]) -> dict[str, float]:
    """Return each benchmark's median CPU seconds."""
    return {
        entry["fullname"]: statistics.median(entry["extra_info"]["cpu_seconds"])
        for entry in document["benchmarks"]
    }


def reference_cpu(document: dict[str, Any]) -> float:
    """Return the reference's median CPU seconds: what the processor itself was worth in that session."""
    seconds: list[float] = [
        second for entry in document["refinery"]["reference"] for second in entry["cpu_seconds"]
    ]
    return statistics.median(seconds)


def marks(document: dict[str, Any]) -> list[bool]:
    """Return the contamination marks of all timed runs."""
    return [bool(mark) for entry in document["benchmarks"] for mark in entry["extra_info"]["contaminated"]]


def show(label: str, wall: float, document: dict[str, Any]) -> None:
    """Print one session's figures."""
    programs = document["refinery"]["clock"]["program_seconds"]
    marked = marks(document)
    print(f"{label}: {len(document['refinery']['programs'])} programs, {len(marked)} timed runs")
    print(
        f"  wall {wall:.1f} s, programs {programs:.1f} s, ratio {wall / programs:.3f} (target: at most 1.06)"
    )
    print(
        f"  reference A/A noise {reference_noise(document):.2%}, contaminated runs {sum(marked)} of {len(marked)}"
    )


def main() -> None:
    """Run the sessions and print their figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", help="a directory of programs (default: the study's)")
    parser.add_argument("--study", help="a study file (default: the repository's study)")
    parser.add_argument("--busy", action="store_true", help="measure a second time with all cores occupied")
    arguments = parser.parse_args()
    options = ["tests/test_generated"]
    options += [f"--refinery-programs={Path(arguments.programs).resolve()}"] if arguments.programs else []
    options += [f"--refinery-study={Path(arguments.study).resolve()}"] if arguments.study else []

    if not arguments.programs and not arguments.study:
        generate()
    wall, quiet = session(options)
    show("quiet", wall, quiet)
    if not arguments.busy:
        return
    with occupied(2):
        wall, loaded = session(options)
    show("busy", wall, loaded)
    before, after = cpu_by_benchmark(quiet), cpu_by_benchmark(loaded)
    changes = sorted(after[name] / before[name] - 1 for name in before.keys() & after.keys())
    print(
        f"  CPU seconds against the quiet session: {changes[0]:+.1%} to {changes[-1]:+.1%} (target: within 5 %)"
    )
    # Processors that are shared, or change their clock, do less work in a second: the reference tells how much.
    worth = reference_cpu(loaded) / reference_cpu(quiet)
    low, high = ((1 + change) / worth - 1 for change in (changes[0], changes[-1]))
    print(f"  ... and against the reference's: {low:+.1%} to {high:+.1%}")


if __name__ == "__main__":
    main()
