"""One run at a time records into a folder of cassettes, and one of its processes at a time makes a program."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
from typing import TYPE_CHECKING

import filelock

from refinery_plugin._generation.chat import GenerationStopError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class BusyError(GenerationStopError):
    """Another run records into these cassettes."""


@contextlib.contextmanager
def recording(directory: Path) -> Iterator[None]:
    """Hold the folder while recording; the lock goes with the process, also when it is killed.

    Raises
    ------
    BusyError : with the other run's process number and since when it runs.
    """
    owner = directory / ".recording.txt"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(directory / ".recording.lock")
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise BusyError(
            f"{directory}: another run records here ({_read(owner)}); wait for it to end, "
            "or use other cassettes with --refinery-cassettes"
        ) from None
    except OSError as exc:
        raise _unwritable(directory, exc) from exc
    try:
        since = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        with contextlib.suppress(OSError):  # it is for people alone; a full disk is told by who records
            owner.write_text(f"process {os.getpid()}, since {since}")
        yield
    finally:
        for path in (owner, directory / ".recording.lock"):
            path.unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def making(name: str, *, shared: Path) -> Iterator[bool]:
    """Hold one program among the processes of a run, and say whether it is still to be made.

    It is made once this ends without an error: whoever waits for it meanwhile is told so.

    Parameters
    ----------
    shared : a folder of this run alone, which its processes share.

    Raises
    ------
    GenerationStopError : when nothing can be written there.
    """
    key = hashlib.sha256(name.encode()).hexdigest()
    lock, made = filelock.FileLock(shared / f"{key}.lock"), shared / f"{key}.made"
    try:
        lock.acquire()
    except OSError as exc:
        raise _unwritable(shared, exc) from exc
    try:
        yield not made.exists()
        try:
            made.touch()
        except OSError as exc:
            raise _unwritable(shared, exc) from exc
    finally:
        lock.release()


def _unwritable(directory: Path, exc: OSError) -> GenerationStopError:
    return GenerationStopError(f"{directory}: cannot be written: {exc.strerror}")


def _read(owner: Path) -> str:
    with contextlib.suppress(OSError):
        return owner.read_text()
    return "process unknown"
