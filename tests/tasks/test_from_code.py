"""A class with three methods, or a reference and a sampler, as a task in a few lines."""

from __future__ import annotations

import math
from typing import Any

import pytest

from refinery_plugin import RefineryError, Task
from refinery_plugin._sandbox import Limits
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.tasks import from_class, from_functions
from refinery_plugin.testing import ScriptedSandbox


class Registered:
    """A base that says what methods there are."""


class Split(Registered):
    """Split a list into two of equal sums, or as nearly as goes by their order."""

    def generate_problem(self, n: int, random_seed: int = 1) -> dict[str, Any]:
        """Make numbers."""
        return {"numbers": [(random_seed * place) % 7 for place in range(n)]}

    def solve(self, problem: dict[str, Any]) -> list[list[int]]:
        """Return the two lists."""
        numbers = problem["numbers"]
        return [numbers[: math.ceil(len(numbers) / 2)], numbers[math.ceil(len(numbers) / 2) :]]

    def is_solution(self, problem: dict[str, Any], solution: list[list[int]]) -> bool:
        """Look at sums."""
        first, second = solution
        return first + second == problem["numbers"] and abs(len(first) - len(second)) < 2


def total(numbers: list[float]) -> float:
    """Add numbers up."""
    return math.fsum(numbers)


def numbers_of(seed: int, size: int) -> tuple[list[float]]:
    return ([(seed * place) % 97 / 7 for place in range(size)],)


def verdict_of(task: Task, program: str) -> Verdict:
    sandbox = ScriptedSandbox()
    sized = task.sized(50)
    with Checker.open(sandbox, sized, list_seeds=[1], seed=1, limits=Limits(), time_factor=10) as checker:
        return checker.check(program.encode()).judgement.verdict


def test_a_class_is_a_task_whose_own_method_judges() -> None:
    """Solutions that it cannot even look at are wrong, and no fault."""
    task = from_class(Split)
    assert (task.name, task.entry_point, task.takes_size) == ("split", "solve", True)
    assert task.prompt.startswith("Split a list")
    right = "def solve(p):\n    n = p['numbers']\n    return [n[:len(n) // 2], n[len(n) // 2:]]\n"
    assert verdict_of(task, right) is Verdict.CORRECT
    assert verdict_of(task, "def solve(p): return [p['numbers'], []]") is Verdict.WRONG_ANSWER
    assert verdict_of(task, "def solve(p): return 1") is Verdict.WRONG_ANSWER


def test_functions_are_a_task_with_signature_and_type_of_the_reference() -> None:
    """Short inputs come from the sampler, at small sizes."""
    task = from_functions(reference=total, sample=numbers_of, version="3")
    assert (task.name, task.signature, task.result_type) == (
        "total",
        "def total(numbers: list[float]) -> float",
        float,
    )
    assert (task.prompt, task.version) == ("Add numbers up.", "3")
    assert verdict_of(task, "import math\ndef total(numbers): return math.fsum(numbers)") is Verdict.CORRECT
    assert verdict_of(task, "def total(numbers): return 0.0") is Verdict.WRONG_ANSWER


def test_slips_are_told() -> None:
    """With what is missing."""
    with pytest.raises(RefineryError, match=r"Registered has no generate_problem\(\)"):
        from_class(Registered)
    with pytest.raises(RefineryError, match=r"there are no short inputs; .*def sample\(seed, size\)"):
        from_functions(reference=total, sample=lambda seed: ([float(seed)],))
    with pytest.raises(RefineryError, match="from_class takes a class"):
        from_class(Split())  # type: ignore[arg-type]
