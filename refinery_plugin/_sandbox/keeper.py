"""The first process of a run, by whose end everything ends: bwrap's namespace, or our guardian where there is none."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import subprocess


class Keeper(Protocol):
    """How the parent finds a run's processes, and ends them; it has one pipe of its own to or from them."""

    def root(self) -> int:
        """Host id of the process below which the program's are; ``OSError`` or ``ValueError`` where it is gone."""

    def kill(self) -> None:
        """Set the end going; more than once is fine."""

    def force(self, worker: int) -> None:
        """End the worker, the first process not having done so in time."""

    def close(self) -> None:
        """Close what it holds. Idempotent."""


class Namespace:
    """bwrap tells on its pipe which process is the first inside; the kernel ends all others with that one."""

    def __init__(self, process: subprocess.Popen[bytes], info: int) -> None:
        self._process = process
        self._info = info
        self._pidfds = [os.pidfd_open(process.pid)]
        self._open = True

    def root(self) -> int:
        """Read it."""
        info = os.read(self._info, 4096)
        root = int(json.loads(info)["child-pid"])
        self._pidfds.append(os.pidfd_open(root))
        return root

    def kill(self) -> None:
        """Kill the first process inside, or bwrap where that is not known yet."""
        if self._open:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfds[-1], signal.SIGKILL)
            if len(self._pidfds) == 1:
                # At first its child waits for a word of it, and would for ever: they are one group then.
                with contextlib.suppress(OSError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def force(self, worker: int) -> None:
        """Nothing is left to do: it is the kernel's part."""

    def close(self) -> None:
        """Close pipe and handles."""
        if self._open:
            self._open = False
            for fd in (self._info, *self._pidfds):
                os.close(fd)


class Guardian:
    """It is the first process itself. Never kill it: it ends everything, sees it gone, and then itself."""

    def __init__(self, process: subprocess.Popen[bytes], lifeline: int) -> None:
        self._process = process
        self._lifeline: int | None = lifeline

    def root(self) -> int:
        """Return its id."""
        return self._process.pid

    def kill(self) -> None:
        """Let go of the lifeline."""
        self.close()

    def force(self, worker: int) -> None:
        """Kill the worker's process group."""
        with contextlib.suppress(OSError):
            os.killpg(worker, signal.SIGKILL)

    def close(self) -> None:
        """Close our end of the lifeline."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
