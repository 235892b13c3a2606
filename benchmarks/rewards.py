"""What rewards cost, and that whatever completions do they end: two figures on this machine.

    python benchmarks/rewards.py                  both
    python benchmarks/rewards.py bulk             256 completions of small programs: seconds, and what TRLReward adds
    python benchmarks/rewards.py hostile --completions 1000

- bulk: ``Verifier.verify_many`` takes at most 12 s on two processors; ``TRLReward`` at most 5 % more. Both are asked in
  turns, and the least of their times are compared, so that what else the machine does matters little;
- hostile: completions that hang, crash, flood, fork and eat memory; all come back, in bounded time, and the process has
  as many descriptors, threads and children as before.
"""

from __future__ import annotations

import argparse
import collections
import os
import threading
import time
from pathlib import Path

from refinery_plugin import Task, Verifier
from refinery_plugin.rewards import TRLReward

TASK = Task(
    name="triple",
    prompt="Triple a number.",
    signature="def triple(number: int) -> int",
    result_type=int,
    reference="def triple(number):\n    return 3 * number\n",
    examples=[((number,), 3 * number) for number in range(8)],
)
HOSTILE = {
    "hangs": "def triple(n):\n    while True: pass\n",
    "crashes": "def triple(n):\n    import os\n    os.abort()\n",
    "floods": "def triple(n):\n    print('x' * 10**8)\n    return 3 * n\n",
    "ends": "import os\nos._exit(0)\n",
    "forks": "def triple(n):\n    import os\n    while True:\n        os.fork()\n",
    "eats memory": "def triple(n):\n    x = [0]\n    while True: x += x\n",
    "sleeps at once": "import time\ntime.sleep(10**6)\n",
    "recurses": "def triple(n):\n    import sys\n    sys.setrecursionlimit(10**9)\n    return triple(n)\n",
}


def bulk(completions: int, rounds: int) -> None:
    """Verify the same programs with and without the reward around it, in turns."""
    seconds: dict[str, list[float]] = {"verify_many": [], "TRLReward": []}
    workers = len(os.sched_getaffinity(0))
    with Verifier(TASK) as verifier, TRLReward(task=TASK) as reward:
        reward(prompts=["p"], completions=["def triple(n): return 3 * n"])
        for number in range(rounds):
            programs = [
                f"def triple(number):\n    return number * 3 + {one} - {one}  # {number}\n"
                for one in range(completions)
            ]
            began = time.perf_counter()
            found = verifier.verify_many(programs, workers=workers, counterexamples=False)
            seconds["verify_many"].append(time.perf_counter() - began)
            began = time.perf_counter()
            scores = reward(
                prompts=["p"] * completions, completions=[f"```python\n{one}```" for one in programs]
            )
            seconds["TRLReward"].append(time.perf_counter() - began)
            if {str(one.verdict) for one in found} != {"correct"} or set(scores) != {1.0}:
                raise SystemExit("a right program was not rewarded")
    for name, taken in seconds.items():
        print(f"{completions} completions, {name}: {', '.join(f'{one:.2f}' for one in taken)} s")
    print(f"TRLReward / verify_many: {min(seconds['TRLReward']) / min(seconds['verify_many']):.3f}")


def _state() -> tuple[int, int, int]:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return len(os.listdir("/proc/self/fd")), threading.active_count(), len(children)  # noqa: PTH208


def hostile(completions: int) -> None:
    """Reward nothing but bad programs, a batch of each kind after the other."""
    before = _state()
    with Verifier(TASK) as verifier:
        each = -(-completions // len(HOSTILE))
        for kind, source in HOSTILE.items():
            began = time.perf_counter()
            found = verifier.verify_many(
                [f"{source}# {number}\n" for number in range(each)], counterexamples=False
            )
            taken = time.perf_counter() - began
            verdicts = collections.Counter(str(one.verdict) for one in found)
            print(f"{each} that {kind:15} {taken / each:6.2f} s each  {dict(verdicts)}", flush=True)
    print(f"descriptors, threads, children: {before} before, {_state()} after")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["bulk", "hostile"])
    parser.add_argument("--completions", type=int, help="how many (bulk 256, hostile 1,000)")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if given.what != "hostile":
        bulk(given.completions or 256, given.rounds)
    if given.what != "bulk":
        hostile(given.completions or 1000)


if __name__ == "__main__":
    main()
