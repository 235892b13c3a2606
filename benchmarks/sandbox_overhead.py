"""What the sandbox costs, as ratios within one run: ``python benchmarks/sandbox_overhead.py [--backend bwrap]``.

Four figures a backend:

- start: launch to a hardened interpreter, beside the same interpreter without any sandbox;
- round trip: "go" to the reply of a program that does nothing (at most 0.15 ms wanted);
- hand-over of a list of a million integers: encoding excluded, the list built inside included;
- sandboxed over in-process time (1.00 within 3 % wanted): the same call on the same list, timed by the parent in the
  sandbox, and inside a plain fresh interpreter, twice; the runs alternate, and medians and least times are compared.
  Plain over plain is what noise alone does to such a ratio: no other is told more exactly than that.

Run it on a quiet machine; it says how quiet it was.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path
from typing import NamedTuple

from refinery_plugin._sandbox import Limits, Payload, Sandbox, encode_arguments, open_sandbox

OPTIONS = ("-s", "-S", "-P", "-B", "-X", "utf8", "-c")
INTERPRETER = getattr(sys, "_base_executable", sys.executable)

# The same steps as in the sandbox, without one: read the words, build the list, call once, tell the time.
IN_PROCESS = """
import sys, time
sys.path.append(sys.argv[3])
import gc
namespace = {"__name__": "solution"}
exec(compile(open(sys.argv[1], "rb").read(), sys.argv[1], "exec"), namespace)
gc.collect()
gc.disable()
numbers = memoryview(open(sys.argv[2], "rb").read()).cast("i").tolist()
gc.enable()
call = namespace["solve"]
start, cpu = time.perf_counter(), time.process_time()
call(numbers)
print(time.perf_counter() - start, time.process_time() - cpu)
"""

PROGRAMS = {
    "loop over strings": """
def solve(numbers):
    low = high = None
    for n in numbers[:500_000]:
        if sum(map(int, str(n))) == 30:
            low = n if low is None or n < low else low
            high = n if high is None or n > high else high
    return high - low
""",
    "sort and copy": "def solve(numbers):\n    return sorted(numbers)[0] + sorted(numbers, reverse=True)[0]\n",
    "many small objects": "def solve(numbers):\n    return len({(n, str(n)) for n in numbers[:300_000]})\n",
    "numpy": """
import numpy as np
def solve(numbers):
    a = np.asarray(numbers)
    return sum(int((a % k + a // k).sum()) for k in range(3, 9))
""",
    "print": """
def solve(numbers):
    for n in numbers[:100_000]:
        print(n)
    return 0
""",
    # Nothing but system calls: what the filter costs each of them at the very most.
    "200,000 system calls": """
import os
def solve(numbers):
    for _ in range(200_000):
        os.getppid()
    return 0
""",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--backend", action="append", choices=["bwrap", "landlock", "none"])
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    stream = random.Random(2)  # noqa: S311 - data, no secret
    numbers = [stream.randint(1, 100_000) for _ in range(1_000_000)]
    payload = encode_arguments((numbers,))
    bare = statistics.median(_bare() for _ in range(options.rounds))
    print(
        f"interpreter alone: {bare * 1e3:.1f} ms; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"
    )
    for name in options.backend or ["bwrap", "landlock"]:
        with open_sandbox(name) as sandbox:
            _measure(sandbox, payload, numbers, bare, options.rounds)


def _measure(sandbox: Sandbox, payload: Payload, numbers: list[int], bare: float, rounds: int) -> None:
    print(f"\n{sandbox.name}: {sandbox.describe()}")
    starts, trips, hand_overs = [], [], []
    for _ in range(rounds):
        with sandbox.start(b"def solve(numbers): return 0", entry_point="solve", result_type=int) as worker:
            failure = worker.load() or worker.hand_over(payload, 60)
            assert failure is None, failure
            began = time.perf_counter()
            outcome = worker.go(60)
            trips.append(time.perf_counter() - began)
            assert outcome.ok, outcome
        usage = worker.close()
        starts.append(usage.start_seconds or 0.0)
        hand_overs.append(usage.hand_over_seconds or 0.0)
    start = statistics.median(starts)
    print(f"  start         {start * 1e3:6.1f} ms, {(start - bare) * 1e3:+.1f} ms over the interpreter alone")
    print(f"  round trip    {statistics.median(trips) * 1e3:6.3f} ms median, {max(trips) * 1e3:.3f} ms worst")
    print(f"  a million ints{statistics.median(hand_overs) * 1e3:6.1f} ms")
    for label, source in PROGRAMS.items():
        beside = _alternate(sandbox, source, payload, numbers, rounds)
        print(
            f"  {label:20} {beside.seconds * 1e3:7.1f} ms in process, ratio {beside.ratio:.3f}, of the least"
            f" {beside.least:.3f}, of CPU {beside.cpu:.3f} (plain over plain: {beside.twin:.3f},"
            f" {beside.twin_least:.3f})",
            flush=True,
        )


class _Beside(NamedTuple):
    """The sandboxed call beside two groups of plain ones, which are alike but for the machine's noise."""

    ratio: float  # median sandboxed over median plain wall seconds
    least: float  # the same of the least seconds, which others on the machine disturb less
    cpu: float  # the same of median CPU seconds
    twin: float  # one group of plain calls over the other: how far noise alone takes a ratio of medians
    twin_least: float
    seconds: float  # the plain calls' median


def _alternate(sandbox: Sandbox, source: str, payload: Payload, numbers: list[int], rounds: int) -> _Beside:
    runs: dict[str, list[tuple[float, float]]] = {"sandboxed": [], "plain": [], "twin": []}
    with tempfile.TemporaryDirectory() as folder:
        program, words = Path(folder, "program.py"), Path(folder, "words")
        program.write_text(source, encoding="utf-8")
        words.write_bytes(array("i", numbers).tobytes())
        packages = next(path for path in sys.path if Path(path, "numpy").is_dir())
        command = [INTERPRETER, *OPTIONS, IN_PROCESS, str(program), str(words), packages]
        order = list(runs)
        for _ in range(rounds):
            for kind in order:
                runs[kind].append(
                    _sandboxed(sandbox, source, payload) if kind == "sandboxed" else _plain(command)
                )
            order.append(order.pop(0))  # so that nobody always runs after the same one
    wall = {kind: [seconds for seconds, _ in seen] for kind, seen in runs.items()}
    cpu = {kind: statistics.median(used for _, used in seen) for kind, seen in runs.items()}
    middle = {kind: statistics.median(seconds) for kind, seconds in wall.items()}
    plain = wall["plain"] + wall["twin"]
    return _Beside(
        ratio=middle["sandboxed"] / statistics.median(plain),
        least=min(wall["sandboxed"]) / min(plain),
        cpu=cpu["sandboxed"] / statistics.mean((cpu["plain"], cpu["twin"])),
        twin=middle["twin"] / middle["plain"],
        twin_least=min(wall["twin"]) / min(wall["plain"]),
        seconds=statistics.median(plain),
    )


def _sandboxed(sandbox: Sandbox, source: str, payload: Payload) -> tuple[float, float]:
    with sandbox.start(source.encode(), entry_point="solve", result_type=int, limits=Limits()) as worker:
        failure = worker.load() or worker.hand_over(payload, 60)
        assert failure is None, failure
        began = time.perf_counter()
        outcome = worker.go(60)
        seconds = time.perf_counter() - began
        assert outcome.ok, outcome
    return seconds, worker.close().cpu_seconds or 0.0


def _plain(command: list[str]) -> tuple[float, float]:
    told = subprocess.run(command, capture_output=True, text=True, env={"PYTHONHASHSEED": "0"}, check=True)
    wall, cpu = map(float, told.stdout.split()[-2:])
    return wall, cpu


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run([INTERPRETER, *OPTIONS, "pass"], env={}, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
