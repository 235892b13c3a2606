"""Python is read from several threads at once."""

from __future__ import annotations

import ast
import gc
import os
import sys
import threading
import time
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._syntax import UNUSABLE, parse, symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCE = "def f(x):\n" + "".join(f"    x = g(x, [i * 2 for i in range({n})])\n" for n in range(60))


@pytest.fixture
def at_collections() -> Iterator[list[Callable[[], object]]]:
    """Call whatever is in the list when the garbage collector begins: often, and in the midst of a tree."""
    called: list[Callable[[], object]] = []

    def begins(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            for each in called:
                each()

    threshold = gc.get_threshold()
    gc.callbacks.append(begins)
    gc.set_threshold(100, 1_000, 1_000)
    yield called
    gc.set_threshold(*threshold)
    gc.callbacks.remove(begins)


def test_one_of_ours_reads_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads never build trees at once, and leave the filters of warnings as they were."""
    inside = threading.Lock()
    python = ast.parse

    def alone(source: str, *, mode: str) -> ast.AST:
        assert inside.acquire(blocking=False), "another thread is reading"
        time.sleep(0.005)
        inside.release()
        return python(source, mode=mode)

    monkeypatch.setattr(ast, "parse", alone)
    filters = list(warnings.filters)
    sources = [f"{SOURCE}y = {number}\n" for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(parse, sources))
        names = list(pool.map(lambda source: symbols(source).get_identifiers(), sources))
    assert [ast.unparse(tree.body[-1]) for tree in trees] == [f"y = {number}" for number in range(12)]
    assert [set(each) for each in names] == [{"f", "y"}] * 12
    assert list(warnings.filters) == filters


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the garbage collector waits until a tree is whole")
def test_a_thread_of_somebody_else_reads_meanwhile(at_collections: list[Callable[[], object]]) -> None:
    """A notebook's or a trainer's own ``ast.parse`` does not spoil ours."""
    here = threading.get_ident()
    others = ThreadPoolExecutor(1)
    waited_for: list[Future[ast.AST]] = []

    def let_in() -> None:
        if threading.get_ident() == here and len(waited_for) < 3:
            waited_for.append(others.submit(ast.parse, "x = [" + "(" * 40 + "1" + ")" * 40 + "]"))
            time.sleep(0.005)

    at_collections.append(let_in)
    with others:
        assert isinstance(parse(SOURCE), ast.Module)
    assert len(waited_for) == 3


def test_a_fault_of_the_interpreter_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another thread spoiled is read anew; what fails each time is not kept quiet."""
    python = ast.parse
    faults = [SystemError("AST constructor recursion depth mismatch (before=31, after=34)")] * 3

    def spoiled(source: str, *, mode: str) -> ast.AST:
        if faults:
            raise faults.pop()
        return python(source, mode=mode)

    monkeypatch.setattr(ast, "parse", spoiled)
    assert ast.unparse(parse("x = 1")) == "x = 1"
    assert not faults
    faults += [SystemError("something else")] * 1_000
    with pytest.raises(SystemError, match="something else"):
        parse("x = 1")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_reads_while_the_parent_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that was forked does not wait for a thread that only its parent has."""
    reads, may_end = threading.Event(), threading.Event()
    python = ast.parse

    def stop_there(source: str, *, mode: str) -> ast.AST:
        reads.set()
        may_end.wait(60)
        return python(source, mode=mode)

    monkeypatch.setattr(ast, "parse", stop_there)
    thread = threading.Thread(target=parse, args=(SOURCE,))
    thread.start()
    assert reads.wait(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that threads and fork are no good friends
        child = os.fork()
    if not child:
        monkeypatch.undo()
        os._exit(0 if parse("x = 1").body else 1)
    deadline = time.monotonic() + 60
    while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    may_end.set()
    thread.join()
    monkeypatch.undo()
    if not ended[0]:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert ended == (child, 0)


@pytest.mark.parametrize("source", ["def f(", "\x00", "\udcff", "(" * 300 + ")" * 300])
def test_what_is_no_python_raises_what_is_said(source: str) -> None:
    """Whatever is wrong with it, it is one of the named errors."""
    with pytest.raises(UNUSABLE):
        parse(source)


def test_an_odd_escape_is_no_error() -> None:
    """Not where warnings are errors, either."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse(r"x = '\d'").body
        assert parse(r"'\d'", "eval").body
