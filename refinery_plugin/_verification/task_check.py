"""Try a task itself before anything is judged by it: what would make its verdicts or its times mean nothing."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import re
import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError
from refinery_plugin._sandbox import encode_arguments
from refinery_plugin._study.value_types import is_array_form
from refinery_plugin._verification.bench import Bench
from refinery_plugin._verification.checker import FIRST_LIMIT, Checker
from refinery_plugin._verification.cores import Cores
from refinery_plugin._verification.equality import difference
from refinery_plugin._verification.foreign_reference import SandboxedReference
from refinery_plugin._verification.hand_over import Pace
from refinery_plugin._verification.inputs import require_arguments, short_inputs
from refinery_plugin._verification.run import run_once
from refinery_plugin._verification.sizing import SizeError, find_size
from refinery_plugin._verification.time_allowed import SAMPLE_SECONDS, TooSlowError, within
from refinery_plugin._verification.verdict import shorten, show_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from refinery_plugin._sandbox import Limits
    from refinery_plugin._study.task import Arguments, Task
    from refinery_plugin._verification.ports import ProgramSandbox

_LIST_SEEDS = (1, 2)
_SEED = 20_261_126
_RUNS = 3
_WIDEST = 0.01
"""A tolerance may be so large a part of the numbers that it is for."""
_LONGEST_CONSTANT = 100_000
_ZERO = """
def _zeros(value):
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(map(_zeros, value))
    if isinstance(value, dict):
        return {key: _zeros(item) for key, item in value.items()}
    if type(value).__name__ == "ndarray":
        return value * 0
    return type(value)() if isinstance(value, (int, float, str, bytes, bool)) else value
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is wrong with a task; ``kind`` is one word."""

    kind: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport:
    """What was found of a task.

    Parameters
    ----------
    reference_seconds, spread : median of the reference's times on a full-size input, and how far apart they are as a
        part of it; ``None`` where the task is never timed, or was not tried that far.
    hidden_seconds : what a time may hide at most (the resolution); no time below is told.
    """

    name: str
    version: str
    faults: tuple[Fault, ...]
    reference_seconds: float | None = None
    spread: float | None = None
    hidden_seconds: float | None = None

    @property
    def headroom(self) -> float | None:
        """How many times the least time that is told the reference takes: little is the machine's, and no fault."""
        if self.reference_seconds is None or not self.hidden_seconds:
            return None
        return self.reference_seconds / self.hidden_seconds


class TaskFaultError(Exception):
    """A fault that makes further trials pointless."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(kind=kind, text=text)


def check_task(
    sandbox: ProgramSandbox, task: Task, *, limits: Limits, sample_seconds: float = SAMPLE_SECONDS
) -> TaskReport:
    """Try everything: reference, inputs, cheap cheats, times.

    Parameters
    ----------
    task : its size is found, where it is open.
    sample_seconds : one input may take so long to make.
    """
    report = TaskReport(name=task.name, version=task.version, faults=tuple(prompt_faults(task)))
    try:
        if task.takes_size:
            task = _sized(sandbox, task, limits, sample_seconds)
        inputs = samples(task, sample_seconds)
        answers = _require_same_answers(sandbox, task, inputs, limits)
        checker = _opened(sandbox, task, limits)
    except TaskFaultError as found:
        return dataclasses.replace(report, faults=(*report.faults, found.fault))
    faults = [*report.faults, *_answer_faults(answers)]
    faults += _tolerance_faults(
        task, [case.expected for case in (*checker.inputs.short, *checker.inputs.timed)]
    )
    faults += _cheat_faults(checker, answers)
    report = dataclasses.replace(report, faults=tuple(faults))
    return _timed(checker, report) if task.is_timed else report


def _sized(sandbox: ProgramSandbox, task: Task, limits: Limits, sample_seconds: float) -> Task:
    try:
        return task.sized(find_size(sandbox, task, limits=limits, sample_seconds=sample_seconds))
    except SizeError as exc:
        raise TaskFaultError("size", str(exc)) from exc


def prompt_faults(task: Task) -> Iterator[Fault]:
    """Yield a fault where the prompt tells of another function than the signature."""
    name, text = task.entry_point, task.prompt
    defined = re.findall(r"\bdef\s+(\w+)\s*\(", text)
    defined += re.findall(r"\b[Ff]unction\s+(?:called\s+|named\s+)?`?([A-Za-z_]\w*)`?\s*\(", text)
    defined += re.findall(r"\b[Ff]unction\s+(?:called\s+|named\s+)?`([A-Za-z_]\w*)`", text)
    defined += re.findall(r"\b(?:[Cc]all|[Ww]rite|[Ii]mplement|[Dd]efine)\s+`?([A-Za-z_]\w*)\(", text)
    others = [one for one in defined if one != name and not hasattr(builtins, one)]
    if others and not re.search(rf"\b{re.escape(name)}\b", text):
        yield Fault(
            kind="prompt",
            text=f"the prompt names the function {others[0]}, and the signature {name}; mend one of the two",
        )


def samples(task: Task, seconds: float) -> list[Arguments]:
    """Return full-size inputs, whose answers must differ; none where the task is never timed.

    Raises
    ------
    TaskFaultError : they are slow to make, or others each time, or cannot be carried.
    """
    make = task.disguised or task.sample
    if make is None:
        return []
    inputs: list[Arguments] = []
    for seed in range(1, 4):
        first = _drawn(seconds, make, seed)
        require = _refusal(task, first)
        if require:
            raise TaskFaultError("values", require)
        inputs.append(first)
    again = _drawn(seconds, make, 1)
    if encode_arguments(again).data != encode_arguments(inputs[0]).data:
        raise TaskFaultError(
            "sample",
            "sample gives another input when it is asked for the same seed again; draw from the seed alone",
        )
    return inputs


def _refusal(task: Task, arguments: object) -> str:
    try:
        require_arguments(task, arguments)
        encode_arguments(arguments)  # type: ignore[arg-type]
    except RefineryError as exc:
        return f"an input cannot be carried into the sandbox: {exc}"
    return ""


def _drawn(seconds: float, make: Callable[..., Arguments], seed: int) -> Arguments:
    """Call what makes inputs, and give it up after some time."""
    try:
        arguments: Arguments = within(seconds, lambda: make(seed))
    except TooSlowError as exc:
        raise TaskFaultError(
            "sample", f"sample takes more than {seconds:g} s for one input; make inputs quicker or smaller"
        ) from exc
    except Exception as exc:
        raise TaskFaultError(
            "sample", f"sample raises {type(exc).__name__} for seed {seed}: {exc!s:.200}"
        ) from exc
    return arguments


def _require_same_answers(
    sandbox: ProgramSandbox, task: Task, samples: Sequence[Arguments], limits: Limits
) -> list[object]:
    """Ask the reference in two processes for its answers to the samples, or else to short inputs; return the former."""
    inputs = list(samples) or [*(arguments for arguments, _ in task.examples), *_short_inputs(task)]
    answers: list[list[object]] = []
    for _ in range(2):
        bench = Bench(
            sandbox, task=task, limits=limits, pace=Pace(factor=1, seconds=FIRST_LIMIT), cores=Cores.divided()
        )
        ask = SandboxedReference(bench)
        try:
            answers.append([ask(arguments) for arguments in inputs])
        except RefineryError as exc:
            raise TaskFaultError("reference", str(exc)) from exc
        finally:
            ask.close()
    for arguments, first, second in zip(inputs, *answers, strict=True):
        if difference(first, second, close=task.close) is not None:
            raise TaskFaultError(
                "deterministic",
                f"the reference is not deterministic: for {show_arguments(arguments)} it returned "
                f"{shorten(first)}, and in another process {shorten(second)}",
            )
    return answers[0] if samples else []


def _short_inputs(task: Task) -> list[Arguments]:
    try:
        inputs = short_inputs(task, seed=_SEED)
    except RefineryError as exc:
        raise TaskFaultError("strategy", str(exc)) from exc
    if refusal := next(filter(None, (_refusal(task, arguments) for arguments in inputs)), ""):
        raise TaskFaultError("values", refusal)
    return inputs


def _opened(sandbox: ProgramSandbox, task: Task, limits: Limits) -> Checker:
    try:
        return Checker.open(sandbox, task, list_seeds=_LIST_SEEDS, seed=_SEED, limits=limits, time_factor=10)
    except RefineryError as exc:
        kind = "examples" if "examples" in str(exc) else "reference"
        raise TaskFaultError(kind, str(exc)) from exc


def _answer_faults(answers: Sequence[object]) -> Iterator[Fault]:
    first = answers[0] if answers else None
    if len(answers) > 1 and all(difference(answer, first) is None for answer in answers[1:]):
        yield Fault(
            kind="answers",
            text=f"all samples have the same answer, {shorten(first)}: a program may know it by heart; let samples "
            "differ, or give disguised ones",
        )


def _tolerance_faults(task: Task, expected: Sequence[object]) -> Iterator[Fault]:
    if (close := task.close) is None:
        return
    numbers = [abs(number) for value in expected for number in _floats(value) if number]
    if not numbers:
        return
    widths = [(close.atol + close.rtol * number) / number for number in numbers]
    if (width := statistics.median(widths)) > _WIDEST:
        yield Fault(
            kind="tolerance",
            text=f"the tolerance is {width:.2g} of a typical number of the results ({statistics.median(numbers):.3g}): "
            f"wrong results pass; use one below {_WIDEST:g} of it",
        )


def _floats(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _floats(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _floats(item)
    elif is_array_form(type(value)):
        array: Any = value
        if array.dtype.kind == "f":
            yield from array.ravel().tolist()


def _cheat_faults(checker: Checker, answers: Sequence[object]) -> Iterator[Fault]:
    for name, source in _cheats(checker, answers):
        if checker.check(source.encode()).judgement.correct:
            yield Fault(
                kind=name, text=f"{CHEATS[name]} passes; let inputs and examples tell it from a right answer"
            )


CHEATS = {
    "constant": "a constant",
    "zeros": "a result of zeros of the right shape",
    "first-answer": "the answer to the first sample",
    "identity": "the first argument",
    "empty": "an empty result",
}


def _cheats(checker: Checker, answers: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Yield names and sources of programs that must fail."""
    task = checker.bench.task
    head = f"def {task.entry_point}(*arguments):\n    "
    expected = [case.expected for case in checker.inputs.short] or list(answers)
    usual = Counter(text for value in expected if (text := literal(value))).most_common(1)
    for text, _ in usual:
        yield "constant", f"{head}return {text}\n"
    yield (
        "zeros",
        f"{task.reference}\n{_ZERO}\n_solve = {task.entry_point}\n{head}return _zeros(_solve(*arguments))\n",
    )
    if answers and (text := literal(answers[0])):
        yield "first-answer", f"{head}return {text}\n"
    yield "identity", f"{head}return arguments[0]\n"
    if expected:
        empty = next((value for value in expected if value is not None), None)
        kind = type(empty).__name__
        yield "empty", f"{head}return {'None' if kind in {'NoneType', 'ndarray'} else f'{kind}()'}\n"


def literal(value: object) -> str:
    """Return a value as a program would write it; nothing for what is long or cannot be written."""
    if is_array_form(type(value)):
        return ""
    text = repr(value)
    if len(text) > _LONGEST_CONSTANT:
        return ""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""
    return text


def _timed(checker: Checker, report: TaskReport) -> TaskReport:
    bench, times = checker.bench, []
    for _ in range(_RUNS):
        run = run_once(bench, bench.reference, checker.inputs.timed[0], trusted=True)
        if run.figures is not None and run.judgement.correct:
            times.append(run.seconds)
    if not times:
        return report
    median = statistics.median(times)
    return dataclasses.replace(
        report,
        reference_seconds=median,
        spread=(max(times) - min(times)) / median,
        hidden_seconds=bench.pace.resolution,
    )
