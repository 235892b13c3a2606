"""Semaphores and shared memory for programs that must not see ``/dev/shm``.

Where there is no mount namespace, ``/dev/shm`` is everybody's: what one run leaves there, the next would find, and
other people's files are there too. Fork pools need semaphores all the same. So before the program is imported,
:mod:`multiprocessing` gets semaphores that live in anonymous shared memory (unnamed POSIX semaphores: they work
between a process and those that it forks), and shared memory whose files are in the run's private directory.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from _thread import get_ident
from typing import Any

_RECURSIVE = 0  # as in multiprocessing.synchronize: 0 is RECURSIVE_MUTEX, 1 is SEMAPHORE
_MAX_VALUE = 0x7FFFFFFF

_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class SemLock:
    """What ``_multiprocessing.SemLock`` is, without a name in the file system."""

    SEM_VALUE_MAX = _MAX_VALUE

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:  # noqa: ARG002, FBT001
        if not unlink:  # for processes that are spawned, not forked: they would look for the name
            raise OSError("locks for spawned processes need /dev/shm, which this sandbox has not; use fork")
        self.kind, self.maxvalue, self.name = kind, maxvalue, None
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self.handle = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._semaphore = ctypes.c_void_p(self.handle)
        _checked(_libc.sem_init(self._semaphore, 1, ctypes.c_uint(value)))
        self._held = 0
        self._owner = 0

    def _is_mine(self) -> bool:
        return self._held > 0 and self._owner == get_ident()

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:  # noqa: FBT001, FBT002
        if self.kind == _RECURSIVE and self._is_mine():
            self._held += 1
            return True
        if not self._wait(block, timeout):
            return False
        self._held += 1
        self._owner = get_ident()
        return True

    def _wait(self, block: bool, timeout: float | None) -> bool:  # noqa: FBT001
        until = None
        if timeout is not None:
            at = time.time() + max(0.0, timeout)
            until = ctypes.byref(_Timespec(int(at), int(at % 1 * 1e9)))
        while True:
            if not block:
                result = _libc.sem_trywait(self._semaphore)
            elif until is None:
                result = _libc.sem_wait(self._semaphore)
            else:
                result = _libc.sem_timedwait(self._semaphore, until)
            if result == 0:
                return True
            code = ctypes.get_errno()
            if code in (11, 110):  # EAGAIN, ETIMEDOUT
                return False
            if code != 4:  # noqa: PLR2004 - EINTR
                raise OSError(code, os.strerror(code))

    def release(self) -> None:
        if self.kind == _RECURSIVE:
            if not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self._held > 1:
                self._held -= 1
                return
        elif self._get_value() >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._held -= 1
        _checked(_libc.sem_post(self._semaphore))

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _count(self) -> int:
        return self._held

    def _get_value(self) -> int:
        value = ctypes.c_int()
        _checked(_libc.sem_getvalue(self._semaphore, ctypes.byref(value)))
        return value.value

    def _is_zero(self) -> bool:
        return self._get_value() == 0

    def _after_fork(self) -> None:
        self._held = 0


def _checked(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def without_shared_memory(home: str) -> None:
    """Let :mod:`multiprocessing` do without ``/dev/shm``; its files go to ``home``."""
    import _multiprocessing  # type: ignore[import-not-found]  # noqa: PLC0415 - only under this backend
    import _posixshmem  # type: ignore[import-not-found]  # noqa: PLC0415

    statvfs, directory = os.statvfs, home + "/"

    def shm_open(path: str, flags: int, mode: int = 0o600) -> int:
        return os.open(directory + path.strip("/").replace("/", "_"), flags | os.O_CLOEXEC, mode)

    def shm_unlink(path: str) -> None:
        os.unlink(directory + path.strip("/").replace("/", "_"))  # noqa: PTH108

    def full_where_forbidden(path: Any) -> os.statvfs_result:  # noqa: ANN401
        # multiprocessing.heap puts its arenas where this says that there is room.
        state = statvfs(path)
        return os.statvfs_result((*state[:2], 0, 0, 0, *state[5:])) if path == "/dev/shm" else state  # noqa: S108

    _multiprocessing.SemLock = SemLock
    _posixshmem.shm_open, _posixshmem.shm_unlink = shm_open, shm_unlink
    os.statvfs = full_where_forbidden
