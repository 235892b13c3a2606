"""Log-normal times of which some were stopped: maximum likelihood, and profile intervals of contrasts."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize, special, stats

if TYPE_CHECKING:
    from .._arrays import Flags, Floats, Integers

_STEPS: Final = 200
_ENOUGH: Final = 1e-11
_FARTHEST: Final = 60.0
_ROUNDING: Final = 1e-13
_MANY: Final = 500
"""Stopped times from which on it pays to look which of them are the same."""
_LOG_ROOT: Final = 0.5 * math.log(2 * math.pi)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """What the likelihood needs of the data: sums over finished times by group, and the times that were stopped.

    ``within`` is the sum of squares of finished times around their groups' means. Of many that were stopped, those of a
    group that were stopped at one time are told once, and ``times`` says how often.
    """

    count: Floats
    mean: Floats
    within: float
    stopped: Floats
    stopped_group: Integers
    times: Floats


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lognormal:
    """Log times ``y`` (n,), whether each was finished (or stopped then), and its group; each has finished ones.

    The likelihood is Tobin's (1958) in Olsen's (1978) parameters, means and 1 each over the standard deviation, in
    which it is concave: Newton's method finds the one maximum. R: ``survreg(dist = "lognormal")``.
    """

    y: Floats
    finished: Flags
    group: Integers
    groups: int

    @functools.cached_property
    def _sums(self) -> _Sums:
        y, group = self.y[self.finished], self.group[self.finished]
        count = np.bincount(group, minlength=self.groups).astype(float)
        mean = np.bincount(group, weights=y, minlength=self.groups) / np.maximum(count, 1)
        stopped, stopped_group, times = _once(self.y[~self.finished], self.group[~self.finished])
        return _Sums(
            count=count,
            mean=mean,
            within=float(np.sum((y - mean[group]) ** 2)),
            stopped=stopped,
            stopped_group=stopped_group,
            times=times,
        )

    @functools.cached_property
    def highest(self) -> tuple[float, Floats]:
        """The largest log likelihood of all, and its parameters."""
        return self.maximum()

    def maximum(self, design: Floats | None = None, *, start: Floats | None = None) -> tuple[float, Floats]:
        """Return the largest log likelihood, and the parameters: scaled means, then 1 over the standard deviation.

        Parameters
        ----------
        design : the parameters are ``design @ free``, shape (groups + 1, free); all are free by default.
        start : parameters that are near; the plain mean and standard deviation by default.
        """
        design = np.eye(self.groups + 1) if design is None else design
        if start is None:
            start = np.append(np.full(self.groups, self.y.mean()), 1.0) / max(float(self.y.std()), 1e-6)
        free = np.linalg.lstsq(design, start, rcond=None)[0]
        if (design @ free)[-1] <= 0:
            free = np.linalg.lstsq(design, np.append(np.zeros(self.groups), 1.0), rcond=None)[0]
        value = self._value(design @ free)
        for _ in range(_STEPS):
            slope, curvature = self._slope(design @ free)
            step = _solved(design.T @ curvature @ design, design.T @ slope)
            share = 1.0
            # Below the rounding of so large a sum nothing is lost.
            least = value - _ROUNDING * (1 + abs(value))
            while (tried := self._value(design @ (free + share * step))) < least and share > 1e-10:  # noqa: PLR2004
                share /= 2
            free, value = free + share * step, max(tried, value)
            if float(np.abs(design @ step).max()) < _ENOUGH * (1 + float(np.abs(design @ free).max())):
                break
        return value, design @ free

    def _value(self, parameters: Floats) -> float:
        scale = float(parameters[-1])
        if scale <= 0:
            return -np.inf
        sums = self._sums
        apart = scale * sums.mean - parameters[:-1]
        squares = scale**2 * sums.within + float(sums.count @ apart**2)
        late = special.log_ndtr(parameters[sums.stopped_group] - scale * sums.stopped)
        return float(
            sums.count.sum() * (math.log(scale) - _LOG_ROOT) - squares / 2 + (sums.times * late).sum()
        )

    def _slope(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return the gradient, and minus the matrix of second derivatives."""
        scale = float(parameters[-1])
        sums, groups = self._sums, self.groups
        z = scale * sums.stopped - parameters[sums.stopped_group]
        one = np.exp(-(z**2) / 2 - _LOG_ROOT - special.log_ndtr(-z))
        hazard, late = sums.times * one, sums.times * (one * (one - z))
        apart = scale * sums.mean - parameters[:-1]

        def by_group(weights: Floats) -> Floats:
            return np.bincount(sums.stopped_group, weights=weights, minlength=groups).astype(np.float64)

        slope, curvature = np.zeros(groups + 1), np.zeros((groups + 1, groups + 1))
        slope[:-1] = sums.count * apart + by_group(hazard)
        along = scale * sums.within + float(sums.count * sums.mean @ apart) + float(hazard @ sums.stopped)
        slope[-1] = sums.count.sum() / scale - along
        here = np.arange(groups)
        curvature[here, here] = sums.count + by_group(late)
        curvature[-1, :-1] = curvature[:-1, -1] = -(sums.count * sums.mean + by_group(late * sums.stopped))
        squares = sums.within + float(sums.count @ sums.mean**2) + float(late @ sums.stopped**2)
        curvature[-1, -1] = sums.count.sum() / scale**2 + squares
        return slope, curvature

    def profile(self, weights: Floats, *, alpha: float) -> tuple[float, float, float, float]:
        """Return a contrast of the means, its profile interval, and the p value of its being zero.

        A limit is infinite where the likelihood never falls far enough.
        """
        best, parameters = self.highest
        scale = float(parameters[-1])
        estimate = float(weights @ parameters[:-1]) / scale
        allowed = math.sqrt(float(stats.chi2.isf(alpha, 1)))
        near = parameters

        def lost(value: float) -> float:
            """Return the square root of what the likelihood loses: nearly straight in the value."""
            nonlocal near
            height, near = self._fixed(weights, value, near)
            return math.sqrt(max(0.0, 2 * (best - height)))

        # A tenth beyond Wald's limit, so that the first look is nearly always far enough.
        step = 1.1 * allowed * self._error(weights, estimate)
        farthest = _FARTHEST * max(float(np.abs(weights).max()) / scale, step)
        limits = []
        for sign in (-1.0, 1.0):
            far, near = step, parameters
            while (there := lost(estimate + sign * far)) < allowed and far < farthest:
                far *= 2
            limits.append(
                optimize.brentq(
                    lambda value: lost(value) - allowed,
                    *sorted((estimate, estimate + sign * far)),
                    xtol=1e-12,
                )
                if there >= allowed
                else sign * math.inf
            )
        near = parameters
        return estimate, limits[0], limits[1], float(stats.chi2.sf(lost(0.0) ** 2, 1))

    def _error(self, weights: Floats, estimate: float) -> float:
        """Return the standard error of a contrast of the means, from the curvature at the maximum."""
        parameters = self.highest[1]
        gradient = np.append(weights, -estimate) / float(parameters[-1])
        return math.sqrt(max(float(gradient @ _solved(self._slope(parameters)[1], gradient)), 1e-18))

    def _fixed(self, weights: Floats, value: float, start: Floats) -> tuple[float, Floats]:
        """Return the largest log likelihood where the contrast has this value: a linear bound on the parameters."""
        normal = np.append(weights, -value)
        free = np.linalg.svd(normal[None])[2][1:].T
        return self.maximum(free, start=start)

    def equal(self) -> float:
        """Return the largest log likelihood where all groups have one mean."""
        design = np.zeros((self.groups + 1, 2))
        design[:-1, 0], design[-1, 1] = 1.0, 1.0
        return self.maximum(design)[0]


def _once(stopped: Floats, group: Integers) -> tuple[Floats, Integers, Floats]:
    """Return the different times and groups of those that were stopped, and how many there are of each."""
    if stopped.size < _MANY:
        return stopped, group, np.ones(stopped.size)
    values, at = np.unique(stopped, return_inverse=True)
    pairs, times = np.unique(group * values.size + at.reshape(-1), return_counts=True)
    return values[pairs % values.size], (pairs // values.size).astype(np.intp), times.astype(np.float64)


def _solved(matrix: Floats, right: Floats) -> Floats:
    """Solve linear equations; of those that leave something open, the shortest solution."""
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0])
