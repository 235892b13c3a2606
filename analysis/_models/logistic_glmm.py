"""Pass rates over tasks that are a sample: logistic regression with task and task x treatment as random effects.

The likelihood is Laplace's approximation over all random effects, maximised over coefficients and standard deviations
at once: what ``lme4::glmer(nAGQ = 1)`` has for ``passed ~ x + (1 | task) + (1 | task:treatment)``.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize, special

if TYPE_CHECKING:
    from .._arrays import Floats

_STEPS: Final = 200
_ENOUGH: Final = 1e-11
_BOUND: Final = 20.0  # log odds beyond which a rate is 0 or 1 for all purposes
_FARTHEST: Final = 1000.0  # of a coefficient: columns have length 1
_STARTS: Final = ((1.0, 0.5), (0.3, 0.1))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GlmmFit:
    """Coefficients, standard deviations between tasks and of task x treatment (log odds), and the log likelihood.

    The likelihood leaves out the binomial coefficients, which are the same for all models of the data.
    """

    beta: Floats
    task: float
    task_treatment: float
    log_likelihood: float


def fit_glmm(x: Floats, passed: Floats, trials: Floats) -> GlmmFit:
    """Fit the model.

    Parameters
    ----------
    x : design of full column rank, one row per treatment, shape (k, p).
    passed, trials : programs of each task and treatment that passed, and all of them, shape (t, k); none where
        ``trials`` is 0.
    """
    total = trials.sum(axis=0)
    rate = (passed.sum(axis=0) + 0.5) / (total + 1)
    first = np.linalg.lstsq(x, special.logit(rate), rcond=None)[0]
    data = _Data(x=x, passed=passed, trials=trials)
    fits = [
        optimize.minimize(
            data.negative,
            np.concatenate([start, first]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, _BOUND)] * 2 + [(-_FARTHEST, _FARTHEST)] * x.shape[1],
            options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-8, "maxls": 50},
        )
        for start in _STARTS
    ]
    best = min(fits, key=lambda result: float(result.fun))
    return GlmmFit(
        beta=np.asarray(best.x[2:]),
        task=float(best.x[0]),
        task_treatment=float(best.x[1]),
        log_likelihood=-float(best.fun),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    x: Floats
    passed: Floats
    trials: Floats

    def negative(self, parameters: Floats) -> tuple[float, Floats]:
        """Return minus Laplace's log likelihood and its gradient."""
        a, b = float(parameters[0]), float(parameters[1])
        fixed = self.x @ parameters[2:]
        u, v = self._mode(a, b, fixed)
        eta = fixed + a * u[:, None] + b * v
        rate = special.expit(eta)
        left, w = self.passed - self.trials * rate, self.trials * rate * (1 - rate)
        d = 1 + b**2 * w
        s = (w / d).sum(axis=1)
        whole = 1 + a**2 * s
        value = -(self.passed * eta - self.trials * np.logaddexp(0.0, eta)).sum() + 0.5 * (
            (u**2).sum() + (v**2).sum() + np.log(d).sum() + np.log(whole).sum()
        )
        # How the determinant moves with the weights, and how the mode moves with the parameters.
        spread = b**2 / d + a**2 / (d**2 * whole[:, None])
        slope = 0.5 * spread * w * (1 - 2 * rate)
        at_u, at_v = self._solve(a, b, w, a * slope.sum(axis=1), b * slope)
        pull = a * at_u[:, None] + b * at_v
        per_cell = -left + slope - w * pull
        by_a = (per_cell.sum(axis=1) * u).sum() + (a * s / whole).sum() + (at_u * left.sum(axis=1)).sum()
        by_b = (
            (per_cell * v).sum()
            + (b * w / d).sum()
            - (a**2 * b * (w**2 / d**2).sum(axis=1) / whole).sum()
            + (at_v * left).sum()
        )
        by_beta = self.x.T @ per_cell.sum(axis=0)
        return float(value), np.concatenate([[by_a, by_b], by_beta])

    def _mode(self, a: float, b: float, fixed: Floats) -> tuple[Floats, Floats]:
        """Find the likeliest random effects by Newton's method, all tasks at once; each task halves its own steps."""
        tasks, arms = self.trials.shape
        u, v = np.zeros(tasks), np.zeros((tasks, arms))
        height = self._height(a, b, fixed, u, v)
        for _ in range(_STEPS):
            rate = special.expit(fixed + a * u[:, None] + b * v)
            left, w = self.passed - self.trials * rate, self.trials * rate * (1 - rate)
            du, dv = self._solve(a, b, w, a * left.sum(axis=1) - u, b * left - v)
            share = np.ones(tasks)
            for _halving in range(40):
                tried = self._height(a, b, fixed, u + share * du, v + share[:, None] * dv)
                worse = tried < height - 1e-12 * (1 + np.abs(height))
                if not worse.any():
                    break
                share = np.where(worse, share / 2, share)
            u, v, height = u + share * du, v + share[:, None] * dv, tried
            if max(np.abs(du).max(), np.abs(dv).max()) < _ENOUGH:
                break
        return u, v

    def _height(self, a: float, b: float, fixed: Floats, u: Floats, v: Floats) -> Floats:
        eta = fixed + a * u[:, None] + b * v
        likelihood = (self.passed * eta - self.trials * np.logaddexp(0.0, eta)).sum(axis=1)
        return np.asarray(likelihood - 0.5 * (u**2 + (v**2).sum(axis=1)))

    @staticmethod
    def _solve(a: float, b: float, w: Floats, of_u: Floats, of_v: Floats) -> tuple[Floats, Floats]:
        """Solve with each task's curvature, an arrow: one row for the task, a diagonal for its treatments."""
        d = 1 + b**2 * w
        cross = a * b * w
        corner = 1 + a**2 * w.sum(axis=1) - (cross**2 / d).sum(axis=1)
        du = (of_u - (cross * of_v / d).sum(axis=1)) / corner
        return du, (of_v - cross * du[:, None]) / d
