"""One measuring session at a time on a machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_SECONDS = 0.5


class LockError(RefineryError):
    """The lock file cannot be used."""


class MachineLock:
    """A lock on a file in the machine's temporary directory; the kernel lets go of it when its holder dies.

    The file is locked through a read-only descriptor: in a sticky directory Linux may refuse to open another user's
    file for writing, and whoever measures must still see it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(tempfile.gettempdir()) / "pytest-refinery.measuring.lock"
        self._fd: int | None = None

    def acquire(self, *, waiting: Callable[[str], None], shared: bool = False) -> None:
        """Take the lock; ``waiting`` is told once if another session holds it.

        ``shared``: beside others that ask for no more, since they only verify; never beside one that measures.
        """
        if self._fd is not None:
            return
        self._fd = self._open()
        announced = False
        while not self._try(fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if not announced:
                waiting(
                    f"another session is measuring on this machine{self._holder()}: waiting for it to end, since two "
                    f"at once would measure each other (lock: {self.path}; Ctrl-C to give up; "
                    "--benchmark-disable verifies without timing, and waits for nobody)"
                )
                announced = True
            time.sleep(_POLL_SECONDS)
        if not shared:
            self._sign()

    def release(self) -> None:
        """Let others measure."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        for _ in range(3):
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o644))
            try:
                return os.open(self.path, flags)
            except FileNotFoundError:
                continue
            except OSError as exc:
                raise LockError(f"cannot open the lock {self.path}: {exc.strerror}; remove it") from exc
        raise LockError(f"the lock {self.path} keeps disappearing")

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._fd or 0, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _sign(self) -> None:
        with contextlib.suppress(OSError):  # another user's file: the lock holds all the same
            self.path.write_text(f"{os.getpid()}\n", encoding="ascii")

    def _holder(self) -> str:
        """Name who measures; those who only verify do not sign, and whoever signed before may be gone."""
        with contextlib.suppress(OSError, ValueError):
            process = int(self.path.read_text(encoding="ascii"))
            if Path(f"/proc/{process}").exists():
                return f" (process {process})"
        return ""
