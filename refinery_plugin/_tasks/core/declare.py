"""A task from its reference: source, signature and result type are read from the function."""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from typing import TYPE_CHECKING

from refinery_plugin._study.task import Task
from refinery_plugin._syntax import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from refinery_plugin._study.task import Arguments
    from refinery_plugin._study.tolerance import Close


def declare(
    reference: Callable[..., object],
    *,
    name: str,
    prompt: str,
    sample: Callable[[int], Arguments],
    strategy: Callable[[], SearchStrategy[Arguments]],
    version: str = "1",
    examples: Sequence[tuple[Arguments, object]] = (),
    close: Close | None = None,
    check: Callable[[Arguments, object], bool | str] | None = None,
) -> Task:
    """Return the task whose reference is a function that needs nothing of its module.

    A prompt may be broken into lines as the source likes it: an empty line begins a paragraph, other line ends are
    spaces. ``examples`` are those that it tells.
    """
    source = textwrap.dedent(inspect.getsource(reference))
    return Task(
        name=name,
        prompt="\n\n".join(" ".join(part.split()) for part in textwrap.dedent(prompt).strip().split("\n\n")),
        signature=_head(source),
        result_type=typing.get_type_hints(reference)["return"],
        reference=source,
        sample=sample,
        strategy=strategy,
        version=version,
        examples=examples,
        close=close,
        check=check,
    )


def _head(source: str) -> str:
    (function,) = parse(source).body
    if not isinstance(function, ast.FunctionDef):
        raise TypeError("a reference is one function")
    function.body = [ast.Expr(ast.Constant(...))]
    return ast.unparse(function).removesuffix("...").strip().removesuffix(":")
