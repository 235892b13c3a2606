"""Run small programs through the public interface."""

from __future__ import annotations

import dataclasses
import select
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refinery_plugin._sandbox import Limits, Outcome, Sandbox, Usage, Worker

SECONDS = 20.0


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What one run came to."""

    outcome: Outcome
    usage: Usage

    @property
    def value(self) -> object:
        """The value, which there must be."""
        assert self.outcome.ok, f"{self.outcome}; stderr: {self.usage.stderr}"
        return self.outcome.value


class Bench:
    """Starts programs whose entry point is ``solve``."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def start(
        self, source: str | bytes, *, result_type: object = int, limits: Limits | None = None
    ) -> Worker:
        """Start a program."""
        code = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
        return self.sandbox.start(code, entry_point="solve", result_type=result_type, limits=limits)

    def run(
        self,
        source: str | bytes,
        *args: object,
        result_type: object = int,
        limits: Limits | None = None,
        seconds: float = SECONDS,
        more: bool = False,
    ) -> Result:
        """One run from start to end; ``more``: the process is not ended before it has written more than its reply."""
        with self.start(source, result_type=result_type, limits=limits) as worker:
            failure = worker.load() or worker.hand_over(args, min(SECONDS, seconds))
            outcome = failure or worker.go(seconds)
            if more and outcome.kind != "tampering":
                select.select([worker._channel._reply], [], [], SECONDS)
            usage = worker.close()
        return Result(outcome, usage)

    def call(self, source: str | bytes, *args: object, result_type: object = int) -> object:
        """Give the value of one run that must succeed."""
        return self.run(source, *args, result_type=result_type).value
