"""Names of tasks: chosen by patterns, and as they begin ids and files (pure)."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from refinery_plugin._study.levels import slug

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_WILD = frozenset("*?[")


def is_pattern(text: str) -> bool:
    """Whether a text may stand for several names."""
    return not _WILD.isdisjoint(text)


def matching(pattern: str, known: Collection[str]) -> list[str]:
    """Return the known names that a name or pattern means, in their order; a name that is known means itself.

    Examples
    --------
    >>> matching("core-*", ["core-b", "pilot", "core-a"])
    ['core-b', 'core-a']
    """
    if pattern in known or not is_pattern(pattern):
        return [name for name in known if name == pattern]
    return [name for name in known if fnmatch.fnmatchcase(name, pattern)]


def united(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return the names of all groups in order, each once."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def task_folder(task: str) -> str:
    """Return what ids and files of a task's programs begin with; ``/`` in the name makes folders.

    Examples
    --------
    >>> task_folder("HumanEval/0"), task_folder("../two words")
    ('HumanEval/0', '_/twowords')
    """
    parts = [slug(part) for part in task.split("/")]
    return "/".join("_" if set(part) <= {"."} else part for part in parts)
