"""Take the asserts of a foreign test for what they say of single calls, to be judged outside of the sandbox (pure).

``assert candidate(2) == 4`` is an example; any other that is about the result of one call, such as
``assert abs(candidate(2) - 1.4) < 0.1``, is an :class:`Assertion` that is evaluated on the result. Loops over values
that are known are walked through. The test's own code is never run.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from refinery_plugin._study.function_source import names_in
from refinery_plugin._syntax import UNUSABLE, parse
from refinery_plugin._tasks.plain_python import STEPS, Evaluator, UnknownSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Node = TypeVar("_Node", bound=ast.AST)

RESULT = "result"
"""What the result of the call is called in an assertion."""
_MOST = 100_000
_LONGEST = 200


class NotLiftedError(Exception):
    """A test says something that cannot be taken out of it; the message says what, and where."""


@dataclasses.dataclass(frozen=True, slots=True)
class Assertion:
    """What must hold of the result of one call.

    Parameters
    ----------
    arguments : of the call.
    text : the expression, in which ``result`` is what the call returned.
    names : values of other names in it.
    atol : where it is that of EvalPlus: how far floats may be off; 0 for the default there.
    """

    arguments: tuple[object, ...]
    text: str
    names: tuple[tuple[str, object], ...] = ()
    atol: float | None = None

    @property
    def example(self) -> tuple[tuple[object, ...], object] | None:
        """Arguments and expected result, where it says no more than that the two are equal."""
        node = parse(self.text, "eval").body
        if not (
            isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.Is))
        ):
            return None
        left, right = node.left, node.comparators[0]
        if _is_result(right):
            left, right = right, left
        if not _is_result(left) or RESULT in names_in(right):
            return None
        expected = Evaluator(dict(self.names)).value(right)
        if isinstance(node.ops[0], ast.Is) and not (expected is None or isinstance(expected, bool)):
            return None
        return self.arguments, expected

    def holds(self, result: object) -> bool:
        """Tell whether it holds of a result; where it raises, it does not."""
        node = parse(self.text, "eval").body
        try:
            return bool(Evaluator({**dict(self.names), RESULT: copy.deepcopy(result)}).value(node))
        except Exception:  # noqa: BLE001 - as in the test itself, whatever goes wrong speaks against the result
            return False


@dataclasses.dataclass(frozen=True, slots=True)
class Assertions:
    """A task's ``check`` that holds a result against all assertions about its arguments."""

    assertions: tuple[Assertion, ...]

    def __call__(self, arguments: tuple[object, ...], result: object) -> bool | str:
        """Return whether a result is right, or which assertion fails."""
        key = _key(arguments)
        for each in self.assertions:
            if _key(each.arguments) == key and not each.holds(result):
                return f"'assert {each.text:.{_LONGEST}}' fails"
        return True


def lift(test: str, *, entry_point: str, parameters: Iterable[str] = ()) -> tuple[Assertion, ...]:
    """Return all assertions of a test, in order.

    Parameters
    ----------
    test : asserts, or a function ``check(candidate)`` with asserts, as in HumanEval.
    entry_point : what the program's function is called.
    parameters : its names, for calls with keywords.

    Raises
    ------
    NotLiftedError : when anything in it cannot be taken for what it says of single calls.
    """
    try:
        module = parse(test)
    except UNUSABLE as exc:
        raise NotLiftedError(f"its test is not valid Python: {exc}") from exc
    walk = _Walk({entry_point}, tuple(parameters))
    try:
        walk.statements(module.body)
        for check in walk.checks:
            walk.enter(check)
    except UnknownSyntaxError as exc:
        raise NotLiftedError(f"its test, {exc}") from exc
    except RecursionError as exc:
        raise NotLiftedError("its test is nested too deep") from exc
    except NotLiftedError:
        raise
    except Exception as exc:
        raise NotLiftedError(f"its test raises {type(exc).__name__}: {exc}") from exc
    if not walk.assertions:
        raise NotLiftedError("its test asserts nothing of the function")
    return tuple(walk.assertions)


class _Walk:
    """Walks through the statements of a test."""

    def __init__(self, callees: set[str], parameters: tuple[str, ...]) -> None:
        self.assertions: list[Assertion] = []
        self.checks: list[ast.FunctionDef] = []
        self._callees = callees
        self._parameters = parameters
        self._names: dict[str, Any] = {}
        self._results: dict[str, ast.expr] = {}
        self._unknown: dict[str, str] = {}
        self._steps = [STEPS]
        self._compares = False

    def enter(self, check: ast.FunctionDef) -> None:
        """Walk through ``check(candidate)``."""
        self._callees = {*self._callees, check.args.args[0].arg}
        self.statements(check.body)

    def statements(self, body: list[ast.stmt]) -> None:
        """Walk through statements in order."""
        for statement in body:
            self._steps[0] -= 1
            if self._steps[0] < 0:
                raise UnknownSyntaxError("it takes too many steps", statement)
            self._statement(statement)
            if len(self.assertions) > _MOST:
                raise UnknownSyntaxError("it asserts too often", statement)

    def _statement(self, node: ast.stmt) -> None:  # noqa: C901, PLR0912 - one branch a kind of statement
        match node:
            case ast.Assert():
                self._assert(node.test)
            case ast.Assign(targets=[target]):
                self._assign(target, node.value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.For(orelse=[]):
                for item in self._evaluator().value(node.iter):
                    self._bind(node.target, item)
                    self.statements(node.body)
            case ast.If():
                self.statements(node.body if self._evaluator().value(node.test) else node.orelse)
            case ast.FunctionDef(name="check", args=ast.arguments(args=[_])):
                self.checks.append(node)
            case ast.FunctionDef(name="assertion") if _is_like_evalplus(node):
                self._compares = True
            case ast.Expr(value=ast.Call(func=ast.Name(id="assertion"), args=[call, expected, atol])) if (
                self._compares
            ):
                self._compare(call, expected, atol)
            case ast.FunctionDef() | ast.ClassDef():
                self._unknown[node.name] = "code of the test's own"
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                pass
            case ast.Expr(value=ast.Constant() | ast.Name()):
                pass
            case ast.Expr(value=ast.Call(func=ast.Name(id="print" | "check"))):
                pass
            case _:
                raise UnknownSyntaxError(f"{ast.unparse(node).splitlines()[0]!r:.60} cannot be lifted", node)

    def _evaluator(self) -> Evaluator:
        return Evaluator(self._names, steps=self._steps)

    def _bind(self, target: ast.expr, value: object) -> None:
        for name in names_in(target):
            self._results.pop(name, None)
        evaluator = self._evaluator()
        evaluator.bind(target, value)
        self._names.update(evaluator.bound(names_in(target)))

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if self._is_about_a_call(value):
            if not isinstance(target, ast.Name):
                raise UnknownSyntaxError("a result is taken apart", target)
            self._names.pop(target.id, None)
            self._results[target.id] = self._inlined(value)
            return
        try:
            self._bind(target, self._evaluator().value(value))
        except UnknownSyntaxError as exc:
            for name in names_in(target):  # it may never be used
                self._unknown[name] = str(exc)
                self._names.pop(name, None)

    def _is_about_a_call(self, node: ast.AST) -> bool:
        return any(
            isinstance(inner, ast.Name) and (inner.id in self._callees or inner.id in self._results)
            for inner in ast.walk(node)
        )

    def _inlined(self, node: ast.expr) -> ast.expr:
        """Put what is known now into an expression about results: names may change before it is asserted."""
        results, callees = self._results, self._callees
        inner = {
            name
            for part in ast.walk(node)
            if isinstance(part, ast.comprehension)
            for name in names_in(part.target)
        }
        names = {name: value for name, value in self._names.items() if name not in inner}

        class Inline(ast.NodeTransformer):
            def visit_Name(self, name: ast.Name) -> ast.AST:
                if name.id in results:
                    return _copied(results[name.id])
                if name.id in names and name.id not in callees:
                    kept: Any = _HeldValue(names[name.id])
                    return ast.copy_location(ast.Constant(kept), name)
                return name

        return Inline().visit(_copied(node))  # type: ignore[no-any-return]

    def _compare(self, call: ast.expr, expected: ast.expr, atol: ast.expr) -> None:
        """Take ``assertion(call, expected, atol)`` for what it says in files made by EvalPlus."""
        before, tolerance = len(self.assertions), self._evaluator().value(atol)
        if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)):
            raise UnknownSyntaxError("its tolerance is no number", atol)
        self._assert(ast.copy_location(ast.Compare(left=call, ops=[ast.Eq()], comparators=[expected]), call))
        self.assertions[before:] = [
            dataclasses.replace(each, atol=float(tolerance)) for each in self.assertions[before:]
        ]

    def _assert(self, test: ast.expr) -> None:
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            for part in test.values:
                self._assert(part)
            return
        if (plain := self._plain(test)) is not None:
            self.assertions.append(plain)
            return
        if not self._is_about_a_call(test):
            if not self._evaluator().value(test):
                raise UnknownSyntaxError("it asserts something false of no call", test)
            return
        node = self._inlined(test)
        calls = _Calls(self._callees, self._parameters)
        bare = calls.visit(node)
        if len({_key(arguments) for arguments in calls.arguments}) != 1:
            raise UnknownSyntaxError("it compares the results of several calls", test)
        for name in names_in(bare):
            if name in self._unknown:
                raise UnknownSyntaxError(f"{name} is {self._unknown[name]}", test)
        assertion = _finished(bare, calls.arguments[0])
        # What is not understood is told now, not when the first program is judged.
        _try_out(assertion)
        self.assertions.append(assertion)

    def _plain(self, test: ast.expr) -> Assertion | None:
        """Return ``assert candidate(2) == 4`` at once, as most asserts are: there are no names in it to look up.

        ``None`` for any other.
        """
        match test:
            case ast.Compare(
                left=ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]),
                ops=[ast.Eq()],
                comparators=[expected],
            ) if name in self._callees and all(map(_is_literal, (*arguments, expected))):
                evaluator = Evaluator({})
                given = tuple(evaluator.value(part) for part in arguments)
                bare = ast.Compare(ast.Name(RESULT, ast.Load()), [ast.Eq()], [expected])
                return Assertion(given, ast.unparse(bare))
            case _:
                return None


@dataclasses.dataclass(frozen=True, slots=True)
class _HeldValue:
    """A value in the place of a name."""

    value: object


class _Calls(ast.NodeTransformer):
    """Replaces calls of the program's function by ``result``."""

    def __init__(self, callees: set[str], parameters: tuple[str, ...]) -> None:
        self.arguments: list[tuple[object, ...]] = []
        self._callees = callees
        self._parameters = parameters

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not (isinstance(node.func, ast.Name) and node.func.id in self._callees):
            return self.generic_visit(node)
        evaluator = Evaluator({})
        arguments: list[object] = []
        for part in node.args:
            if isinstance(part, ast.Starred):
                arguments += list(_kept(evaluator, part.value))
            else:
                arguments.append(_kept(evaluator, part))
        names = list(self._parameters[len(arguments) :])
        given = {keyword.arg: _kept(evaluator, keyword.value) for keyword in node.keywords}
        for name in names[: len(given)]:
            if name not in given:
                raise UnknownSyntaxError("its keyword arguments are not understood", node)
            arguments.append(given.pop(name))
        if given:
            raise UnknownSyntaxError("its keyword arguments are not understood", node)
        self.arguments.append(tuple(arguments))
        return ast.copy_location(ast.Name(RESULT, ast.Load()), node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self._callees:
            raise UnknownSyntaxError("the function is not called", node)
        return node


def _kept(evaluator: Evaluator, node: ast.expr) -> Any:  # noqa: ANN401 - whatever it is
    """Evaluate an argument, in which values may stand for names."""
    names: dict[str, object] = {}
    bare = _named(node, names)
    return Evaluator(names).value(bare) if names else evaluator.value(bare)


def _named(node: ast.AST, names: dict[str, object]) -> ast.AST:
    """Give the values in an expression names again."""

    class Name(ast.NodeTransformer):
        def visit_Constant(self, constant: ast.Constant) -> ast.AST:
            kept: Any = constant.value
            if not isinstance(kept, _HeldValue):
                return constant
            name = f"value{len(names)}"
            names[name] = kept.value
            return ast.copy_location(ast.Name(name, ast.Load()), constant)

    return Name().visit(_copied(node))  # type: ignore[no-any-return]


def _finished(node: ast.expr, arguments: tuple[object, ...]) -> Assertion:
    names: dict[str, object] = {}
    text = ast.unparse(_named(node, names))
    return Assertion(copy.deepcopy(arguments), text, tuple(names.items()))


def _try_out(assertion: Assertion) -> None:
    """Evaluate an assertion on some results, only to see that all of it is known."""
    node = parse(assertion.text, "eval").body
    results: tuple[object, ...] = (None, 0, 1.5, "a", [], [1], (1, 2), {})
    for result in results:
        # A result of another type raises what it likes.
        with contextlib.suppress(TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            Evaluator({**dict(assertion.names), RESULT: result}).value(node)


def _copied(node: _Node) -> _Node:
    """Return a copy of a piece of code, to be changed; values that stand in it are the same ones.

    ``copy.deepcopy`` does the same in ten times the time.
    """
    fields = {name: _copied_field(value) for name, value in ast.iter_fields(node)}
    return ast.copy_location(type(node)(**fields), node)


def _copied_field(value: Any) -> Any:  # noqa: ANN401 - whatever a field is
    if isinstance(value, list):
        return [_copied_field(item) for item in value]
    return _copied(value) if isinstance(value, ast.AST) else value


def _is_literal(node: ast.AST) -> bool:
    """Tell whether an expression is made of constants alone."""
    match node:
        case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return all(map(_is_literal, items))
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _is_literal(key) for key in keys) and all(map(_is_literal, values))
        case _:
            return False


def _is_like_evalplus(node: ast.FunctionDef) -> bool:
    """Tell whether it compares as EvalPlus does: equal, or near where floats are expected.

    Some of its tasks are compared otherwise, as sets or not at all: those are code of the test's own.
    """
    if [argument.arg for argument in node.args.args] != ["out", "exp", "atol"]:
        return False
    matches = [part for part in node.body if isinstance(part, ast.Assign)]
    compared = [ast.unparse(part) for part in matches]
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    known = {"is_floats", "np.allclose", "assertion"}
    return compared == ["exact_match = out == exp"] and {ast.unparse(call.func) for call in calls} <= known


def _is_result(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == RESULT


def _key(value: object) -> str:
    """Return a text that is the same for equal arguments, whatever the order in which sets were made."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(map(_key, value))}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}[{','.join(map(_key, value))}]"
    if isinstance(value, dict):
        pairs: Mapping[str, str] = {_key(key): _key(item) for key, item in value.items()}
        return f"dict{sorted(pairs.items())}"
    return repr(value)
