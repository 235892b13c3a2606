"""Trends over factors whose levels are amounts: temperatures, budgets, numbers of agents."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from .contrasts import Contrast, contrast_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._arrays import Floats
    from .._models.sample import Sample

_AMOUNT: Final = re.compile(r"(?P<number>[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)(?P<unit>.*)")
_FEWEST: Final = 3
_EQUAL: Final = 1e-9


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The linear contrast of a factor's means, and the slope: how the response changes with one unit of the factor.

    ``estimate`` and ``se`` are of the contrast as ``emmeans::contrast("poly")`` scales it where levels are evenly
    spaced; ``slope`` and its interval (1 - alpha) are by the levels' own values.
    """

    factor: str
    contrast: str
    estimate: float | None
    se: float | None
    df: int
    p: float | None
    slope: float | None
    ci_low: float | None
    ci_high: float | None
    note: str | None = None


def amounts(levels: tuple[str, ...]) -> Floats | None:
    """Return the levels as numbers, if all are amounts in one unit.

    Examples
    --------
    >>> amounts(("60 s", "120 s")).tolist(), amounts(("0", "0.7", "x"))
    ([60.0, 120.0], None)
    """
    found = [_AMOUNT.fullmatch(level.strip()) for level in levels]
    units = {match["unit"].strip().removesuffix("s") for match in found if match is not None}
    if None in found or len(units) != 1:
        return None
    return np.asarray([float(match["number"]) for match in found if match is not None])


def trends(sample: Sample, own: tuple[str, ...], *, alpha: float) -> tuple[Trend, ...]:
    """Test the linear trend over each factor of the study that has three amounts or more."""
    return tuple(_trends(sample, own, alpha))


def _trends(sample: Sample, own: tuple[str, ...], alpha: float) -> Iterator[Trend]:
    for factor in own:
        levels = sample.factors[factor]
        values = amounts(levels)
        if values is None or len(levels) < _FEWEST or len(set(values.tolist())) < len(levels):
            continue
        centred = values - values.mean()
        contrast = _contrast(sample, factor, levels, centred * _scale(values))
        if contrast is None:
            continue
        test = contrast_tests(sample, [contrast], alpha=alpha)[0]
        per_unit = 1 / (_scale(values) * float(centred @ centred))
        slope = None if test.estimate is None else test.estimate * per_unit
        half = None
        if test.se is not None:
            half = float(stats.t.isf(alpha / 2, test.df)) * test.se * per_unit
        yield Trend(
            factor=factor,
            contrast="linear",
            estimate=test.estimate,
            se=test.se,
            df=test.df,
            p=test.p,
            slope=slope,
            ci_low=None if half is None or slope is None else slope - half,
            ci_high=None if half is None or slope is None else slope + half,
            note=test.note,
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
