"""The clearest pair of levels of a factor, with limits that say the same as the tests behind a conclusion."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from .._models.students_t import critical_t
from .anova_type import matched, present_levels
from .studentized_range import range_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats
    from .._models.sample import Sample

MAX_LEVELS = 60
"""Beyond this many levels no pair is picked out: nobody reads 2,000 intervals."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clearest:
    """The difference a - b of two levels' means over matched treatments, and the half width of its interval.

    ``of`` is the number of pairs that the interval allows for.
    """

    a: str
    b: str
    estimate: float
    half: float
    of: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """The variance of the analysis of variance and its degrees of freedom."""

    variance: float
    df: int


def clearest(
    sample: Sample, factor: str, own: Sequence[str], *, pooled: Pooled, levels: tuple[float, float]
) -> Clearest | None:
    """Return the pair of levels that lies farthest from no difference, as its interval goes.

    Two intervals are made of each pair, and the wider one counts, as a difference is one that two tests find: Tukey's
    with the pooled variance, and Games and Howell's (of two levels: Student's and Welch's), in which every treatment
    has a spread of its own.

    Parameters
    ----------
    sample : one value per program.
    factor : whose levels are compared, within combinations of the other factors where all levels are there.
    own : the study's own factors, which its treatments cross.
    pooled : of the analysis of variance.
    levels : error rates of the two intervals, pooled and own variances.

    Returns
    -------
    None where no combination is complete, or the machine is a block.
    """
    if len(sample.blocks) > 1 or factor not in own:
        return None
    names, projected = present_levels(sample, factor), matched(sample, [factor], own)
    if projected is None or not 1 < len(names) <= MAX_LEVELS:
        return None
    cells = projected[0].reshape(len(names), -1)
    width = cells.shape[1]
    count = sample.counts[cells]
    mean = sample.means[cells].mean(axis=1)
    parts = sample.sds[cells] ** 2 / count / width**2
    shared = pooled.variance / count / width**2
    pairs = []
    for a, b in itertools.combinations(range(len(names)), 2):
        both = np.concatenate([parts[a], parts[b]])
        df = _satterthwaite(both, np.concatenate([count[a], count[b]]))
        half = max(
            math.sqrt(float(shared[a].sum() + shared[b].sum())) * _critical(levels[0], len(names), pooled.df),
            0.0 if df is None else math.sqrt(float(both.sum())) * _critical(levels[1], len(names), df),
        )
        pairs.append((abs(float(mean[a] - mean[b])) / half if half else 0.0, a, b, half))
    _, a, b, half = max(pairs, key=lambda each: each[0])
    return Clearest(a=names[a], b=names[b], estimate=float(mean[a] - mean[b]), half=half, of=len(pairs))


def _satterthwaite(parts: Floats, count: Floats) -> float | None:
    total = float(parts.sum())
    return total**2 / float(np.sum(parts**2 / (count - 1))) if total > 0 else None


def _critical(alpha: float, levels: int, df: float) -> float:
    if levels == 2:  # noqa: PLR2004 - one difference
        return critical_t(alpha, df)
    return range_quantile(alpha, levels, round(df, 6)) / math.sqrt(2)
