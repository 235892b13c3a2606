"""The restricted likelihood of value ~ treatments + (1|task) + (1|task:treatment), from means of cells alone.

A cell holds the programs of one task and treatment. Within a cell programs are exchangeable, so its mean, its number
and the sum of squares about the means are sufficient; per task the covariance of means is diagonal plus a common part.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats, Integers

_STEP = 1e-3
"""Of central differences in logarithms of variances."""

_ZERO = 1e-7
"""Ratio to the programs' variance below which a component counts as zero."""

_STARTS = (0.1, 3.0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CellTable:
    """Cells of tasks x treatments.

    Attributes
    ----------
    count, mean : (T, k); the mean of an empty cell is 0.
    within : sum of squares of programs about the means of their cells.
    x : columns of the fixed effects, one row a treatment, (k, p), of full rank where cells are.
    """

    count: Integers
    mean: Floats
    within: float
    x: Floats

    @property
    def programs(self) -> int:
        """How many programs there are."""
        return int(self.count.sum())

    @property
    def balanced(self) -> bool:
        """Whether every cell has the same number of programs, at least one."""
        return int(self.count.min()) == int(self.count.max()) > 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskFit:
    """The maximum of the restricted likelihood.

    ``task``, ``task_treatment`` and ``program`` are variances; ``task_treatment`` is None where cells have one program,
    so that it is a part of ``program``. ``beta`` (p,) and its covariance (p, p) are of the columns ``x``.
    """

    task: float
    task_treatment: float | None
    program: float
    beta: Floats
    covariance: Floats
    table: CellTable


def fit_tasks(table: CellTable) -> TaskFit | None:
    """Maximise the restricted likelihood, components at zero included; None where no spread is left to estimate."""
    if table.programs <= np.linalg.matrix_rank(table.x) + 1:
        return None
    free = [0, 1] if table.within > 0 else [0]
    best = _best(table, free)
    at = np.zeros(2)
    at[free] = best
    at[at < _ZERO] = 0.0
    sigma, beta, covariance = _solved(table, at)
    if not sigma > 0:
        return None
    return TaskFit(
        task=float(at[0] * sigma),
        task_treatment=float(at[1] * sigma) if 1 in free else None,
        program=sigma,
        beta=beta,
        covariance=covariance,
        table=table,
    )


def _best(table: CellTable, free: Sequence[int]) -> Floats:
    """Return the ratios of the free components; every subset of them at zero is tried."""
    fits = [
        _inside(table, free, inside)
        for size in range(len(free) + 1)
        for inside in itertools.combinations(range(len(free)), size)
    ]
    return min(fits, key=lambda pair: pair[0])[1]


def _inside(table: CellTable, free: Sequence[int], inside: Sequence[int]) -> tuple[float, Floats]:
    def whole(logs: Floats) -> Floats:
        ratios = np.zeros(len(free))
        ratios[list(inside)] = np.exp(np.clip(logs, -30.0, 30.0))
        return ratios

    def deviance(logs: Floats) -> float:
        at = np.zeros(2)
        at[list(free)] = whole(logs)
        return _profiled(table, at)

    if not inside:
        return deviance(np.zeros(0)), whole(np.zeros(0))
    best: tuple[float, Floats] = (math.inf, whole(np.zeros(len(inside))))
    for start in itertools.product(np.log(_STARTS), repeat=len(inside)):
        result = optimize.minimize(
            deviance,
            np.asarray(start),
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000},
        )
        if result.fun < best[0] - 1e-9:
            best = (float(result.fun), whole(np.asarray(result.x)))
    return best


def _parts(table: CellTable, ratios: Floats) -> tuple[float, Floats, Floats, float]:
    """Return log determinant of V, X'V^-1 X, X'V^-1 y and y'V^-1 y of the means.

    V is in units of the programs' variance.
    """
    there = table.count > 0
    spread = np.where(there, ratios[1] + 1.0 / np.maximum(table.count, 1), 1.0)
    weight = there / spread
    total = weight.sum(axis=1)
    shrink = ratios[0] / (1.0 + ratios[0] * total)
    of_x = weight @ table.x
    of_y = (weight * table.mean).sum(axis=1)
    log_det = float(np.log(spread[there]).sum() + np.log1p(ratios[0] * total).sum())
    xx = table.x.T @ (weight.sum(axis=0)[:, None] * table.x) - (of_x * shrink[:, None]).T @ of_x
    xy = table.x.T @ (weight * table.mean).sum(axis=0) - of_x.T @ (shrink * of_y)
    yy = float((weight * table.mean**2).sum() - (shrink * of_y**2).sum())
    return log_det, xx, xy, yy


def _solved(table: CellTable, ratios: Floats) -> tuple[float, Floats, Floats]:
    """Return the programs' variance, the coefficients and their covariance at some ratios."""
    _, xx, xy, yy = _parts(table, ratios)
    beta = np.linalg.solve(xx, xy)
    degrees = table.programs - table.x.shape[1]
    sigma = max(0.0, table.within + yy - float(beta @ xy)) / degrees
    return sigma, np.asarray(beta), np.asarray(sigma * np.linalg.inv(xx))


def _profiled(table: CellTable, ratios: Floats) -> float:
    log_det, xx, xy, yy = _parts(table, ratios)
    degrees = table.programs - table.x.shape[1]
    rest = table.within + yy - float(xy @ np.linalg.solve(xx, xy))
    return float(degrees * math.log(max(rest, 1e-300)) + log_det + np.linalg.slogdet(xx)[1])


# -- tests of fixed effects


@dataclasses.dataclass(frozen=True, slots=True)
class FTest:
    """An F statistic with its degrees of freedom; ``df_den`` need not be whole."""

    df: int
    df_den: float
    f: float
    p: float


def exact_f(table: CellTable, contrasts: Floats) -> FTest | None:
    """Test contrasts of the treatments' means, (q, k), against treatments by tasks; for balanced tables.

    Notes
    -----
    F(q, (k - 1)(T - 1)) is exact whatever the components are (Scheffe 1959, ch. 8: the mixed model). None where
    tasks do not differ in what treatments do at all.
    """
    tasks, treatments = table.mean.shape
    means = table.mean.mean(axis=0)
    left = table.mean - table.mean.mean(axis=1, keepdims=True) - means + table.mean.mean()
    degrees = (tasks - 1) * (treatments - 1)
    if degrees < 1 or not float((left**2).sum()) > 0:
        return None
    mean_square = float((left**2).sum()) / degrees
    asked = contrasts @ means
    f = tasks * float(asked @ np.linalg.solve(contrasts @ contrasts.T, asked)) / len(contrasts) / mean_square
    return FTest(len(contrasts), float(degrees), f, float(stats.f.sf(f, len(contrasts), degrees)))


class Satterthwaite:
    """Degrees of freedom of contrasts by Satterthwaite's method, as lmerTest has it.

    Notes
    -----
    Kuznetsova, Brockhoff and Christensen (2017), Journal of Statistical Software 82(13); several contrasts at once by
    Fai and Cornelius (1996). Components at zero are held there.
    """

    def __init__(self, fit: TaskFit) -> None:
        self._fit = fit
        own = (fit.task, fit.task_treatment or 0.0, fit.program)
        self._free = [i for i, value in enumerate(own) if value > 0]
        self._logs = np.log([own[i] for i in self._free])
        self._spread = 2.0 * np.linalg.pinv(self._hessian(), hermitian=True)

    def test(self, contrasts: Floats) -> FTest | None:
        """Test contrasts of the coefficients, (q, p).

        None where the likelihood is too flat for degrees of freedom, as it may be with a handful of programs.
        """
        fit = self._fit
        covariance = contrasts @ fit.covariance @ contrasts.T
        values, vectors = np.linalg.eigh(covariance)
        turned = vectors.T @ contrasts
        squares = (turned @ fit.beta) ** 2 / values
        degrees = np.asarray([self.degrees(row) for row in turned])
        q = len(contrasts)
        f = float(squares.mean())
        if q == 1:
            df_den = float(degrees[0])
        else:
            usable = degrees[degrees > 2]  # noqa: PLR2004 - the mean of F needs more than two
            expected = float((usable / (usable - 2)).sum())
            df_den = 2 * expected / (expected - q) if expected > q else 2.0
        if not (math.isfinite(f) and math.isfinite(df_den) and df_den > 0):
            return None
        return FTest(q, df_den, f, float(stats.f.sf(f, q, df_den)))

    def degrees(self, contrast: Floats) -> float:
        """Return the degrees of freedom of one contrast, (p,); NaN where its variance has none."""
        variance = float(contrast @ self._fit.covariance @ contrast)
        gradient = np.asarray(
            [
                (self._variance(contrast, move) - self._variance(contrast, -move)) / (2 * _STEP)
                for move in _STEP * np.eye(len(self._free))
            ]
        )
        uncertain = float(gradient @ self._spread @ gradient)
        return 2 * variance**2 / uncertain if uncertain > 0 else math.nan

    def _variances(self, move: Floats) -> Floats:
        variances = np.zeros(3)
        variances[self._free] = np.exp(self._logs + move)
        return variances

    def _variance(self, contrast: Floats, move: Floats) -> float:
        at = self._variances(move)
        _, xx, _, _ = _parts(self._fit.table, at[:2] / at[2])
        return float(at[2] * (contrast @ np.linalg.solve(xx, contrast)))

    def _deviance(self, move: Floats) -> float:
        table, at = self._fit.table, self._variances(move)
        log_det, xx, xy, yy = _parts(table, at[:2] / at[2])
        rest = table.within + yy - float(xy @ np.linalg.solve(xx, xy))
        degrees = table.programs - table.x.shape[1]
        return float(degrees * math.log(at[2]) + rest / at[2] + log_det + np.linalg.slogdet(xx)[1])

    def _hessian(self) -> Floats:
        size = len(self._free)
        unit = _STEP * np.eye(size)
        middle = self._deviance(np.zeros(size))
        plus, minus = [self._deviance(e) for e in unit], [self._deviance(-e) for e in unit]
        hessian = np.diag([(p - 2 * middle + m) / _STEP**2 for p, m in zip(plus, minus, strict=True)])
        for i, j in itertools.combinations(range(size), 2):
            corners = [self._deviance(a * unit[i] + b * unit[j]) * a * b for a in (1, -1) for b in (1, -1)]
            hessian[i, j] = hessian[j, i] = sum(corners) / (4 * _STEP**2)
        return np.asarray(hessian)
