"""A task: what programs are asked to do, and everything needed to judge what they did."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.checksum import checksum, described
from refinery_plugin._study.function_source import FunctionSourceError, module_source
from refinery_plugin._study.tolerance import Close
from refinery_plugin._study.value_types import FORMS, misfit, type_name, unknown_form
from refinery_plugin._syntax import UNUSABLE, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hypothesis.strategies import SearchStrategy

Arguments: TypeAlias = tuple[object, ...]
"""Positional arguments of one call: int, float, str, bool, None, bytes, NumPy arrays, and lists, tuples, sets and dicts
of these."""

_FUNCTIONS = ("sample", "strategy", "disguised", "check")
_TOLD = ("name", "prompt", "settings", "version", "seconds")


class TaskError(RefineryError):
    """A task is not declared as it should be."""


class _Sized(functools.partial["Arguments"]):
    """What makes inputs, with its size settled."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One programming problem with its verifiable reward.

    Parameters
    ----------
    name : how a study refers to it.
    prompt : the problem, as the model is told it. The signature is shown beside it.
    signature : the head of the function that every program must define, for example
        ``def get_difference(numbers: list[int]) -> int``.
    result_type : the exact type of a result: any nesting of ``int``, ``float``, ``str``, ``bool``, ``None``,
        ``bytes``, ``list[T]``, ``tuple[A, B]``, ``tuple[T, ...]``, ``set[T]``, ``frozenset[T]``, ``dict[K, V]``,
        ``numpy.ndarray`` and unions; ``typing.Any`` is any value made of these.
    reference : Python source of a module that defines the entry point, or that function, which then comes with what it
        uses of its module and must need nothing else: it gives the expected answers, and is timed beside every program.
    sample : from a list seed to the arguments of one full-size timed call; the same seed always gives the same
        arguments. With a second argument ``size`` that has no default, the size is the study's, or is found. Without a
        ``sample`` programs are verified, and never timed ("pass only").
    seconds : where the size is found, it is the smallest for which the reference takes so long here.
    strategy : makes the Hypothesis strategy of small arguments. What it draws *is* the domain of the task: nothing
        else is ever held against a program. May be left out where there are ``examples`` or ``inputs``.
    examples : ``(arguments, expected)`` pairs that are always tried, first of all.
    inputs : arguments that are always tried too; the reference says what is expected.
    disguised : from a seed to full-size arguments that look like those of ``sample`` but have other answers;
        ``None`` where ``sample`` itself has unpredictable answers.
    equality : ``"python"``: a result is right if ``==`` says so of the plain values; a NumPy scalar counts as the
        number it holds, a ``Counter``, ``defaultdict`` or ``OrderedDict`` as a dict; ``"exact"``: types must be the
        same too (a bool is no int, an int is no float).
    close : the tolerance for floats anywhere in a result; without it they must be equal.
    check : from the arguments and a decoded result to whether it is right, where more than one is; a text is the
        reason why it is not. It is trusted, runs outside of the sandbox, and decides alone.
    version : yours to change with the task; kept with every result, beside :attr:`checksum`.
    foreign : whether the reference is somebody else's code: then it only ever runs in the sandbox, for the expected
        answers too. Where it is your own they are computed in this process, while the sandbox is busy.
    settings : the task's own settings with their defaults. A study may set or vary them like any of its own; they
        are filled into ``{name}`` places of the prompt.
    """

    name: str
    prompt: str
    signature: str
    result_type: Any  # a type form, such as list[int] or int | None
    reference: Any  # source text; a function becomes the source of its module
    sample: Callable[..., Arguments] | None = None
    seconds: float = 0.1
    strategy: Callable[[], SearchStrategy[Arguments]] | None = None
    examples: Sequence[tuple[Arguments, object]] = ()
    inputs: Sequence[Arguments] = ()
    disguised: Callable[[int], Arguments] | None = None
    equality: Literal["python", "exact"] = "python"
    close: Close | None = None
    check: Callable[[Arguments, Any], bool | str] | None = None
    version: str = "1"
    foreign: bool = False
    settings: Mapping[str, object] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not isinstance(self.reference, str):
            try:
                object.__setattr__(self, "reference", module_source(self.reference))
            except FunctionSourceError as exc:
                raise TaskError(f"task {self.name!r}: reference: {exc}") from exc
        for label, value in (("name", self.name), ("prompt", self.prompt), ("reference", self.reference)):
            if not (isinstance(value, str) and value.strip()):
                raise TaskError(f"task {self.name!r}: {label} is empty or no text")
        object.__setattr__(self, "version", str(self.version))
        self._require_functions()
        self._require_rule()
        self._require_seconds()
        if unknown := unknown_form(self.result_type):
            raise TaskError(
                f"task {self.name!r}: result_type {type_name(self.result_type)} has the part {unknown}, which no value "
                f"of a program can be checked against; it is made of {FORMS}"
            )
        name = self.entry_point
        if name not in defined_functions(self.reference, where=f"task {self.name!r}: reference"):
            raise TaskError(
                f"task {self.name!r}: the reference does not define {name}(), which the signature names"
            )
        object.__setattr__(
            self, "examples", tuple(map(self._example, range(len(self.examples)), self.examples))
        )
        object.__setattr__(self, "inputs", tuple(self.inputs))
        for number, arguments in enumerate(self.inputs):
            if not isinstance(arguments, tuple):
                raise TaskError(
                    f"task {self.name!r}: inputs[{number}] must be a tuple of arguments, got {arguments!r:.80}; one "
                    "argument alone is (value,)"
                )

    def _require_functions(self) -> None:
        for label in _FUNCTIONS:
            function = getattr(self, label)
            if not (function is None or callable(function)):
                raise TaskError(
                    f"task {self.name!r}: {label} must be a function, got {type(function).__name__}; "
                    f"write {label}=make, not {label}=make()"
                )
        if self.strategy is None and not (self.examples or self.inputs):
            raise TaskError(
                f"task {self.name!r}: there is nothing to try programs with; give a strategy, or examples such as "
                "[((3,), 6)]"
            )
        if self.disguised is not None and self.sample is None:
            raise TaskError(
                f"task {self.name!r}: disguised inputs look like those of sample, and there is none"
            )

    def _require_seconds(self) -> None:
        given: object = self.seconds
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
            raise TaskError(f"task {self.name!r}: seconds must be a number above 0, got {given!r}")

    def _require_rule(self) -> None:
        if self.equality not in ("python", "exact"):
            raise TaskError(
                f"task {self.name!r}: equality must be 'python' or 'exact', got {self.equality!r}"
            )
        if not (self.close is None or isinstance(self.close, Close)):
            raise TaskError(
                f"task {self.name!r}: close must be a Close, such as Close(rtol=1e-9), got {self.close!r}"
            )
        if self.close is not None and self.check is not None:
            raise TaskError(f"task {self.name!r}: give close or check, not both: a check decides alone")

    def _example(self, number: int, pair: object) -> tuple[Arguments, object]:
        where = f"task {self.name!r}: examples[{number}]"
        if not (isinstance(pair, (tuple, list)) and len(pair) == 2):  # noqa: PLR2004 - a pair
            raise TaskError(f"{where} must be a pair of arguments and expected result, got {pair!r:.80}")
        arguments, expected = pair
        if not isinstance(arguments, tuple):
            raise TaskError(
                f"{where}: arguments must be a tuple, got {arguments!r:.80}; one argument alone is (value,)"
            )
        if wrong := misfit(expected, self.result_type, exact=self.equality == "exact"):
            raise TaskError(f"{where}: its expected result is not of result_type: {wrong[3:]}")
        return arguments, expected

    @property
    def is_timed(self) -> bool:
        """Whether there are full-size inputs; without them programs are verified, and never timed."""
        return self.sample is not None

    @property
    def takes_size(self) -> bool:
        """Whether ``sample`` leaves the size of its inputs to the study."""
        return self.sample is not None and wants_size(self.sample)

    @property
    def size(self) -> int | None:
        """The size of its full-size inputs, where that was left open and is settled."""
        return self.sample.keywords["size"] if isinstance(self.sample, _Sized) else None

    def sized(self, size: int) -> Task:
        """Return the task with inputs of one size; functions that take none stay as they are.

        The checksum stays what it was: the size is told beside it.
        """
        makers = {name: getattr(self, name) for name in ("sample", "disguised")}
        bound: dict[str, Any] = {
            name: _Sized(make, size=size)
            for name, make in makers.items()
            if make is not None and _has_size(make)
        }
        return dataclasses.replace(self, **bound)

    @property
    def checksum(self) -> str:
        """SHA-256 of all that decides a verdict: reference, inputs, equality, examples, tolerance and check.

        The size of inputs, where the study or a search settles it, is no part of it.
        A strategy counts by how it shows itself, not by what is drawn from it.
        """
        parts = {
            field.name: value.func if isinstance(value, _Sized) else value
            for field in dataclasses.fields(self)
            if field.name not in _TOLD
            for value in (getattr(self, field.name),)
        }
        strategy = self.made_strategy()
        drawn_from = "" if strategy is None else described(strategy)
        return checksum({**parts, "result_type": type_name(self.result_type), "drawn from": drawn_from})

    def made_strategy(self) -> SearchStrategy[Arguments] | None:
        """Return the strategy of small arguments; ``None`` where the task has none.

        Raises
        ------
        TaskError : it cannot be made.
        """
        if self.strategy is None:
            return None
        try:
            return self.strategy()
        except Exception as exc:
            raise TaskError(
                f"task {self.name!r}: strategy raises {type(exc).__name__}: {exc!s:.200}; it must be a function "
                "without arguments that returns a strategy of Hypothesis, such as st.tuples(st.integers())"
            ) from exc

    @property
    def entry_point(self) -> str:
        """Name of the function that a program must define."""
        try:
            (function,) = parse(f"{self.signature.rstrip().rstrip(':')}: ...").body
        except UNUSABLE:
            function = None
        if not isinstance(function, ast.FunctionDef):
            raise TaskError(
                f"task {self.name!r}: signature {self.signature!r} is not the head of one function, "
                "such as 'def get_difference(numbers)'"
            )
        return function.name


def _size_of(make: Callable[..., Arguments]) -> inspect.Parameter | None:
    try:
        return inspect.signature(make).parameters.get("size")
    except (ValueError, TypeError):  # a function in C
        return None


def _has_size(make: Callable[..., Arguments]) -> bool:
    return _size_of(make) is not None


def wants_size(make: Callable[..., Arguments]) -> bool:
    """Whether a function that makes inputs has an argument ``size`` without a default."""
    parameter = _size_of(make)
    return parameter is not None and parameter.default in {inspect.Parameter.empty, None}


def defined_functions(source: str, *, where: str) -> frozenset[str]:
    """Names of the functions that a module's top level defines; ``where`` names the source in the error."""
    try:
        module = parse(source)
    except UNUSABLE as exc:
        raise TaskError(f"{where} is not valid Python: {exc}") from exc
    return frozenset(node.name for node in module.body if isinstance(node, ast.FunctionDef))
