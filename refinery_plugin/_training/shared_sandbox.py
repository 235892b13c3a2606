"""Where programs of one or several tasks run: one sandbox, tried once, and who may measure in it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from refinery_plugin._sandbox import open_sandbox
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin._training.forked import begins_anew_in_children
from refinery_plugin._training.measuring_slot import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refinery_plugin._verification.ports import ProgramSandbox


class SharedSandbox:
    """A sandbox that is opened when it is first needed, and the slot that goes with it."""

    def __init__(
        self, sandbox: str = "auto", *, packages: Sequence[str] = ("numpy",), lock: MachineLock | None = None
    ) -> None:
        self._lock = lock or MachineLock()
        self.slot = Slot(self._lock)
        self._name = sandbox
        self._packages = tuple(packages)
        self._opening = threading.Lock()
        self._sandbox: ProgramSandbox | None = None
        begins_anew_in_children(self)

    def begin_anew(self) -> None:
        """Have nothing open, in a child that was forked: what is open is the parent's."""
        self._lock.release()  # our copy of the descriptor; the parent keeps the lock
        self.slot = Slot(self._lock)
        self._opening = threading.Lock()
        self._sandbox = None

    def open(self) -> ProgramSandbox:
        """Open the sandbox. Idempotent.

        Raises
        ------
        SandboxError : when programs cannot be contained here.
        """
        with self._opening:
            if self._sandbox is None:
                self._sandbox = open_sandbox(self._name, packages=self._packages)
            return self._sandbox

    def close(self) -> None:
        """Close the sandbox. Idempotent."""
        with self._opening:
            sandbox, self._sandbox = self._sandbox, None
            if sandbox is not None:
                sandbox.close()
