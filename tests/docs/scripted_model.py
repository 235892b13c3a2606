"""The model that answers in the examples of the docs: it knows four ways to find the longest run, one of them wrong.

To follow the docs without a model of your own, start it by hand: ``python tests/docs/scripted_model.py`` prints its
address.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from model_server import Behaviour, ModelServer, Received, answer

_HEAD = "def longest_run(numbers: list[int]) -> int:\n"
_LOOP = (
    f"{_HEAD}    best, length, previous = 0, 0, None\n    for number in numbers:\n"
    "        length = length + 1 if number == previous else 1\n        previous = number\n"
    "        if length > best:\n            best = length\n    return best\n"
)
_GROUPS = (
    f"from itertools import groupby\n\n\n{_HEAD}"
    "    return max((sum(1 for _ in run) for _, run in groupby(numbers)), default=0)\n"
)
_PATTERN = (
    f"import re\n\n\n{_HEAD}"
    '    return max(map(len, re.findall(rb"\\x00+|\\x01+|\\x02+", bytes(numbers))), default=0)\n'
)
_GROWING = (
    f"{_HEAD}    text = bytes(numbers)\n    length = 0\n"
    "    while any(bytes([digit]) * (length + 1) in text for digit in range(3)):\n        length += 1\n"
    "    return length\n"
)
_FORGETS_THE_LAST_RUN = (
    f"{_HEAD}    best = start = 0\n    for place in range(1, len(numbers)):\n"
    "        if numbers[place] != numbers[place - 1]:\n            best = max(best, place - start)\n"
    "            start = place\n    return best\n"
)
_LAST = (_PATTERN, _GROUPS, _GROWING, _LOOP, _PATTERN, _FORGETS_THE_LAST_RUN, _GROWING)
_TURNS = 1024
"""Seeds of one trajectory: what remains is the number of the turn."""


def choose(request: Received) -> Behaviour:
    """Answer by the seed: a loop first, then groups, then what the trajectory's own range of seeds says."""
    trajectory, turn = divmod(int(request.body["seed"]), _TURNS)
    program = {1: _LOOP, 2: _GROUPS}.get(turn, _LAST[trajectory % len(_LAST)])
    return answer(f"Here is my program.\n\n```python\n{program}```\n", usage=(420, 140))


def server() -> ModelServer:
    """Return the server, not started yet."""
    made = ModelServer()
    made.choose = choose
    return made


if __name__ == "__main__":
    with server() as running:
        print(running.base_url, flush=True)  # noqa: T201 - what it is for
        threading.Event().wait()
