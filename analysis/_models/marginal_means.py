"""Equal-weight marginal means with intervals."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from .formula import BLOCKS
from .sample import saturated
from .students_t import critical_t

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._arrays import Floats
    from .anova import Fitted
    from .least_squares import Fit
    from .sample import Sample

TREATMENT = "treatment"
_EMPTY = "no program passed"
_NEEDS_EMPTY = "needs a treatment in which no program passed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MarginalMean:
    """Mean of one level over the levels of all other factors, each with equal weight, under the fitted model.

    ``factor`` is ``"treatment"`` and ``level`` the treatment's label for the treatments' own means. The interval is
    1 - alpha, from Student's t with the residual's df. None where not estimable (``note``).
    """

    factor: str
    level: str
    programs: int
    estimate: float | None
    se: float | None
    df: int
    ci_low: float | None
    ci_high: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """Linear functions of one fit: ``weights`` (levels, p), and whether the data determine each of them."""

    fit: Fit
    levels: tuple[str, ...]
    weights: Floats
    estimable: tuple[bool, ...]

    def estimate(self, weights: Floats) -> float:
        """Return the value of a linear function of the coefficients."""
        return float(weights @ self.fit.beta)

    def se(self, weights: Floats) -> float | None:
        """Return its standard error; None where nothing estimates the spread."""
        mse = self.fit.mse
        return None if mse is None else math.sqrt(max(0.0, float(weights @ self.fit.bread @ weights)) * mse)


def marginal(fitted: Fitted, at: Mapping[str, int]) -> Floats:
    """Return the weights, shape (p,), of the mean at some levels over all levels of the other factors."""
    present: set[frozenset[str]] = {frozenset(term) for term in fitted.model.terms} | {frozenset[str]()}
    parts: list[Floats] = [np.ones(1)]
    for term in fitted.model.terms:
        rows = []
        for name in term:
            size = fitted.codes[name][1]
            coded = np.eye(size)
            if frozenset(term) - {name} in present:
                coded = coded[:, :-1] - (np.arange(size) == size - 1)[:, None]
            rows.append(coded[at[name]] if name in at else coded.mean(axis=0))
        parts.append(functools.reduce(_kronecker, rows))
    return np.concatenate(parts)


def _kronecker(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.kron(a, b))


def of_factor(fitted: Fitted, factor: str) -> Estimates:
    """Return the marginal means of a factor that is in the model."""
    levels = fitted.levels[factor]
    weights = np.stack([marginal(fitted, {factor: i}) for i in range(len(levels))])
    return Estimates(
        fit=fitted.fit,
        levels=levels,
        weights=weights,
        estimable=tuple(fitted.fit.estimable(row) for row in weights),
    )


def of_treatments(sample: Sample) -> Estimates | None:
    """Return the means of all treatments, each on its own (and over machines, where these are blocks)."""
    saturated_fit = saturated(sample.y, sample.cell, sample.block)
    if saturated_fit is None:
        return None
    fit, _, of_block = saturated_fit
    present = np.unique(sample.cell)
    blocks = int(of_block.max()) + 1
    tail = np.full((len(present), blocks - 1), 1.0 / blocks)
    weights = np.concatenate([np.eye(len(present)), tail], axis=1)
    return Estimates(
        fit=fit,
        levels=tuple(sample.treatments[i].label for i in present),
        weights=weights,
        estimable=tuple(True for _ in present)
        if blocks == 1
        else tuple(fit.estimable(row) for row in weights),
    )


def marginal_means(sample: Sample, fitted: Fitted | None, *, alpha: float) -> tuple[MarginalMean, ...]:
    """Return means by factor of the model, by derived factor, and by treatment, with 1 - alpha intervals."""
    if fitted is None:
        return ()
    return tuple(
        mean
        for factor, estimates, of in _families(sample, fitted)
        for mean in _rows(factor, estimates, of, sample, alpha)
    )


def _families(sample: Sample, fitted: Fitted) -> Iterator[tuple[str, Estimates, tuple[str, ...]]]:
    treatments = of_treatments(sample)
    if treatments is None:
        return
    for name, levels in sample.factors.items():
        if name in fitted.levels:
            yield name, of_factor(fitted, name), levels
        else:
            yield name, _averaged(sample, treatments, name), levels
    yield TREATMENT, treatments, tuple(treatment.label for treatment in sample.treatments)


def _averaged(sample: Sample, treatments: Estimates, factor: str) -> Estimates:
    """Average the treatments of each level with equal weights: for factors that the model does not have."""
    present = np.unique(sample.cell)
    rows, levels, known = [], [], []
    for level in sample.factors[factor]:
        of_level = [i for i, t in enumerate(sample.treatments) if t.levels[factor] == level]
        inside = np.isin(present, of_level)
        if inside.any():
            rows.append(treatments.weights[inside].mean(axis=0))
            levels.append(level)
            known.append(
                int(inside.sum()) == len(of_level)
                and all(ok for ok, use in zip(treatments.estimable, inside, strict=True) if use)
            )
    return Estimates(fit=treatments.fit, levels=tuple(levels), weights=np.stack(rows), estimable=tuple(known))


def _rows(
    factor: str, estimates: Estimates, levels: tuple[str, ...], sample: Sample, alpha: float
) -> Iterator[MarginalMean]:
    for number, level in enumerate(levels):
        if factor == TREATMENT:
            programs = int(sample.counts[number])
        else:
            of_level = [i for i, t in enumerate(sample.treatments) if t.levels[factor] == level]
            programs = int(sample.counts[of_level].sum())
        position = estimates.levels.index(level) if level in estimates.levels else None
        if position is None:
            yield _unknown(factor, level, programs, _EMPTY)
        elif not estimates.estimable[position]:
            yield _unknown(factor, level, programs, _NEEDS_EMPTY)
        else:
            yield _known(factor, level, programs, estimates, weights=estimates.weights[position], alpha=alpha)


def _unknown(factor: str, level: str, programs: int, note: str) -> MarginalMean:
    return MarginalMean(
        factor=factor,
        level=level,
        programs=programs,
        estimate=None,
        se=None,
        df=0,
        ci_low=None,
        ci_high=None,
        note=note,
    )


def _known(
    factor: str, level: str, programs: int, estimates: Estimates, *, weights: Floats, alpha: float
) -> MarginalMean:
    estimate, se, df = estimates.estimate(weights), estimates.se(weights), estimates.fit.df
    half = None if se is None else critical_t(alpha, df) * se
    return MarginalMean(
        factor=factor,
        level=level,
        programs=programs,
        estimate=estimate,
        se=se,
        df=df,
        ci_low=None if half is None else estimate - half,
        ci_high=None if half is None else estimate + half,
        note=None if half is not None else "no interval: the spread between programs is unknown",
    )


def factors_compared(fitted: Fitted) -> list[str]:
    """Return the factors of the model in order, without machine and task."""
    return [name for name in fitted.levels if name not in BLOCKS]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CellMean:
    """Mean of several treatments with equal weight; ``half`` of the 1 - alpha interval is None without a spread."""

    programs: int
    estimate: float
    half: float | None


def of_cell(sample: Sample, members: Sequence[int], alpha: float) -> CellMean | None:
    """Return the mean of treatments (their indices) with Student's interval from the pooled sigma.

    None where there is no treatment, or one of them has no program that passed.
    """
    counts = sample.counts[list(members)].astype(float)
    if not counts.size or (counts == 0).any():
        return None
    sigma, half = sample.sigma, None
    if sigma.value is not None and sigma.df > 0:
        error = sigma.value * math.sqrt(float((1 / counts).sum())) / len(members)
        half = critical_t(alpha, sigma.df) * error
    return CellMean(programs=int(counts.sum()), estimate=float(sample.means[list(members)].mean()), half=half)
