"""Numbers: how many pairs have no common divisor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-coprime-pairs"
HIGHEST = 10_000


def count_coprime_pairs(numbers: list[int]) -> int:
    """Run Euclid's algorithm on every pair."""
    count = 0
    for i, first in enumerate(numbers):
        for second in numbers[i + 1 :]:
            a, b = first, second
            while b:
                a, b = b, a % b
            if a == 1:
                count += 1
    return count


def sample(seed: int, *, size: int = 700) -> tuple[list[int]]:
    """Return numbers of which a share, other from seed to seed, are multiples of 6."""
    draw = Draw(NAME, seed)
    numbers = draw.integers(1, HIGHEST, size)
    share = draw.integer(0, 100)
    even = [chance < share for chance in draw.integers(0, 299, size)]
    return ([max(6, n // 6 * 6) if six else n for n, six in zip(numbers, even, strict=True)],)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short lists: ones, repeats, primes and their multiples, the ends of the domain."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    corners = st.sampled_from((1, 2, 3, 6, 49, 97, 9_409, 9_973, 9_999, HIGHEST))
    number = st.one_of(corners, st.integers(1, 30), st.integers(1, HIGHEST))
    return st.tuples(
        st.one_of(
            st.lists(number, max_size=20),
            st.builds(lambda item, times: [item] * times, number, st.integers(0, 6)),
        )
    )


TASK = declare(
    count_coprime_pairs,
    name=NAME,
    prompt="""
        You are given `numbers`, a list of 0 to 1,000 integers between 1 and 10,000, in any order; a number may occur
        more than once. Count the pairs of positions `i < j` for which the greatest common divisor of `numbers[i]` and
        `numbers[j]` is 1. The number 1 has no common divisor but 1 with any number, itself included. Return the count.
    """,
    sample=sample,
    strategy=strategy,
)
