"""How much error a group-sequential design may have spent at each look, and the bounds for normal statistics."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from scipy import optimize, special, stats

from .._errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats

Spending: TypeAlias = Literal["obrien-fleming", "pocock"]

SPENDINGS: tuple[Spending, ...] = get_args(Spending)
MOST_LOOKS = 5

_NODES = 200
_FAR = 8.5
"""Standard deviations beyond which a normal path is not followed: 2e-17 of them go there."""


def spent(spending: str, fraction: float, alpha: float) -> float:
    """Return the two-sided error spent when this fraction of the planned information is there.

    Parameters
    ----------
    spending : ``obrien-fleming``: next to nothing early, ``2 (2 - 2 Phi(z_(alpha/4) / sqrt t))``, the sum of both
        sides at alpha / 2 each; ``pocock``: steadily, ``alpha log(1 + (e - 1) t)``.
    fraction : of the information, more than 0; 1 and more spend all.
    alpha : two-sided type I error rate.

    Notes
    -----
    Lan & DeMets (1983), Biometrika 70.

    Examples
    --------
    >>> round(spent("pocock", 0.5, 0.05), 4), spent("pocock", 1.0, 0.05)
    (0.031, 0.05)
    """
    if spending not in SPENDINGS:
        raise AnalysisError(f"spending {spending!r}: choose from {', '.join(SPENDINGS)}")
    if fraction >= 1:
        return alpha
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1) * fraction)
    return 4 * float(stats.norm.sf(stats.norm.isf(alpha / 4) / math.sqrt(fraction)))


def check_fractions(fractions: Sequence[float]) -> None:
    """Refuse looks that make no sense.

    Raises
    ------
    AnalysisError : not 1 to 5 looks, or information that does not grow from more than nothing.
    """
    if not 1 <= len(fractions) <= MOST_LOOKS:
        raise AnalysisError(f"looks: {len(fractions)} asked for; plan 2 to {MOST_LOOKS}")
    if any(b <= a for a, b in itertools.pairwise((0.0, *fractions))):
        raise AnalysisError(
            f"looks: information must grow from look to look, got {', '.join(f'{t:g}' for t in fractions)}"
        )


def z_bounds(fractions: Sequence[float], *, alpha: float, spending: str) -> tuple[float, ...]:
    """Two-sided bounds for a normal statistic (known sigma) at these fractions of the information.

    Notes
    -----
    Armitage, McPherson & Rowe (1969): the density of paths that have not crossed is carried from look to look by
    numerical integration, here Gauss-Legendre with 200 nodes. The last bound uses up what is left when the last
    fraction is 1.

    Examples
    --------
    >>> [round(z, 3) for z in z_bounds([0.5, 1.0], alpha=0.05, spending="obrien-fleming")]
    [2.963, 1.969]
    """
    check_fractions(fractions)
    unit, weight = np.polynomial.legendre.leggauss(_NODES)
    bounds: list[float] = []
    at, density = np.zeros(1), np.ones(1)
    before, used = 0.0, 0.0
    for t in fractions:
        step = math.sqrt(t - before)
        bound = _bound(at, density, step, spent(spending, t, alpha) - used, _FAR * math.sqrt(t))
        bounds.append(bound / math.sqrt(t))
        nodes = bound * unit
        carried = (
            np.exp(-(((nodes[:, None] - at) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi)) @ density
        )
        at, density = nodes, carried * weight * bound
        before, used = t, spent(spending, t, alpha)
    return tuple(bounds)


def _bound(at: Floats, density: Floats, step: float, error: float, far: float) -> float:
    """Return where paths that come from ``at`` cross on either side with probability ``error``."""

    def crossing(bound: float) -> float:
        tails = special.ndtr((at - bound) / step) + special.ndtr((-bound - at) / step)
        return float(tails @ density) - error

    return far if crossing(far) >= 0 else float(optimize.brentq(crossing, 0.0, far, xtol=1e-12))
