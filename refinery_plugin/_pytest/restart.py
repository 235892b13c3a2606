"""Options that take a path, written in two words: ``--refinery-programs DIR``.

pytest looks for the root of the project and its configuration before it knows the options of plugins, and takes DIR,
if it exists, for the path of a test. With a DIR outside the project it then uses another root, no configuration and
thus another study (pytest's documentation has a warning about it). Written with ``=`` all is well, so that is how the
command is started again. It has to be a new start: by the time a plugin is asked, the wrong root has decided
configuration, further options and plugins.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._pytest.options import PATHS

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONFIGURATIONS = ("pyproject.toml", "pytest.toml", "pytest.ini", "tox.ini", "setup.cfg")
_COMMANDS = ("pytest", "py.test", "pytest/__main__.py")


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


def mend(config: pytest.Config) -> None:
    """Start the command again where one of our paths has misled pytest.

    Raises
    ------
    pytest.UsageError : where a configuration was missed and the command cannot be started again, such as inside
        another process.
    """
    here, given = config.invocation_params.dir, config.invocation_params.args
    paths = [path for option, path in itertools.pairwise(given) if option in PATHS]
    if not any(_misleads(config, here / path) for path in paths):
        return
    if _is_whole_command(config):
        count = len(given)
        command = [*sys.orig_argv[1:-count], *joined(given)]
        os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 - the same command, spelled better
    if config.rootpath == here or not any((here / name).is_file() for name in _CONFIGURATIONS):
        return  # nothing was missed
    raise pytest.UsageError(
        "pytest takes a path in a word of its own for the path of a test, and so misses this project's configuration: "
        f"write {' '.join(word for word in joined(given) if word.partition('=')[0] in PATHS)}"
    )


def _misleads(config: pytest.Config, path: Path) -> bool:
    here = config.invocation_params.dir
    if not path.exists():
        return False
    beside = not Path(os.path.normpath(path)).is_relative_to(here)
    below = config.rootpath != here and config.rootpath.is_relative_to(here)
    return beside or below


def _is_whole_command(config: pytest.Config) -> bool:
    """Whether this process is nothing but the pytest command."""
    given = [*config.invocation_params.args]
    return (
        not config.invocation_params.plugins
        and sys.argv[0].endswith(_COMMANDS)
        and sys.argv[1:] == given
        and sys.orig_argv[-len(given) :] == given
    )
