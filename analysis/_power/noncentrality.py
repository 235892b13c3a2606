"""What a study's own group sizes and machines say about patterns of means: noncentrality times variance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._models.marginal_means import of_treatments
from . import effect_sizes

if TYPE_CHECKING:
    from .._arrays import Floats
    from .._models.sample import Sample

_MOST_GROUPS = 2000


def omnibus_df(sample: Sample) -> int:
    """Numerator degrees of freedom of the comparison of all treatments that have programs."""
    matrix = _reduced(sample)
    return (
        int(np.unique(sample.cell).size) - 1
        if matrix is None
        else int(np.linalg.matrix_rank(matrix, hermitian=True))
    )


def extremes(sample: Sample, effect: float) -> float:
    """Sum of squares of the extremes pattern, at its least favourable; see ``effect_sizes.extremes_spread``."""
    counts = _counts(sample)
    matrix = _reduced(sample)
    if matrix is None:
        return effect**2 * effect_sizes.extremes_spread(counts)
    own = np.diag(matrix)
    between = own[:, None] + own[None, :] - 2 * matrix
    np.fill_diagonal(between, np.inf)
    return effect**2 * max(0.0, float(between.min())) / 4


def half(sample: Sample, effect: float) -> float:
    """Sum of squares of the half-half pattern; see ``effect_sizes.half_spread``.

    With several machines the smallest groups are put together, which need not be the least favourable split.
    """
    counts = _counts(sample)
    matrix = _reduced(sample)
    if matrix is None:
        return effect**2 * effect_sizes.half_spread(counts)
    side = np.where(np.argsort(np.argsort(counts, kind="stable")) < counts.size // 2, -0.5, 0.5)
    return effect**2 * max(0.0, float(side @ matrix @ side))


def of_means(sample: Sample, means: Floats) -> float:
    """Sum of squares of given means of the treatments that have programs, shape (groups,)."""
    matrix = _reduced(sample)
    return (
        effect_sizes.means_spread(means, _counts(sample))
        if matrix is None
        else max(0.0, float(means @ matrix @ means))
    )


def of_contrast(sample: Sample, weights: Floats) -> float | None:
    """Variance factor of a contrast, so that its variance is ``sigma^2`` times this.

    None where the data can't estimate it: a treatment that it needs has no program, or machines are in the way.
    """
    if np.any((weights != 0) & (sample.counts == 0)):
        return None
    if len(sample.blocks) == 1:
        used = weights != 0
        return float(np.sum(weights[used] ** 2 / sample.counts[used])) or None
    treatments = of_treatments(sample)
    if treatments is None:
        return None
    own = weights[np.unique(sample.cell)] @ treatments.weights
    if not treatments.fit.estimable(own):
        return None
    factor = float(own @ treatments.fit.bread @ own)
    return factor if factor > 0 else None


def _counts(sample: Sample) -> Floats:
    return sample.counts[sample.counts > 0].astype(np.float64)


def _reduced(sample: Sample) -> Floats | None:
    """Return the treatments' information after machines are taken out, (groups, groups); None with one machine.

    Of very many treatments too: the matrix would be huge, and the machines' share of the information is small.
    """
    present = np.unique(sample.cell)
    if len(sample.blocks) == 1 or present.size > _MOST_GROUPS:
        return None
    table = np.zeros((present.size, len(sample.blocks)))
    np.add.at(table, (np.searchsorted(present, sample.cell), sample.block), 1.0)
    return np.asarray(np.diag(table.sum(axis=1)) - (table / table.sum(axis=0)) @ table.T)
