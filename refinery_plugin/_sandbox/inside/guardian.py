"""The process between parent and worker where there is no PID namespace: when it ends, everything has ended.

It adopts every orphan of the worker, and it waits for one of two things: that the worker ends, or that the parent
closes its end of the lifeline (on purpose, or because it died). Then it kills the worker's process group (programs
cannot leave it: the seccomp filter refuses ``setsid`` and ``setpgid``), then whatever children are left, sees them
all gone, and ends with the worker's status. The program cannot reach it: it lies outside the worker's Landlock domain
and, where we started as root, belongs to another user.
"""

from __future__ import annotations

import os
from select import POLLHUP, POLLIN, poll
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.inside.kernel import adopt_orphans

if TYPE_CHECKING:
    from signal import SIG_IGN, SIGHUP, SIGINT, SIGKILL, SIGTERM, signal
else:
    from _signal import (
        SIG_IGN,
        SIGHUP,
        SIGINT,
        SIGKILL,
        SIGTERM,
        signal,
    )  # `signal` would import enum: 3 ms a run


def guard(lifeline: int, close: tuple[int, ...]) -> None:
    """Fork: returns in the worker, never in the guardian; ``close`` are the descriptors it has no use for."""
    adopt_orphans()
    worker = os.fork()
    if not worker:
        os.setpgid(0, 0)
        return
    try:  # noqa: SIM105 - contextlib takes milliseconds to import
        os.setpgid(worker, worker)
    except OSError:
        pass  # the worker was faster
    for fd in close:
        os.close(fd)
    for number in (SIGHUP, SIGINT, SIGTERM):
        signal(number, SIG_IGN)
    _watch(lifeline, os.pidfd_open(worker))
    os._exit(_sweep(worker))


def _watch(lifeline: int, worker: int) -> None:
    waiting = poll()
    waiting.register(lifeline, POLLIN | POLLHUP)
    waiting.register(worker, POLLIN)
    while not waiting.poll():
        pass


def _sweep(worker: int) -> int:
    status = 0
    while True:
        for victim in (-worker, *_children()):
            try:
                os.kill(victim, SIGKILL)
            except OSError:
                continue
        try:
            pid, raw = os.waitpid(-1, 0)
        except ChildProcessError:
            return status
        if pid == worker:
            code = os.waitstatus_to_exitcode(raw)
            status = 128 - code if code < 0 else code


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123 - pathlib is slow to import
            return [int(word) for word in file.read().split()]
    except OSError:
        return []
