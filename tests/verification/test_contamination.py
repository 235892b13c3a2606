"""When a run counts as disturbed: by waiting, by what the hypervisor took, by neighbours; or nobody can know."""

from __future__ import annotations

import pytest

from refinery_plugin._sandbox.machine_load import Load
from refinery_plugin._verification.contamination import is_contaminated

QUIET = Load(busy=100.0, stolen=0.0)


def judged(
    *,
    queue: float | None = 0.0,
    tasks: int | None = 1,
    busy: float = 1.0,
    stolen: float = 0.0,
    known: bool = True,
    others: float | None = None,
) -> bool | None:
    """Judge a run of one second that was on a processor all the time."""
    return is_contaminated(
        seconds=1.0,
        cpu_seconds=1.0,
        queue_seconds=queue,
        tasks=tasks,
        before=QUIET if known else None,
        after=Load(busy=100.0 + busy, stolen=stolen) if known else None,
        others_seconds=others,
        alive_seconds=1.5,
    )


@pytest.mark.parametrize(
    ("case", "disturbed"),
    [
        ({}, False),
        ({"queue": 0.9}, True),
        ({"queue": None}, None),
        ({"queue": 0.9, "tasks": 4, "busy": 1.0}, False),
        ({"queue": 0.9, "tasks": 4, "busy": 3.0}, True),
        ({"queue": 0.9, "tasks": 4, "known": False}, None),
        ({"queue": 0.9, "tasks": None, "known": False}, None),
        ({"queue": 0.9, "tasks": 1, "known": False}, True),
        ({"stolen": 0.9}, True),
        ({"others": 1.4}, True),
        ({"others": 1.4, "queue": None}, True),
        ({"others": 0.0}, False),
    ],
)
def test_a_run_is_disturbed_by_others_and_not_by_itself(
    case: dict[str, object], *, disturbed: bool | None
) -> None:
    """The tasks of one run wait for each other; that counts only as far as others computed meanwhile."""
    assert judged(**case) is disturbed  # type: ignore[arg-type]
