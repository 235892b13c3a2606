"""Games and Howell's comparison of all pairs of treatments, as a family; `pairwise` has the pairs themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .statistical_test import StatisticalTest
from .studentized_range import critical_values
from .welch import WELCH

if TYPE_CHECKING:
    from .._arrays import Flags
    from .rowwise import Moments


def any_pair(data: Moments, alpha: float) -> Flags:
    """Whether any pair of treatments differs, shape (s,); every treatment needs two values.

    Critical values of the studentised range are interpolated over degrees of freedom, to about 0.1 %.
    """
    counts, mean = data.counts, data.mean
    a, b = np.triu_indices(counts.size, 1)
    part = data.squares / (counts - 1) / counts
    variance = part[:, a] + part[:, b]
    df = variance**2 / (part[:, a] ** 2 / (counts[a] - 1) + part[:, b] ** 2 / (counts[b] - 1))
    q = np.abs(mean[:, a] - mean[:, b]) * np.sqrt(2 / variance)
    return np.asarray((q >= critical_values(alpha, counts.size, df)).any(axis=1))


GAMES_HOWELL = StatisticalTest(
    name="games-howell",
    title="Games-Howell",
    asks="which treatments differ, any spread",
    role="robust",
    key=None,  # the document has every pair
    rejects=any_pair,
    impossible=WELCH.impossible,
    columns=lambda treatments: treatments * (treatments - 1) // 2,
    ignores_machines=True,
)
