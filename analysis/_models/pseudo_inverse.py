"""Covariances of sums over groups whose total is fixed: in some directions nothing can vary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from .._arrays import Floats

_LEAST: Final = 1e-10
"""Of the largest variance of any direction: less is what rounding leaves of none, the more the larger the groups."""


def pseudo_inverse(covariance: Floats) -> tuple[Floats, int]:
    """Return the inverse of a covariance over the directions in which anything varies, and how many these are.

    Parameters
    ----------
    covariance : symmetric, shape (k, k).

    Examples
    --------
    >>> inverse, rank = pseudo_inverse(np.asarray([[1.0, -1.0], [-1.0, 1.0]]))
    >>> inverse.round(6).tolist(), rank
    ([[0.25, -0.25], [-0.25, 0.25]], 1)
    """
    variances, directions = np.linalg.eigh(covariance)
    used = variances > _LEAST * max(0.0, float(variances.max(initial=0.0)))
    inverse = (directions[:, used] / variances[used]) @ directions[:, used].T
    return np.asarray(inverse), int(used.sum())
