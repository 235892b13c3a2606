"""A backend that has been seen to hold, as everything else knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from refinery_plugin._sandbox.records import Limits
from refinery_plugin._sandbox.worker import Worker

if TYPE_CHECKING:
    from types import TracebackType

    from refinery_plugin._sandbox.backend_table import BackendRow
    from refinery_plugin._sandbox.backends.runtime import Runtime


class Sandbox:
    """A backend, ready to start programs; a context manager. ``open_sandbox`` has seen it hold.

    Parameters
    ----------
    row : which backend it is.
    runtime : what of this machine programs may read.
    """

    def __init__(self, row: BackendRow, runtime: Runtime) -> None:
        self._backend = row.open(runtime)
        self._guardian = row.guardian
        self.name = row.name
        """``bwrap``, ``landlock`` or ``none``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def describe(self) -> str:
        """One line on what contains programs here, for the session's header and the results."""
        return self._backend.describe()

    def start(
        self,
        source: bytes,
        *,
        entry_point: str,
        result_type: object,
        limits: Limits | None = None,
        exact: bool = True,
        arrays: bool = False,
    ) -> Worker:
        """Start a fresh process for a program; the program itself is let in by :meth:`Worker.load`.

        Parameters
        ----------
        source : the program's text, as it is: a program that is no text fails to load.
        entry_point : name of the function that is to be called.
        result_type : the exact type of its result, such as ``int`` or ``list[int]``.
        exact : whether a bool is no int, an int no float, and a NumPy scalar no number at all; else they count as the
            numbers that they hold.
        arrays : whether there are NumPy arrays among its arguments; NumPy is then imported before the program.

        Raises
        ------
        SandboxFault : the process cannot be started.
        """
        chosen = limits or Limits()
        return Worker(
            self._backend.plan(chosen),
            guardian=self._guardian,
            source=source,
            entry_point=entry_point,
            result_type=result_type,
            limits=chosen,
            exact=exact,
            arrays=arrays,
        )

    def close(self) -> None:
        """Remove what the backend keeps for the session. Idempotent."""
        self._backend.close()
