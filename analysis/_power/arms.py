"""What programs to be made are like, treatment by treatment: how many pass, and how much those that pass differ."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from .box_power import box_power
from .noncentral_f import f_power

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._arrays import Floats
    from .._inference.result import TestResult
    from .._models.sample import Sample

PRIOR = 4.0
"""Programs that the study's own pass rate is worth, where a treatment's is estimated from its few programs."""

_KNOWN = 4
"""Programs that passed, from which on a treatment's own spread is used where spreads differ."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """Each treatment's programs.

    Attributes
    ----------
    rate : share that passes, shape (k,); shrunk towards the share of all programs, so that two failures of two are not
        taken for never, and exactly 1 where nothing failed at all.
    passed : programs that passed here, shape (k,): without any a design that needs the treatment is not feasible.
    sd : spread of those that pass, shape (k,): the treatments' own where ``unequal``, the pooled one elsewhere.
    df : degrees of freedom of each, shape (k,).
    unequal : whether treatments spread differently, so that they are planned, and will be tested, with their own.
    pooled : the one spread of all.
    """

    rate: Floats
    passed: Floats
    sd: Floats
    df: Floats
    unequal: bool
    pooled: float = float("nan")

    def feasible(self, treatments: Sequence[int]) -> bool:
        """Whether some program passed in every one of these treatments."""
        return bool((self.passed[list(treatments)] > 0).all())

    def sigma(self, weights: Floats) -> tuple[float, float]:
        """Return the spread that counts for a contrast of equally many programs, and its degrees of freedom.

        The variance of sum w_i m_i is sigma^2 sum(w_i^2) / n then.
        """
        used = np.flatnonzero(weights)
        parts = weights[used] ** 2 * self.sd[used] ** 2
        value = float(np.sqrt(parts.sum() / np.sum(weights[used] ** 2)))
        if not self.unequal:
            return value, float(self.df[used[0]])
        return value, float(parts.sum() ** 2 / np.sum(parts**2 / self.df[used]))

    def contrast_power(
        self,
        weights: Floats,
        effect: float,
        generated: int,
        *,
        alpha: float,
        design: Sequence[int],
        times: float = 1.0,
    ) -> float:
        """Power of a contrast with ``generated`` programs of every treatment of a design; NaN where there is no test.

        Parameters
        ----------
        weights : of the treatments' means, shape (k,).
        design : treatments that there will be; where one variance holds, all of them tell it.
        effect : value of the contrast.
        times : how many times as large as estimated the spreads are taken.

        Notes
        -----
        Numbers that pass are binomial: E(1 / m) is about (1 + (1 - r) / (n r)) / (n r). With spreads of their own the
        degrees of freedom are Satterthwaite's, as in Welch's test. A study in which too few programs of a treatment
        pass for a test, one or (with spreads of their own) two, finds nothing.
        """
        used = np.flatnonzero(weights)
        passing = generated * self.rate[used]
        parts = (weights[used] * self.sd[used] * times) ** 2 / passing * (1 + (1 - self.rate[used]) / passing)
        if self.unequal:
            left = passing - 1
            if (left <= 0).any():
                return float("nan")
            df = float(parts.sum() ** 2 / np.sum(parts**2 / left))
        else:
            df = float(np.maximum(generated * self.rate[list(design)] - 1, 0.0).sum())
        testable = float(np.prod(stats.binom.sf(1 if self.unequal else 0, generated, self.rate[used])))
        return testable * float(f_power(effect**2 / float(parts.sum()), 1, df, alpha=alpha))

    def paired_power(
        self,
        pairs: Sequence[tuple[int, int]],
        effect: float,
        generated: int,
        *,
        alpha: float,
        times: float = 1.0,
    ) -> float:
        """Power of the mean difference within trajectories, ``generated`` of each pair; NaN where there is no test.

        Parameters
        ----------
        pairs : treatments whose programs are an earlier and a later one of the same trajectory.
        effect : the mean difference.
        times : how many times as large as estimated the spreads are taken.

        Notes
        -----
        A trajectory has a difference only where both of its programs pass, as often as two unrelated ones would. The
        variance of a difference is taken as that of unrelated programs: programs that one trajectory shares differ by
        less. Degrees of freedom are of trajectories, Satterthwaite's with spreads of their own.
        """
        first, second = np.asarray(pairs, dtype=np.intp).T
        rate = self.rate[first] * self.rate[second]
        passing = generated * rate
        if (passing <= 1).any():
            return float("nan")
        of_one = (self.sd[first] ** 2 + self.sd[second] ** 2) * times**2
        parts = of_one / passing * (1 + (1 - rate) / passing) / len(pairs) ** 2
        left = passing - 1
        df = float(parts.sum() ** 2 / np.sum(parts**2 / left)) if self.unequal else float(left.sum())
        return float(f_power(effect**2 / float(parts.sum()), 1, df, alpha=alpha))

    def within_power(self, rate: Floats, sd: float, effect: float, generated: int, *, alpha: float) -> float:
        """Power of the mean difference within trajectories whose spread is known; NaN where there is no test.

        Parameters
        ----------
        rate : share of each treatment's trajectories in which both programs pass, shape (k,).
        sd : of the differences.
        """
        passing = generated * rate
        if (passing <= 1).any():
            return float("nan")
        variance = float((sd**2 / passing * (1 + (1 - rate) / passing)).sum()) / len(rate) ** 2
        df = float((passing - 1).sum())
        return float(f_power(effect**2 / variance, 1, df, alpha=alpha))

    def omnibus_power(self, f: float, treatments: Sequence[int], generated: int, *, alpha: float) -> float:
        """Power of the test of all of some treatments with ``generated`` programs of each; NaN where there is none.

        Parameters
        ----------
        f : Cohen's, with the pooled spread.

        Notes
        -----
        With spreads of their own the test is the ANOVA-type statistic with Box's degrees of freedom, and the two
        treatments that vary most are those that lie apart; of two treatments it is Welch's test.
        """
        used = list(treatments)
        rate = self.rate[used]
        passing = generated * rate
        if self.unequal:
            return self._own_omnibus_power(f, used, generated, alpha=alpha)
        whole = 1 / float(np.mean((1 + (1 - rate) / passing) / passing))
        k = len(rate)
        return float(f_power(k * whole * f**2, k - 1, float(np.maximum(passing - 1, 0).sum()), alpha=alpha))

    def _own_omnibus_power(self, f: float, used: list[int], generated: int, *, alpha: float) -> float:
        rate, k = self.rate[used], len(used)
        passing = generated * rate
        if (passing <= 1).any():
            return float("nan")
        variance = self.sd[used] ** 2 / passing * (1 + (1 - rate) / passing)
        df_den = float(variance.sum()) ** 2 / float((variance**2 / (passing - 1)).sum())
        testable = float(np.prod(stats.binom.sf(1, generated, rate)))
        if k == 2:  # noqa: PLR2004 - Welch's test
            effect = 2 * f * self.pooled
            return testable * float(f_power(effect**2 / float(variance.sum()), 1, df_den, alpha=alpha))
        # Which treatments lie apart is not said: the two that vary most are the hardest to tell.
        means = np.zeros(k)
        means[np.argsort(-variance)[:2]] = np.asarray([1.0, -1.0]) * f * self.pooled * math.sqrt(k / 2)
        return testable * box_power(means, variance, df_den, alpha=alpha)


def shrunk(passed: Floats, generated: Floats) -> Floats:
    """Return shares of what was made, each drawn towards that of all by `PRIOR` programs; 1 where all passed."""
    whole = float(passed.sum() / generated.sum()) if generated.sum() and passed.sum() else 1.0
    return np.asarray((passed + PRIOR * whole) / (generated + PRIOR))


def spreads_differ(tests: Mapping[str, TestResult], alpha: float) -> bool:
    """Whether the test of spreads found that treatments differ in theirs.

    Also where it errs too often at the design to be believed: own spreads cost a plan little where all are alike, one
    spread for all may cost more than half of the programs where they are not.
    """
    test = tests["brown-forsythe"]
    return test.p is not None and test.p < alpha


def arms(sample: Sample, *, unequal: bool) -> Arms:
    """Take a study's treatments as what the next study's will be like.

    Parameters
    ----------
    sample : programs of the study; its means are not looked at.
    unequal : whether a test found that treatments spread differently; their own spreads are used then, where each
        treatment has at least four programs that passed.
    """
    generated, passed = sample.generated.astype(np.float64), sample.counts.astype(np.float64)
    own = unequal and bool((sample.counts >= _KNOWN).all())
    value = np.nan if sample.sigma.value is None else sample.sigma.value
    return Arms(
        rate=shrunk(passed, generated),
        passed=passed,
        sd=sample.sds if own else np.full(passed.shape, value),
        df=passed - 1 if own else np.full(passed.shape, float(sample.sigma.df)),
        unequal=own,
        pooled=value,
    )
