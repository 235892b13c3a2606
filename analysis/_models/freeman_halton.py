"""Do pass rates differ between treatments? Exactly where that is feasible, by permutation elsewhere."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_STATES = 100_000
_MOST_STEPS = 20 * _MOST_STATES
_PERMUTATIONS = 20_000
_SEED = 20250302
EXACT = "Fisher-Freeman-Halton exact test"
PERMUTED = f"permutation test of chi-square ({_PERMUTATIONS:,} permutations)"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassTest:
    """Do the pass rates of the treatments differ? ``method`` names the test, in full words."""

    method: str
    p: float | None
    note: str | None = None


def pass_test(totals: Sequence[int], passed: Sequence[int]) -> PassTest:
    """Test equal pass rates of treatments, given how many programs each made and how many of them passed.

    The exact test sums the probabilities of all tables that are no likelier than the one seen, margins fixed
    (Freeman & Halton 1951); R: ``fisher.test``.
    """
    return _tested(tuple(totals), tuple(passed))


@functools.lru_cache(maxsize=64)
def _tested(totals: tuple[int, ...], passed: tuple[int, ...]) -> PassTest:
    """Test once what several parts of a report tell."""
    total, good = sum(totals), sum(passed)
    if len(totals) < 2:  # noqa: PLR2004
        return PassTest(method=EXACT, p=None, note="there is one treatment only")
    if good in {0, total}:
        return PassTest(method=EXACT, p=None, note="all programs passed" if good else "no program passed")
    p = _exact(totals, passed)
    if p is not None:
        return PassTest(method=EXACT, p=p)
    return PassTest(method=PERMUTED, p=_permuted(np.asarray(totals), np.asarray(passed)))


def _exact(totals: Sequence[int], passed: Sequence[int]) -> float | None:
    """Gather tables with the same number of ways treatment by treatment; None if they are too many."""
    good = sum(passed)
    if _surely_too_many(totals, good):
        return None
    states: dict[tuple[int, int], int] = {(0, 1): 1}
    left = sum(totals)
    for n in totals:
        left -= n
        if len(states) * (n + 1) > _MOST_STEPS:
            return None
        ways = _binomials(n)
        after: dict[tuple[int, int], int] = {}
        for (so_far, product), tables in states.items():
            for x in range(max(0, good - so_far - left), min(n, good - so_far) + 1):
                key = (so_far + x, product * ways[x])
                after[key] = after.get(key, 0) + tables
            if len(after) > _MOST_STATES:
                return None
        states = after
    seen = math.prod(math.comb(n, x) for n, x in zip(totals, passed, strict=True))
    # Whole numbers: no rounding decides which tables are as unlikely as the one seen.
    as_unlikely = sum(product * tables for (_, product), tables in states.items() if product <= seen)
    return as_unlikely / math.comb(sum(totals), good)


def _surely_too_many(totals: Sequence[int], good: int) -> bool:
    """Whether the sums alone, of which every one has at least a state, are too many: told before any is counted."""
    before, left = 0, sum(totals)
    for n in totals:
        sums = min(before, good) - max(0, good - left) + 1
        if sums > _MOST_STATES or sums * (n + 1) > _MOST_STEPS:
            return True
        before, left = before + n, left - n
    return False


def _binomials(n: int) -> list[int]:
    """Return n over x for x from 0 to n, each from the one before: they have up to n digits."""
    ways = [1]
    for x in range(n):
        ways.append(ways[-1] * (n - x) // (x + 1))
    return ways


def _permuted(
    totals: np.ndarray[tuple[int], np.dtype[np.int_]], passed: np.ndarray[tuple[int], np.dtype[np.int_]]
) -> float:
    rng = np.random.default_rng(_SEED)
    good = int(passed.sum())
    drawn = rng.multivariate_hypergeometric(totals, good, size=_PERMUTATIONS, method="marginals")
    expected = totals * (good / totals.sum())
    # With fixed margins the chi-square of failures is proportional to that of passes.
    seen = float(np.sum((passed - expected) ** 2 / expected))
    simulated = np.sum((drawn - expected) ** 2 / expected, axis=1)
    return (1 + int(np.sum(simulated >= seen * (1 - 1e-12)))) / (_PERMUTATIONS + 1)
