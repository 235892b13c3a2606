"""Wald F tests of the model's terms with the heteroscedasticity-consistent covariance HC3, and their true size."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from .._models.formula import name_of
from .result import TestResult, sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats, Integers
    from .._models.anova import Fitted

_SIMULATIONS = 10_000
_SEED = 20250302
_FEW_COLUMNS = 24
_MOST_COLUMNS = 64
_CHUNK = 2_000_000
_FULL = 1 - 1e-9


@dataclasses.dataclass(frozen=True, slots=True)
class _Hypothesis:
    """Columns of a term together with its relatives (terms that contain it), and of the relatives alone."""

    together: Integers
    relatives: Integers

    @property
    def df(self) -> int:
        return len(self.together) - len(self.relatives)


def hc3_tests(fitted: Fitted | None, *, type: int, alpha: float) -> tuple[TestResult, ...]:  # noqa: A002
    """Test each term with HC3 (MacKinnon & White 1985); R: ``car::Anova(white.adjust="hc3")``.

    Types 1 and 2 test a term after all that do not contain it, type 3 after all others. A Wald statistic of nested
    hypotheses adds up, so the term's own is that of the term with its relatives minus that of the relatives.
    """
    if fitted is None:
        return ()
    names = fitted.model.terms
    fit = fitted.fit
    problem = _problem(fitted)
    if problem is not None:
        return tuple(TestResult.impossible(name_of(term), problem) for term in names)
    covariance = _covariance(fit.x, fit.bread, _meat(fitted))
    hypotheses = [_hypothesis(fitted, i, type) for i in range(len(names))]
    values = [_f(fit.beta[None], covariance[None], h)[0] if h.df else np.nan for h in hypotheses]
    rates: dict[int, tuple[float, float, int]] = {}
    if fit.x.shape[1] <= _MOST_COLUMNS:
        known = [i for i, f in enumerate(values) if np.isfinite(f)]
        rates = dict(zip(known, _sizes(fitted, [hypotheses[i] for i in known], alpha), strict=True))
    results = []
    for i, (term, hypothesis, value) in enumerate(zip(names, hypotheses, values, strict=True)):
        if hypothesis.df == 0:
            results.append(TestResult.impossible(name_of(term), "has one level"))
            continue
        f = float(value)
        if not np.isfinite(f):
            results.append(
                TestResult.impossible(name_of(term), "the robust covariance is singular at these sizes")
            )
            continue
        p = float(stats.f.sf(f, hypothesis.df, fit.df))
        test = TestResult(name=name_of(term), statistic=f, df_num=hypothesis.df, df_den=fit.df, p=p)
        rate = rates.get(i)
        results.append(test if rate is None else sized(test, lambda size=rate: size, alpha))  # type: ignore[misc]
    return tuple(results)


def _problem(fitted: Fitted) -> str | None:
    fit = fitted.fit
    if fit.rank < fit.x.shape[1]:
        return "can't be estimated with empty cells"
    if fit.mse is None:
        return "no residual spread to estimate a covariance from"
    if _leverage(fitted).max() > _FULL:
        return "a cell has only one program that passed, so its variance can't be estimated"
    return None


def _leverage(fitted: Fitted) -> Floats:
    """Return the leverage of one program of each cell, shape (c,)."""
    x = fitted.fit.x
    return np.asarray(np.einsum("ci,ij,cj->c", x, fitted.fit.bread, x, optimize=True))


def _meat(fitted: Fitted) -> Floats:
    """Return for each cell the sum over its programs of squared residuals over (1 - leverage) squared."""
    cells = fitted.fit.cells
    squares = np.bincount(cells.index, weights=fitted.residuals**2, minlength=len(cells.count))
    return np.asarray(squares / (1 - _leverage(fitted)) ** 2)


def _covariance(x: Floats, bread: Floats, meat: Floats) -> Floats:
    """Return the covariance of the coefficients, (..., p, p), for cells' sums of squares (..., c)."""
    outer = x @ bread
    return np.asarray((outer.T * meat[..., None, :]) @ outer)


def _hypothesis(fitted: Fitted, i: int, type: int) -> _Hypothesis:  # noqa: A002
    names = fitted.model.terms
    spans = fitted.spans
    kin = [] if type == 3 else [j for j in range(len(names)) if set(names[i]) < set(names[j])]  # noqa: PLR2004
    relatives = [c for j in kin for c in range(spans[j + 1].start, spans[j + 1].stop)]
    own = list(range(spans[i + 1].start, spans[i + 1].stop))
    return _Hypothesis(np.asarray([*own, *relatives], dtype=np.intp), np.asarray(relatives, dtype=np.intp))


def _f(beta: Floats, covariance: Floats, hypothesis: _Hypothesis) -> Floats:
    """Return F for coefficients (s, p) and covariances (s, p, p); NaN where singular."""
    whole = _wald(beta, covariance, hypothesis.together)
    part = _wald(beta, covariance, hypothesis.relatives) if len(hypothesis.relatives) else 0.0
    return np.asarray((whole - part) / hypothesis.df)


def _wald(beta: Floats, covariance: Floats, columns: Integers) -> Floats:
    b = beta[:, columns]
    v = covariance[:, columns[:, None], columns[None, :]]
    try:
        solved = np.linalg.solve(v, b[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return np.full(len(b), np.nan)
    return np.asarray(np.einsum("si,si->s", b, solved))


def _sizes(fitted: Fitted, hypotheses: Sequence[_Hypothesis], alpha: float) -> list[tuple[float, float, int]]:
    """Simulate equal normal programs; means and spreads of cells are all that the tests see of them."""
    rng = np.random.default_rng(_SEED)
    simulations = _SIMULATIONS if fitted.fit.x.shape[1] <= _FEW_COLUMNS else _SIMULATIONS // 5
    chunk = max(1, _CHUNK // fitted.fit.x.size)
    # sf(f) <= alpha, without a tail for each of the simulated data sets
    bounds = [float(stats.f.isf(alpha, h.df, fitted.fit.df)) for h in hypotheses]
    rejected = [0] * len(hypotheses)
    for start in range(0, simulations if hypotheses else 0, chunk):
        beta, covariance = _null(fitted, min(chunk, simulations - start), rng)
        for i, (hypothesis, bound) in enumerate(zip(hypotheses, bounds, strict=True)):
            rejected[i] += int(np.sum(_f(beta, covariance, hypothesis) >= bound))
    rates = [count / simulations for count in rejected]
    return [
        (rate, float(np.sqrt(max(rate * (1 - rate), 1e-12) / simulations)), simulations) for rate in rates
    ]


def _null(fitted: Fitted, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return coefficients (size, p) and covariances (size, p, p) of data sets in which nothing differs."""
    fit = fitted.fit
    count = fit.cells.count.astype(float)
    shape = (size, len(count))
    mean = rng.standard_normal(shape) / np.sqrt(count)
    within = np.where(count > 1, rng.chisquare(np.maximum(count - 1, 1), shape), 0.0)
    beta = (mean * count) @ fit.x @ fit.bread
    squares = within + count * (mean - beta @ fit.x.T) ** 2
    return beta, _covariance(fit.x, fit.bread, squares / (1 - _leverage(fitted)) ** 2)
