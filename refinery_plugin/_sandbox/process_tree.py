"""What the kernel knows about a sandbox's processes, read from outside through ``/proc`` and CPU clocks."""

from __future__ import annotations

import dataclasses
import os
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CPUCLOCK_SCHED = 2
_FEW_FILES = 64
_MOST_READINGS = 20
_SOCKET_BYTES = 208 << 10
"""What Linux lets a socket hold by default (net.core.wmem_default)."""


def cpu_clock(pid: int) -> int:
    """Clock id (for ``time.clock_gettime``) of the CPU time that a process and all its threads have used.

    In nanoseconds, dead threads included; needs no permission. The formula is the kernel's ``MAKE_PROCESS_CPUCLOCK``.
    """
    return ~pid << 3 | _CPUCLOCK_SCHED


def cpu_of(pid: int) -> float:
    """CPU seconds of one process; 0 if it is gone."""
    try:
        return time.clock_gettime(cpu_clock(pid))
    except OSError:
        return 0.0


def _read(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(fd, 65536)
    except OSError:  # it ended meanwhile
        return b""
    finally:
        os.close(fd)


def tasks_of(pid: int) -> list[str]:
    """Thread ids of a process."""
    try:
        return os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - in the way of a clock
    except OSError:
        return []


def children_of(pid: int) -> list[int]:
    """List the processes that a process (any of its threads) has started and that are not reaped."""
    return [
        int(word) for task in tasks_of(pid) for word in _read(f"/proc/{pid}/task/{task}/children").split()
    ]


def _stat(pid: int) -> list[bytes]:
    """Fields of ``/proc/PID/stat`` from the third (the state) on."""
    return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def is_zombie(pid: int) -> bool:
    """Whether a process has ended and only waits to be reaped (or is gone).

    One whose first thread has ended looks the same, though its other threads work on.
    """
    fields = _stat(pid)
    return not fields or (fields[0] in (b"Z", b"X") and len(tasks_of(pid)) < 2)  # noqa: PLR2004 - it and another


def _living(pid: int) -> str:
    """Path in ``/proc`` of a thread that still has the process's memory: the first one's is gone when it has ended."""
    tasks = tasks_of(pid)
    if len(tasks) < 2 or _stat(pid)[:1] != [b"Z"]:  # noqa: PLR2004
        return f"/proc/{pid}"
    return f"/proc/{pid}/task/{next((task for task in reversed(tasks) if int(task) != pid), pid)}"


def _cpu_of_dead_children(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[13]) + int(fields[14])) * _TICK if fields else 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """CPU seconds of a tree at one moment: of the worker, of all others, of those that have ended; seconds queued."""

    worker: float
    others: float
    dead: float
    queued: float | None

    @property
    def cpu(self) -> float:
        """All of it."""
        return self.worker + self.others + self.dead


class Tree:
    """The processes of one sandbox: everything below ``root``, which is ours and not counted."""

    def __init__(self, root: int, worker: int) -> None:
        self.root = root
        self.worker = worker
        self.peak_memory = 0
        self.peak_tasks = 0

    def members(self) -> list[int]:
        """Every process of the program that is alive or not yet reaped, the worker first."""
        pids = [self.worker]
        waiting = [pid for pid in children_of(self.root) if pid != self.worker]
        waiting += children_of(self.worker)
        while waiting:
            pid = waiting.pop()
            pids.append(pid)
            waiting += children_of(pid)
        return pids

    def helpers(self) -> int:
        """How many processes beside the worker are alive."""
        return sum(not is_zombie(pid) for pid in self.members()[1:])

    def is_busy(self) -> bool:
        """Whether a thread of the worker other than its first runs, or would if it had a processor."""
        threads = (task for task in tasks_of(self.worker) if int(task) != self.worker)
        stats = (_read(f"/proc/{self.worker}/task/{task}/stat") for task in threads)
        return any(stat.rpartition(b")")[2].split()[:1] == [b"R"] for stat in stats)

    def snapshot(self) -> Snapshot:
        """Take the CPU time used so far.

        Who ends, or loses its parent, while the books are read may be in none of them: they are read again until
        nothing has moved meanwhile. Nobody is ever in two, so the most of what was read is the truest.
        """
        most = (0.0, 0.0, 0.0)
        books = self._books()
        for _ in range(_MOST_READINGS):
            members, dead = read = books
            others = sum(map(cpu_of, members[1:]))
            most = max(most, (others + dead, others, dead))
            books = self._books()
            if books == read:
                break
        _, others, dead = most
        queued = sum(map(_queued, members)) if _HAS_SCHEDSTAT else None
        return Snapshot(cpu_of(self.worker), others, dead, queued)

    def _books(self) -> tuple[list[int], float]:
        """Return who lives, and the CPU seconds of those that are reaped."""
        members = self.members()
        return members, sum(map(_cpu_of_dead_children, (self.root, *members)))

    def memory(self) -> int:
        """Resident bytes of the tree now, pages that processes share counted once where that decides."""
        members = self.members()
        self.peak_tasks = max(self.peak_tasks, sum(len(tasks_of(pid)) for pid in members))
        total = sum(map(_resident, members)) + _socket_bytes(members)
        if len(members) == 1:
            self.peak_memory = max(self.peak_memory, total)
        return total

    def shared_once(self) -> int:
        """Resident bytes, shared pages counted once (slower); falls back to counting them each time."""
        members = self.members()
        total = 0
        for pid in members:
            rollup = _read(f"{_living(pid)}/smaps_rollup")
            line = next((line for line in rollup.splitlines() if line.startswith(b"Pss:")), None)
            total += int(line.split()[1]) * 1024 if line else _resident(pid)
        total += _socket_bytes(members)
        self.peak_memory = max(self.peak_memory, total)
        return total

    def unlinked_bytes(self) -> int:
        """Bytes of files that have no name any more and are held open."""
        sizes: dict[tuple[int, int], int] = {}
        for pid in self.members():
            folder = f"{_living(pid)}/fd"
            try:
                names = os.listdir(folder)  # noqa: PTH208 - in the way of a clock
            except OSError:
                continue
            for name in names:
                try:
                    state = os.stat(f"{folder}/{name}")  # noqa: PTH116
                except OSError:
                    continue
                if not state.st_nlink and stat.S_ISREG(state.st_mode):
                    sizes[state.st_dev, state.st_ino] = state.st_blocks * 512
        return sum(sizes.values())

    def files_in(self, directory: str) -> int:
        """How many files and directories a file system of the sandbox's own has; 0 where we may not know."""
        try:
            state = os.statvfs(f"/proc/{self.worker}/root/{directory}")
        except OSError:
            return 0
        return state.f_files - state.f_ffree

    def peak(self) -> int:
        """Largest resident memory seen, the kernel's own high-water mark of the worker included."""
        status = _read(f"/proc/{self.worker}/status")
        line = next((line for line in status.splitlines() if line.startswith(b"VmHWM:")), None)
        return max(self.peak_memory, int(line.split()[1]) * 1024 if line else 0)


def _resident(pid: int) -> int:
    fields = _read(f"{_living(pid)}/statm").split()
    return int(fields[1]) * _PAGE if fields else 0


def _socket_bytes(members: Iterable[int]) -> int:
    """Count what can wait in the sockets of these processes: kernel memory, which is in nobody's resident set.

    Only processes with many open files are looked at: a few sockets hold little.
    """
    sockets: set[str] = set()
    for pid in members:
        folder = f"{_living(pid)}/fd"
        try:
            names = os.listdir(folder)  # noqa: PTH208 - in the way of a clock
        except OSError:
            continue
        if len(names) > _FEW_FILES:
            for name in names:
                try:
                    target = os.readlink(f"{folder}/{name}")  # noqa: PTH115
                except OSError:
                    continue
                if target.startswith("socket:"):
                    sockets.add(target)
    return len(sockets) * _SOCKET_BYTES


def _queued(pid: int) -> float:
    return sum(_schedstat(pid, task)[1] for task in tasks_of(pid))


def _schedstat(pid: int, task: str | int) -> tuple[float, float]:
    """Seconds that a thread has run, and that it was ready to run but had no processor."""
    fields = _read(f"/proc/{pid}/task/{task}/schedstat").split()
    return (int(fields[0]) * 1e-9, int(fields[1]) * 1e-9) if fields else (0.0, 0.0)


_HAS_SCHEDSTAT = bool(_read("/proc/self/schedstat").split())
