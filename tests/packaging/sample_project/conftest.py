"""A project of somebody else's, as its author would write it: one task, typed strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from refinery_plugin import RefineryError, Task

if TYPE_CHECKING:
    import pytest

REFERENCE = """
def count_primes(below):
    return sum(all(n % d for d in range(2, int(n ** 0.5) + 1)) for n in range(2, below))
"""


def sample(seed: int) -> tuple[object, ...]:
    """Return the arguments of one timed call."""
    return (2000 + seed % 1000,)


def pytest_refinery_tasks(config: pytest.Config) -> list[Task]:
    """Add the task."""
    try:
        return [
            Task(
                name="count-primes",
                prompt="Count the primes below a number.",
                signature="def count_primes(below: int) -> int",
                result_type=int,
                reference=REFERENCE,
                sample=sample,
                strategy=lambda: st.tuples(st.integers(0, 500)),
            )
        ]
    except RefineryError as exc:  # what a project may want to explain in its own words
        raise SystemExit(f"{config.rootpath}: {exc}") from exc
