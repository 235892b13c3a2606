"""The order of programs and runs."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._timing.order import in_blocks, stretches
from refinery_plugin._verification.run_order import plan_runs
from refinery_plugin._verification.seeds import derived_seed


def test_each_stretch_of_a_crossed_study_holds_every_treatment_equally_often() -> None:
    """With two replicates each of the two stretches holds all 12 treatments once."""
    items = [(treatment, replicate) for treatment in range(12) for replicate in range(2)]
    order = in_blocks(items, replicate=lambda item: item[1], seed=7)
    parts = stretches(len(order))
    for part in (0, 1):
        members = Counter(item[0] for item, where in zip(order, parts, strict=True) if where == part)
        assert members == Counter(range(12))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60), st.integers(0, 2**63))
def test_an_order_is_a_permutation_that_its_seed_decides(items: list[tuple[int, int]], seed: int) -> None:
    """Nothing is lost or doubled, and the same seed gives the same order."""
    order = in_blocks(items, replicate=lambda item: item[1], seed=seed)
    assert Counter(order) == Counter(items)
    assert order == in_blocks(items, replicate=lambda item: item[1], seed=seed)


@given(st.integers(0, 500))
def test_stretches_are_nearly_equal_and_in_order(count: int) -> None:
    """Stretches differ by at most one in size, and none is longer than 15."""
    parts = stretches(count)
    assert parts == sorted(parts)
    sizes = Counter(parts).values()
    if count:
        assert max(sizes) - min(sizes) <= 1
        assert max(sizes) <= 15


@given(
    lists=st.integers(1, 5), runs=st.integers(1, 5), disguised=st.integers(0, 6), seed=st.integers(0, 2**63)
)
def test_a_plan_has_every_list_and_every_verification_list_once(
    lists: int, runs: int, disguised: int, seed: int
) -> None:
    """Each list is timed and each verification list has one place, for any seed."""
    plan = plan_runs(lists=lists, runs=runs, disguised=disguised, seed=seed)
    assert sorted(plan.lists) == list(range(1, lists + 1))
    assert len(plan.before) == lists * runs + 1
    assert sorted(number for place in plan.before for number in place) == list(range(disguised))


def test_verification_lists_stand_at_every_place_before_between_and_after_the_timed_runs() -> None:
    """Over many seeds no place among the timed runs is spared."""
    places = Counter(
        index
        for seed in range(400)
        for index, numbers in enumerate(plan_runs(lists=2, runs=2, disguised=4, seed=seed).before)
        for _ in numbers
    )
    assert set(places) == {0, 1, 2, 3, 4}
    assert min(places.values()) > 250  # 320 expected at each


def test_seeds_of_different_purposes_differ_and_are_frozen() -> None:
    """The figure is the first 63 bits of SHA-256 of "1", a unit separator and "order"."""
    assert derived_seed(1, "order") != derived_seed(1, "disguised")
    assert derived_seed(1, "order") == 2917395015611456668
