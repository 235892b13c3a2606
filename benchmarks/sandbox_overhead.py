"""What the sandbox costs, as ratios within one run: ``python benchmarks/sandbox_overhead.py [--backend bwrap]``.

Four figures a backend:

- start: launch to a hardened interpreter, beside the same interpreter without any sandbox;
- round trip: "go" to the reply of a program that does nothing (at most 0.15 ms wanted);
- hand-over of a list of a million integers: encoding excluded, the list built inside included;
- sandboxed over in-process time (1.00 within 3 % wanted): the same call on the same list, timed by the parent in the
  sandbox, and inside a plain fresh interpreter; runs of both alternate, and medians are compared.

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
        wall, cpu, seconds = _alternate(sandbox, source, payload, numbers, rounds)
        print(
            f"  {label:20} {seconds * 1e3:7.1f} ms in process, ratio {wall:.3f} (CPU seconds: {cpu:.3f})",
            flush=True,
        )


def _alternate(
    sandbox: Sandbox, source: str, payload: Payload, numbers: list[int], rounds: int
) -> tuple[float, float, float]:
    """Sandboxed over plain wall time and CPU time (ratios of medians), and the plain median's seconds."""
    inside: list[tuple[float, float]] = []
    outside: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        program, words = Path(folder, "program.py"), Path(folder, "words")
        program.write_text(source, encoding="utf-8")
        words.write_bytes(array("i", numbers).tobytes())
        packages = next(path for path in sys.path if Path(path, "numpy").is_dir())
        command = [INTERPRETER, *OPTIONS, IN_PROCESS, str(program), str(words), packages]
        for _ in range(rounds):
            with sandbox.start(
                source.encode(), entry_point="solve", result_type=int, limits=Limits()
            ) as worker:
                failure = worker.load() or worker.hand_over(payload, 60)
                assert failure is None, failure
                began = time.perf_counter()
                outcome = worker.go(60)
                seconds = time.perf_counter() - began
                assert outcome.ok, outcome
            inside.append((seconds, worker.close().cpu_seconds or 0.0))
            told = subprocess.run(
                command, capture_output=True, text=True, env={"PYTHONHASHSEED": "0"}, check=True
            )
            wall, cpu = map(float, told.stdout.split()[-2:])
            outside.append((wall, cpu))
    (wall_in, cpu_in), (wall_out, cpu_out) = (
        [statistics.median(column) for column in zip(*runs, strict=True)] for runs in (inside, outside)
    )
    return wall_in / wall_out, cpu_in / cpu_out, wall_out


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run([INTERPRETER, *OPTIONS, "pass"], env={}, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
