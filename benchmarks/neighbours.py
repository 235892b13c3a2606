"""What full load does to times, to CPU seconds and to ratios: ``python benchmarks/neighbours.py [--backend bwrap]``.

The same programs are timed by turns on the machine as it is and with every core occupied, so that drifts fall on both;
before each run of a program the reference is timed on the same list, as in a session. For each program it prints by how
much its time, its CPU seconds and its ratio to that reference (of times, and of CPU seconds) changed under load, with
the standard error over the rounds of one run. Wanted: ratios within 8 %. It also counts the runs that were marked as
contaminated.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import math
import os
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from refinery_plugin._sandbox import Limits, open_sandbox
from refinery_plugin._tasks import digit_sum_difference as shipped
from refinery_plugin._verification.checker import Checker, TimedPair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WANTED = 0.08
PROGRAMS = {
    "loop over strings": """
def get_difference(numbers):
    found = [n for n in numbers if sum(map(int, str(n))) == 30]
    return max(found) - min(found) if found else 0
""",
    "arithmetic": """
def get_difference(numbers):
    low = high = None
    for n in numbers:
        total, rest = 0, n
        while rest:
            total += rest % 10
            rest //= 10
        if total == 30:
            low = n if low is None or n < low else low
            high = n if high is None or n > high else high
    return 0 if low is None else high - low
""",
    "set and dict": """
def get_difference(numbers):
    sums = {n: sum(map(int, str(n))) for n in set(numbers)}
    found = [n for n, total in sums.items() if total == 30]
    return max(found) - min(found) if found else 0
""",
}
FIGURES: dict[str, Callable[[TimedPair], float]] = {
    "time": lambda pair: pair.program.seconds,
    "CPU seconds": lambda pair: pair.program.cpu_seconds or 0.0,
    "ratio": lambda pair: pair.program.seconds / pair.reference.seconds,
    "CPU ratio": lambda pair: (pair.program.cpu_seconds or 0.0) / (pair.reference.cpu_seconds or 1.0),
}


@contextlib.contextmanager
def occupied(each: int) -> Iterator[None]:
    """Occupy every core, each burner in a session of its own: Linux shares processors out among sessions first."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(each * (os.cpu_count() or 1))
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--backend", default="auto", choices=["auto", "bwrap", "landlock"])
    parser.add_argument("--rounds", type=int, default=6, help="each quiet, then under load")
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs in a round")
    parser.add_argument("--size", type=int, default=300_000, help="numbers in the list")
    parser.add_argument("--each", type=int, default=1, help="burners for each core")
    options = parser.parse_args()
    task = dataclasses.replace(
        shipped.DIGIT_SUM_DIFFERENCE,
        sample=functools.partial(shipped.sample, size=options.size),
        disguised=functools.partial(shipped.disguised, size=options.size),
    )
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    with Checker.open(
        open_sandbox(options.backend), task, list_seeds=[1], seed=1, limits=Limits(), time_factor=60
    ) as checker:
        for name, source in PROGRAMS.items():
            rounds: list[tuple[Sequence[TimedPair], Sequence[TimedPair]]] = []
            for number in range(options.rounds):
                both: list[Sequence[TimedPair]] = []
                for load in (contextlib.nullcontext(), occupied(options.each)):
                    with load:
                        found = checker.check(
                            source.encode(), key=f"{name} {number} {len(both)}", runs=options.runs
                        )
                    if not found.pairs:
                        raise SystemExit(f"{name}: {found.judgement}")
                    both.append(found.pairs)
                rounds.append((both[0], both[1]))
            show(name, rounds)


def show(name: str, rounds: Sequence[tuple[Sequence[TimedPair], Sequence[TimedPair]]]) -> None:
    """Print by how much each figure changed, with its standard error, and how many runs were marked.

    A change is that of geometric means from a quiet round to the loaded one right after it, so that what drifts on the
    machine falls on both.
    """
    changes = {figure: change(rounds, of) for figure, of in FIGURES.items()}
    marked, runs = (
        [sum(map(count, pairs)) for pairs in zip(*rounds, strict=True)]
        for count in (lambda pairs: sum(bool(pair.program.contaminated) for pair in pairs), len)
    )
    held = all(abs(changes[figure][0]) <= WANTED for figure in ("ratio", "CPU ratio"))
    print(
        f"{name:18} "
        + ", ".join(f"{figure} {mean:+.1%} +- {error:.1%}" for figure, (mean, error) in changes.items())
        + f"; marked {marked[0]} of {runs[0]} and {marked[1]} of {runs[1]}; "
        + ("within 8 %" if held else "NOT within 8 %"),
        flush=True,
    )


def change(
    rounds: Sequence[tuple[Sequence[TimedPair], Sequence[TimedPair]]], of: Callable[[TimedPair], float]
) -> tuple[float, float]:
    """Return the relative change of a figure under load, and its standard error."""
    steps = [
        statistics.fmean(math.log(of(pair)) for pair in loaded)
        - statistics.fmean(math.log(of(pair)) for pair in quiet)
        for quiet, loaded in rounds
    ]
    error = statistics.stdev(steps) / math.sqrt(len(steps)) if len(steps) > 1 else math.nan
    return math.expm1(statistics.fmean(steps)), error


if __name__ == "__main__":
    main()
