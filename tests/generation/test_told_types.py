"""What the prompt says of results is what is accepted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from doubles import TASK

from refinery_plugin import Close
from refinery_plugin._generation.prompts import Brief, Turn, task_message
from refinery_plugin._study.settings import SETTINGS, resolve
from refinery_plugin._study.task import Task

FIRST = Turn(lead=1, author=None, program=None, remaining_seconds=None)


def told(changes: dict[str, Any]) -> str:
    """Return the sentence about results."""
    fields = {name: getattr(TASK, name) for name in ("name", "prompt", "signature", "reference", "strategy")}
    task = Task(**{**fields, "result_type": int, **changes})
    settings = resolve({name: setting.default for name, setting in SETTINGS.items()})
    message = task_message(Brief(task=task, settings=settings, packages=("numpy",)), FIRST)
    return next(part for part in message.content.split("\n\n") if part.startswith("It must return"))


EVERY = "result for every such input, as"
TOLD: list[tuple[dict[str, Any], str]] = [
    ({}, f"the right {EVERY} a plain Python `int` (turn NumPy numbers into it with `int(...)`)."),
    ({"result_type": str}, f"the right {EVERY} a plain Python `str`."),
    (
        {"result_type": list[tuple[int, str]]},
        (
            f"the right {EVERY} plain Python values of the type `list[tuple[int, str]]` (NumPy numbers in it count "
            "as the numbers that they hold; turn arrays into lists with `.tolist()`)."
        ),
    ),
    (
        {"result_type": list[int], "equality": "exact"},
        (
            f"the right {EVERY} plain Python values of the type `list[int]` (turn NumPy numbers and arrays in it into "
            "plain ones, with `.item()` and `.tolist()`)."
        ),
    ),
    (
        {"result_type": np.ndarray, "close": Close(rtol=1e-6, atol=1e-9)},
        (
            f"the right {EVERY} a `numpy.ndarray` of the right shape; its dtype does not matter, its numbers do. A "
            "float in it may differ from the right one by 1e-06 times the right one plus 1e-09."
        ),
    ),
    (
        {"result_type": float, "check": lambda _, __: True},
        f"a right {EVERY} a plain Python `float` (turn NumPy numbers into it with `float(...)`).",
    ),
    ({"result_type": Any}, f"the right {EVERY} plain Python values (NumPy numbers in it count"),
]


@pytest.mark.parametrize(("changes", "text"), TOLD)
def test_the_prompt_tells_what_is_accepted(changes: dict[str, Any], text: str) -> None:
    """For each type, equality, tolerance and check; the pilot's sentence is the first."""
    assert told(changes).removeprefix("It must return ").startswith(text)
