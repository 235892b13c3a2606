"""Nested budgets are compared within trajectories: by the differences of an earlier and a later program of each."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from .._models.students_t import two_sided_p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats, Integers
    from .._models.nested_pairs import NestedPairs

_PAIRED: Final = "paired t test of the differences within trajectories"
_FEW: Final = (
    "fewer than two trajectories of a treatment have both programs, so nothing tells what chance does"
)
_ALIKE: Final = "the differences within trajectories do not vary"

_FEW_TRAJECTORIES: Final = 3
"""So many of a treatment tell little of its spread."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """An earlier program (``a``) against a later one (``b``) of the same trajectories.

    Attributes
    ----------
    factor, a, b, turn : what is compared; ``turn`` is that of the earlier program.
    trajectories, generated : those in which both passed, and all of the larger budget.
    estimate, se, df, p : a - b, the mean of the treatments' (and tasks') mean differences, with one variance of the
        differences; over tasks that are a sample, of the tasks' mean differences.
    own_se, own_df, own_p : with a variance for each treatment (Satterthwaite's df, less where a treatment has two or
        three); None without two of each.
    sd, sd_df : spread of the differences within treatments, and its degrees of freedom; None where unknown.
    treatments, both, generated_by_treatment : whose trajectories they are, and of each how many have both, of how many.
    """

    factor: str
    a: str
    b: str
    turn: int
    trajectories: int
    generated: int
    treatments: tuple[str, ...]
    both: tuple[int, ...]
    generated_by_treatment: tuple[int, ...]
    estimate: float | None
    se: float | None
    df: float
    p: float | None
    method: str
    own_se: float | None = None
    own_df: float | None = None
    own_p: float | None = None
    sd: float | None = None
    sd_df: int = 0
    note: str | None = None

    @property
    def name(self) -> str:
        """What is compared, as among the planned comparisons."""
        return f"{self.factor}: {self.a} - {self.b}"


def nested(pairs: Sequence[NestedPairs], *, random: bool) -> tuple[Nested, ...]:
    """Compare nested budgets; ``random`` says that several tasks are a sample of tasks."""
    return tuple(_compared(one, random=random) for one in pairs)


def _compared(pairs: NestedPairs, *, random: bool) -> Nested:
    count, mean, variance = _cells(pairs.y, pairs.cell + len(pairs.treatments) * pairs.task)
    df = int((count - 1).sum())
    pooled = float(((count - 1) * np.nan_to_num(variance)).sum() / df) if df > 0 else None
    both = np.bincount(pairs.cell, minlength=len(pairs.treatments))
    empty = [label for label, n in zip(pairs.treatments, both, strict=True) if not n]
    plain = Nested(
        factor=pairs.factor,
        a=pairs.early,
        b=pairs.late,
        turn=pairs.turn,
        trajectories=len(pairs.y),
        generated=int(pairs.generated.sum()),
        treatments=pairs.treatments,
        both=tuple(both.tolist()),
        generated_by_treatment=tuple(pairs.generated.tolist()),
        estimate=float(mean.mean()) if len(mean) else None,
        se=None,
        df=float(df),
        p=None,
        method=_PAIRED
        + (f", without {_some(empty)}, where no trajectory has both programs" if empty else ""),
        sd=None if pooled is None else math.sqrt(pooled),
        sd_df=df,
    )
    if random:
        return _over_tasks(plain, pairs)
    if pooled is None:
        return dataclasses.replace(plain, note=_FEW)
    if pooled <= _rounding(pairs.y):
        return dataclasses.replace(plain, sd=None, note=_ALIKE)
    k = len(count)
    tested = _tested(plain, math.sqrt(pooled * float((1 / count).sum())) / k, float(df))
    if (count < 2).any():  # noqa: PLR2004 - no spread of one
        return tested
    parts = variance / count / k**2
    total = float(parts.sum())
    own_df = _cautious(total**2 / float((parts**2 / (count - 1)).sum()), count)
    return dataclasses.replace(
        tested,
        own_se=math.sqrt(total),
        own_df=own_df,
        own_p=two_sided_p(float(mean.mean()) / math.sqrt(total), own_df),
    )


def _cautious(df: float, count: Floats) -> float:
    """Return Satterthwaite's degrees of freedom, held back where a treatment has two or three trajectories.

    He takes variances for known that are estimated from one or two degrees of freedom: with 2 and 12 trajectories, and
    five times the spread among the two, 8.4 % of null studies were found to differ at 5 %. Here the harmonic mean with
    the fewest's own degrees of freedom counts, with the weight that its variance would have if all spreads were equal
    (``benchmarks/false_passes.py``).
    """
    fewest = int(count.min())
    if fewest > _FEW_TRAJECTORIES:
        return df
    weight = 1 / fewest / float((1 / count).sum())
    return 1 / ((1 - weight) / df + weight / (fewest - 1))


def _over_tasks(plain: Nested, pairs: NestedPairs) -> Nested:
    """Hold the mean difference against how much it varies from task to task: tasks with all treatments count."""
    by_task = [
        _cells(pairs.y[pairs.task == task], pairs.cell[pairs.task == task])[1]
        for task in np.unique(pairs.task)
    ]
    wanted = sum(n > 0 for n in plain.both)
    means = np.asarray([float(of.mean()) for of in by_task if len(of) == wanted])
    comparison = dataclasses.replace(
        plain, method=plain.method.replace(_PAIRED, "paired t test of the tasks' differences")
    )
    if len(means) < 2:  # noqa: PLR2004 - no spread of one
        note = "fewer than two tasks have trajectories with both programs in every treatment"
        return dataclasses.replace(comparison, estimate=None, note=note)
    spread = float(means.std(ddof=1))
    comparison = dataclasses.replace(comparison, estimate=float(means.mean()))
    if spread**2 <= _rounding(means):
        return dataclasses.replace(comparison, note="the difference is the same in every task")
    return _tested(comparison, spread / math.sqrt(len(means)), len(means) - 1.0)


def _tested(plain: Nested, se: float, df: float) -> Nested:
    p = None if plain.estimate is None else two_sided_p(plain.estimate / se, df)
    return dataclasses.replace(plain, se=se, df=df, p=p)


def _cells(y: Floats, cell: Integers) -> tuple[Floats, Floats, Floats]:
    """Return number, mean and variance (NaN of one) of the values in each cell that has any."""
    _, index = np.unique(cell, return_inverse=True)
    count = np.bincount(index).astype(np.float64)
    mean = np.bincount(index, weights=y) / np.maximum(count, 1)
    squares = np.bincount(index, weights=(y - mean[index]) ** 2) if len(y) else np.zeros(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return count, mean, np.asarray(squares / (count - 1))


def _rounding(y: Floats) -> float:
    return float((64 * np.finfo(float).eps * max(1.0, float(np.abs(y).max(initial=0.0)))) ** 2)


def _some(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more treatments"
