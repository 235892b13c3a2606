"""What a piece of Python binds and needs; nothing is ever run."""

from __future__ import annotations

import ast
import builtins
import functools
from typing import TYPE_CHECKING, Literal, TypeAlias

from refinery_plugin._syntax import UNUSABLE, parse, symbols

if TYPE_CHECKING:
    import symtable
    from collections.abc import Iterable

Binding: TypeAlias = Literal["definition", "stub", "import"]
"""A stub is a function without a body: the signature that was asked for, once more."""

_SUREST: tuple[Binding, ...] = ("definition", "stub", "import")

_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__"}


@functools.lru_cache(maxsize=32)
def tree(source: str) -> ast.Module | None:
    """Return the syntax tree, or ``None`` for what is no Python."""
    try:
        return parse(source)
    except UNUSABLE:
        return None


def binding(source: str, name: str) -> Binding | None:
    """Return how the top level of some source makes ``name`` something that can be called, if it does.

    Examples
    --------
    >>> binding("def solve(x): return x", "solve"), binding("from a import solve", "solve")
    ('definition', 'import')
    """
    if source.isascii() and name not in source:
        return None  # parsing megabytes takes seconds
    module = tree(source)
    if module is None:
        return None
    return _surest(_binding(node, name) for node in module.body)


def _surest(bindings: Iterable[Binding | None]) -> Binding | None:
    all_found = set(bindings)
    return next((kind for kind in _SUREST if kind in all_found), None)


def _binding(node: ast.stmt, name: str) -> Binding | None:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name == name and all(
            map(_is_nothing, node.body)
        ):
            return "stub"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            binds = node.name == name
        case ast.Assign(targets=targets):
            binds = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        case ast.AnnAssign(target=ast.Name(id=target_name), value=value):
            binds = target_name == name and value is not None
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return "import" if any((alias.asname or alias.name) == name for alias in names) else None
        case ast.If() | ast.Try() | ast.With():
            return _surest(_binding(child, name) for child in _children(node))
        case _:
            binds = False
    return "definition" if binds else None


def _is_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=raised) | ast.Call(func=ast.Name(id=raised))):
            return raised == "NotImplementedError"
    return False


def _children(node: ast.If | ast.Try | ast.With) -> list[ast.stmt]:
    bodies = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
    return [*bodies, *(child for handler in getattr(node, "handlers", []) for child in handler.body)]


def is_declaration(source: str) -> bool:
    """Whether some source does nothing but import and define: functions, classes, and names in capitals."""
    module = tree(source)
    return module is not None and all(map(_declares, module.body))


def _declares(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(targets=targets):
            return all(isinstance(target, ast.Name) and target.id.isupper() for target in targets)
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name.isupper()
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.If() | ast.Try():
            return all(map(_declares, _children(node)))
    return False


def class_of_method(source: str, name: str) -> str | None:
    """Return the class of the top level that has a method called ``name``, if there is one."""
    module = tree(source) if name in source else None
    for node in [] if module is None else module.body:
        if isinstance(node, ast.ClassDef) and any(
            _binding(child, name) in {"definition", "stub"} for child in node.body
        ):
            return node.name
    return None


class TopLevelNames:
    """The names that the top level of some source binds, and those that it needs from elsewhere.

    ``at_once`` are those that are needed while the module is loaded, not only when a function is called. All are
    empty for what does not compile.
    """

    def __init__(self, source: str) -> None:
        self.bound: frozenset[str] = frozenset()
        self.needed: frozenset[str] = frozenset()
        self.at_once: frozenset[str] = frozenset()
        table = _symbols(source)
        if table is None:
            return
        top = table.get_symbols()
        self.bound = frozenset(
            symbol.get_name() for symbol in top if symbol.is_assigned() or symbol.is_imported()
        )
        self.at_once = frozenset(symbol.get_name() for symbol in top if symbol.is_referenced())
        inside = {
            symbol.get_name()
            for scope in _scopes(table)
            for symbol in scope.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
        self.needed = (self.at_once | inside) - self.bound - _BUILTINS


def _symbols(source: str) -> symtable.SymbolTable | None:
    try:
        return symbols(source)
    except UNUSABLE:
        return None


def _scopes(table: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    """Return all scopes below one."""
    scopes: list[symtable.SymbolTable] = []
    waiting = list(table.get_children())
    while waiting:
        scope = waiting.pop()
        scopes.append(scope)
        waiting += scope.get_children()
    return scopes
