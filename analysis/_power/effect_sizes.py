"""Effects that a user wants to find, as patterns of means: Cohen's f and noncentrality."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats

_LARGEST = 1e15
_OBSERVED = frozenset({"observed", "estimated", "estimate", "data", "auto", "posthoc", "post-hoc", "sample"})

REFUSAL = (
    "power is not computed from the observed effect: it would be the p value in other words (p = 0.05 always gives "
    "about 50 %), and tells nothing new. Say which difference would matter to you, for example --effect 0.5"
)
"""Why, in words for the user (Hoenig & Heisey 2001, The American Statistician 55)."""


def parse_effect(text: str) -> tuple[float, bool]:
    """Read the smallest difference that matters, and whether it is a ratio: its natural logarithm is returned then.

    ``0.5`` is in the unit of the response; ``25%`` and ``1.25x`` are the same ratio.

    Examples
    --------
    >>> parse_effect("0.5")
    (0.5, False)
    >>> [round(parse_effect(text)[0], 4) for text in ("25%", "1.25x")]
    [0.2231, 0.2231]

    Raises
    ------
    AnalysisError : it asks for the observed effect, or is no positive finite number.
    """
    if text.strip().lower() in _OBSERVED:
        raise AnalysisError(f"effect {text.strip()!r}: {REFUSAL}")
    plain = text.strip()
    try:
        if plain.endswith(("%", "x", "×")):
            number = float(plain[:-1])
            ratio = 1 + number / 100 if plain.endswith("%") else number
            if not math.isfinite(ratio) or ratio <= 1:
                raise AnalysisError(
                    f"effect {text!r}: a ratio must be above 1 (1.25x), a percentage above 0 (25%)"
                )
            return checked_effect(math.log(ratio)), True
        effect = float(plain)
    except ValueError:
        raise AnalysisError(
            f"effect {text!r}: give a positive number in the unit of the response, or a ratio such as 25% or 1.25x"
        ) from None
    return checked_effect(effect), False


def checked_effect(effect: float) -> float:
    """Return the effect if it is positive and finite.

    Raises
    ------
    AnalysisError : it is not, or so large or small that its square is none that a float can hold.
    """
    if not math.isfinite(effect) or effect <= 0:
        raise AnalysisError(
            f"effect {effect:g}: it must be positive and finite, the smallest difference that matters to you, in the "
            "unit of the response"
        )
    if not 1 / _LARGEST <= effect <= _LARGEST:
        raise AnalysisError(
            f"effect {effect:g}: it must be between {1 / _LARGEST:g} and {_LARGEST:g}, in the unit of the response"
        )
    return effect


def checked_means(means: Sequence[float], observed: Floats) -> Floats:
    """Return user-given means of the treatments, shape (k,).

    Parameters
    ----------
    means : one for each treatment, in the order of the treatments; they must differ.
    observed : the sample's means, shape (k,); NaN where unknown.

    Raises
    ------
    AnalysisError : not one finite mean per treatment, all equal, or the observed means themselves.
    """
    given = np.asarray(means, dtype=np.float64)
    if given.shape != observed.shape:
        raise AnalysisError(
            f"means: {given.size} given, but the study has {observed.size} treatments; give one for each"
        )
    if not (np.abs(given) <= _LARGEST).all():
        raise AnalysisError(
            f"means: every mean must be a finite number (at most {_LARGEST:g}), "
            f"got {', '.join(f'{m:g}' for m in given)}"
        )
    if np.ptp(given) <= 0:
        raise AnalysisError(
            "means: they are all equal, so there is no effect to find; let at least one differ"
        )
    seen = np.isfinite(observed)
    if seen.sum() > 1 and np.allclose(given[seen], observed[seen], rtol=1e-6, atol=0):
        raise AnalysisError(
            f"means: they are the observed ones, and {REFUSAL.replace('--effect 0.5', '--means ...')}"
        )
    return given


def extremes_f(effect: float, sigma: float, groups: int) -> float:
    """Cohen's f when two groups of k are ``effect`` apart and the others lie halfway between them.

    Notes
    -----
    The SD of the means over sigma: ``effect / sigma * sqrt(1 / (2 k))`` (Cohen 1988, ch. 8, pattern 1).

    Examples
    --------
    >>> round(extremes_f(0.5, 1.0, 2), 4), round(extremes_f(0.5, 1.0, 8), 4)
    (0.25, 0.125)
    """
    return effect / sigma * math.sqrt(1 / (2 * groups))


def half_f(effect: float, sigma: float, groups: int) -> float:
    """Cohen's f when half of the groups are ``effect`` above the other half.

    Notes
    -----
    ``effect / (2 sigma)``; an odd number can't be halved, and with (k - 1) / 2 groups against (k + 1) / 2 the SD of
    the means is ``effect sqrt(k^2 - 1) / (2 k)`` (Cohen 1988, ch. 8, pattern 3).

    Examples
    --------
    >>> half_f(0.5, 1.0, 12), round(half_f(0.5, 1.0, 3), 4)
    (0.25, 0.2357)
    """
    odd = math.sqrt(groups * groups - 1) / groups if groups % 2 else 1.0
    return effect / (2 * sigma) * odd


def means_f(means: Floats, sigma: float) -> float:
    """Cohen's f of given means: their SD (divisor k) over sigma."""
    return float(np.std(means)) / sigma


def contrast_f(effect: float, sigma: float, weights: Floats) -> float:
    """Cohen's f of the flattest pattern of means on which a contrast has the value ``effect``.

    Notes
    -----
    That pattern is proportional to the weights, so with k groups f is ``effect / (sigma sqrt(k sum w^2))``, and with
    n replicates a group the noncentrality ``k n f^2`` is the contrast's own, ``n effect^2 / (sigma^2 sum w^2)``.

    Examples
    --------
    >>> round(contrast_f(0.5, 1.0, np.array([1.0, -1.0])), 4)
    0.25
    """
    return effect / (sigma * math.sqrt(weights.size * float(weights @ weights)))


def extremes_spread(counts: Floats) -> float:
    """Sum of squares, per squared effect, of the extremes pattern at these group sizes, at its least favourable.

    With n in every group it is n / 2. With unequal ones it depends on which two groups are the extreme ones; the
    smallest value is returned (the sum is concave in either size, so one of the two is the smallest group and the
    other the second smallest or the largest).
    """
    n = np.sort(counts)
    total = float(n.sum())
    pairs = [(n[0], n[1]), (n[0], n[-1])]
    return min(float(a + b - (a - b) ** 2 / total) / 4 for a, b in pairs)


def half_spread(counts: Floats) -> float:
    """Sum of squares, per squared effect, of the half-half pattern at these group sizes, at its least favourable.

    It is A (N - A) / N with A programs on one side: smallest where the smallest groups are together.
    """
    n = np.sort(counts)
    total, half = float(n.sum()), n.size // 2
    sides = (float(n[:half].sum()), float(n[half:].sum()) if n.size % 2 == 0 else float(n[: half + 1].sum()))
    return min(side * (total - side) / total for side in sides)


def means_spread(means: Floats, counts: Floats) -> float:
    """Sum of squares of given means about their weighted mean."""
    centre = float(counts @ means) / float(counts.sum())
    return float(counts @ (means - centre) ** 2)
