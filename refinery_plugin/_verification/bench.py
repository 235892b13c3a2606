"""Where the programs of one task run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refinery_plugin._sandbox import Limits
    from refinery_plugin._study.task import Task
    from refinery_plugin._verification.cores import Cores
    from refinery_plugin._verification.hand_over import Pace
    from refinery_plugin._verification.ports import ProgramProcess, ProgramSandbox


class Bench:
    """Where programs run: a sandbox, its limits and the reference's pace.

    ``arrays`` says whether there are NumPy arrays among the arguments.
    """

    def __init__(
        self,
        sandbox: ProgramSandbox,
        *,
        task: Task,
        limits: Limits,
        pace: Pace,
        cores: Cores,
        arrays: bool = False,
    ) -> None:
        self.sandbox = sandbox
        self.task = task
        self.limits = limits
        self.pace = pace
        self.cores = cores
        self.arrays = arrays
        self.reference = task.reference.encode()

    def start(self, source: bytes) -> ProgramProcess:
        """Start a program in a fresh process."""
        with self.cores.for_programs():
            return self.sandbox.start(
                source,
                entry_point=self.task.entry_point,
                result_type=self.task.result_type,
                limits=self.limits,
                exact=self.task.equality == "exact",
                arrays=self.arrays,
            )
