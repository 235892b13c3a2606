"""Trends over factors whose levels are amounts: temperatures, budgets, numbers of agents."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from .._models.students_t import critical_t, two_sided_p
from .contrasts import Contrast, pooled_test
from .satterthwaite import satterthwaite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._arrays import Floats
    from .._models.sample import Sample
    from .._models.tasks import OverContrast

_AMOUNT: Final = re.compile(r"(?P<number>[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)(?P<unit>.*)")
_FEWEST: Final = 3
_EQUAL: Final = 1e-9


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The linear contrast of a factor's means, and the slope: how the response changes with one unit of the factor.

    ``estimate`` and ``se`` are of the contrast as ``emmeans::contrast("poly")`` scales it where levels are evenly
    spaced; ``slope`` and its interval (1 - alpha) are by the levels' own values, and ``span`` is the way from the
    ``lowest`` to the ``highest``. ``df`` and ``p`` are with the pooled variance, or over tasks like these;
    ``own_se``, ``own_df`` and ``own_p`` with a variance of its own for each treatment, None where that is not to be
    had.
    """

    factor: str
    contrast: str
    estimate: float | None
    se: float | None
    df: float
    p: float | None
    slope: float | None
    ci_low: float | None
    ci_high: float | None
    lowest: str
    highest: str
    span: float
    method: str
    own_se: float | None = None
    own_df: float | None = None
    own_p: float | None = None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """The linear contrast of a factor, and what makes a slope of it: ``per_unit`` times the estimate."""

    contrast: Contrast
    per_unit: float
    span: float


def amounts(levels: tuple[str, ...]) -> Floats | None:
    """Return the levels as numbers, if all are amounts in one unit.

    Examples
    --------
    >>> amounts(("60 s", "120 s")).tolist(), amounts(("0", "0.7", "x"))
    ([60.0, 120.0], None)
    """
    matches = [_AMOUNT.fullmatch(level.strip()) for level in levels]
    units = {match["unit"].strip().removesuffix("s") for match in matches if match is not None}
    if None in matches or len(units) != 1:
        return None
    return np.asarray([float(match["number"]) for match in matches if match is not None])


def linear_contrasts(sample: Sample, own: tuple[str, ...]) -> tuple[Linear, ...]:
    """Return the linear contrast of each factor of the study that has three amounts or more."""
    return tuple(_linear(sample, own))


def _linear(sample: Sample, own: tuple[str, ...]) -> Iterator[Linear]:
    for factor in own:
        levels = sample.factors[factor]
        values = amounts(levels)
        if values is None or len(levels) < _FEWEST or len(set(values.tolist())) < len(levels):
            continue
        centred = values - values.mean()
        contrast = _contrast(sample, factor, levels, centred * _scale(values))
        if contrast is not None:
            lowest, highest = levels[int(values.argmin())], levels[int(values.argmax())]
            yield Linear(
                contrast=dataclasses.replace(contrast, a=lowest, b=highest),
                per_unit=1 / (_scale(values) * float(centred @ centred)),
                span=float(np.ptp(values)),
            )


def trends(
    sample: Sample,
    linear: Sequence[Linear],
    *,
    alpha: float,
    over: Sequence[OverContrast | None] | None = None,
) -> tuple[Trend, ...]:
    """Test linear trends.

    Parameters
    ----------
    over : the same contrasts over tasks like these, where tasks are a sample of tasks.
    """
    if over is not None:
        return tuple(_over(one, of, alpha) for one, of in zip(linear, over, strict=True))
    return tuple(_tested(sample, one, alpha) for one in linear)


def _tested(sample: Sample, linear: Linear, alpha: float) -> Trend:
    test = pooled_test(sample, linear.contrast, alpha=alpha)
    own_se, own_df = (
        satterthwaite(sample, linear.contrast.weights) if len(sample.blocks) == 1 else (None, None)
    )
    trend = _trend(linear, test.estimate, test.se, float(test.df), alpha)
    return dataclasses.replace(
        trend,
        p=test.p,
        df=test.df,
        method="linear contrast with the pooled variance",
        own_se=own_se,
        own_df=own_df,
        own_p=None
        if test.estimate is None or own_se is None or own_df is None
        else two_sided_p(test.estimate / own_se, own_df),
        note=test.note,
    )


def _over(linear: Linear, of: OverContrast | None, alpha: float) -> Trend:
    method = "linear contrast against what it does from task to task"
    if of is None:
        note = "too few programs passed to compare the levels over tasks"
        return dataclasses.replace(_trend(linear, None, None, 0.0, alpha), method=method, note=note)
    return dataclasses.replace(_trend(linear, of.estimate, of.se, of.df, alpha), method=method)


def _trend(linear: Linear, estimate: float | None, se: float | None, df: float, alpha: float) -> Trend:
    slope = None if estimate is None else estimate * linear.per_unit
    half = None if se is None else critical_t(alpha, df) * se * linear.per_unit
    return Trend(
        factor=linear.contrast.factor,
        contrast="linear",
        estimate=estimate,
        se=se,
        df=df,
        p=None if estimate is None or se is None else two_sided_p(estimate / se, df),
        slope=slope,
        ci_low=None if half is None or slope is None else slope - half,
        ci_high=None if half is None or slope is None else slope + half,
        lowest=linear.contrast.a,
        highest=linear.contrast.b,
        span=linear.span,
        method="",
    )


def _scale(values: Floats) -> float:
    """Return what makes evenly spaced levels -1 0 1 or -3 -1 1 3: whole numbers without a common factor."""
    gaps = np.diff(np.sort(values))
    even = len(values) % 2 == 0
    evenly = bool(np.ptp(gaps) < _EQUAL * gaps.max())
    return (2.0 if even and evenly else 1.0) / float(gaps.min())


def _contrast(sample: Sample, factor: str, levels: tuple[str, ...], by_level: Floats) -> Contrast | None:
    """Weigh treatments: each level's mean over the combinations of other factors that all levels have."""
    others = [name for name in sample.factors if name != factor and not _follows(sample, factor, name)]
    groups: dict[tuple[str, ...], dict[str, list[int]]] = {}
    for i, treatment in enumerate(sample.treatments):
        if sample.counts[i]:
            key = tuple(treatment.levels[name] for name in others)
            groups.setdefault(key, {}).setdefault(treatment.levels[factor], []).append(i)
    whole = [of for of in groups.values() if len(of) == len(levels)]
    if not whole:
        return None
    weights = np.zeros(len(sample.treatments))
    for of in whole:
        for level, weight in zip(levels, by_level, strict=True):
            weights[of[level]] += weight / len(whole) / len(of[level])
    return Contrast(name=f"{factor}: linear", factor=factor, a=levels[0], b=levels[-1], weights=weights)


def _follows(sample: Sample, factor: str, other: str) -> bool:
    """Whether a factor is a function of this one: its levels never vary while this one's do not."""
    pairs = {(t.levels[factor], t.levels[other]) for t in sample.treatments}
    return len(pairs) == len({level for level, _ in pairs}) and len({o for _, o in pairs}) > 1
