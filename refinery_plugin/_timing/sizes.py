"""Sizes that were found, kept beside the study: all its sessions take the same."""

from __future__ import annotations

import contextlib
import fcntl
import json
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError
from refinery_plugin._files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from refinery_plugin._study.task import Task

SCHEMA = 1


class SizesError(RefineryError):
    """The sizes that were found cannot be used."""


class Sizes:
    """A file of sizes, one for each task and what it wants of its reference; processes may share it.

    Parameters
    ----------
    shared_out : whether other machines have a part of the study: then each would find a size of its own, and none is
        looked for.
    """

    def __init__(self, path: Path, *, shared_out: bool = False) -> None:
        self.path = path
        self._shared_out = shared_out

    def known(self, task: Task) -> int | None:
        """Return the size that is kept for a task; ``None`` where there is none.

        Raises
        ------
        SizesError : the file cannot be read.
        """
        return next((entry["size"] for entry in self._entries() if _same(entry, task)), None)

    def settle(self, task: Task, find: Callable[[], int], *, then: int | None = None) -> int:
        """Return the size of a task: the one that is kept, else one that is found now, and kept.

        Parameters
        ----------
        then : that of the session that is resumed.

        Raises
        ------
        SizesError : another one is kept than was taken then; or a part of a study is to find one by itself.
        """
        with self._held():
            kept = self.known(task)
            if kept is not None and then not in {None, kept}:
                raise SizesError(
                    f"--refinery-resume: the size of task {task.name!r} was {then} then, and is {kept} in {self.path}; "
                    "restore that file, or start afresh without --refinery-resume"
                )
            size = kept or then
            if size is None and self._shared_out:
                raise SizesError(
                    f"task {task.name!r} leaves its size open, and each part of the study (--refinery-shard) would "
                    "find another one: write one into the study, such as size = 10000, or let a session without "
                    f"--refinery-shard find it and copy its {self.path}"
                )
            if size is None:
                size = find()
            if kept is None:
                own = {"task": task.name, "checksum": task.checksum, "seconds": task.seconds, "size": size}
                others = [entry for entry in self._entries() if entry["task"] != task.name]
                write_json(self.path, {"schema": SCHEMA, "sizes": [*others, own]})
            return size

    def _entries(self) -> list[dict[str, Any]]:
        try:
            sizes = json.loads(self.path.read_text(encoding="utf-8"))["sizes"]
            if all(isinstance(entry["size"], int) and entry["size"] > 0 and entry["task"] for entry in sizes):
                return list(sizes)
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError):
            pass
        raise SizesError(f"{self.path} is no file of sizes; remove it, and they are found again")

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Let no other process look for a size meanwhile."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = self.path.with_name(f".{self.path.name}.lock").open("w", encoding="utf-8")
        except OSError as exc:
            raise SizesError(f"{self.path}: cannot be written: {exc.strerror or exc}") from exc
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _same(entry: dict[str, Any], task: Task) -> bool:
    wanted = (task.name, task.checksum, task.seconds)
    return (entry["task"], entry.get("checksum"), entry.get("seconds")) == wanted
