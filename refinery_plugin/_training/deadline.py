"""A sandbox's port with an end: what one program may cost in all, however many processes that takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from refinery_plugin._sandbox import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._sandbox import Payload, Usage
    from refinery_plugin._verification.ports import ProgramProcess, ProgramSandbox

T = TypeVar("T")


class Allowance:
    """Seconds that one program may be waited for, all its processes together."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = seconds

    def over(self) -> Outcome | None:
        """Return how a step fails that begins when nothing is left."""
        if self.left > 0:
            return None
        return Outcome(kind="timeout", reason=f"all that it did took more than {self.seconds:.3g} s")


class BoundedSandbox:
    """Starts one program's processes, and ends them when the program's allowance is used up.

    Only the program is bounded: ``exempt`` is the reference's source, which runs beside it.
    """

    def __init__(self, sandbox: ProgramSandbox, allowance: Allowance, *, exempt: bytes) -> None:
        self._sandbox = sandbox
        self._allowance = allowance
        self._exempt = exempt
        self.name = sandbox.name

    def describe(self) -> str:
        """Say on one line what contains programs."""
        return self._sandbox.describe()

    def start(self, source: bytes, **options: Any) -> ProgramProcess:  # noqa: ANN401 - the sandbox's own
        """Start a fresh process."""
        process = self._sandbox.start(source, **options)
        return process if source == self._exempt else _BoundedProcess(process, self._allowance)

    def close(self) -> None:
        """Leave the sandbox open: it is for other programs too."""


class _BoundedProcess:
    def __init__(self, process: ProgramProcess, allowance: Allowance) -> None:
        self._process = process
        self._allowance = allowance

    @property
    def taking_seconds(self) -> float:
        return self._process.taking_seconds

    def load(self, timeout: float | None = None) -> Outcome | None:
        allowance = self._allowance
        bound = allowance.left if timeout is None else min(timeout, allowance.left)
        return allowance.over() or self._charged(lambda: self._process.load(bound))

    def settle(self, timeout: float) -> None:
        self._process.settle(timeout)

    def hand_over(self, args: tuple[object, ...] | Payload, timeout: float) -> Outcome | None:
        bound = min(timeout, self._allowance.left)
        return self._allowance.over() or self._charged(lambda: self._process.hand_over(args, bound))

    def go(self, timeout: float, *, credit: float | None = None, least: float = 0.0) -> Outcome:
        bound = min(timeout, self._allowance.left)
        return self._allowance.over() or self._charged(
            lambda: self._process.go(bound, credit=credit, least=least)
        )

    def close(self) -> Usage:
        return self._process.close()

    def _charged(self, step: Callable[[], T]) -> T:
        start = time.perf_counter()
        try:
            return step()
        finally:
            self._allowance.left -= time.perf_counter() - start
