"""How often tests reject at a study's own design when nothing differs, by simulation of whole studies at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._errors import AnalysisError
from .rowwise import DataSets, DrawnMoments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._arrays import Flags, Floats, Integers
    from .statistical_test import StatisticalTest

SEED = 20250302
SIMULATIONS = 10_000

_CELLS = 2_000_000
_CHUNK = 500_000
_FEWEST = 200
_LARGEST = 1000


def size(
    test: StatisticalTest, counts: Sequence[int], *, alpha: float, seed: int = SEED
) -> tuple[float, float, int]:
    """Rejection rate of a test when nothing differs, at these group sizes.

    Parameters
    ----------
    test : a row of the registry.
    counts : programs per treatment; zeros are left out.
    alpha : nominal level.
    seed : of the simulation; the same seed gives the same result.

    Returns
    -------
    The rate, its Monte-Carlo standard error, and the number of simulated studies: 10,000, fewer for large
    designs so that the work stays bounded (at least 200).

    Notes
    -----
    Programs are normal with equal spread. Tests of ranks, medians and order statistics see no more than about
    1,000 programs: larger groups are shrunk in proportion, which only makes an approximation worse, never better.

    Raises
    ------
    AnalysisError : the test can't be done at these sizes.
    """
    n = np.asarray([count for count in counts if count > 0], dtype=np.intp)
    problem = test.impossible(n) or no_simulation(test, n)
    if problem is not None:
        raise AnalysisError(f"size of {test.name} with {n.tolist()} programs per treatment: {problem}")
    rejected = np.concatenate(list(_rejections(test, n, alpha, np.random.default_rng(seed))))
    return (*rate(rejected), rejected.size)


def no_simulation(test: StatisticalTest, counts: Integers) -> str | None:
    """Return why a test can't be simulated at sizes where it may be possible; None where it can."""
    if test.of_residuals and int(counts.max(initial=0)) < 2:  # noqa: PLR2004
        return "no treatment has two programs that passed"
    return None


def rate(rejected: Flags) -> tuple[float, float]:
    """Return the share of rejections and its Monte-Carlo standard error, never zero (one more of each is counted)."""
    share = float(rejected.mean())
    smooth = (float(rejected.sum()) + 1) / (rejected.size + 2)
    return share, math.sqrt(smooth * (1 - smooth) / rejected.size)


def _rejections(
    test: StatisticalTest, n: Integers, alpha: float, rng: np.random.Generator
) -> Iterator[Flags]:
    if test.of_values is None:
        for rows in _chunks(test.columns(n.size)):
            drawn = _drawn(n, rows, rng)
            if test.rejects is not None:
                yield test.rejects(drawn, alpha)
            elif test.of_moments is not None:
                yield test.of_moments(drawn).p <= alpha
        return
    n = _shrunk(n)
    width = int(n.sum())
    for rows in _chunks(width):
        data = DataSets(counts=n, y=rng.standard_normal((rows, width)))
        yield test.of_values(data.of(data.residuals) if test.of_residuals else data).p <= alpha


def _chunks(width: int) -> Iterator[int]:
    """Yield numbers of studies that fit into memory, as many in all as the work allows."""
    left = min(SIMULATIONS, max(_FEWEST, _CELLS // width))
    step = max(1, _CHUNK // width)
    while left > 0:
        yield min(step, left)
        left -= step


def _shrunk(n: Integers) -> Integers:
    total = int(n.sum())
    if total <= _LARGEST:
        return n
    # Groups of five and fewer stay as they are: approximations are worst there.
    return np.asarray(np.minimum(n, np.maximum(5, np.rint(n * (_LARGEST / total)))), dtype=np.intp)


def _drawn(n: Integers, rows: int, rng: np.random.Generator) -> DrawnMoments:
    """Draw groups' means and sums of squares; of normal programs they are independent."""
    mean: Floats = rng.standard_normal((rows, n.size)) / np.sqrt(n)
    squares: Floats = 2 * rng.standard_gamma(np.broadcast_to((n - 1) / 2, (rows, n.size)))
    return DrawnMoments(counts=n, mean=mean, squares=squares)
