"""One program in the sandbox: started, loaded, called and ended, in one process at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from refinery_plugin._sandbox import Outcome, Payload, Usage
    from refinery_plugin._verification.bench import Bench
    from refinery_plugin._verification.ports import ProgramProcess


class SandboxedProgram:
    """A program and the process that it has at the moment, if any; whoever opens one closes it.

    ``starts`` counts the processes in which it was loaded, and ``load_seconds`` is how long these were waited for.
    """

    def __init__(self, bench: Bench, source: bytes) -> None:
        self.starts = 0
        self.load_seconds = 0.0
        self._bench = bench
        self._source = source
        self._process: ProgramProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it has a process in which it is loaded."""
        return self._process is not None

    @property
    def taking_seconds(self) -> float:
        """Seconds from the first byte of the last arguments until the call could begin."""
        return self._running.taking_seconds

    def load(self, *, settle: float = 0.0) -> Outcome | None:
        """Import it in a fresh process: ``None``, or how it failed, and then the process has ended.

        ``settle``: so many seconds, at most, for what the import has left running to become idle.
        """
        self.close()
        process = self._process = self._bench.start(self._source)
        start = time.perf_counter()
        failure = process.load(self._bench.limits.load_seconds)
        if failure is None and settle:
            process.settle(settle)
        self.load_seconds += time.perf_counter() - start
        if failure is None:
            self.starts += 1
        else:
            self.close()
        return failure

    def hand_over(self, payload: Payload, limit: float) -> Outcome | None:
        """Give it its arguments: ``None``, or how that failed."""
        return self._running.hand_over(payload, limit)

    def go(self, limit: float, *, credit: float | None = None, least: float = 0.0) -> Outcome:
        """Wait for the result of the call, as long as it is charged; see ``ProgramProcess.go``."""
        return self._running.go(limit, credit=credit, least=least)

    def call(self, payload: Payload, limit: float) -> Outcome:
        """Call it once, in the process that it has."""
        return self.hand_over(payload, limit) or self.go(limit)

    def close(self) -> Usage | None:
        """End its process, and tell what the last call used; ``None`` where there was no process."""
        process, self._process = self._process, None
        return None if process is None else process.close()

    @property
    def _running(self) -> ProgramProcess:
        if self._process is None:
            raise RuntimeError("a program is loaded before it is called")
        return self._process
