"""The values that the sandbox is asked with and answers with."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias

from refinery_plugin._sandbox.errors import SandboxError

MIB = 1 << 20

FailureKind: TypeAlias = Literal["error", "wrong_type", "timeout", "memory", "tampering"]
"""How a run can fail."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use; the same for every program and for the reference.

    Parameters
    ----------
    memory_bytes : resident memory of the whole process tree; each process can also *reserve* no more than this in
        private memory.
    processes : processes and threads together, the program's first thread included.
    file_bytes : largest file that the program can write.
    tmp_bytes : size of the private ``/tmp``.
    load_seconds : how long the import of the program may take.
    result_bytes : largest encoded result.
    source_bytes : longest program text.
    """

    memory_bytes: int = 2048 * MIB
    processes: int = 256
    file_bytes: int = 64 * MIB
    tmp_bytes: int = 64 * MIB
    load_seconds: float = 20.0
    result_bytes: int = 16 * MIB
    source_bytes: int = 8 * MIB

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise SandboxError(f"sandbox limit {field.name} must be a positive number, got {value!r}")
        if self.memory_bytes < 128 * MIB:
            raise SandboxError(
                f"sandbox limit memory_bytes is {self.memory_bytes}: an interpreter with a list of a million "
                f"integers needs {128 * MIB} at least"
            )
        if self.processes < 4:  # noqa: PLR2004 - a fork pool of two and its parent, and one to spare
            raise SandboxError(f"sandbox limit processes must be at least 4, got {self.processes}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a step: a value, or a failure with its reason. Nothing in it was believed about time.

    ``error_type`` is the name of the exception or signal where there is one (``ValueError``, ``SIGSEGV``). Texts
    that stem from the program are clipped and escaped. Where some do, ``own_words`` is the same failure without them.
    """

    kind: Literal["value"] | FailureKind
    value: object = None
    reason: str = ""
    error_type: str | None = None
    own_words: Outcome | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.kind == "value"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a run used, from the kernel's books and the parent's clock. Seconds and bytes.

    ``None`` where the run did not come that far or the kernel keeps no such figure. What belongs to a call is of the
    *last* call of the process.

    Parameters
    ----------
    start_seconds : from the launch to a hardened interpreter: our own cost.
    load_seconds : import of the program.
    hand_over_seconds : first byte of the data until the worker said that it had made objects of them.
    wall_seconds : what the call is charged: its time, and what taking the data took beyond what it may cost.
    revealed_seconds : first byte of the data to the reply.
    cpu_seconds : CPU time of the process tree for the call, children and what they left behind included.
    queue_seconds : run-queue delay of the tree's threads from the first byte of the data to the reply.
    others_seconds : what neither this process nor what it has started used of all processors from the launch to the
        end; not known of a program that ended by itself.
    alive_seconds : from the launch to the end.
    memory_bytes : largest resident memory seen of the tree.
    peak_tasks : most processes and threads seen at once.
    tampering : what was found only at the end (bytes after the reply), else ``None``.
    stderr : last lines of the program's standard error, clipped and escaped.
    """

    start_seconds: float | None = None
    load_seconds: float | None = None
    hand_over_seconds: float | None = None
    wall_seconds: float | None = None
    revealed_seconds: float | None = None
    cpu_seconds: float | None = None
    queue_seconds: float | None = None
    others_seconds: float | None = None
    alive_seconds: float | None = None
    memory_bytes: int | None = None
    peak_tasks: int | None = None
    tampering: str | None = None
    stderr: str = ""
