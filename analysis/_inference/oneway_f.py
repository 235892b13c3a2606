"""The one-way analysis of variance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from .statistical_test import Figures, StatisticalTest

if TYPE_CHECKING:
    from .._arrays import Integers
    from .rowwise import Moments


def oneway_f(data: Moments) -> Figures:
    """Compare means with the variance pooled over treatments."""
    counts, mean = data.counts, data.mean
    total, k = int(counts.sum()), counts.size
    centre = mean @ counts / total
    between = (mean - centre[:, None]) ** 2 @ counts
    f = between / (k - 1) / (data.squares.sum(axis=1) / (total - k))
    return Figures(
        statistic=np.asarray(f),
        p=np.asarray(special.fdtrc(k - 1, total - k, f)),
        df_num=k - 1,
        df_den=total - k,
    )


def _impossible(counts: Integers) -> str | None:
    if counts.size < 2:  # noqa: PLR2004
        return "needs two treatments"
    if int(counts.max()) < 2:  # noqa: PLR2004
        return "no treatment has two programs that passed, so their spread is unknown"
    return None


ONEWAY_F = StatisticalTest(
    name="f",
    title="F over programs",
    asks="equal means, one spread",
    role="robust",
    key=None,  # the document has the analysis of variance itself
    of_moments=oneway_f,
    impossible=_impossible,
    ignores_machines=True,
)
