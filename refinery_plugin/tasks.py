"""Tasks from elsewhere: files of JSON lines, classes, functions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._tasks.from_code import from_class, from_functions
from refinery_plugin._tasks.json_lines import TaskFileError
from refinery_plugin._tasks.task_file import LeftOut, TaskFile, read_tasks

if TYPE_CHECKING:
    import os

__all__ = ["LeftOut", "TaskFile", "TaskFileError", "from_class", "from_functions", "from_jsonl"]


def from_jsonl(path: str | os.PathLike[str]) -> TaskFile:
    """Return the tasks of a file of JSON lines, plain or compressed.

    Each row is in the form of HumanEval, HumanEval+, MBPP+, or ours.

    What cannot be used is in ``left_out`` of what is returned, task by task with its reason. Nothing of the file is
    run in this process.

    Raises
    ------
    TaskFileError : the file cannot be read, or a row is not what it should be: with file, line, key and remedy.
    """
    return read_tasks(Path(path))
