"""Options that take a path, written in two words: ``--refinery-programs DIR``.

pytest looks for the root of the project and its configuration before it knows the options of plugins, and takes DIR,
if it exists, for the path of a test. With a DIR outside the project it then uses another root, no configuration and
thus another study (pytest's documentation has a warning about it). Written with ``=`` all is well, and that is said:
by the time a plugin is asked, the wrong root has decided configuration, further options and plugins.
"""

from __future__ import annotations

import itertools
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._pytest.options import PATHS

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONFIGURATIONS = ("pyproject.toml", "pytest.toml", "pytest.ini", "tox.ini", "setup.cfg")


def joined(arguments: Sequence[str]) -> list[str]:
    """Return the command line with each of our paths and its option in one word.

    Examples
    --------
    >>> joined(["-q", "--refinery-programs", "/tmp/programs", "tests"])
    ['-q', '--refinery-programs=/tmp/programs', 'tests']
    """
    out: list[str] = []
    for argument in arguments:
        if out and out[-1] in PATHS:
            out[-1] += f"={argument}"
        else:
            out.append(argument)
    return out


def refuse(config: pytest.Config) -> None:
    """Refuse a command where one of our paths has misled pytest.

    Raises
    ------
    pytest.UsageError : with the same command, spelled so that nothing can be mistaken.
    """
    here, given = config.invocation_params.dir, [*config.invocation_params.args]
    paths = [path for option, path in itertools.pairwise(given) if option in PATHS]
    if not _misses_configuration(config) or not any(_misleads(config, here / path) for path in paths):
        return
    raise pytest.UsageError(
        "pytest takes a path in a word of its own for the path of a test, and so misses this project's configuration "
        f"(it would take {config.rootpath} for the project's root). Write it with '=':\n"
        f"  {shlex.join(['pytest', *joined(given)])}"
    )


def _misses_configuration(config: pytest.Config) -> bool:
    """Whether there is a configuration between where the command was typed and what pytest took for the root."""
    here, root = config.invocation_params.dir, config.rootpath
    folders = itertools.takewhile(lambda folder: not root.is_relative_to(folder), (here, *here.parents))
    below = [here] if root != here and root.is_relative_to(here) else []
    return any((folder / name).is_file() for folder in (*folders, *below) for name in _CONFIGURATIONS)


def _misleads(config: pytest.Config, path: Path) -> bool:
    here = config.invocation_params.dir
    if not path.exists():
        return False
    beside = not Path(os.path.normpath(path)).is_relative_to(here)
    below = config.rootpath != here and config.rootpath.is_relative_to(here)
    return beside or below
