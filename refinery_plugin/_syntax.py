"""Python source to syntax trees and symbol tables, from any thread."""

from __future__ import annotations

import ast
import contextlib
import os
import symtable
import threading
import warnings
from typing import TYPE_CHECKING, Final, Literal, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

UNUSABLE: Final = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What is raised for text that is no Python, or more of it than the compiler takes."""

_ATTEMPTS = 20


class _OneReader:
    """Lets one thread of the process read Python at a time.

    CPython counts how deep the tree is that it builds once for all threads: where the garbage collector lets another
    one in meanwhile, both fail with ``SystemError: AST constructor recursion depth mismatch``. The filters of warnings
    are the process's, too: threads that set and restore them at once can leave them as one of them had set them.
    """

    def __init__(self) -> None:
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        """Let nobody wait in a child for a thread that only the parent has."""
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        with self._lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield


_reader = _OneReader()


@overload
def parse(source: str | bytes, mode: Literal["exec"] = "exec") -> ast.Module: ...


@overload
def parse(source: str | bytes, mode: Literal["eval"]) -> ast.Expression: ...


def parse(source: str | bytes, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """Return the syntax tree of some source, as ``ast.parse`` does; any number of threads may ask.

    Warnings of the compiler, such as that of an odd escape, are no errors here whatever the filters say: a program
    must not depend on them.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError : for what cannot be read (all of them: ``UNUSABLE``).
    """
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(SystemError), _reader.reading():  # a thread that is not ours may parse, too
            return ast.parse(source, mode=mode)
    with _reader.reading():
        return ast.parse(source, mode=mode)


def symbols(source: str) -> symtable.SymbolTable:
    """Return the symbol table of a module's source; what is said of ``parse`` holds here."""
    with _reader.reading():
        return symtable.symtable(source, "<answer>", "exec")
