"""Types written as text, and values of JSON made into values of such types (pure)."""

from __future__ import annotations

import ast
import functools
import operator
from typing import Any

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.value_types import FORMS, type_name
from refinery_plugin._syntax import parse


class FormError(RefineryError):
    """A text is no type, or a value does not fit one."""


_NAMES: dict[str, Any] = {
    **{kind.__name__: kind for kind in (int, float, str, bool, bytes, list, tuple, set, frozenset, dict)},
    **{kind.__name__.title(): kind for kind in (list, tuple, set, dict)},
    "FrozenSet": frozenset,
    "Any": Any,
    "None": None,
}
_ARRAYS = frozenset({"ndarray", "np.ndarray", "numpy.ndarray"})


def parse_form(text: str) -> Any:  # noqa: ANN401 - a type form
    """Return the type that a text means, without running it.

    Raises
    ------
    FormError : it is not made of the types that values may have.

    Examples
    --------
    >>> parse_form("dict[str, List[int]] | None")
    dict[str, list[int]] | None
    """
    try:
        return _form(parse(text.strip(), "eval").body)
    except (SyntaxError, ValueError, TypeError, KeyError, RecursionError) as exc:
        raise FormError(f"{text!r:.80} is no type that values may have; it is made of {FORMS}") from exc


def _form(node: ast.expr) -> Any:  # noqa: ANN401, PLR0911 - a type form; one line a kind
    if isinstance(node, ast.Constant):
        return None if node.value is None else parse_form(str(node.value))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([_form(node.left), _form(node.right)])
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        name = ast.unparse(node.value).removeprefix("typing.")
        if name == "Optional":
            return _union([_form(parts[0]), None])
        if name == "Union":
            return _union([_form(part) for part in parts])
        inner = tuple(
            ... if isinstance(part, ast.Constant) and part.value is ... else _form(part) for part in parts
        )
        return _NAMES[name][inner]
    name = ast.unparse(node).removeprefix("typing.")
    if name in _ARRAYS:
        import numpy as np  # noqa: PLC0415 - only who names it needs it

        return np.ndarray
    return _NAMES[name]


def _union(parts: list[Any]) -> Any:  # noqa: ANN401 - a type form
    return functools.reduce(operator.or_, (type(None) if part is None else part for part in parts))


def from_json(value: Any, form: Any) -> Any:  # noqa: ANN401, PLR0911 - any value of any type form
    """Return a value of JSON as one of a type: lists become tuples, sets or arrays, keys numbers, texts bytes.

    Raises
    ------
    FormError : with what does not fit.
    """
    origin: Any = getattr(form, "__origin__", form)
    parts: tuple[Any, ...] = getattr(form, "__args__", ())
    if type(form) is type(int | str) or str(origin) == "typing.Union":
        return _first_that_fits(value, parts)
    if isinstance(value, list) and origin in (list, tuple, set, frozenset):
        return _sequence(value, origin, parts)
    if isinstance(value, dict) and origin is dict and len(parts) == 2:  # noqa: PLR2004 - keys and values
        return {_key(key, parts[0]): from_json(item, parts[1]) for key, item in value.items()}
    if isinstance(value, list) and type_name(form) == "numpy.ndarray":
        import numpy as np  # noqa: PLC0415 - only who names it needs it

        return np.array(value)
    if isinstance(value, str) and form is bytes:
        return value.encode()
    if isinstance(value, int) and not isinstance(value, bool) and form is float:
        return float(value)
    return value


def _sequence(value: list[Any], kind: Any, parts: tuple[Any, ...]) -> Any:  # noqa: ANN401
    if kind is tuple and parts and ... not in parts:
        if len(parts) != len(value):
            raise FormError(f"{value!r:.80} has {len(value)} items, expected {len(parts)}")
        return tuple(from_json(item, part) for item, part in zip(value, parts, strict=True))
    return _made(kind, [from_json(item, parts[0]) if parts else item for item in value])


def _made(kind: Any, items: list[Any]) -> Any:  # noqa: ANN401
    try:
        return kind(items)
    except TypeError as exc:
        raise FormError(
            f"{items!r:.80} cannot be a {kind.__name__}, whose items must be hashable: say in its type what they are, "
            f"such as {kind.__name__}[tuple[int, int]]"
        ) from exc


def _first_that_fits(value: Any, parts: tuple[Any, ...]) -> Any:  # noqa: ANN401
    for part in parts:
        origin = getattr(part, "__origin__", part)
        if value is None and part is type(None):
            return None
        wanted = list if origin in (tuple, set, frozenset) else origin
        if isinstance(wanted, type) and type(value) is wanted:
            return from_json(value, part)
    return value


def _key(key: str, form: Any) -> Any:  # noqa: ANN401
    """Return the key that a text of JSON stands for: its keys are texts."""
    if form in (int, float):
        try:
            return form(key)
        except ValueError as exc:
            raise FormError(f"the key {key!r} is no {type_name(form)}") from exc
    if form is bool:
        return key == "true"
    return key


def like(samples: list[Any]) -> Any:  # noqa: ANN401 - a function of any value
    """Return what makes a value of JSON like some samples: a list becomes a tuple or a set where all samples have one.

    Examples
    --------
    >>> like([((1, 2), [3]), ((4,), [])])([[5, 6], [7]])
    ([5, 6], [7])
    >>> like([(1, (2, 3)), (4, (5, 6))])([7, [8]])
    (7, (8,))
    """
    kinds = {type(sample) for sample in samples if isinstance(sample, (list, tuple, set, frozenset))}
    items = [
        item for sample in samples if isinstance(sample, (list, tuple, set, frozenset)) for item in sample
    ]
    values = [item for sample in samples if isinstance(sample, dict) for item in sample.values()]
    inner = like(items) if items else (lambda value: value)
    under = like(values) if values else (lambda value: value)
    kind = kinds.pop() if len(kinds) == 1 else list

    def converted(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, list):
            return _made(kind, [inner(item) for item in value])
        if isinstance(value, dict):
            return {key: under(item) for key, item in value.items()}
        return value

    return converted
