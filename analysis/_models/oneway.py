"""Tests that ask for less than equal variances or normal values, and tests of those assumptions."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from .._inference import size as simulate
from .._inference.result import Test, impossible, sized
from .hc3 import hc3_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._arrays import Floats
    from .anova import Fitted
    from .sample import Sample

SHAPIRO_MOST = 5000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """``hc3`` has one Wald F test per term of the model, with the covariance HC3 that allows unequal spread."""

    welch: Test
    kruskal: Test
    hc3: tuple[Test, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Equal spread (Brown-Forsythe over treatments) and normal residuals (Shapiro-Wilk)."""

    brown_forsythe: Test
    shapiro: Test


def _simulated(name: str, counts: Sequence[int], alpha: float) -> Callable[[], tuple[float, float, int]]:
    def simulated() -> tuple[float, float, int]:
        return simulate.size(name, counts, alpha=alpha)

    return simulated


def robust_tests(sample: Sample, fitted: Fitted | None, *, type: int, alpha: float) -> Robust:  # noqa: A002
    """Compare treatments by Welch's test and Kruskal-Wallis, and the model's terms with HC3."""
    groups = _groups(sample)
    counts = [group.size for group in groups]
    machines = "differences between machines are not taken out" if len(sample.blocks) > 1 else None
    return Robust(
        welch=sized(_noted(welch(groups), machines), _simulated("welch", counts, alpha), alpha),
        kruskal=sized(_noted(kruskal(groups), machines), _simulated("kruskal", counts, alpha), alpha),
        hc3=hc3_tests(fitted, type=type, alpha=alpha),
    )


def check_assumptions(sample: Sample, fitted: Fitted | None, *, alpha: float) -> Assumptions:
    """Look at the spread of the treatments and at the residuals of the model."""
    groups = _groups(sample)
    counts = [group.size for group in groups]
    residuals = np.zeros(0) if fitted is None else fitted.residuals
    tolerance = 0.0 if fitted is None else fitted.fit.cells.negligible
    return Assumptions(
        brown_forsythe=sized(brown_forsythe(groups), _simulated("brown-forsythe", counts, alpha), alpha),
        shapiro=sized(shapiro(residuals, tolerance=tolerance), _simulated("shapiro", counts, alpha), alpha),
    )


def _groups(sample: Sample) -> list[Floats]:
    order = np.argsort(sample.cell, kind="stable")
    ends = np.cumsum(sample.counts)[:-1]
    return [group for group in np.split(sample.y[order], ends) if group.size]


def _noted(test: Test, note: str | None) -> Test:
    return dataclasses.replace(test, note=note) if note and test.p is not None else test


def _rounding(groups: Sequence[Floats]) -> float:
    largest = max((float(np.abs(group).max()) for group in groups), default=0.0)
    return (64 * np.finfo(float).eps * largest) ** 2


def welch(groups: Sequence[Floats]) -> Test:
    """Compare means without assuming equal variances (Welch 1951, Biometrika 38).

    Every group needs two values that differ; R: ``oneway.test``.
    """
    name = "welch"
    if len(groups) < 2:  # noqa: PLR2004
        return impossible(name, "needs two treatments")
    if min(group.size for group in groups) < 2:  # noqa: PLR2004
        return impossible(name, "a treatment has only one program that passed, so its spread is unknown")
    count = np.asarray([group.size for group in groups], dtype=float)
    mean = np.asarray([group.mean() for group in groups])
    variance = np.asarray([group.var(ddof=1) for group in groups])
    if (variance <= _rounding(groups)).any():
        return impossible(
            name, "in a treatment all programs took the same time, so its weight would be infinite"
        )
    weight = count / variance
    total = weight.sum()
    centre = float(weight @ mean) / total
    k = len(groups)
    lack = float(np.sum((1 - weight / total) ** 2 / (count - 1)))
    between = float(weight @ (mean - centre) ** 2) / (k - 1)
    f = between / (1 + 2 * (k - 2) * lack / (k * k - 1))
    df = (k * k - 1) / (3 * lack)
    return Test(name=name, statistic=f, df_num=k - 1, df_den=df, p=float(stats.f.sf(f, k - 1, df)))


def kruskal(groups: Sequence[Floats]) -> Test:
    """Compare ranks (Kruskal-Wallis, corrected for ties); R: ``kruskal.test``."""
    name = "kruskal"
    if len(groups) < 2:  # noqa: PLR2004
        return impossible(name, "needs two treatments")
    pooled = np.concatenate(groups)
    if float(np.ptp(pooled)) == 0.0:
        return impossible(name, "all programs took the same time")
    found = stats.kruskal(*groups)
    return Test(
        name=name,
        statistic=float(found.statistic),
        df_num=len(groups) - 1,
        df_den=None,
        p=float(found.pvalue),
    )


def brown_forsythe(groups: Sequence[Floats]) -> Test:
    """Compare spreads: one-way F on distances from the medians (Brown & Forsythe 1974, JASA 69).

    With at most two values in every group the distances within a group are equal, and F is 0/0: not a test.
    R: ``car::leveneTest``.
    """
    name = "brown-forsythe"
    if len(groups) < 2:  # noqa: PLR2004
        return impossible(name, "needs two treatments")
    if max(group.size for group in groups) <= 2:  # noqa: PLR2004
        return impossible(
            name,
            "with two programs a treatment both are equally far from their median, so F is 0/0: not testable",
        )
    distances = [np.abs(group - np.median(group)) for group in groups]
    count, k = sum(group.size for group in groups), len(groups)
    df = count - k
    within = float(sum(np.sum((d - d.mean()) ** 2) for d in distances))
    if df < 1 or within <= count * _rounding(groups):
        return impossible(name, "distances from the medians do not vary within treatments, so F is 0/0")
    grand = float(np.concatenate(distances).mean())
    between = float(sum(d.size * (d.mean() - grand) ** 2 for d in distances))
    f = between / (k - 1) / (within / df)
    return Test(name=name, statistic=f, df_num=k - 1, df_den=df, p=float(stats.f.sf(f, k - 1, df)))


def shapiro(residuals: Floats, *, tolerance: float) -> Test:
    """Test residuals for normality (Shapiro-Wilk); R: ``shapiro.test``, and like it for 3 to 5,000 values."""
    name = "shapiro"
    if residuals.size < 3:  # noqa: PLR2004
        return impossible(name, "needs three programs that passed")
    if float(np.sum((residuals - residuals.mean()) ** 2)) <= max(tolerance, 0.0):
        return impossible(name, "the model leaves no residuals")
    if residuals.size > SHAPIRO_MOST:
        return impossible(
            name,
            f"p values are known up to {SHAPIRO_MOST:,} programs only; at such numbers look at the residual plot",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = stats.shapiro(residuals)
    return Test(name=name, statistic=float(found.statistic), df_num=None, df_den=None, p=float(found.pvalue))
