"""Graphs: what it costs to get from one place to every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-cheapest-routes"


def get_costs(places: int, roads: list[tuple[int, int, int]]) -> list[int | None]:
    """Settle the cheapest of the places that are left, found by asking all of them (Dijkstra 1959)."""
    leaving: list[list[tuple[int, int]]] = [[] for _ in range(places)]
    for start, end, cost in roads:
        leaving[start].append((end, cost))
    costs: list[int | None] = [None] * places
    costs[0] = 0
    settled = [False] * places
    while True:
        nearest = None
        least = None
        for place in range(places):
            cost_here = costs[place]
            if not settled[place] and cost_here is not None and (least is None or cost_here < least):
                nearest, least = place, cost_here
        if nearest is None or least is None:
            return costs
        settled[nearest] = True
        for end, cost in leaving[nearest]:
            known = costs[end]
            if known is None or least + cost < known:
                costs[end] = least + cost


def sample(seed: int, *, size: int = 1500) -> tuple[int, list[tuple[int, int, int]]]:
    """Return about three roads a place, which leave some places out of reach."""
    draw = Draw(NAME, seed)
    count = 3 * size
    starts, ends = draw.integers(0, size - 1, count), draw.integers(0, size - 1, count)
    costs = draw.integers(0, 10_000, count)
    return size, list(zip(starts, ends, costs, strict=True))


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return small networks: one place, loops, parallel roads, free roads, places out of reach."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def network(places: int) -> SearchStrategy[tuple[object, ...]]:
        place = st.integers(0, places - 1)
        cost = st.one_of(st.integers(0, 3), st.integers(0, 10_000))
        return st.tuples(st.just(places), st.lists(st.tuples(place, place, cost), max_size=4 * places))

    return st.integers(1, 9).flatmap(network)


TASK = declare(
    get_costs,
    name=NAME,
    prompt="""
        There are `places` places, numbered from 0 (1 to 2,000 of them), and `roads`, a list of 0 to 10,000 tuples
        `(start, end, cost)`: a one-way road from place `start` to place `end` with an integer `cost` between 0 and
        10,000. A road may lead back to the place where it starts, and there may be several from one place to another.

        Return a list with one item for each place, in the order of their numbers: the lowest total cost of a way from
        place 0 to it, or `None` if there is no way. The cost for place 0 itself is 0.
    """,
    sample=sample,
    strategy=strategy,
)
