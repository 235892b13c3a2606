"""A checksum of what a task is made of: the same for the same task, whatever process it is in."""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import textwrap
import types
from typing import TYPE_CHECKING

from refinery_plugin._study.function_source import FunctionSourceError, module_source

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def checksum(parts: Mapping[str, object]) -> str:
    """Return the SHA-256 of named parts: texts, plain values, types, functions by their source, lists of these."""
    text = "\0".join(f"{name}\0{described(parts[name])}" for name in sorted(parts))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def described(value: object) -> str:
    """Return what a value says about itself without the addresses of this process; a function says its source.

    Examples
    --------
    >>> described(object())
    '<object object>'
    """
    return _described(value, frozenset())


def _described(value: object, around: frozenset[int]) -> str:
    """``around``: the functions, by identity, in whose description this one stands."""
    if isinstance(value, functools.partial):
        parts = (value.func, value.args, value.keywords)
        return f"partial({', '.join(_described(part, around) for part in parts)})"
    if isinstance(value, types.MethodType):
        return f"{_described(value.__self__, around)}.{_described(value.__func__, around)}"
    if isinstance(value, types.FunctionType):
        return value.__name__ if id(value) in around else _function(value, around | {id(value)})
    if isinstance(value, type):
        return _source(value) or value.__qualname__
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(_described(item, around) for item in value)})"
    return _ADDRESS.sub("", repr(value))


def _function(function: types.FunctionType, around: frozenset[int]) -> str:
    try:
        return module_source(function)
    except FunctionSourceError:
        # A line with a lambda on it has other things too: its code it is.
        source = "" if function.__name__ == "<lambda>" else _source(function)
        cells = [_cell(cell, around) for cell in function.__closure__ or ()]
        return repr((source or _code(function.__code__), cells, _described(function.__defaults__, around)))


def _cell(cell: types.CellType, around: frozenset[int]) -> str:
    try:
        return _described(cell.cell_contents, around)
    except ValueError:  # an empty one
        return ""


def _source(value: types.FunctionType | type) -> str:
    if isinstance(value, type) and value.__module__ == "builtins":
        return ""
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        return ""


def _code(code: types.CodeType) -> str:
    # Not its repr, which holds an address and line numbers.
    constants = [_code(item) if isinstance(item, types.CodeType) else repr(item) for item in code.co_consts]
    return repr((code.co_code.hex(), code.co_names, code.co_varnames, constants))
