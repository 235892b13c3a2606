"""How fast programs are verified that are never timed: ``python benchmarks/bulk_verification.py``.

It makes tasks of the HumanEval kind (small functions, each with eight asserts) and prints, of one run:

- one program alone: launch to a contained interpreter, import, all short inputs, end; beside an interpreter without
  any sandbox. Wanted: at most 60 ms beyond what the program itself takes;
- ``verify_many`` with one and with two workers, programs per second;
- a session over 164 tasks (``--tasks``) with one program each (``--programs``), by turns alone and with ``-n 2``:
  programs per second, how many times as fast two workers are in all and in what they share (wanted: twice), how many of
  the machine's processors were busy, and where the time of each process goes, by the clock and in CPU seconds. Modules
  are compiled beforehand, as they are where the plugin is installed.

Ratios within a run count. Run it on a quiet machine; it says how quiet it was. ``--only session`` leaves out the rest.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from refinery_plugin import Task, Verifier
from refinery_plugin._sandbox import open_sandbox

INTERPRETER = getattr(sys, "_base_executable", sys.executable)
OPTIONS = ("-s", "-S", "-P", "-B", "-X", "utf8", "-c", "pass")
WANTED_MS = 60
BODIES = {
    "total": "    return sum(values) + {number}\n",
    "largest": "    return max(values) + {number}\n",
    "evens": "    return len([v for v in values if v % 2 == 0]) + {number}\n",
    "spread": "    return max(values) - min(values) + {number}\n",
}
INPUTS = [[n, 3 * n % 7, n * n % 11, -n] for n in range(8)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", type=int, default=164)
    parser.add_argument("--programs", type=int, default=1, help="of each task, in the sessions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["program", "library", "session"])
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    if options.only in {None, "program"}:
        _one_program()
    if options.only in {None, "library"}:
        _library(options.tasks)
    if options.only in {None, "session"}:
        _sessions(options.tasks, options.programs, options.rounds)


def _source(number: int) -> tuple[str, str]:
    name, body = list(BODIES.items())[number % len(BODIES)]
    return name, f"def {name}(values):\n{body.format(number=number)}"


def _answers(source: str, name: str) -> list[int]:
    namespace: dict[str, object] = {}
    exec(source, namespace)  # noqa: S102 - written above
    function = namespace[name]
    assert callable(function)
    return [function(values) for values in INPUTS]


def _one_program(rounds: int = 31) -> None:
    name, source = _source(2)
    began = time.perf_counter()
    answers = _answers(source, name)
    own = time.perf_counter() - began
    bare, steps = [], []
    with open_sandbox() as sandbox:
        for _ in range(rounds):
            began = time.perf_counter()
            subprocess.run([INTERPRETER, *OPTIONS], env={}, check=True)
            bare.append(time.perf_counter() - began)
            marks = [time.perf_counter()]
            worker = sandbox.start(source.encode(), entry_point=name, result_type=int, exact=False)
            failure = worker.load()
            marks.append(time.perf_counter())
            for values, answer in zip(INPUTS, answers, strict=True):
                failure = failure or worker.hand_over((values,), 5)
                outcome = worker.go(5)
                assert failure is None, failure
                assert outcome.value == answer, outcome
            marks.append(time.perf_counter())
            usage = worker.close()
            marks.append(time.perf_counter())
            start = usage.start_seconds or 0.0
            load, calls, end = (later - before for before, later in itertools.pairwise(marks))
            steps.append((start, load - start, calls, end, load + calls + end - own))
    print(f"one program in sandbox {sandbox.name}, medians of {rounds}, ms:")
    print(f"  an interpreter alone {1e3 * statistics.median(bare):6.1f}")
    for label, column in zip(
        ("start", "load", "inputs", "end", "in all"), zip(*steps, strict=True), strict=True
    ):
        print(f"  {label:20} {1e3 * statistics.median(column):6.1f}")
    print(f"  wanted in all        {WANTED_MS:6.1f} at most")


def _library(count: int) -> None:
    name, source = _source(0)
    task = Task(
        name=name,
        prompt=f"Write {name}.",
        signature=f"def {name}(values: list[int]) -> int",
        result_type=int,
        reference=source,
        examples=[((values,), answer) for values, answer in zip(INPUTS, _answers(source, name), strict=True)],
    )
    with Verifier(task) as verifier:
        verifier.verify(source)
        speeds = []
        for workers in (1, 2):
            programs = [f"{source}# {workers} {number}\n" for number in range(count)]
            began = time.perf_counter()
            found = verifier.verify_many(programs, workers=workers)
            speeds.append(count / (time.perf_counter() - began))
            assert all(each.correct for each in found)
    print(
        f"verify_many of {count}: {speeds[0]:.1f} a second with one worker, {speeds[1]:.1f} with two: "
        f"{speeds[1] / speeds[0]:.2f} times"
    )


ALONE, TWO = "alone", "-n 2"
SHARED = "other programs"
"""What workers share, as ``session_parts`` calls it: they start, collect and end each by itself."""


def _sessions(count: int, programs: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_files(folder, count, programs)
        _session(folder, ["-n", "2"])  # compiles what is imported
        seconds: dict[str, list[float]] = {ALONE: [], TWO: []}
        busy: dict[str, list[float]] = {ALONE: [], TWO: []}
        shared: dict[str, list[float]] = {ALONE: [], TWO: []}
        parts: dict[str, list[str]] = {}
        for _ in range(rounds):
            for label, values in seconds.items():
                took, processors = _session(folder, ["-n", "2"] if label == TWO else [])
                lines, longest = _parts(folder)
                if took <= min(values, default=took):
                    parts[label] = lines
                values.append(took)
                busy[label].append(processors)
                shared[label].append(longest)
    print(
        f"a session of {count} tasks with {programs} programs each, and a reference for each task, best of {rounds}:"
    )
    for label, values in seconds.items():
        print(
            f"  {label}: {min(values):.1f} s, {count * programs / min(values):.1f} programs a second, {SHARED} "
            f"{min(shared[label]):.1f} s; {statistics.median(busy[label]):.2f} processors busy"
        )
    for what, of in (("all", seconds), (SHARED, shared)):
        ratios = [one / other for one, other in zip(of[ALONE], of[TWO], strict=True)]
        print(
            f"  -n 2 is {min(of[ALONE]) / min(of[TWO]):.2f} times as fast in {what}; "
            f"by rounds {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
        )
    for label, lines in parts.items():
        print(f"  {label}: seconds by the clock (CPU seconds of the process, without those of programs)")
        print(*(f"    {line}" for line in lines), sep="\n")


def _write_files(folder: Path, count: int, programs: int) -> None:
    with (folder / "tasks.jsonl").open("w") as rows, (folder / "programs.jsonl").open("w") as made:
        for number in range(count):
            name, source = _source(number)
            head, body = source.split("\n", 1)
            asserts = "".join(
                f"    assert candidate({values!r}) == {answer!r}\n"
                for values, answer in zip(INPUTS, _answers(source, name), strict=True)
            )
            row = {
                "task_id": f"Bulk/{number}",
                "prompt": f'{head}\n    """Answer with {name} and {number}."""\n',
                "entry_point": name,
                "canonical_solution": body,
                "test": f"def check(candidate):\n{asserts}",
            }
            rows.write(json.dumps(row) + "\n")
            for copy in range(programs):
                solution = f"{source}# {copy}\n"
                made.write(json.dumps({"task_id": f"Bulk/{number}", "solution": solution}) + "\n")


def _session(folder: Path, more: list[str]) -> tuple[float, float]:
    """Return the seconds that a session took, and how many of the machine's processors were busy meanwhile."""
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "session_parts"),
        *("--benchmark-disable", "--refinery-tasks=tasks.jsonl", "--refinery-programs=programs.jsonl", *more),
    ]
    for old in folder.glob("parts-*.json"):
        old.unlink()
    places = {
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "SESSION_PARTS": str(folder),
    }
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, began = _busy_seconds(), time.time()
    done = subprocess.run(
        command, cwd=folder, env={**env, **places}, capture_output=True, text=True, check=False
    )
    seconds = time.time() - began
    assert done.returncode == 0, done.stdout[-2000:]
    (folder / "began.json").write_text(json.dumps(began))
    return seconds, (_busy_seconds() - before) / seconds


def _busy_seconds() -> float:
    """Return the CPU seconds of all processes since the machine started: those of a program are nobody's children."""
    first = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    return sum(map(int, first.split()[1:4])) / os.sysconf("SC_CLK_TCK")


def _parts(folder: Path) -> tuple[list[str], float]:
    """Return a line for each process of the last session, and how long the slowest took for what they share.

    The others wait for what the main process of workers starts with.
    """
    lines, longest = [], 0.0
    for file in sorted(folder.glob("parts-*.json")):
        clock, cpu = float(json.loads((folder / "began.json").read_text())), 0.0
        known = json.loads(file.read_text())
        cells = []
        for part, (ended, used) in known.items():
            cells.append(f"{part} {ended - clock:.2f} ({used - cpu:.2f})")
            if part == SHARED and "first program" in known:
                longest = max(longest, ended - clock)
            clock, cpu = ended, used
        lines.append(f"{file.stem.removeprefix('parts-')}: {', '.join(cells)}; in all ({cpu:.2f})")
    return lines, longest


if __name__ == "__main__":
    main()
