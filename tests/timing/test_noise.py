"""Who disturbed a run."""

from __future__ import annotations

import pytest

from refinery_plugin._sandbox.machine_load import Load
from refinery_plugin._timing.quietness import Quietness
from refinery_plugin._verification.contamination import is_contaminated
from refinery_plugin._verification.cores import Cores


def mark(*, queue: float, tasks: int, others: float, stolen: float = 0.0, cpu: float = 1.0) -> bool | None:
    before = Load(busy=100.0, stolen=5.0)
    after = Load(busy=100.0 + cpu + others, stolen=5.0 + stolen)
    return is_contaminated(
        seconds=1.0, cpu_seconds=cpu, queue_seconds=queue, tasks=tasks, before=before, after=after
    )


def test_a_quiet_run_is_clean() -> None:
    """A run that hardly waited, while nobody else worked, is not contaminated."""
    assert mark(queue=0.001, tasks=1, others=0.0) is False


def test_a_lone_task_waits_only_for_others() -> None:
    """A single task that waited for a core was disturbed by somebody."""
    assert mark(queue=0.1, tasks=1, others=0.0) is True


def test_tasks_that_wait_for_each_other_wait_by_their_own_doing() -> None:
    """The waiting of several tasks counts only where others used the cores meanwhile."""
    assert mark(queue=5.0, tasks=8, others=0.0, cpu=2.0) is False
    assert mark(queue=5.0, tasks=8, others=0.5, cpu=2.0) is True


def test_time_that_the_hypervisor_took_counts() -> None:
    """Time stolen from the machine contaminates a run."""
    assert mark(queue=0.0, tasks=1, others=0.0, stolen=0.2) is True


@pytest.mark.parametrize(
    ("others", "alive", "marked"), [(0.9, 1.0, True), (0.02, 1.0, False), (0.02, 0.05, False)]
)
def test_others_beside_a_run_mark_it_though_it_never_waited(
    others: float,
    alive: float,
    marked: bool,  # noqa: FBT001 - the expected mark
) -> None:
    """Two processors may share a core; what a service of the system uses now and then, or a tick or two, is nothing."""
    load = Load(busy=100.0, stolen=5.0)
    found = is_contaminated(
        seconds=1.0,
        cpu_seconds=1.0,
        queue_seconds=0.0,
        tasks=1,
        before=load,
        after=load,
        others_seconds=others,
        alive_seconds=alive,
    )
    assert found is marked


def test_what_is_ours_is_no_neighbour() -> None:
    """Of what the processors were busy with, our own is taken off."""
    before = Load(busy=100.0, stolen=0.0, own=50.0)
    assert Load(busy=104.0, stolen=0.0, own=53.0).others_since(before) == 1.0
    assert Load(busy=100.0, stolen=0.0, own=50.5).others_since(before) == 0.0


def test_nobody_can_know_without_the_kernels_figures() -> None:
    """Without the kernel's figures a run is neither clean nor contaminated."""
    assert (
        is_contaminated(seconds=1, cpu_seconds=None, queue_seconds=None, tasks=1, before=None, after=None)
        is None
    )
    assert (
        is_contaminated(seconds=1, cpu_seconds=1, queue_seconds=1, tasks=2, before=None, after=None) is None
    )


def test_the_kernel_tells_the_load() -> None:
    """The machine's busy seconds can be read here, and never go back."""
    first, second = Load.now(), Load.now()
    assert first is not None
    assert second is not None
    assert second.busy >= first.busy > 0


def test_the_note_says_what_to_do_only_where_something_is_to_be_done() -> None:
    """A quiet machine gets one line, a noisy one advice too, and no run none."""
    quiet = Quietness.of([False] * 20, [[1.0, 1.01, 0.99]]).lines()
    assert len(quiet) == 1
    assert quiet[0].startswith("quiet machine: 0 of 20 runs")
    noisy = Quietness.of([True] * 4 + [False] * 16, [[1.0, 1.4, 0.99]]).lines()
    assert noisy[0].startswith("noisy machine: 4 of 20 runs")
    assert "close other programs" in noisy[1]
    assert Quietness.of([], []).lines() == []


@pytest.mark.parametrize(("programs", "parent", "apart"), [({0, 1, 2}, {3}, True), ({0, 1}, {0, 1}, False)])
def test_cores_say_whether_one_was_spared(programs: set[int], parent: set[int], apart: bool) -> None:  # noqa: FBT001
    """The parent is apart where it has a core of its own, and the text then names that."""
    cores = Cores(programs=frozenset(programs), parent=frozenset(parent), usable=frozenset(programs | parent))
    assert cores.apart is apart
    assert ("keeps to core 3" in str(cores)) is apart
