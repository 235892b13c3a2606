"""A diary of one measuring session: every finished run is on disk before the next begins."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import secrets
import time
from typing import TYPE_CHECKING, TypeAlias

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Record: TypeAlias = dict[str, object]

SCHEMA = 1
_ROOM = 64 * 1024
"""Bytes that are set aside on the disk before a run begins, so that its record always has a place."""
_KEPT = 20
"""Journals of finished sessions that stay beside the current one."""


class JournalError(RefineryError):
    """The journal of a session cannot be written or read."""


class DiskFullError(JournalError):
    """There is no room for the next record."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PastSession:
    """What an earlier session left behind."""

    path: Path
    header: Record
    records: tuple[Record, ...]
    length: int


class Journal:
    """An append-only file of JSON lines; each is on the disk when ``append`` returns.

    Room is allocated ahead, as NUL bytes that readers ignore: a full disk is told before a run, not after it.
    """

    def __init__(self, path: Path, fd: int, *, length: int) -> None:
        self.path = path
        self._fd = fd
        self._length = length
        self._allocated = length

    @classmethod
    def create(cls, directory: Path, header: Mapping[str, object], *, part: str = "") -> Journal:
        """Begin a new journal; older ones of the same part beyond a score are removed.

        Parameters
        ----------
        part : ends the name, for machines that share a folder: with many, others' journals may be in use.
        """
        try:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / ".gitignore").write_text("*\n", encoding="ascii")
            _prune(directory, part)
            path = directory / f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(4)}{part}.jsonl"
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except OSError as exc:
            raise _error(directory, exc) from exc
        journal = cls(path, fd, length=0)
        journal.append({"kind": "session", "schema": SCHEMA, **header})
        _sync_directory(directory)
        return journal

    @classmethod
    def reopen(cls, past: PastSession) -> Journal:
        """Go on with a journal where it ended; what a crash left of an unfinished line is cut off."""
        try:
            fd = os.open(past.path, os.O_RDWR | os.O_CLOEXEC)
            os.ftruncate(fd, past.length)
        except OSError as exc:
            raise _error(past.path, exc) from exc
        return cls(past.path, fd, length=past.length)

    def reserve(self) -> None:
        """Make sure that the next record has a place on the disk."""
        if self._allocated - self._length >= _ROOM:
            return
        try:
            os.posix_fallocate(self._fd, self._length, 2 * _ROOM)
        except OSError as exc:
            if exc.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise _error(self.path, exc) from exc
        else:
            self._allocated = self._length + 2 * _ROOM

    def append(self, record: Mapping[str, object]) -> None:
        """Write one record and see it on the disk."""
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        try:
            written = 0
            while written < len(line):
                written += os.pwrite(self._fd, line[written:], self._length + written)
            os.fdatasync(self._fd)
        except OSError as exc:
            raise _error(self.path, exc) from exc
        self._length += len(line)

    def close(self) -> None:
        """Give the room that was set aside back."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._length)
            os.close(self._fd)
            self._fd = -1


def latest(directory: Path, *, about: Mapping[str, object]) -> PastSession | None:
    """Return the newest journal whose header agrees with ``about``; ``None`` where there is none."""
    paths = sorted(directory.glob("*.jsonl"), reverse=True) if directory.is_dir() else []
    for path in paths:
        past = read(path)
        if past is not None and all(past.header.get(key) == value for key, value in about.items()):
            return past
    return None


def read(path: Path) -> PastSession | None:
    """Read a journal as far as it is whole; ``None`` where not even its first line is."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise _error(path, exc) from exc
    whole = data[: data.rfind(b"\n", 0, _end(data)) + 1]
    records = list(_records(path, whole))
    if not records or records[0].get("kind") != "session" or records[0].get("schema") != SCHEMA:
        return None
    return PastSession(path=path, header=records[0], records=tuple(records[1:]), length=len(whole))


def _end(data: bytes) -> int:
    nul = data.find(b"\0")
    return len(data) if nul < 0 else nul


def _records(path: Path, data: bytes) -> Iterator[Record]:
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise JournalError(
                f"{path}, line {number}, is damaged ({exc}); remove that line, and --refinery-resume measures "
                "again what it held, or start afresh without --refinery-resume"
            ) from exc
        if isinstance(record, dict):
            yield record


def _prune(directory: Path, part: str) -> None:
    # The whole form: "-part1of2" is as long as the random end of a name.
    for path in sorted(directory.glob(f"????????T??????-????????{part}.jsonl"))[:-_KEPT]:
        path.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    with contextlib.suppress(OSError):  # not every file system can
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _error(path: Path, exc: OSError) -> JournalError:
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(
            f"the disk is full: there is no room for the next run in {path}. Everything measured so far is kept; "
            "make room and go on with --refinery-resume"
        )
    return JournalError(f"cannot keep the journal of the session in {path}: {exc.strerror or exc}")
