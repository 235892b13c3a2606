"""A class with three methods, or a reference and a sampler, as a task in a few lines."""

from __future__ import annotations

import math
from typing import Any, List  # noqa: UP035 - as older code has it

import pytest

from refinery_plugin import RefineryError, Task
from refinery_plugin._sandbox import Limits
from refinery_plugin._study.value_types import type_name
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.tasks import from_class, from_functions
from refinery_plugin.testing import ScriptedSandbox


class Registry:
    """Collects classes, as a suite of somebody's does; it cannot be written down."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def add(self, cls: type) -> type:
        """Remember a class."""
        self.known.append(cls.__name__)
        return cls


REGISTRY = Registry()


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


def ranked(numbers: list[float]) -> List:  # type: ignore[type-arg]  # noqa: UP006 - as older code has it
    """Sort numbers."""
    return sorted(numbers)


@REGISTRY.add
class Listed(Split):
    """Split as before, and be listed."""


class Leaning(Split):
    """Split with the help of something that no sandbox has."""

    def solve(self, problem: dict[str, Any]) -> list[list[int]]:
        """Ask the registry."""
        return [problem["numbers"], REGISTRY.known]


def silent(numbers: list[float]) -> float:
    return math.fsum(numbers)


def hinted(numbers: Any) -> Unheard:  # type: ignore[name-defined]  # noqa: ANN401, F821 - that is the case
    """Return a number."""
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


def test_a_decorator_that_cannot_come_along_is_left_out() -> None:
    """A class that is registered somewhere works without; its bases of the same file come along."""
    task = from_class(Listed)
    assert "REGISTRY" not in task.reference
    assert "class Split(Registered)" in task.reference
    assert verdict_of(task, task.reference) is Verdict.CORRECT


def test_code_that_cannot_stand_alone_is_told_with_the_task_and_the_reason() -> None:
    """Class or function, it is refused before anything runs, with what it leans on."""
    with pytest.raises(
        RefineryError, match="task 'leaning': Leaning: it uses REGISTRY, a Registry that cannot be"
    ):
        from_class(Leaning)

    class Inner(Split):
        """Defined inside a function."""

    with pytest.raises(RefineryError, match=r"task 'inner': Inner: .*Inner is defined inside something else"):
        from_class(Inner)
    with pytest.raises(RefineryError, match="task '<lambda>': reference: a lambda has no name"):
        from_functions(reference=lambda number: number, sample=numbers_of)


def test_a_reference_without_words_needs_a_prompt() -> None:
    """Whoever answers must be told what to write; a docstring does, or a prompt."""
    with pytest.raises(
        RefineryError, match=r"task 'silent': give a prompt, or write one as the docstring of silent"
    ):
        from_functions(reference=silent, sample=numbers_of)
    assert from_functions(reference=silent, sample=numbers_of, prompt="Add.").prompt == "Add."


def test_examples_do_for_short_inputs_where_the_sampler_takes_no_size() -> None:
    """Nothing is drawn then: the examples are all."""
    task = from_functions(
        reference=total, sample=lambda seed: ([float(seed)],), examples=[(([1.0, 2.0],), 3.0)]
    )
    assert task.strategy is None
    assert not task.takes_size


def test_a_result_type_of_typing_alone_is_any_of_its_kind() -> None:
    """The prompt tells it as a program writes it, and what is returned is checked against it."""
    task = from_functions(reference=ranked, sample=numbers_of)
    assert type_name(task.result_type) == "list"
    assert verdict_of(task, "def ranked(numbers): return sorted(numbers)") is Verdict.CORRECT
    assert verdict_of(task, "def ranked(numbers): return tuple(sorted(numbers))") is Verdict.WRONG_ANSWER


def test_a_result_type_that_means_nothing_here_is_any() -> None:
    """A hint may name what exists for type checkers alone."""
    assert from_functions(reference=hinted, sample=numbers_of).result_type is Any
