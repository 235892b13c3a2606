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
    cores = Cores(programs=frozenset({others}), parent=frozenset({own}), usable=frozenset(two))
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
    cores = Cores(programs=frozenset(two), parent=frozenset(two), usable=frozenset(two))
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


def test_processes_side_by_side_keep_to_their_part(two: list[int]) -> None:
    """What they share has no rest and nothing twice; a program stays where its process is, which is free afterwards."""
    os.sched_setaffinity(0, two)
    parts = [Cores.part(number, 2) for number in range(2)]
    assert sorted(core for part in parts for core in part.programs) == two
    for part in parts:
        part.take_place()
        with part.for_programs():
            assert os.sched_getaffinity(0) == part.programs == part.parent
        part.leave()
        assert os.sched_getaffinity(0) == set(two)
        assert str(part) == f"this process and its programs keep to cores {min(part.parent)}"


def test_one_that_replaces_another_has_a_part_too(two: list[int]) -> None:
    """Numbers of workers go on where one has crashed."""
    os.sched_setaffinity(0, two)
    assert Cores.part(3, 2) == Cores.part(1, 2)
    assert Cores.part(0, 1) == Cores.everywhere()


def test_more_processes_than_cores_are_nowhere_kept(two: list[int]) -> None:
    """They have all cores, and are moved by whoever knows what else runs."""
    os.sched_setaffinity(0, two)
    assert [Cores.part(number, 3) for number in range(3)] == [Cores.everywhere()] * 3


def test_a_core_that_could_be_spared_is_not_said_to_be_missing() -> None:
    """Who only verifies spares none, however many there are."""
    many = frozenset(range(8))
    assert str(Cores(programs=many, parent=many, usable=many)).endswith("share all 8 cores")
