"""The published reasoning of the 2025 pilot, repeated on these data, and what is wrong with it."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from statsmodels.stats.power import FTestAnovaPower

if TYPE_CHECKING:
    from .._models.sample import Sample

_MOST = 2**40
PILOT_PROGRAMS, PILOT_TREATMENTS, PILOT_SECONDS = 24, 12, 39.10188839980401
"""Of the 2025 pilot: programs, treatments, and the sum of the programs' mean times."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """f = effect / mean of the treatments' SDs, put into an F test whose ``nobs`` is the total.

    ``power`` is at today's number of programs, ``total_required`` the programs of all treatments together that the
    formula asks for (the pilot took it for a number per treatment). ``explanation`` has plain sentences.
    """

    f: float | None
    power: float | None
    total_required: int | None
    mean_sd: float | None
    explanation: tuple[str, ...]


def is_pilot2025(seconds: Sample) -> bool:
    """Whether these are the programs of the 2025 pilot: 24 in 12 treatments, with its times to the microsecond."""
    if seconds.y.size != PILOT_PROGRAMS or len(seconds.treatments) != PILOT_TREATMENTS:
        return False
    return abs(float(seconds.y.sum()) - PILOT_SECONDS) < 1e-5  # noqa: PLR2004 - no other study has them


def as_published(sample: Sample, *, effect: float, alpha: float, target: float) -> Published:
    """Repeat the published calculation: ``FTestAnovaPower`` of statsmodels with f = effect / mean of SDs.

    Examples
    --------
    On the pilot's data, with an effect of 0.5 s: f = 0.7253, power 0.346, 43 programs in all.
    """
    sds = sample.sds[np.isfinite(sample.sds)]
    groups = int((sample.counts > 0).sum())
    total = int(sample.counts.sum())
    if not sds.size or groups < 2 or not float(sds.mean()) > 0 or sample.sigma.value is None:  # noqa: PLR2004
        reason = sample.sigma.note or "there is one treatment only"
        return Published(
            f=None,
            power=None,
            total_required=None,
            mean_sd=None,
            explanation=(f"The published calculation can't be repeated: {reason}.",),
        )
    mean_sd = float(sds.mean())
    f = effect / mean_sd
    required = _required(f, groups, alpha, target)
    power = _power(f, total, groups, alpha) if total > groups else None
    return Published(
        f=f,
        power=power,
        total_required=required,
        mean_sd=mean_sd,
        explanation=_explain(sample, effect=effect, f=f, mean_sd=mean_sd, groups=groups, required=required),
    )


def _power(f: float, total: int, groups: int, alpha: float) -> float:
    """Power of the one-way F test at a total number of programs: the very function that the pilot called."""
    power = float(FTestAnovaPower().power(effect_size=f, nobs=total, alpha=alpha, k_groups=groups))
    # Far out the series of the noncentral F gives up; there the power is 1 to all digits.
    return min(1.0, max(0.0, power)) if math.isfinite(power) else 1.0


def _required(f: float, groups: int, alpha: float, target: float) -> int | None:
    """Return the smallest total with at least the target power."""
    low, high = groups, groups + 1
    while _power(f, high, groups, alpha) < target:
        low, high = high, high * 2
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if _power(f, middle, groups, alpha) < target:
            low = middle
        else:
            high = middle
    return high


def _explain(
    sample: Sample, *, effect: float, f: float, mean_sd: float, groups: int, required: int | None
) -> tuple[str, ...]:
    sigma = sample.sigma.value or math.nan
    extremes, half = effect / sigma * math.sqrt(1 / (2 * groups)), effect / (2 * sigma)
    division = (
        f"The published calculation divides the difference of {effect:g} {sample.unit} by the mean of the treatments' "
        f"standard deviations ({mean_sd:.4g}) and calls the result f = {f:.4f}."
    )
    cohen = (
        f"Cohen's f is another thing: how far all {groups} means spread, over sigma. If only two treatments differ by "
        f"{effect:g} it is {extremes:.4f}, if one half differs from the other {half:.4f}."
    )
    total = "By that formula no number of programs is enough."
    if required is not None:
        total = (
            f"The number that this formula gives is the total: {required} is all programs together, "
            f"{math.ceil(required / groups)} a treatment, not {required} a treatment."
        )
    pooled = (
        "A mean of standard deviations is too small where each comes from few programs; "
        f"the pooled one is {sigma:.4g}."
    )
    return division, cohen, total, pooled
