"""Student's t, two-sided: by SciPy's special functions, which take a hundredth of the time of its distributions."""

from __future__ import annotations

from scipy import special


def two_sided_p(t: float, df: float) -> float:
    """Return the probability of a value at least as far from 0.

    Examples
    --------
    >>> round(two_sided_p(-2.0, 10), 4)
    0.0734
    """
    return float(2 * special.stdtr(df, -abs(t)))


def critical_t(alpha: float, df: float) -> float:
    """Return the value that is exceeded, in either direction, with probability ``alpha``.

    Examples
    --------
    >>> round(critical_t(0.05, 10), 3)
    2.228
    """
    return float(-special.stdtrit(df, alpha / 2))
