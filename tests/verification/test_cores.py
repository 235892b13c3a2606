"""Cores of the measuring process and of programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._verification.cores import Cores

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def two() -> Iterator[list[int]]:
    """Return two cores that this process may use; it may use all of its own again afterwards."""
    usable = os.sched_getaffinity(0)
    if len(usable) < 2:
        pytest.skip("one core cannot be divided")
    yield sorted(usable)[:2]
    os.sched_setaffinity(0, usable)


def test_programs_start_on_their_cores_and_the_measuring_process_keeps_its_own(two: list[int]) -> None:
    """What is started inside inherits the programs' cores; afterwards the own one is back."""
    own, others = two
    cores = Cores(programs=frozenset({others}), parent=frozenset({own}))
    cores.take_place()
    assert os.sched_getaffinity(0) == {own}
    with cores.for_programs():
        assert os.sched_getaffinity(0) == {others}
    assert os.sched_getaffinity(0) == {own}
    cores.leave()
    assert os.sched_getaffinity(0) == set(two)
    assert f"keeps to core {own}" in str(cores)


def test_where_no_core_can_be_spared_nothing_is_moved(two: list[int]) -> None:
    """The measuring process shares its cores with programs, and says so."""
    before = os.sched_getaffinity(0)
    cores = Cores(programs=frozenset(two), parent=frozenset(two))
    cores.take_place()
    with cores.for_programs():
        assert os.sched_getaffinity(0) == before
    cores.leave()
    assert os.sched_getaffinity(0) == before
    assert str(cores).startswith("no core to spare (2 usable)")


def test_what_this_process_may_use_is_divided_without_rest() -> None:
    """Every core is the programs' or the measuring process' own, or all are everybody's."""
    cores = Cores.divided()
    assert cores.programs | cores.parent == os.sched_getaffinity(0)
    assert bool(cores.programs & cores.parent) is not cores.apart
