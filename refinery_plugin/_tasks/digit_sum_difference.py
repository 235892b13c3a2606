"""The pilot's task: the spread of the numbers whose digits add up to 30, in a list of a million."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

from refinery_plugin._study.task import Task
from refinery_plugin._tasks import stream
from refinery_plugin._tasks.later import Later

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from hypothesis.strategies import SearchStrategy
else:
    np = Later("numpy")

SIZE = 1_000_000
HIGHEST = 100_000
DIGIT_SUM = 30

_PROMPT = (
    "You are given `numbers`, a list of 1,000,000 random integers between 1 and 100,000. Consider only "
    "the numbers in it whose decimal digits sum up to 30. Return the difference between the smallest "
    "and the largest of them: the largest minus the smallest."
)

_NEAR = 64
"""A removed value gives way to one of the so many other values on either side of it: the mean stays."""
_LATE = 5
"""The late extreme stands in the last fifth of the list, mostly much closer to its end."""
_SHARES = ((0.0, 0.0), (0.001, 0.02), (0.1, 0.7), (0.8, 0.99))
"""From one outermost value to most: what share of the matching values goes; seeds take turns."""


@functools.cache
def _partition() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the numbers of the domain that match and those that do not, each in rising order."""
    numbers = np.arange(1, HIGHEST + 1)
    sums = sum(numbers // 10**place % 10 for place in range(6))
    return numbers[sums == DIGIT_SUM], numbers[sums != DIGIT_SUM]


def sample(seed: int, *, size: int = SIZE) -> tuple[list[int]]:
    """Return one full-size list: uniform, the same for a seed under all versions and on all platforms."""
    stream.check_stream()
    return (stream.uniform(seed, low=1, high=HIGHEST, size=size).tolist(),)


def disguised(seed: int, *, size: int = SIZE) -> tuple[list[int]]:
    """Return a full-size list that a sampler takes for one of ``sample``, but with another answer.

    Some of the matching values, at least one of the two outermost, give way to neighbours that do not match. Of what
    is left, the smallest and the largest stand in the list exactly once: one anywhere, one late and at an odd index.
    Four seeds in a row remove from one value to nearly all.
    """
    rng = np.random.default_rng([seed, DIGIT_SUM])
    matching, _ = _partition()
    kept = _kept(rng, share=_SHARES[seed % len(_SHARES)])
    values = rng.integers(1, HIGHEST + 1, size=size)
    interior = kept[1:-1]
    gone = np.flatnonzero(np.isin(values, np.setdiff1d(matching, interior)))
    values[gone] = _neighbours(rng, values[gone])
    late, anywhere = _places(rng, size)
    extremes = rng.permutation(kept[[0, -1]])
    values[late], values[anywhere] = extremes
    return (values.tolist(),)


def _kept(rng: np.random.Generator, *, share: tuple[float, float]) -> npt.NDArray[np.int64]:
    matching, _ = _partition()
    removed = int(len(matching) * rng.uniform(*share))
    if removed == 0:
        return matching[1:] if rng.random() < 0.5 else matching[:-1]  # noqa: PLR2004
    inner = rng.choice(len(matching) - 2, size=max(removed - 2, 0), replace=False) + 1
    return np.delete(matching, [0, *inner, len(matching) - 1])


def _neighbours(rng: np.random.Generator, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    _, others = _partition()
    steps = rng.integers(-_NEAR, _NEAR + 1, size=values.size)
    nearby: npt.NDArray[np.int64] = others[
        np.clip(np.searchsorted(others, values) + steps, 0, others.size - 1)
    ]
    return nearby


def _places(rng: np.random.Generator, size: int) -> tuple[int, int]:
    """Return an odd index near the end and any other one, an even one three times in four."""
    from_end = int(np.exp(rng.uniform(0, np.log(size / _LATE))))
    late = size - from_end - (size - from_end + 1) % 2
    half = int(rng.integers(0, size // 2))
    anywhere = 2 * half + int(rng.random() < 0.25)  # noqa: PLR2004
    return late, (anywhere if anywhere != late else late - 1)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return small lists of the domain: numbers from 1 to 100,000, at least one of which matches.

    One match, one match repeated, matches in falling order, a decisive first or last item, the values around the
    ends of the domain, and some long lists.
    """
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    matching, others = (part.tolist() for part in _partition())
    match = st.one_of(st.sampled_from((matching[0], matching[-1])), st.sampled_from(matching))
    filler = st.one_of(st.sampled_from((others[0], others[-1], 29_999, 3_998)), st.sampled_from(others))
    fillers = st.lists(filler, max_size=12)
    both = st.lists(st.one_of(match, filler), max_size=30)

    @st.composite
    def mixed(draw: st.DrawFn) -> list[int]:
        return [*draw(both), draw(match), *draw(both)]

    @st.composite
    def lonely(draw: st.DrawFn) -> list[int]:
        return [*draw(fillers), *[draw(match)] * draw(st.integers(1, 4)), *draw(fillers)]

    @st.composite
    def monotone(draw: st.DrawFn) -> list[int]:
        matches = sorted(
            draw(st.lists(match, min_size=2, max_size=12, unique=True)), reverse=draw(st.booleans())
        )
        return [*draw(fillers), *matches, *draw(fillers)]

    @st.composite
    def decisive_end(draw: st.DrawFn) -> list[int]:
        low, *middle, high = sorted(draw(st.lists(match, min_size=2, max_size=8, unique=True)))
        inner = [*draw(fillers), *draw(st.permutations(middle)), *draw(fillers)]
        first, last = (low, high) if draw(st.booleans()) else (high, low)
        return [first, *inner, last]

    @st.composite
    def long(draw: st.DrawFn) -> list[int]:
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        body = rng.integers(1, HIGHEST + 1, size=draw(st.integers(100, 4000))).tolist()
        return [*body, draw(match)]

    lists = st.one_of(mixed(), lonely(), monotone(), decisive_end(), long())
    return lists.map(lambda numbers: (numbers,))


def _reference() -> str:
    return resources.files(__package__).joinpath("digit_sum_reference.py").read_text(encoding="utf-8")


DIGIT_SUM_DIFFERENCE = Task(
    name="digit-sum-difference",
    prompt=_PROMPT,
    signature="def get_difference(numbers: list[int]) -> int",
    result_type=int,
    reference=_reference(),
    sample=sample,
    strategy=strategy,
    disguised=disguised,
)
