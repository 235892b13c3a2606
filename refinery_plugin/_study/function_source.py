"""The source of a module that defines one function, and of all that the function needs of its own module."""

from __future__ import annotations
import __future__

import ast
import builtins
import importlib.util
import inspect
import sys
import sysconfig
import textwrap
import types
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._syntax import parse

if TYPE_CHECKING:
    from collections.abc import Callable

_ANNOTATIONS = __future__.annotations.compiler_flag


class FunctionSourceError(RefineryError):
    """A function cannot stand alone; the message says why, and what to do."""


def module_source(function: object) -> str:
    """Return the source of a module that defines ``function``, and what it uses of its own module, and nothing else.

    Imports of the standard library and of installed packages become imports; functions, classes and plain constants
    that the function uses, directly or not, come along.

    Raises
    ------
    FunctionSourceError : for a lambda, a method, a function inside another one, and one that uses something of another
        file that is neither the standard library's nor an installed package's.
    """
    plain = inspect.unwrap(function) if callable(function) else function
    if not isinstance(plain, types.FunctionType):
        raise FunctionSourceError(f"it must be a function or source text, got {type(function).__name__}")
    if plain.__name__ == "<lambda>":
        raise FunctionSourceError("a lambda has no name to be called by; write it with def")
    if plain.__qualname__ != plain.__name__:
        raise FunctionSourceError(
            f"{plain.__qualname__} is defined inside something else; define it at the top level of its module"
        )
    gathered = _Gathered()
    gathered.add_defined(plain.__name__, plain)
    return gathered.source(late_hints=bool(plain.__code__.co_flags & _ANNOTATIONS))


def class_source(kind: type) -> str:
    """Return the source of a module that defines a class, and what it uses of its own module, and nothing else.

    Decorators and bases of other people's that cannot come along are left out: a class that is registered somewhere,
    or derives from a base that only says what methods there are, works without.

    Raises
    ------
    FunctionSourceError : its methods use something else that cannot come along.
    """
    if kind.__qualname__ != kind.__name__:
        raise FunctionSourceError(
            f"{kind.__qualname__} is defined inside something else; define it at the top level"
        )
    gathered = _Gathered()
    gathered.add_defined(kind.__name__, kind, strips=True)
    return gathered.source(late_hints=True)


class _Gathered:
    """What has been found so far; a name is looked at once."""

    def __init__(self) -> None:
        self.imports: list[str] = []
        self.constants: list[str] = []
        self.definitions: list[str] = []
        self._seen: set[str] = set()

    def source(self, *, late_hints: bool) -> str:
        """Return the whole module; with ``late_hints`` names in annotations need not exist."""
        future = ["from __future__ import annotations"] if late_hints else []
        parts = ["\n".join(lines) for lines in ([*future, *self.imports], self.constants) if lines]
        return "\n\n\n".join([*parts, *self.definitions]) + "\n"

    def add_defined(self, name: str, value: types.FunctionType | type, *, strips: bool = False) -> None:
        """Add a function or a class with what it uses, that first: a class needs its bases."""
        self._seen.add(name)
        try:
            source = textwrap.dedent(inspect.getsource(value)).rstrip()
        except (OSError, TypeError) as exc:
            raise FunctionSourceError(f"the source of {name} is not known ({exc}); give it as text") from exc
        tree: ast.AST = parse(source)
        there = vars(sys.modules[value.__module__]) if isinstance(value, type) else value.__globals__
        if strips:
            tree = _stripped(
                tree, keeps=lambda used: used in there and self._can_add(used, there[used], home=value)
            )
            source = ast.unparse(tree)
        hints = _hint_names(tree)
        for used in _used_names(tree):
            if used not in self._seen and (used in there or not hasattr(builtins, used)):
                if used not in there:
                    if used in hints:
                        continue
                    raise FunctionSourceError(f"{name} uses {used}, which its module does not define")
                try:
                    self._add(used, there[used], home=value.__module__)
                except FunctionSourceError:
                    if used not in hints:
                        raise
        self.definitions.append(source)

    @staticmethod
    def _can_add(name: str, value: object, *, home: type | types.FunctionType) -> bool:
        try:
            _Gathered()._add(name, value, home=home.__module__)  # noqa: SLF001 - of this class
        except FunctionSourceError:
            return False
        return True

    def _add(self, name: str, value: object, *, home: str) -> None:
        self._seen.add(name)
        if isinstance(value, types.ModuleType):
            self._import(value.__name__, f"import {value.__name__} as {name}", name)
            return
        inner = inspect.unwrap(value) if callable(value) else value
        if isinstance(inner, (types.FunctionType, type)) and inner.__module__ == home:
            self.add_defined(name, inner)
            if inner.__name__ != name:
                self.definitions.append(f"{name} = {inner.__name__}")
            return
        if _is_plain(value):
            self.constants.append(f"{name} = {value!r}")
            return
        module, qualified = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        qualified = qualified or getattr(value, "__name__", None) or getattr(value, "_name", None)
        if not (isinstance(module, str) and isinstance(qualified, str) and qualified.isidentifier()):
            raise FunctionSourceError(
                f"it uses {name}, a {type(value).__name__} that cannot be written down; make it inside the function"
            )
        self._import(module, f"from {module} import {qualified} as {name}", name)

    def _import(self, module: str, line: str, name: str) -> None:
        if not _is_installed(module):
            raise FunctionSourceError(
                f"it uses {name} of {module}, which is no installed package and not in the sandbox; put what it needs "
                "into its own module, or give the reference as source text"
            )
        self.imports.append(line)


def _stripped(tree: ast.AST, *, keeps: Callable[[str], bool]) -> ast.AST:
    """Return the class without those decorators and bases that cannot come along."""
    kind = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    kind.decorator_list = [part for part in kind.decorator_list if all(map(keeps, names_in(part)))]
    kind.bases = [part for part in kind.bases if all(map(keeps, names_in(part)))]
    return tree


def names_in(node: ast.AST) -> list[str]:
    """Return every name in a piece of code, as often as it is there."""
    return [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]


def _used_names(tree: ast.AST) -> list[str]:
    """Return names that are read anywhere; more than are needed does no harm as long as they can be found."""
    local = {
        arg.arg for node in ast.walk(tree) if isinstance(node, ast.arguments) for arg in _arguments(node)
    }
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    inner = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    read = dict.fromkeys(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )
    return [name for name in read if name not in local | stored | inner | caught | imported]


def _arguments(node: ast.arguments) -> list[ast.arg]:
    more = [arg for arg in (node.vararg, node.kwarg) if arg is not None]
    return [*node.posonlyargs, *node.args, *node.kwonlyargs, *more]


def _hint_names(tree: ast.AST) -> set[str]:
    """Return names that stand in annotations, which need not exist at run time."""
    hints = [node.annotation for node in ast.walk(tree) if isinstance(node, (ast.arg, ast.AnnAssign))]
    returns = [
        node.returns for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return {
        node.id
        for hint in (*hints, *returns)
        if hint is not None
        for node in ast.walk(hint)
        if isinstance(node, ast.Name)
    }


def _is_plain(value: object) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _is_installed(module: str) -> bool:
    """Tell whether a module is the standard library's or of an installed package."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return True
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    homes = tuple(
        f"{sysconfig.get_path(name)}{separator}" for name in ("purelib", "platlib") for separator in "/\\"
    )
    return any(place.startswith(homes) for place in places)
