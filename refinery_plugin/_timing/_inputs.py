"""What programs are called with, and what they must answer; expected answers never leave this process."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._sandbox import encode_arguments
from refinery_plugin._timing._examples import draw
from refinery_plugin._timing._order import derived_seed
from refinery_plugin._timing._verdict import show_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._sandbox import Payload
    from refinery_plugin._study import Study
    from refinery_plugin._task import Arguments, Task

DISGUISED_LISTS = 4
VERIFIER = 1
"""Number of these rules; verdicts of other rules are not reused."""


class BrokenReferenceError(RefineryError):
    """The task's reference fails on the task's own inputs."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input, encoded once, with the answer that is expected.

    ``where`` names the input in a reason; ``list_seed`` and ``sha256`` are those of a timed list.
    """

    payload: Payload
    expected: object
    where: str
    list_seed: int | None = None
    sha256: str | None = None


class Answers:
    """The reference, run in this process: it is the task's own code, and trusted."""

    def __init__(self, task: Task) -> None:
        self._task = task
        namespace: dict[str, object] = {"__name__": "reference"}
        exec(compile(task.reference, f"<reference of {task.name}>", "exec"), namespace)  # noqa: S102 - trusted
        self._function: Callable[..., object] = namespace[task.entry_point]  # type: ignore[assignment]
        self.slowest = 0.0

    def __call__(self, arguments: Arguments) -> object:
        """Return the expected answer; the arguments may be changed by it."""
        start = time.perf_counter()
        try:
            answer = self._function(*arguments)
        except Exception as exc:
            raise BrokenReferenceError(
                f"task {self._task.name!r}: the reference raised {type(exc).__name__}: {exc} "
                f"for {show_arguments(arguments)}; mend the reference, or let the strategy leave such inputs out"
            ) from exc
        self.slowest = max(self.slowest, time.perf_counter() - start)
        return answer


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All inputs of a session: short ones, timed lists, and lists that look timed but have other answers."""

    short: tuple[Case, ...]
    timed: tuple[Case, ...]
    disguised: tuple[Case, ...]
    answers: Answers

    @classmethod
    def make(cls, task: Task, study: Study, *, verify_seed: int) -> Inputs:
        """Draw and encode everything; full-size arguments are dropped as soon as they are encoded."""
        answers = Answers(task)
        hidden = task.disguised or task.sample
        # In a row, so that a task can let seeds take turns at different kinds of disguise.
        first = derived_seed(verify_seed, "disguised") & ~0xFF
        return cls(
            short=tuple(short_case(args, answers) for args in draw(task.strategy(), seed=verify_seed)),
            timed=tuple(
                _full_case(
                    task.sample, study.list_seed(number), answers, where=f"on list {number}", timed=True
                )
                for number in range(1, study.lists + 1)
            ),
            disguised=tuple(
                _full_case(
                    hidden, first + index, answers, where=f"on verification list {index + 1}", timed=False
                )
                for index in range(DISGUISED_LISTS)
            ),
            answers=answers,
        )


def short_case(arguments: Arguments, answers: Answers) -> Case:
    """Encode a short input and find its answer."""
    payload = encode_arguments(arguments)
    where = f"for {show_arguments(arguments)}"
    return Case(payload=payload, expected=answers(arguments), where=where)


def _full_case(
    make: Callable[[int], Arguments], seed: int, answers: Answers, *, where: str, timed: bool
) -> Case:
    arguments = make(seed)
    payload = encode_arguments(arguments)
    where = f"{where} (seed {seed}, {show_arguments(arguments)})"
    checksum = hashlib.sha256(repr(arguments).encode()).hexdigest() if timed else None
    return Case(  # the answer last: a reference may change its arguments
        payload=payload,
        where=where,
        list_seed=seed if timed else None,
        sha256=checksum,
        expected=answers(arguments),
    )
