"""The statistic of the one question that looks are about, with its information."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .._inference.contrasts import planned_contrasts, pooled_test
from .._power import effect_sizes, noncentrality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._inference.contrasts import Contrast
    from .._models.sample import Sample

OMNIBUS = "omnibus"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """F of a question (t squared for a contrast).

    ``unit`` is the noncentrality that one replicate per treatment adds for an effect and a sigma of 1; ``replicates``
    the information in this unit; ``sigma`` the standard deviation between programs. ``estimate`` and ``se`` belong to
    contrasts.
    """

    question: str
    f: float
    df_num: int
    df_den: int
    unit: float
    replicates: float
    sigma: float
    estimate: float | None = None
    se: float | None = None

    @property
    def blinded_sigma(self) -> float:
        """Return the spread of values as if the question's answer were that nothing differs.

        The sum of squares that the question tests is counted as chance, so whoever plans with this has not seen the
        answer: where nothing differs it is independent of F (it is a function of a complete sufficient statistic, F
        is ancillary: Basu 1955), and an end that follows from it spends no error. For two treatments it is the
        variance of all values together (Kieser & Friede 2003, Statistics in Medicine 22).
        """
        whole = self.df_den + self.df_num * self.f
        return self.sigma * math.sqrt(whole / (self.df_den + self.df_num))


def question_of(sample: Sample, name: str | None) -> Contrast | None:
    """Return the contrast that is asked about; None for the omnibus test. Without a name the first planned one."""
    if name == OMNIBUS:
        return None
    if name is not None:
        return planned_contrasts(sample, (name,))[0]
    return next(iter(planned_contrasts(sample)), None)


def statistic(sample: Sample, contrast: Contrast | None) -> Statistic:
    """Compute the statistic from all programs that passed.

    Raises
    ------
    AnalysisError : it cannot be computed yet; the message says why.
    """
    if sample.sigma.value is None:
        raise AnalysisError(f"look: there is nothing to look at yet because {sample.sigma.note}")
    sigma = sample.sigma.value
    return _omnibus(sample, sigma) if contrast is None else _contrast(sample, contrast, sigma)


def _contrast(sample: Sample, contrast: Contrast, sigma: float) -> Statistic:
    test = pooled_test(sample, contrast, alpha=0.05)
    factor = noncentrality.of_contrast(sample, contrast.weights)
    if test.t is None or factor is None:
        raise AnalysisError(f'look: "{contrast.name}" cannot be tested yet because {test.note}')
    squares = float(contrast.weights @ contrast.weights)
    return Statistic(
        question=contrast.name,
        f=test.t**2,
        df_num=1,
        df_den=test.df,
        unit=1 / squares,
        # As whole as it is: over several blocks least squares leave 35.99999999999996 of 36, and that is no end.
        replicates=round(squares / factor, 6),
        sigma=sigma if test.se is None else test.se / math.sqrt(factor),
        estimate=test.estimate,
        se=test.se,
    )


def _omnibus(sample: Sample, sigma: float) -> Statistic:
    empty = [sample.treatments[i].label for i in np.flatnonzero(sample.counts == 0)]
    if empty:
        raise AnalysisError(
            f"look: no program passed of {empty[0]}, so not all treatments can be compared yet"
        )
    if len(sample.blocks) > 1:
        raise AnalysisError(
            f"look: the omnibus test is looked at on one {sample.block_name} only, as its information grows unevenly "
            'over several; choose a contrast with --question, for example --question "agents: 1 - 3"'
        )
    k = len(sample.treatments)
    if k < 2:  # noqa: PLR2004 - nothing to compare
        raise AnalysisError("look: the study has one treatment, so there is nothing to compare")
    counts = sample.counts.astype(np.float64)
    between = effect_sizes.means_spread(sample.means, counts)
    return Statistic(
        question=OMNIBUS,
        f=between / (k - 1) / sigma**2,
        df_num=k - 1,
        df_den=sample.sigma.df,
        unit=k * effect_sizes.extremes_f(1.0, 1.0, k) ** 2,
        # The harmonic mean: what equal groups would tell as much about a difference.
        replicates=float(stats.hmean(counts)),
        sigma=sigma,
    )


def names(contrasts: Sequence[Contrast]) -> str:
    """Return what can be asked, for messages."""
    return ", ".join([f'"{contrast.name}"' for contrast in contrasts] + [OMNIBUS])
