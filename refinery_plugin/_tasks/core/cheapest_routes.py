"""Graphs: what it costs to get from one place to every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-cheapest-routes"


def get_costs(places: int, roads: list[tuple[int, int, int]]) -> list[int | None]:
    """Ask all roads for those that lead to a place, one place after the other."""
    costs: list[int | None] = [None] * places
    costs[0] = 0
    for place in range(1, places):
        cheapest = None
        for start, end, cost in roads:
            before = costs[start]
            if end == place and before is not None and (cheapest is None or before + cost < cheapest):
                cheapest = before + cost
        costs[place] = cheapest
    return costs


def sample(seed: int, *, size: int = 1000) -> tuple[int, list[tuple[int, int, int]]]:
    """Return about three roads a place, which leave some places out of reach."""
    draw = Draw(NAME, seed)
    count = 3 * size
    # Three of them leave place 0, so that most places are in reach.
    starts, steps = draw.integers(0, size - 2, count), draw.integers(1, size // 10, count)
    starts[:3] = [0, 0, 0]
    ends = [min(start + step, size - 1) for start, step in zip(starts, steps, strict=True)]
    costs = draw.integers(0, 1_000, count)
    return size, sorted(zip(starts, ends, costs, strict=True), key=lambda road: road[0])


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return small networks: one place, no road, parallel roads, free roads, places out of reach."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def network(places: int) -> SearchStrategy[tuple[object, ...]]:
        pairs = [(start, end) for end in range(places) for start in range(end)]
        cost = st.one_of(st.integers(0, 3), st.integers(0, 1_000))
        road = (
            st.builds(lambda pair, cost: (*pair, cost), st.sampled_from(pairs), cost)
            if pairs
            else st.nothing()
        )
        roads = st.lists(road, max_size=3 * places) if pairs else st.just([])
        return st.tuples(st.just(places), roads.map(lambda found: sorted(found, key=lambda road: road[0])))

    return st.integers(1, 9).flatmap(network)


TASK = declare(
    get_costs,
    name=NAME,
    version="2",
    prompt="""
        There are `places` places, numbered from 0 (1 to 2,000 of them), and `roads`, a list of 0 to 10,000 tuples
        `(start, end, cost)`. Each is a one-way road from place `start` to place `end` with an integer `cost` between 0
        and 1,000: it cannot be used from `end` to `start`. Every road leads to a place with a higher number, so
        `start < end`. There may be several roads from one place to another. The list is sorted by `start`.

        Return a list with one item for each place, in the order of their numbers: the lowest total cost of a way from
        place 0 to it. For a place that no way from place 0 leads to, the item is `None` (not infinity). The cost for
        place 0 itself is 0.

        For example, `get_costs(5, [(0, 2, 5), (0, 4, 9), (1, 3, 1), (2, 4, 3)])` is `[0, None, 5, None, 8]`: places 1
        and 3 are out of reach.
    """,
    examples=(((5, [(0, 2, 5), (0, 4, 9), (1, 3, 1), (2, 4, 3)]), [0, None, 5, None, 8]),),
    sample=sample,
    strategy=strategy,
)
