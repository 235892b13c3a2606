"""A size is found by the reference's own time in the real sandbox."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refinery_plugin import Task
from refinery_plugin._sandbox import Limits
from refinery_plugin._verification.sizing import find_size

if TYPE_CHECKING:
    from refinery_plugin._sandbox import Sandbox


def test_a_size_is_found_in_the_sandbox(sandbox: Sandbox) -> None:
    """By the reference's own time there; a larger one is wanted where it shall take longer."""
    task = Task(
        name="count",
        prompt="Count down.",
        signature="def count(n: int) -> int",
        result_type=int,
        reference="def count(n):\n    left = 20000 * n\n    while left:\n        left -= 1\n    return n\n",
        sample=lambda _, size: (size,),
        seconds=0.02,
        examples=[((1,), 1)],
    )
    small = find_size(sandbox, task, limits=Limits())
    large = find_size(sandbox, dataclasses.replace(task, seconds=0.4), limits=Limits())
    assert 1 <= small < large
