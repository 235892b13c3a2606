"""Tasks whose programs take no time, for tests in the real sandbox."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from refinery_plugin import Task

DOUBLE = Task(
    name="double-all",
    prompt="Double all numbers of a list.",
    signature="def double(numbers: list[int]) -> list[int]",
    result_type=list[int],
    reference="def double(numbers):\n    return [2 * number for number in numbers]\n",
    sample=lambda seed: (random.Random(seed).sample(range(10**9), 20_000),),  # noqa: S311 - data
    strategy=lambda: st.tuples(st.lists(st.integers(0, 99), max_size=6)),
)
RIGHT = "def double(numbers):\n    return [number + number for number in numbers]\n"
SLOW = "def double(numbers):\n    return [sum([number] * 2 + [0] * 40) for number in numbers]\n"
WRONG = "def double(numbers):\n    return numbers[:2] + [2 * number for number in numbers[2:]]\n"
HANGING = "def double(numbers):\n    while True:\n        pass\n"
CRASHING = "import os\n\n\ndef double(numbers):\n    os.abort()\n"
FLOODING = (
    "import sys\n\n\ndef double(numbers):\n    while True:\n        sys.stdout.write('x' * 65536)\n"
    "        sys.stderr.write('y' * 65536)\n"
)

TRIPLE = Task(
    name="triple",
    prompt="Triple a number.",
    signature="def triple(number: int) -> int",
    result_type=int,
    reference="def triple(number):\n    return 3 * number\n",
    examples=[((2,), 6), ((0,), 0), ((-5,), -15)],
)
"""Verified, never timed."""
