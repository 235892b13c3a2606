"""Runs of pytest as forks of one process that has imported what is slow: each is a process of its own, seconds sooner.

All forks order the elements of sets alike. What must be the same whatever their order is, as a replay, is run anew.
"""

from __future__ import annotations

import functools
import importlib
import multiprocessing
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerContext, ForkServerProcess

_SLOW = (
    "hypothesis",
    "markdown_it",
    "numpy",
    "openai.resources.chat",
    "pytest_benchmark.plugin",
    "refinery_plugin._pytest.generation",
    "refinery_plugin._pytest.judged_programs",
    "refinery_plugin._recording.cassette_store",
    "refinery_plugin._timing.judge",
    "refinery_plugin._verification.quick_check",
)
"""Imported once, with all that they import."""
_TESTS = Path(__file__).parent.parent


@functools.cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_SLOW))
    return context


def start_pytest(
    options: Sequence[str], *, directory: Path, environment: Mapping[str, str], output: Path
) -> ForkServerProcess:
    """Start what ``python -m pytest`` would do with these options.

    Parameters
    ----------
    environment : the whole of it.
    output : the file that gets what is printed.
    """
    process = _context().Process(target=_run, args=(tuple(options), directory, dict(environment), output))
    process.start()
    return process


def _run(options: Sequence[str], directory: Path, environment: Mapping[str, str], output: Path) -> None:
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    # The project's own folder, as `-m` has it, and none of those of the tests that started this.
    sys.path[:] = [str(directory), *(path for path in sys.path if not Path(path).is_relative_to(_TESTS))]
    pytest = importlib.import_module("pytest")
    # The plugin is imported already, so its asserts are not rewritten: pytest would say so in every run.
    sys.exit(pytest.main(["-W", "ignore::pytest.PytestAssertRewriteWarning", *options]))
