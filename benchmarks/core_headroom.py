"""What good programs gain over the references of the tasks that ship: ``python benchmarks/core_headroom.py``.

For each core task the reference and all honest programs of the tests' corpus are called by turns on the same full-size
sample, in this process; the shortest CPU times of all rounds are compared. Wanted: a reference of 0.05 to 0.5 s, and a
program that is at least five times as fast. It prints a line a task and ends with exit code 1 where a task has no such
program. How long a reference takes is the machine's; the ratios are the task's.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin._tasks.core import CORE_TASKS

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "tasks"))
corpus: Any = importlib.import_module("core_corpus")
WANTED = 5.0


def main() -> int:
    """Time all programs and print the fastest of each task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    missed = []
    for task in CORE_TASKS:
        arguments = corpus.sample_of(task, options.seed)
        calls: dict[str, Callable[..., object]] = {"reference": corpus.function_of(task)}
        calls |= {
            one.name: _called(one)
            for one in corpus.solutions()
            if one.task is task and one.name.startswith("honest")
        }
        best = dict.fromkeys(calls, float("inf"))
        for _ in range(options.rounds):
            for name, call in calls.items():
                given = copy.deepcopy(arguments)
                began = time.process_time()
                call(*given)
                best[name] = min(best[name], time.process_time() - began)
        reference = best.pop("reference")
        fastest = min(best, key=lambda name: best[name])
        ratio = reference / max(best[fastest], 1e-6)
        missed += [task.name] if ratio < WANTED else []
        print(
            f"{task.name:22} reference {reference:6.3f} s  {fastest:32} {best[fastest]:7.4f} s  {ratio:6.1f} times",
            flush=True,
        )
    print("less than five times: " + (", ".join(missed) or "none"))
    return 1 if missed else 0


def _called(solution: Any) -> Callable[..., object]:  # noqa: ANN401 - of the tests' own module
    namespace: dict[str, object] = {"__name__": "solution"}
    exec(compile(solution.source, solution.id, "exec"), namespace)  # noqa: S102 - the tests' own
    found = namespace[solution.task.entry_point]
    assert callable(found)
    return found


if __name__ == "__main__":
    sys.exit(main())
