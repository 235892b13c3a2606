"""A task's reference that somebody else wrote: asked in the sandbox, like any program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refinery_plugin._sandbox import encode_arguments
from refinery_plugin._verification.inputs import BrokenReferenceError, UnusableInputError
from refinery_plugin._verification.program import SandboxedProgram
from refinery_plugin._verification.verdict import show_arguments
from refinery_plugin._words import printable

if TYPE_CHECKING:
    from refinery_plugin._study.task import Arguments
    from refinery_plugin._verification.bench import Bench


class SandboxedReference:
    """Answers for a foreign reference, all from one process as long as it lives; close it when all are known."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._program = SandboxedProgram(bench, bench.reference)

    def __call__(self, arguments: Arguments) -> object:
        """Return what the reference answers.

        Raises
        ------
        BrokenReferenceError : when it does not; an UnusableInputError where that is about these arguments alone.
        """
        bench, payload = self._bench, encode_arguments(arguments)
        if payload.arrays and not bench.arrays:
            self.close()
            bench.arrays = True
        failure = None if self._program.alive else self._program.load()
        outcome = failure or self._program.call(payload, bench.pace.limit)
        if outcome.ok:
            return outcome.value
        self.close()
        said = "the reference does not answer in the sandbox"
        why = f"for {show_arguments(arguments)}: {printable(outcome.reason)}"
        remedy = "; mend the reference, or leave such inputs out"
        # Of what type a result is to be, a file mostly does not say: then it is one that cannot be carried.
        is_of_input = outcome.kind == "error" or (
            outcome.kind == "wrong_type" and bench.task.result_type is Any
        )
        if failure is None and is_of_input:
            raise UnusableInputError(bench.task.name, said, why, remedy)
        raise BrokenReferenceError(f"task {bench.task.name!r}: {said}: {why}{remedy}")

    def close(self) -> None:
        """End its process. Idempotent."""
        self._program.close()
