"""Whether a decoded value is exactly of the type that a task declares."""

from __future__ import annotations

import types
import typing
from typing import Any


def misfit(value: object, declared: object) -> str:
    """Tell what is wrong with ``value``, or an empty string if it is exactly of the declared type.

    Knows plain types and ``list[T]``, ``tuple[T, ...]``, ``tuple[A, B]``, ``dict[K, V]`` and unions. Exact: a bool is
    no int, an int is no float.
    """
    if _fits(value, declared):
        return ""
    return f"it returned {article(type(value))}, expected {name_of(declared)}"


def article(kind: type) -> str:
    """Name a type of value in a sentence: ``an int``, ``a list``, ``None``."""
    name = kind.__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}" if kind is not type(None) else "None"


def name_of(declared: object) -> str:
    """Write a type form as a program would."""
    return declared.__name__ if type(declared) is type else str(declared)


def _fits(value: object, declared: Any) -> bool:  # noqa: ANN401, PLR0911 - a type form; one line a kind
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if declared is None:
        return value is None
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is None:
        return type(value) is declared
    if type(value) is not origin:
        return False
    if isinstance(value, dict):
        key, item = arguments
        return all(_fits(k, key) and _fits(v, item) for k, v in value.items())
    if isinstance(value, tuple) and Ellipsis not in arguments:
        return len(value) == len(arguments) and all(map(_fits, value, arguments))
    return all(_fits(item, arguments[0]) for item in typing.cast("list[object]", value))
