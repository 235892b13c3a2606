"""Least squares over the cells of a design: exact, also where cells are empty or sizes differ.

Programs of one cell (treatment and block) have the same row in the design matrix, so counts and means of cells,
with the spread within them, say all there is to say: 25,000 programs cost no more than 12.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .._arrays import Floats, Integers

_RANK = 1e-9
"""A direction shorter than this share of its column counts as dependent on the others."""

MAX_COLUMNS = 3000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Cells that have programs: counts, means (c,), each program's cell (n,), values (n,), spread within."""

    count: Integers
    mean: Floats
    index: Integers
    y: Floats
    within: float

    @classmethod
    def of(cls, y: Floats, index: Integers, size: int) -> Cells:
        """Gather values by cell; every one of the ``size`` cells must have some."""
        count = np.bincount(index, minlength=size)
        centre = float(y.mean()) if y.size else 0.0
        # Centred first: a mean of sums loses digits where times are large and differ little.
        mean = np.bincount(index, weights=y - centre, minlength=size) / count + centre
        within = float(np.sum((y - mean[index]) ** 2))
        return cls(count=count, mean=mean, index=index, y=y, within=within)

    @property
    def negligible(self) -> float:
        """A sum of squares that rounding alone may leave."""
        largest = float(np.abs(self.y).max()) if self.y.size else 0.0
        return float(self.y.size) * (8 * np.finfo(float).eps * largest) ** 2


def basis(columns: Floats) -> Floats:
    """Return an orthonormal basis of the space of the columns, shape (c, rank)."""
    if columns.shape[1] == 0:
        return columns
    lengths: Floats = np.linalg.norm(columns, axis=0)
    scaled: Floats = columns[:, lengths > 0] / lengths[lengths > 0]
    if scaled.shape[1] == 0:
        return scaled
    u, s, _ = np.linalg.svd(scaled, full_matrices=False)
    return np.ascontiguousarray(u[:, s > _RANK * s[0]])


def extend(base: Floats, columns: Floats) -> Floats:
    """Return an orthonormal basis of what the columns add to the space of an orthonormal ``base``."""
    lengths: Floats = np.linalg.norm(columns, axis=0)
    scaled: Floats = columns[:, lengths > 0] / lengths[lengths > 0]
    if base.shape[1]:
        # Twice is enough: what the first pass leaves of the base is rounding of the order of 1e-16.
        scaled = scaled - base @ (base.T @ scaled)
        scaled = scaled - base @ (base.T @ scaled)
    if scaled.shape[1] == 0:
        return scaled
    u, s, _ = np.linalg.svd(scaled, full_matrices=False)
    return np.ascontiguousarray(u[:, s > _RANK])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fit:
    """A linear model over cells: ``x`` (c, p), coefficients, rank, residual sum of squares and df."""

    cells: Cells
    x: Floats
    beta: Floats
    bread: Floats
    rank: int
    rss: float
    df: int

    @property
    def mse(self) -> float | None:
        """Residual mean square; None where nothing is left to estimate it from, or there is no spread at all."""
        if self.df <= 0 or self.rss <= self.cells.negligible:
            return None
        return self.rss / self.df

    @functools.cached_property
    def _determined(self) -> Floats:
        """The projection on what the data determine, (p, p)."""
        return np.asarray(self.bread @ (self.x.T @ (self.cells.count[:, None] * self.x)))

    def estimable(self, weights: Floats) -> bool:
        """Whether the data determine a linear function of the coefficients, shape (p,)."""
        left = weights - self._determined @ weights
        return bool(np.abs(left).max(initial=0.0) < 1e-8 * max(1.0, float(np.abs(weights).max(initial=0.0))))


def fit(cells: Cells, x: Floats) -> Fit:
    """Fit by least squares, weighted with the counts of the cells; dependent columns are allowed."""
    root = np.sqrt(cells.count.astype(float))
    weighted = x * root[:, None]
    centre = float(np.average(cells.mean, weights=cells.count))
    u, s, vt = np.linalg.svd(weighted, full_matrices=False)
    keep = s > _RANK * s.max(initial=0.0)
    u, s, vt = u[:, keep], s[keep], vt[keep]
    target = root * (cells.mean - centre)
    projected = u.T @ target
    beta = vt.T @ (projected / s)
    lack = target - u @ projected
    # The first column is the intercept, which takes the centre back.
    beta = beta + vt.T @ ((u.T @ (root * centre)) / s)
    df = int(cells.y.size) - int(keep.sum())
    # As many parameters as values fit them exactly: what is left is rounding.
    rss = cells.within + float(lack @ lack) if df > 0 else 0.0
    return Fit(
        cells=cells,
        x=x,
        beta=beta,
        bread=(vt.T / s**2) @ vt,
        rank=int(keep.sum()),
        rss=rss,
        df=df,
    )
