"""Log-normal times of which some were stopped: maximum likelihood, and profile intervals of contrasts."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize, stats

if TYPE_CHECKING:
    from .._arrays import Flags, Floats, Integers

_STEPS: Final = 200
_ENOUGH: Final = 1e-11
_FARTHEST: Final = 60.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Log times ``y`` (n,), whether each was finished (or stopped then), and its group; each has finished ones.

    The likelihood is Tobin's (1958) in Olsen's (1978) parameters, means and 1 each over the standard deviation, in
    which it is concave: Newton's method finds the one maximum. R: ``survreg(dist = "lognormal")``.
    """

    y: Floats
    finished: Flags
    group: Integers
    groups: int

    def maximum(self, design: Floats | None = None) -> tuple[float, Floats]:
        """Return the largest log likelihood, and the parameters: scaled means, then 1 over the standard deviation.

        Parameters
        ----------
        design : the parameters are ``design @ free``, shape (groups + 1, free); all are free by default.
        """
        design = np.eye(self.groups + 1) if design is None else design
        start = np.append(np.full(self.groups, self.y.mean()), 1.0) / max(float(self.y.std()), 1e-6)
        free = np.linalg.lstsq(design, start, rcond=None)[0]
        if (design @ free)[-1] <= 0:
            free = np.linalg.lstsq(design, np.append(np.zeros(self.groups), 1.0), rcond=None)[0]
        value = self._value(design @ free)
        for _ in range(_STEPS):
            slope, curvature = self._slope(design @ free)
            step = np.linalg.lstsq(design.T @ curvature @ design, design.T @ slope, rcond=None)[0]
            share = 1.0
            while (tried := self._value(design @ (free + share * step))) < value - 1e-13 and share > 1e-10:  # noqa: PLR2004
                share /= 2
            free, value = free + share * step, max(tried, value)
            if float(np.abs(design @ step).max()) < _ENOUGH * (1 + float(np.abs(design @ free).max())):
                break
        return value, design @ free

    def _value(self, parameters: Floats) -> float:
        scale = float(parameters[-1])
        if scale <= 0:
            return -np.inf
        z = scale * self.y - parameters[self.group]
        done = self.finished
        return float(
            done.sum() * math.log(scale) + stats.norm.logpdf(z[done]).sum() + stats.norm.logsf(z[~done]).sum()
        )

    def _slope(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return the gradient, and minus the matrix of second derivatives."""
        scale = float(parameters[-1])
        z = scale * self.y - parameters[self.group]
        hazard = np.exp(stats.norm.logpdf(z) - stats.norm.logsf(z))
        pull = np.where(self.finished, z, hazard)
        weight = np.where(self.finished, 1.0, hazard * (hazard - z))
        slope, curvature = np.zeros(self.groups + 1), np.zeros((self.groups + 1, self.groups + 1))
        slope[:-1] = np.bincount(self.group, weights=pull, minlength=self.groups)
        slope[-1] = self.finished.sum() / scale - float(pull @ self.y)
        here = np.arange(self.groups)
        curvature[here, here] = np.bincount(self.group, weights=weight, minlength=self.groups)
        curvature[-1, :-1] = curvature[:-1, -1] = -np.bincount(
            self.group, weights=weight * self.y, minlength=self.groups
        )
        curvature[-1, -1] = self.finished.sum() / scale**2 + float(weight @ self.y**2)
        return slope, curvature

    def profile(self, weights: Floats, *, alpha: float) -> tuple[float, float, float, float]:
        """Return a contrast of the means, its profile interval, and the p value of its being zero.

        A limit is infinite where the likelihood never falls far enough.
        """
        best, parameters = self.maximum()
        estimate = float(weights @ parameters[:-1]) / float(parameters[-1])
        allowed = float(stats.chi2.isf(alpha, 1))

        def lost(value: float) -> float:
            return max(0.0, 2 * (best - self._fixed(weights, value)))

        step = max(float(np.abs(weights).max()) / float(parameters[-1]), 1e-9)
        limits = []
        for sign in (-1.0, 1.0):
            far = step
            while lost(estimate + sign * far) < allowed and far < _FARTHEST * step:
                far *= 2
            beyond = lost(estimate + sign * far) >= allowed
            limits.append(
                optimize.brentq(
                    lambda value: lost(value) - allowed,
                    *sorted((estimate, estimate + sign * far)),
                    xtol=1e-12,
                )
                if beyond
                else sign * math.inf
            )
        return estimate, limits[0], limits[1], float(stats.chi2.sf(lost(0.0), 1))

    def _fixed(self, weights: Floats, value: float) -> float:
        """Return the largest log likelihood where the contrast has this value: a linear bound on the parameters."""
        normal = np.append(weights, -value)
        free = np.linalg.svd(normal[None])[2][1:].T
        return self.maximum(free)[0]

    def equal(self) -> float:
        """Return the largest log likelihood where all groups have one mean."""
        design = np.zeros((self.groups + 1, 2))
        design[:-1, 0], design[-1, 1] = 1.0, 1.0
        return self.maximum(design)[0]
