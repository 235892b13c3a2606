"""Logistic regression with Firth's penalised likelihood: finite estimates also where outcomes are separated."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from .._errors import AnalysisError

if TYPE_CHECKING:
    from .._arrays import Floats

_STEPS: Final = 500
_ENOUGH: Final = 1e-10
_LONGEST_STEP: Final = 5.0
_ROUNDING: Final = 1e-13
"""Share of a likelihood by which it may fall for no other reason than that its terms are rounded."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FirthFit:
    """Coefficients, and at them the log likelihood without the penalty.

    Nested models, each fitted with its own penalty, are compared by twice the difference of these, as R has it of two
    ``brglm2`` fits (``anova(reduced, full, test = "LRT")``). ``logistf`` compares penalised likelihoods instead, both
    under the larger model's penalty; a difference of penalised likelihoods under two penalties would depend on how
    levels are coded.
    """

    beta: Floats
    log_likelihood: float


def firth(x: Floats, passed: Floats, trials: Floats) -> FirthFit:
    """Fit passed ~ binomial(trials, logistic(x beta)) by Firth's (1993, Biometrika 80) modified score.

    Parameters
    ----------
    x : design of full column rank, one row per cell.
    passed, trials : programs of each cell that passed, and all of them.

    Raises
    ------
    AnalysisError : the score did not become zero.
    """
    beta = np.zeros(x.shape[1])
    value = _penalised(x, passed, trials, beta)
    for _ in range(_STEPS):
        rate = special.expit(x @ beta)
        weight = trials * rate * (1 - rate)
        information = x.T @ (weight[:, None] * x)
        inverse = np.linalg.inv(information)
        # Each program's leverage is its cell's, shared by the programs of the cell.
        leverage = weight * np.einsum("ij,jk,ik->i", x, inverse, x)
        score = x.T @ (passed - trials * rate + leverage * (0.5 - rate))
        step = inverse @ score
        longest = float(np.abs(step).max())
        if longest > _LONGEST_STEP:
            step = step * (_LONGEST_STEP / longest)
        if longest < _ENOUGH:
            eta = x @ beta
            return FirthFit(beta=beta, log_likelihood=float(passed @ eta - trials @ np.logaddexp(0.0, eta)))
        for _halving in range(30):
            tried = _penalised(x, passed, trials, beta + step)
            if tried >= value - _ROUNDING * (10 + abs(value)):
                break
            step = step / 2
        beta, value = beta + step, tried
    raise AnalysisError("the penalised likelihood of the pass rates has no maximum that could be found")


def _penalised(x: Floats, passed: Floats, trials: Floats, beta: Floats) -> float:
    eta = x @ beta
    likelihood = passed @ eta - trials @ np.logaddexp(0.0, eta)
    rate = special.expit(eta)
    sign, log_det = np.linalg.slogdet(x.T @ ((trials * rate * (1 - rate))[:, None] * x))
    return float(likelihood + 0.5 * log_det) if sign > 0 else -np.inf
