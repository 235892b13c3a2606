"""Floats: how densely points lie around each of many places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._study.tolerance import Close
from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-density"
FURTHEST = 100.0


def get_densities(points: list[float], places: list[float], width: float) -> list[float]:
    """Add up what every point gives to every place."""
    from math import exp  # noqa: PLC0415 - a reference is one function that needs nothing around it

    densities = []
    for place in places:
        total = 0.0
        for point in points:
            total += exp(-((place - point) ** 2) / (2 * width**2))
        densities.append(total / len(points))
    return densities


def sample(seed: int, *, size: int = 900) -> tuple[list[float], list[float], float]:
    """Return points that lie closer together on the left, and a width that differs from seed to seed."""
    draw = Draw(NAME, seed)
    points = [FURTHEST * fraction**2 for fraction in draw.fractions(size)]
    places = [FURTHEST * fraction for fraction in draw.fractions(size)]
    return points, places, 0.5 + 5 * draw.fractions(1)[0]


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few points: one alone, equal ones, places far from all; no places; narrow and wide."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    anywhere = st.floats(-FURTHEST, FURTHEST, allow_subnormal=False)
    number = st.one_of(anywhere, st.sampled_from((0.0, 1.0, -1.0, -FURTHEST, FURTHEST)))
    width = st.one_of(st.sampled_from((0.5, 1.0, 10.0)), st.floats(0.5, 10))
    return st.tuples(st.lists(number, min_size=1, max_size=8), st.lists(number, max_size=8), width)


TASK = declare(
    get_densities,
    name=NAME,
    prompt="""
        You are given `points`, a list of 1 to 2,000 floats, `places`, a list of 0 to 2,000 floats, all between -100 and
        100 and in any order, and `width`, a float between 0.5 and 10. The density at a place x is the mean, over all
        points p, of exp(-(x - p)**2 / (2 * width**2)).

        Return a list of floats with the density at each place, in the order of `places`. Each must be right up to a
        relative error of 1e-9; where it is tiny, up to an absolute error of 1e-15.
    """,
    sample=sample,
    strategy=strategy,
    close=Close(rtol=1e-9, atol=1e-15),
)
