"""What a row of the registry is: one statistical test, with all that is known of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from .result import TestResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._arrays import Flags, Floats, Integers
    from .rowwise import DataSets, Moments

Role: TypeAlias = Literal["assumptions", "robust"]
"""Whether a test checks what the analysis of variance assumes, or compares treatments itself; a key of the JSON."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A statistic of each data set, shape (s,), with its degrees of freedom and p values, shape (s,)."""

    statistic: Floats
    p: Floats
    df_num: float | None = None
    df_den: float | Floats | None = None


def always_possible(counts: Integers) -> str | None:  # noqa: ARG001 - the form of the others
    """Refuse no numbers of programs."""
    return None


def never_degenerate(data: DataSets, rounding: float) -> str | None:  # noqa: ARG001
    """Refuse no values."""
    return None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StatisticalTest:
    """One test. It is written once, for many data sets, and done on a study as on the only one of them.

    Attributes
    ----------
    name : what it is called in code, such as ``"brown-forsythe"``; it stands in ``TestResult.name``.
    title, asks : what readers see, such as ``"Brown-Forsythe"`` and ``"equal spread in all treatments"``.
    role : which part of the JSON document it belongs to.
    key : its key there; None for a test that is not in it.
    degrees : which degrees of freedom stand in the document.
    of_moments, of_values : the figures, from means and spreads or from values; at most one of the two is given.
    rejects : whether some comparison of a family is found at a level, shape (s,), for tests without a single p value.
    of_residuals : whether it looks at what the model leaves over instead of the values.
    impossible : why it can't be done at these numbers of programs, shape (k,), none zero; None where it can.
    degenerate : why it can't be done with the values of one study, given a sum of squares that is mere rounding.
    columns : of the largest array in a simulation of k treatments from moments.
    ignores_machines : whether differences between machines stay in what it compares.
    """

    name: str
    title: str
    asks: str
    role: Role
    key: str | None
    degrees: tuple[str, ...] = ()
    of_moments: Callable[[Moments], Figures] | None = None
    of_values: Callable[[DataSets], Figures] | None = None
    rejects: Callable[[Moments, float], Flags] | None = None
    of_residuals: bool = False
    impossible: Callable[[Integers], str | None] = always_possible
    degenerate: Callable[[DataSets, float], str | None] = never_degenerate
    columns: Callable[[int], int] = lambda treatments: treatments
    ignores_machines: bool = False

    @property
    def heading(self) -> str:
        """Name and question, as readers see them."""
        return f"{self.title}: {self.asks}"

    @property
    def has_figures(self) -> bool:
        """Whether it gives a statistic and a p value; a family of comparisons does not."""
        return self.of_moments is not None or self.of_values is not None

    def figures(self, data: DataSets) -> Figures:
        """Test every data set."""
        if self.of_moments is not None:
            return self.of_moments(data)
        if self.of_values is not None:
            return self.of_values(data)
        raise TypeError(f"{self.name}: a family of comparisons has no figures of its own")

    def result(self, data: DataSets, *, rounding: float) -> TestResult:
        """Test one study: the only data set of ``data``."""
        problem = self.impossible(data.counts) or self.degenerate(data, rounding)
        if problem is not None:
            return TestResult.impossible(self.name, problem)
        figures = self.figures(data)
        df_den = figures.df_den
        return TestResult(
            name=self.name,
            statistic=float(figures.statistic[0]),
            df_num=figures.df_num,
            df_den=float(df_den[0]) if isinstance(df_den, np.ndarray) else df_den,
            p=float(figures.p[0]),
        )
