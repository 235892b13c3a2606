"""What verification needs from elsewhere: a sandbox, and a clock.

``refinery_plugin._sandbox`` has the sandboxes that contain something, ``refinery_plugin.testing`` one for tests.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._sandbox import Limits, Outcome, Payload, Usage


class ProgramProcess(Protocol):
    """A fresh process for one program: ``load``, then ``hand_over`` and ``go`` for each call, then ``close``.

    What the program does wrong is an outcome; a fault of the sandbox itself is raised.
    """

    @property
    def taking_seconds(self) -> float:
        """Seconds from the first byte of the last arguments until the call began."""

    def load(self, timeout: float | None = None) -> Outcome | None:
        """Import the program: ``None``, or how it failed."""

    def settle(self, timeout: float) -> None:
        """Wait until what the import has left running is idle, ``timeout`` seconds at most."""

    def hand_over(self, args: tuple[object, ...] | Payload, timeout: float) -> Outcome | None:
        """Give the program its arguments: ``None``, or how it failed."""

    def go(self, timeout: float, *, credit: float | None = None, least: float = 0.0) -> Outcome:
        """Wait for the call's result, as long as the call is charged.

        ``least`` seconds at least, and what taking the arguments took beyond ``credit``.
        """

    def close(self) -> Usage:
        """End everything that runs, and tell what the last call used. Idempotent."""


class ProgramSandbox(Protocol):
    """Where programs run."""

    @property
    def name(self) -> str:
        """What the results call it."""

    def describe(self) -> str:
        """Say on one line what contains programs."""

    def start(
        self,
        source: bytes,
        *,
        entry_point: str,
        result_type: object,
        limits: Limits | None = None,
        exact: bool = True,
        arrays: bool = False,
    ) -> ProgramProcess:
        """Start a fresh process for a program."""

    def close(self) -> None:
        """Remove what is kept for the session. Idempotent."""


class Timer(Protocol):
    """Times one call."""

    def __call__(self, call: Callable[[], None], /) -> float:
        """Make the call, once, and return how many seconds it took."""


def wall_clock(call: Callable[[], None], /) -> float:
    """Time a call by the monotonic clock."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
