"""Evaluate expressions of a foreign test on plain values, by a table of what is known and within bounds (pure).

Nothing of the test is run: its syntax tree is walked here. What the tables do not know is refused.
"""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

STEPS = 1_000_000
"""Nodes that one expression, or one test, may take."""
_MOST_BITS = 100_000
_MOST_ITEMS = 100_000

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type, Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}
_TYPES = (int, float, str, bool, bytes, list, tuple, set, frozenset, dict)
_BUILTINS: dict[str, Any] = {
    **{kind.__name__: kind for kind in _TYPES},
    **{
        function.__name__: function
        for function in (
            *(abs, all, any, bin, chr, divmod, enumerate, hex, isinstance, len, max, min, oct, ord, repr),
            *(reversed, round, sorted, sum, zip),
        )
    },
}
_MATH = {
    name: getattr(math, name)
    for name in (
        *(
            "ceil",
            "cos",
            "e",
            "exp",
            "fabs",
            "floor",
            "fsum",
            "gcd",
            "inf",
            "isclose",
            "isinf",
            "isnan",
            "log",
        ),
        *("log10", "log2", "nan", "pi", "pow", "sin", "sqrt", "tan", "trunc"),
    )
}
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        {
            *(
                "capitalize",
                "count",
                "endswith",
                "find",
                "index",
                "isalpha",
                "isdigit",
                "islower",
                "isupper",
                "join",
            ),
            *(
                "lower",
                "lstrip",
                "replace",
                "rstrip",
                "split",
                "splitlines",
                "startswith",
                "strip",
                "swapcase",
            ),
            *("title", "upper"),
        }
    ),
    list: frozenset({"copy", "count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"copy", "get", "items", "keys", "values"}),
    set: frozenset({"copy", "difference", "intersection", "issubset", "issuperset", "union"}),
}


class UnknownSyntaxError(Exception):
    """The expression has something that the tables do not know, or takes too much."""

    def __init__(self, what: str, node: ast.AST | None = None) -> None:
        line = getattr(node, "lineno", None)
        super().__init__(what if line is None else f"line {line}: {what}")


class Evaluator:
    """Evaluates expressions.

    Parameters
    ----------
    steps : how many it may take, one item that is counted down; several evaluators may share it.
    """

    def __init__(self, names: Mapping[str, object], *, steps: list[int] | None = None) -> None:
        self._names = dict(names)
        self._steps = [STEPS] if steps is None else steps

    def value(self, node: ast.AST) -> Any:  # noqa: ANN401 - whatever the expression is
        """Return the value of an expression.

        Raises
        ------
        UnknownSyntaxError : for what is not known, and for what would take too much.
        Exception : whatever the operation raises on these values.
        """
        self._steps[0] -= 1
        if self._steps[0] < 0:
            raise UnknownSyntaxError("it takes too many steps", node)
        evaluate: Callable[[ast.AST], Any] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if evaluate is None:
            raise UnknownSyntaxError(f"{ast.unparse(node)!r:.60} is not understood", node)
        return evaluate(node)

    def _constant(self, node: ast.Constant) -> object:
        return node.value

    def _name(self, node: ast.Name) -> object:
        if node.id in self._names:
            return self._names[node.id]
        if node.id in _BUILTINS:
            return _BUILTINS[node.id]
        raise UnknownSyntaxError(f"the name {node.id} is not known", node)

    def _list(self, node: ast.List) -> list[object]:
        return list(self._items(node.elts))

    def _tuple(self, node: ast.Tuple) -> tuple[object, ...]:
        return tuple(self._items(node.elts))

    def _set(self, node: ast.Set) -> set[object]:
        return set(self._items(node.elts))

    def _items(self, nodes: Iterable[ast.expr]) -> Iterator[object]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.value(node.value)
            else:
                yield self.value(node)

    def _dict(self, node: ast.Dict) -> dict[object, object]:
        items: dict[object, object] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            if key is None:
                items.update(self.value(item))
            else:
                items[self.value(key)] = self.value(item)
        return items

    def _unaryop(self, node: ast.UnaryOp) -> object:
        return _UNARY[type(node.op)](self.value(node.operand))

    def _binop(self, node: ast.BinOp) -> object:
        operate = _BINARY.get(type(node.op))
        if operate is None:
            raise UnknownSyntaxError("this operator is not known", node)
        left, right = self.value(node.left), self.value(node.right)
        _refuse_growth(node, left, right)
        result = operate(left, right)
        self._steps[0] -= _length(result)
        return result

    def _boolop(self, node: ast.BoolOp) -> object:
        result: object = None
        for part in node.values:
            result = self.value(part)
            if bool(result) is isinstance(node.op, ast.Or):
                break
        return result

    def _compare(self, node: ast.Compare) -> object:
        left = self.value(node.left)
        result: object = True
        for operation, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            result = _COMPARE[type(operation)](left, right)
            if not result:
                break
            left = right
        return result

    def _ifexp(self, node: ast.IfExp) -> object:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _subscript(self, node: ast.Subscript) -> object:
        return self.value(node.value)[self.value(node.slice)]

    def _slice(self, node: ast.Slice) -> slice:
        parts = (node.lower, node.upper, node.step)
        return slice(*(None if part is None else self.value(part) for part in parts))

    def _attribute(self, node: ast.Attribute) -> object:
        if isinstance(node.value, ast.Name) and node.value.id == "math" and node.attr in _MATH:
            return _MATH[node.attr]
        raise UnknownSyntaxError(f"{ast.unparse(node)!r:.60} is not known", node)

    def _call(self, node: ast.Call) -> object:
        arguments = list(self._items(node.args))
        for argument in arguments:  # what a built-in function does with them takes as long as they are
            self._steps[0] -= _length(argument)
        if any(
            keyword.arg not in {"key", "reverse", "abs_tol", "rel_tol", "default"}
            for keyword in node.keywords
        ):
            raise UnknownSyntaxError("its keyword arguments are not understood", node)
        named = {str(keyword.arg): self.value(keyword.value) for keyword in node.keywords}
        function = node.func
        if isinstance(function, ast.Name) and function.id == "range":
            return self._range(node, arguments)
        if isinstance(function, ast.Attribute) and not (
            isinstance(function.value, ast.Name) and function.value.id == "math"
        ):
            owner = self.value(function.value)
            if function.attr not in _METHODS.get(type(owner), ()):
                raise UnknownSyntaxError(f"{ast.unparse(function)!r:.60} is not known", node)
            return getattr(owner, function.attr)(*arguments, **named)
        called = self.value(function)
        if not (called in _BUILTINS.values() or called in _MATH.values()):
            raise UnknownSyntaxError(f"{ast.unparse(function)!r:.60} is not known", node)
        return called(*arguments, **named)

    def _range(self, node: ast.Call, arguments: list[Any]) -> range:
        numbers = range(*arguments)
        if len(numbers) > _MOST_ITEMS:
            raise UnknownSyntaxError("its range is too long", node)
        return numbers

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp) -> list[object]:
        return [self.value(node.elt) for _ in self._each(node.generators)]

    _generatorexp = _listcomp  # what takes a generator here reads all of it

    def _setcomp(self, node: ast.SetComp) -> set[object]:
        return {self.value(node.elt) for _ in self._each(node.generators)}

    def _dictcomp(self, node: ast.DictComp) -> dict[object, object]:
        return {self.value(node.key): self.value(node.value) for _ in self._each(node.generators)}

    def _each(self, generators: list[ast.comprehension]) -> Iterator[None]:
        if not generators:
            yield
            return
        first, *others = generators
        for item in self.value(first.iter):
            self.bind(first.target, item)
            if all(self.value(condition) for condition in first.ifs):
                yield from self._each(others)

    def bind(self, target: ast.expr, value: Any) -> None:  # noqa: ANN401 - whatever is bound
        """Bind a name, or the names of a tuple.

        Raises
        ------
        UnknownSyntaxError : for any other target.
        """
        if isinstance(target, ast.Name):
            self._names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part, item in zip(target.elts, value, strict=True):
                self.bind(part, item)
        else:
            raise UnknownSyntaxError("what it assigns to is not understood", target)

    def bound(self, names: Iterable[str]) -> dict[str, object]:
        """Return the values of some names."""
        return {name: self._names[name] for name in names}


def _length(value: object) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple, set, frozenset, dict, range)) else 0


def _refuse_growth(node: ast.BinOp, left: Any, right: Any) -> None:  # noqa: ANN401 - any two values
    """Refuse what makes much of little before it is made."""
    size = 0
    if isinstance(left, int) and isinstance(right, int):
        if isinstance(node.op, ast.Pow) and right > 0:
            size = left.bit_length() * right
        elif isinstance(node.op, ast.LShift):
            size = left.bit_length() + right
        if size > _MOST_BITS:
            raise UnknownSyntaxError("it makes too large a number", node)
    elif isinstance(node.op, ast.Mult):
        pairs = ((left, right), (right, left))
        size = max(
            (_length(items) * times for items, times in pairs if isinstance(times, int)),
            default=0,
        )
        if size > _MOST_ITEMS:
            raise UnknownSyntaxError("it makes too many items", node)
    elif isinstance(node.op, ast.Mod) and isinstance(left, (str, bytes)):
        raise UnknownSyntaxError("formatting is not understood", node)
