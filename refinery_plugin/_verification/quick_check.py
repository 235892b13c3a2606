"""What is tried of a task before a model is paid for it: quickly, and but for foreign references in this process."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.value_types import is_array_form, misfit
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.equality import difference
from refinery_plugin._verification.inputs import Inputs
from refinery_plugin._verification.task_check import (
    CHEATS,
    Fault,
    TaskFaultError,
    literal,
    prompt_faults,
    samples,
)
from refinery_plugin._verification.time_allowed import SAMPLE_SECONDS, TooSlowError, within
from refinery_plugin._verification.verdict import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from refinery_plugin._sandbox import Limits
    from refinery_plugin._study.task import Task
    from refinery_plugin._verification.inputs import Case
    from refinery_plugin._verification.ports import ProgramSandbox

REFERENCE_SECONDS = 20.0
"""The reference may take so long for all short inputs together."""
OPINIONS = frozenset(CHEATS)
"""Kinds of faults that are told, and stop nobody: other people's tasks have them, too."""
_SMALL = 16
"""The size with which samples are tried where it is open."""
_SEED = 20_261_126


def check_quickly(
    task: Task,
    *,
    sandbox: Callable[[], ProgramSandbox] | None = None,
    limits: Limits | None = None,
    sample_seconds: float = SAMPLE_SECONDS,
    reference_seconds: float = REFERENCE_SECONDS,
) -> tuple[Fault, ...]:
    """Try the prompt, the samples, the reference on all short inputs, and cheap cheats on these.

    Parameters
    ----------
    sandbox : opens a sandbox for a foreign reference; without one, and ``limits``, that is not run.
    """
    faults = list(prompt_faults(task))
    sized = task.sized(_SMALL) if task.takes_size else task
    try:
        samples(sized, sample_seconds)
        if not task.foreign:
            pairs = _answered(task, reference_seconds)
        elif sandbox is None or limits is None:
            pairs = []
        else:
            pairs = _answered_in(sandbox(), task, limits)
    except TaskFaultError as found:
        return (*faults, found.fault)
    return (*faults, *_cheat_faults(task, pairs))


def _answered(task: Task, seconds: float) -> list[Case]:
    """Let the reference answer all short inputs in this process, twice."""
    untimed = dataclasses.replace(task, sample=None, disguised=None)
    try:
        first, second = (
            within(seconds, lambda: Inputs.make(untimed, list_seeds=[], verify_seed=_SEED)).short
            for _ in range(2)
        )
    except TooSlowError as exc:
        raise TaskFaultError(
            "reference",
            f"the reference takes more than {seconds:g} s for its short inputs; let them be smaller",
        ) from exc
    except RefineryError as exc:
        raise _refused(exc) from exc
    for one, other in zip(first, second, strict=True):
        if difference(one.expected, other.expected, close=task.close) is not None:
            raise TaskFaultError(
                "deterministic",
                f"the reference is not deterministic: {one.where} it returned {shorten(one.expected)}, and then "
                f"{shorten(other.expected)}",
            )
    return list(first)


def _answered_in(sandbox: ProgramSandbox, task: Task, limits: Limits) -> list[Case]:
    """Let a foreign reference answer, and be judged, in the sandbox."""
    untimed = dataclasses.replace(task, sample=None, disguised=None)
    try:
        opened = Checker.open(sandbox, untimed, list_seeds=[], seed=_SEED, limits=limits, time_factor=10)
    except RefineryError as exc:
        raise _refused(exc) from exc
    return list(opened.inputs.short)


def _refused(exc: RefineryError) -> TaskFaultError:
    text = str(exc)
    return TaskFaultError("examples" if "examples" in text else "reference", text)


def _cheat_faults(task: Task, cases: Sequence[Case]) -> Iterator[Fault]:
    if not cases:
        return
    for name, cheat in _cheats(cases):
        if all(_passes(task, case, cheat(case)) for case in cases):
            yield Fault(
                kind=name, text=f"{CHEATS[name]} passes; let inputs and examples tell it from a right answer"
            )


def _passes(task: Task, case: Case, value: object) -> bool:
    # The sandbox lets no value of another type reach a task's check.
    fits = not misfit(value, task.result_type, exact=task.equality == "exact")
    return fits and case.rule(value, case.expected) is True


def _cheats(cases: Sequence[Case]) -> Iterator[tuple[str, Callable[[Case], Any]]]:
    """Yield names of cheats, and what they return for a case."""
    expected = [case.expected for case in cases]
    texts = Counter(text for value in expected if (text := literal(value)))
    if texts:
        usual = texts.most_common(1)[0][0]
        constant = next(value for value in expected if literal(value) == usual)
        yield "constant", lambda _: constant
    yield "zeros", lambda case: _zeros(case.expected)
    yield "identity", lambda case: next(iter(case.payload.arguments()), None)
    empty = next((value for value in expected if value is not None), None)
    if empty is not None and not is_array_form(type(empty)):
        yield "empty", lambda _: type(empty)()


def _zeros(value: Any) -> Any:  # noqa: ANN401 - of any value
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(map(_zeros, value))
    if isinstance(value, dict):
        return {key: _zeros(item) for key, item in value.items()}
    if is_array_form(type(value)):
        return value * 0
    return type(value)() if isinstance(value, (int, float, str, bytes)) else value
