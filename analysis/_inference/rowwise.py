"""Many data sets of one design at once: one row per data set, programs of a treatment side by side."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from .._arrays import Floats, Integers


class Moments(Protocol):
    """All that tests of means see of data sets: each treatment's programs, mean and spread."""

    @property
    def counts(self) -> Integers:
        """Programs per treatment, shape (k,), none of them zero."""

    @property
    def mean(self) -> Floats:
        """Means of the treatments, shape (s, k)."""

    @property
    def squares(self) -> Floats:
        """Sums of squared deviations from these means, shape (s, k)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMoments:
    """Moments that were drawn by themselves: of normal programs they are independent."""

    counts: Integers
    mean: Floats
    squares: Floats


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataSets:
    """Values ``y``, shape (s, n), in treatments of ``counts`` programs, shape (k,), one after the other."""

    counts: Integers
    y: Floats

    @functools.cached_property
    def starts(self) -> Integers:
        """Where each treatment begins."""
        return np.concatenate([[0], np.cumsum(self.counts)[:-1]]).astype(np.intp)

    @functools.cached_property
    def mean(self) -> Floats:
        """Means of the treatments, shape (s, k)."""
        return np.asarray(np.add.reduceat(self.y, self.starts, axis=1) / self.counts)

    @functools.cached_property
    def squares(self) -> Floats:
        """Sums of squared deviations from these means, shape (s, k)."""
        return np.asarray(np.add.reduceat(self.residuals**2, self.starts, axis=1))

    @property
    def residuals(self) -> Floats:
        """What is left when each treatment's mean is taken out, shape (s, n)."""
        return np.asarray(self.y - np.repeat(self.mean, self.counts, axis=1))

    @property
    def medians(self) -> Floats:
        """Medians of the treatments, shape (s, k); treatments of one size are worked out together."""
        out = np.empty((self.y.shape[0], self.counts.size))
        for size in np.unique(self.counts):
            of_size = np.flatnonzero(self.counts == size)
            columns = self.starts[of_size][:, None] + np.arange(size)
            out[:, of_size] = np.median(self.y[:, columns], axis=2)
        return out

    def of(self, y: Floats) -> DataSets:
        """Return other values of the same programs."""
        return DataSets(counts=self.counts, y=y)


def contrast_test(data: Moments, weights: Floats) -> Floats:
    """Student's t of a contrast with the pooled variance, two-sided: p values, shape (s,)."""
    df = int(data.counts.sum()) - data.counts.size
    variance = data.squares.sum(axis=1) / df * float(np.sum(weights**2 / data.counts))
    return np.asarray(special.fdtrc(1, df, (data.mean @ weights) ** 2 / variance))
