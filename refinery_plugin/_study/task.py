"""A task: what programs are asked to do, and everything needed to judge what they did."""

from __future__ import annotations

import ast
import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.close import Close
from refinery_plugin._study.value_types import FORMS, type_name, unknown_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy

Arguments: TypeAlias = tuple[object, ...]
"""Positional arguments of one call: int, float, str, bool, None, bytes, lists, tuples, sets and dicts of these."""


class TaskError(RefineryError):
    """A task is not declared as it should be."""


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
        ``bytes``, ``list[T]``, ``tuple[A, B]``, ``tuple[T, ...]``, ``set[T]``, ``frozenset[T]``, ``dict[K, V]`` and
        unions.
    reference : Python source of a module that defines the entry point: it is trusted, gives the expected answers,
        and is timed beside every program.
    sample : from a list seed to the arguments of one full-size timed call; the same seed always gives the same
        arguments.
    strategy : makes the Hypothesis strategy of small arguments. What it draws *is* the domain of the task: nothing
        else is ever held against a program.
    disguised : from a seed to full-size arguments that look like those of ``sample`` but have other answers;
        ``None`` where ``sample`` itself has unpredictable answers.
    close : the tolerance for floats anywhere in a result; without it they must be equal.
    check : from the arguments and a decoded result to whether it is right, where more than one is; a text is the
        reason why it is not. It is trusted, runs outside of the sandbox, and decides alone.
    settings : the task's own settings with their defaults. A study may set or vary them like any of its own; they
        are filled into ``{name}`` places of the prompt.
    """

    name: str
    prompt: str
    signature: str
    result_type: Any  # a type form, such as list[int] or int | None
    reference: str
    sample: Callable[[int], Arguments]
    strategy: Callable[[], SearchStrategy[Arguments]]
    disguised: Callable[[int], Arguments] | None = None
    close: Close | None = None
    check: Callable[[Arguments, Any], bool | str] | None = None
    settings: Mapping[str, object] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for label, value in (("name", self.name), ("prompt", self.prompt), ("reference", self.reference)):
            if not value.strip():
                raise TaskError(f"task {self.name!r}: {label} is empty")
        for label, function in (
            ("sample", self.sample),
            ("strategy", self.strategy),
            ("disguised", self.disguised),
            ("check", self.check),
        ):
            if not (callable(function) or (label in ("disguised", "check") and function is None)):
                raise TaskError(
                    f"task {self.name!r}: {label} must be a function, got {type(function).__name__}; "
                    f"write {label}=make, not {label}=make()"
                )
        if not (self.close is None or isinstance(self.close, Close)):
            raise TaskError(
                f"task {self.name!r}: close must be a Close, such as Close(rtol=1e-9), got {self.close!r}"
            )
        if self.close is not None and self.check is not None:
            raise TaskError(f"task {self.name!r}: give close or check, not both: a check decides alone")
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

    @property
    def entry_point(self) -> str:
        """Name of the function that a program must define."""
        try:
            (function,) = ast.parse(f"{self.signature.rstrip().rstrip(':')}: ...").body
        except (SyntaxError, ValueError):
            function = None
        if not isinstance(function, ast.FunctionDef):
            raise TaskError(
                f"task {self.name!r}: signature {self.signature!r} is not the head of one function, "
                "such as 'def get_difference(numbers)'"
            )
        return function.name


def defined_functions(source: str, *, where: str) -> frozenset[str]:
    """Names of the functions that a module's top level defines; ``where`` names the source in the error."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError) as exc:
        raise TaskError(f"{where} is not valid Python: {exc}") from exc
    return frozenset(node.name for node in module.body if isinstance(node, ast.FunctionDef))
