"""Tasks from code that is there already: a class with three methods, or a few functions."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import textwrap
import typing
from typing import TYPE_CHECKING, Any

from refinery_plugin._study.function_source import FunctionSourceError, class_source, module_source
from refinery_plugin._study.task import Task, TaskError, wants_size
from refinery_plugin._study.value_types import unknown_form
from refinery_plugin._syntax import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from refinery_plugin._study.task import Arguments

SMALL = (1, 8)
"""Sizes of short inputs, from and to."""
_SEEDS = 2**32
"""NumPy's older generators take no larger seeds."""
_METHODS = ("generate_problem", "solve", "is_solution")


def from_class(
    cls: type,
    *,
    name: str | None = None,
    prompt: str | None = None,
    small: tuple[int, int] = SMALL,
    **fields: Any,  # noqa: ANN401 - those of a task
) -> Task:
    """Return the task of a class with ``generate_problem(n, random_seed)``, ``solve`` and ``is_solution``.

    The class is yours, or you have imported it: problems are generated, and solutions checked, in this process, as with
    any task's ``sample`` and ``check``. ``solve`` is the reference, and every program is a function ``solve(problem)``.

    Parameters
    ----------
    cls : made without arguments; it comes into the sandbox with what it uses of its module. Decorators and bases that
        cannot are left out.
    name : of the task; that of the class, in small letters, unless given.
    prompt : the problem; the texts of the class and of ``solve`` unless given.
    small : from which size to which the short inputs are.
    fields : any other of a task's.

    Raises
    ------
    TaskError : a method is missing, or the class cannot stand alone.
    """
    if not isinstance(cls, type):
        raise TaskError(f"from_class takes a class, got {cls!r:.80}")
    if missing := [method for method in _METHODS if not callable(getattr(cls, method, None))]:
        raise TaskError(f"from_class: {cls.__name__} has no {missing[0]}(); it needs {', '.join(_METHODS)}")
    name = name or cls.__name__.lower()
    try:
        source = class_source(cls)
    except FunctionSourceError as exc:
        raise TaskError(f"task {name!r}: {cls.__name__}: {exc}") from exc
    methods = _Methods(cls)
    return Task(
        **{
            "name": name,
            "prompt": prompt or _texts(cls, cls.solve),  # type: ignore[attr-defined]
            "signature": "def solve(problem)",
            "result_type": Any,
            "reference": f"{source}\n\ndef solve(problem):\n    return {cls.__name__}().solve(problem)\n",
            "sample": methods.sample,
            "strategy": functools.partial(_of_small_sizes, methods.sample, small),
            "check": methods.check,
            **fields,
        }
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Methods:
    """A task's functions by the methods of a class."""

    cls: type[Any]

    def sample(self, seed: int, size: int) -> Arguments:
        """Return a problem of a size."""
        return (self.cls().generate_problem(size, seed % _SEEDS),)

    def check(self, arguments: Arguments, result: object) -> bool | str:
        """Ask the class whether a solution is one; what it cannot even look at is none."""
        try:
            return bool(self.cls().is_solution(*arguments, result))
        except Exception as exc:  # noqa: BLE001 - such methods are written for their own solver's results
            return f"is_solution raised {type(exc).__name__}: {exc!s:.200}"


def _of_small_sizes(sample: Callable[..., Arguments], small: tuple[int, int]) -> SearchStrategy[Arguments]:
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    sizes = st.integers(*small)
    return st.tuples(sizes, st.integers(0, _SEEDS - 1)).map(lambda drawn: sample(drawn[1], size=drawn[0]))


def from_functions(
    *,
    reference: Callable[..., object],
    sample: Callable[..., Arguments] | None = None,
    name: str | None = None,
    prompt: str | None = None,
    small: tuple[int, int] = SMALL,
    **fields: Any,  # noqa: ANN401 - those of a task
) -> Task:
    """Return the task of a reference, and of what makes its inputs.

    Parameters
    ----------
    reference : at the top level of a module; signature and result type are read from it.
    sample : from a seed, or from ``(seed, size)``, to a tuple of arguments. One that takes a size makes the short
        inputs too, unless there is a strategy or there are examples.
    name : of the task; that of the reference unless given.
    prompt : the problem; the reference's own text unless given.
    small : from which size to which short inputs are.
    fields : any other of a task's.

    Raises
    ------
    TaskError : something is missing, or the reference cannot stand alone.
    """
    label = getattr(reference, "__name__", "reference")
    name = name or label.replace("_", "-")
    try:
        source = module_source(reference)
    except FunctionSourceError as exc:
        raise TaskError(f"task {name!r}: reference: {exc}") from exc
    prompt = prompt or _texts(reference)
    if not prompt:
        raise TaskError(f"task {name!r}: give a prompt, or write one as the docstring of {label}()")
    if not (fields.keys() & {"strategy", "examples", "inputs"}):
        if sample is None or not wants_size(sample):
            raise TaskError(
                f"task {name!r}: there are no short inputs; give strategy or examples, or let sample take a size: "
                "def sample(seed, size)"
            )
        fields["strategy"] = functools.partial(_of_small_sizes, sample, small)
    return Task(
        **{
            "name": name,
            "prompt": prompt,
            "signature": _head(source, label),
            "result_type": _result_type(reference),
            "reference": source,
            "sample": sample,
            **fields,
        }
    )


def _texts(*parts: object) -> str:
    """Return the docstrings of some objects, without what a bare class inherits."""
    texts = [inspect.cleandoc(text) for part in parts if (text := getattr(part, "__doc__", None))]
    return "\n\n".join(dict.fromkeys(texts))


def _result_type(reference: Callable[..., object]) -> Any:  # noqa: ANN401 - a type form
    try:
        annotation = typing.get_type_hints(reference).get("return", Any)
    except Exception:  # noqa: BLE001 - hints may name what is not there
        return Any
    return Any if unknown_form(annotation) else annotation


def _head(source: str, name: str) -> str:
    function = next(
        node for node in parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name
    )
    function.body, function.decorator_list = [ast.Expr(ast.Constant(...))], []
    return textwrap.dedent(ast.unparse(function)).removesuffix("...").strip().removesuffix(":")
