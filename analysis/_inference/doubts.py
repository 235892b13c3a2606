"""What speaks against a difference that tests find: noise of the runs, and the negative control of the same data."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from .._models.anova import added_by
from .._models.formula import name_of
from .._models.least_squares import basis
from .anova_type import box_test, matched
from .simulated_size import rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Flags, Floats, Integers
    from .._models.anova import Fitted
    from .._models.noise_floor import NoiseFloor
    from .._models.sample import Sample
    from .._models.variance_components import Components

_SEED = 20250302
_MOST, _FEWEST_ROWS, _WORK = 2_000, 400, 4_000_000
_LARGE = 10_000
"""Programs from which on means are as good as normal, and no control is made."""

_TOO_MUCH = 1.2
"""Times alpha: what the report calls "finds far too much" of any test."""

_MEDIAN_NORMAL = 0.6744897501960817


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Dealt:
    """The study's values dealt to its treatments at random, row by row.

    Attributes
    ----------
    y : values, shape (s, n).
    target : means of the model's cells, each times the root of its count, shape (s, c).
    variance : residual mean squares of the model, shape (s,).
    """

    y: Floats
    target: Floats
    variance: Floats


@dataclasses.dataclass(frozen=True, kw_only=True)
class Doubts:
    """What differences are held against.

    Attributes
    ----------
    sample, fitted, type : the values, the model and the type of its sums of squares.
    own : the study's own factors.
    noise : variance of a program's value that its runs alone explain; None where nothing tells it.
    """

    sample: Sample
    fitted: Fitted
    type: int
    own: Sequence[str]
    noise: float | None
    alpha: float

    def about(self, term: str) -> str | None:
        """Return why a difference that tests find is nothing to build on; None where nothing speaks against it."""
        if term not in self._said:
            i = next(i for i, names in enumerate(self.fitted.model.terms) if name_of(names) == term)
            self._said[term] = self._below_noise(i) or self._control(i)
        return self._said[term]

    @functools.cached_property
    def _said(self) -> dict[str, str | None]:
        """What was found of each term: readers of several responses ask twice."""
        return {}

    @functools.cached_property
    def dealt(self) -> _Dealt:
        """Assignments at random, the same for every term."""
        return _dealt(self.sample, self.fitted)

    @functools.cached_property
    def treatments(self) -> tuple[Integers, Floats, Floats]:
        """The treatments that have programs, and their means and sums of squares in the assignments, (s, k)."""
        present, index = np.unique(self.sample.cell, return_inverse=True)
        return present, *_moments(self.dealt.y, index.reshape(-1), self.sample.counts[present])

    def _below_noise(self, i: int) -> str | None:
        """Measure the term against the runs' noise where programs of a treatment happen to differ by less than that."""
        mse, noise, name = self.fitted.fit.mse, self.noise, name_of(self.fitted.model.terms[i])
        if mse is None or noise is None or mse >= noise:
            return None
        gained = added_by(self.fitted, i, type=self.type)
        cells = self.fitted.fit.cells
        effect = gained.T @ (np.sqrt(cells.count.astype(float)) * (cells.mean - cells.y.mean()))
        if float(stats.chi2.sf(float(effect @ effect) / noise, gained.shape[1])) < self.alpha:
            return None
        return (
            f"as to {name}, programs of the same treatment happen to differ by less than the runs of one program do, "
            "and against that noise the difference is no more than chance"
        )

    def _control(self, i: int) -> str | None:
        """Deal the same values to the treatments at random, and ask how often the two tests find this difference."""
        if self.sample.y.size > _LARGE:
            return None
        rejected = _rejected(self, i)
        share, error = rate(rejected)
        if share - 2 * error <= _TOO_MUCH * self.alpha + _mirrored(self.fitted.fit.cells.count):
            return None
        return (
            f"the negative control of these very times finds {name_of(self.fitted.model.terms[i])} to matter in "
            f"{share:.0%} of studies in which programs are given to treatments at random"
        )


def noise_of(
    components: Components, floors: Sequence[NoiseFloor], sample: Sample, *, runs: float, lists: float
) -> float | None:
    """Return the variance of a program's value that is due to its runs and to the machine, not to the program.

    Parameters
    ----------
    components : variance components; that of runs counts, over the ``runs`` of a program.
    floors : how far the reference differs from itself between blocks; a program has a block on each of ``lists``.
    sample : whose unit the variance has.
    """
    parts = [] if components.run is None else [components.run / runs]
    typical = [floor.typical for floor in floors if floor.typical is not None]
    if typical:
        # The median of |difference of two blocks| is 0.674 of its SD, and two blocks have twice the variance of one.
        of_block = (max(typical) / _MEDIAN_NORMAL) ** 2 / 2 / lists
        logs = sample.response in {"log", "ratio"}
        parts.append(of_block * (1.0 if logs else float(sample.y.mean()) ** 2))
    return sum(parts) if parts else None


def _dealt(sample: Sample, fitted: Fitted) -> _Dealt:
    cells, n = fitted.fit.cells, sample.y.size
    rows = int(np.clip(_WORK // n, _FEWEST_ROWS, _MOST))
    rng = np.random.default_rng(_SEED)
    y = np.tile(sample.y, (rows, 1))
    for block in range(len(sample.blocks)):
        inside = np.flatnonzero(sample.block == block)
        y[:, inside] = rng.permuted(y[:, inside], axis=1)
    mean = _means(y, cells.index, cells.count)
    root = np.sqrt(cells.count.astype(float))
    target = root * (mean - cells.y.mean())
    whole = basis(fitted.fit.x * root[:, None])
    total = float(np.sum((cells.y - cells.y.mean()) ** 2))
    rss = np.maximum(total - np.sum((target @ whole) ** 2, axis=1), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _Dealt(y=y, target=target, variance=rss / fitted.fit.df)


def _rejected(doubts: Doubts, i: int) -> Flags:
    """Return for each random assignment whether both tests find the term, shape (s,)."""
    sample, fitted, dealt = doubts.sample, doubts.fitted, doubts.dealt
    gained = added_by(fitted, i, type=doubts.type)
    df = gained.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.sum((dealt.target @ gained) ** 2, axis=1) / df / dealt.variance
        rejected = np.asarray(special.fdtrc(df, fitted.fit.df, f) < doubts.alpha)
    term = fitted.model.terms[i]
    if len(sample.blocks) > 1 or not set(term) <= set(doubts.own):
        return rejected
    asked = matched(sample, term, doubts.own)
    if asked is None:
        return rejected
    present, mean, squares = doubts.treatments
    at, counts = np.searchsorted(present, asked[0]), sample.counts[asked[0]]
    p = box_test(mean[:, at], squares[:, at] / (counts - 1), counts, asked[1]).p
    return np.asarray(rejected & (np.nan_to_num(p, nan=1.0) < doubts.alpha))


def _means(y: Floats, index: Integers, count: Integers) -> Floats:
    """Return means by cell, (s, c), of rows of values (s, n)."""
    order = np.argsort(index, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.intp)
    return np.asarray(np.add.reduceat(y[:, order], starts, axis=1) / count)


def _moments(y: Floats, index: Integers, count: Integers) -> tuple[Floats, Floats]:
    """Return means and sums of squares by cell, each (s, c), of rows of values (s, n)."""
    order = np.argsort(index, kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.intp)
    ordered = y[:, order]
    mean = np.add.reduceat(ordered, starts, axis=1) / count
    squares = np.add.reduceat((ordered - np.repeat(mean, count, axis=1)) ** 2, starts, axis=1)
    return mean, squares


def _mirrored(count: Integers) -> float:
    """Return the share of assignments that are the real one with treatments of the same size exchanged.

    Of three programs against three one assignment in ten is the real one or its mirror image: those prove nothing.
    """
    log = -math.lgamma(int(count.sum()) + 1) + math.fsum(math.lgamma(int(c) + 1) for c in count)
    log += math.fsum(math.lgamma(int(m) + 1) for m in np.unique(count, return_counts=True)[1])
    return math.exp(min(0.0, log))
