"""Differences of treatment means without a common variance: Satterthwaite's df, and the true size of such tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .result import Size
from .studentized_range import critical_values

if TYPE_CHECKING:
    from .._arrays import Floats, Integers
    from .._models.sample import Sample

_SEED = 20250302
_DRAWS = 2_000_000
_MOST = 5_000
_FEWEST = 500


def satterthwaite(sample: Sample, weights: Floats) -> tuple[float | None, float | None]:
    """Return standard error and df of a weighted sum of treatment means, each with its own variance.

    None where a treatment that counts has fewer than two programs, or no treatment has any spread.
    """
    used = weights != 0
    count = sample.counts[used]
    if (count < 2).any():  # noqa: PLR2004
        return None, None
    parts = weights[used] ** 2 * sample.sds[used] ** 2 / count
    total = float(parts.sum())
    largest = float(np.abs(sample.y).max())
    if total <= (64 * np.finfo(float).eps * largest) ** 2:
        return None, None
    return math.sqrt(total), total**2 / float(np.sum(parts**2 / (count - 1)))


def family_size(counts: Integers, weights: Floats, *, levels: int, alpha: float) -> Size:
    """Simulate how often some difference of a family is found where nothing differs.

    Parameters
    ----------
    counts : programs per treatment, each at least 2, shape (k,).
    weights : one row per difference, shape (pairs, k).
    levels : means that are compared (2 makes it a single t test).
    alpha : nominal level.

    Returns
    -------
    What equal normal programs give; means and variances of treatments are all that these tests see.
    """
    simulations = int(np.clip(_DRAWS // max(1, weights.size), _FEWEST, _MOST))
    rng = np.random.default_rng(_SEED)
    shape = (simulations, len(counts))
    mean = rng.standard_normal(shape) / np.sqrt(counts)
    variance = rng.chisquare(np.broadcast_to(counts - 1, shape)) / (counts - 1)
    parts = variance / counts
    total = parts @ (weights**2).T
    df = total**2 / ((parts**2 / (counts - 1)) @ (weights**4).T)
    critical = critical_values(alpha, levels, df) / math.sqrt(2)
    rejected = (np.abs(mean @ weights.T) >= critical * np.sqrt(total)).any(axis=1)
    rate = float(rejected.mean())
    error = math.sqrt(max(rate * (1 - rate), 1e-12) / simulations)
    return Size(rate=rate, error=error, simulations=simulations)
