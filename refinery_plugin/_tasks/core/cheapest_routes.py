"""Graphs: what it costs to get from one place to every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-cheapest-routes"


def get_costs(places: int, roads: list[tuple[int, int]]) -> list[int]:
    """Ask all roads for those that lead on from a place, one place after the other."""
    costs = [-1] * places
    costs[0] = 0
    reached = [0]
    for place in reached:
        for one, other in roads:
            if one == place and costs[other] < 0:
                costs[other] = costs[place] + 1
                reached.append(other)
            if other == place and costs[one] < 0:
                costs[one] = costs[place] + 1
                reached.append(one)
    return costs


def sample(seed: int, *, size: int = 1500) -> tuple[int, list[tuple[int, int]]]:
    """Return about one road and a half a place, most of them short, which leave some places out of reach."""
    draw = Draw(NAME, seed)
    count = 3 * size // 2
    names = [0, *draw.subset(range(1, size), size - 1)]
    starts, steps = draw.integers(0, size - 2, count), draw.integers(1, 40, count)
    # Three of them leave place 0, so that most places are in reach.
    starts[:3] = [0, 0, 0]
    ends = [min(start + step, size - 1) for start, step in zip(starts, steps, strict=True)]
    roads = [(names[start], names[end]) for start, end in zip(starts, ends, strict=True)]
    return size, draw.subset([(b, a) if a % 2 else (a, b) for a, b in roads], count)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return small networks: one place, no road, the same road twice, circles, places out of reach."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def network(places: int) -> SearchStrategy[tuple[object, ...]]:
        pairs = [(one, other) for one in range(places) for other in range(places) if one != other]
        roads = st.lists(st.sampled_from(pairs), max_size=2 * places) if pairs else st.just([])
        return st.tuples(st.just(places), roads)

    return st.integers(1, 9).flatmap(network)


TASK = declare(
    get_costs,
    name=NAME,
    version="2",
    prompt="""
        There are `places` places, numbered from 0 (1 to 2,000 of them), and `roads`, a list of 0 to 10,000 tuples
        `(a, b)`: a road between the two different places `a` and `b`, which can be used in both directions. The same
        road may be in the list more than once. Whoever uses a road, in whichever direction, pays one coin.

        Return a list with one integer for each place, in the order of their numbers: the lowest number of coins that a
        way from place 0 to it costs. For place 0 itself that is 0, and for a place that no way leads to it is -1.

        For example, `get_costs(5, [(2, 0), (2, 3), (0, 3), (4, 3)])` is `[0, -1, 1, 1, 2]`.
    """,
    examples=(((5, [(2, 0), (2, 3), (0, 3), (4, 3)]), [0, -1, 1, 1, 2]),),
    sample=sample,
    strategy=strategy,
)
