"""From frames to the numbers that are tested: one response per program, its treatment, its block."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Integers: TypeAlias = npt.NDArray[np.intp]

Response: TypeAlias = Literal["seconds", "log", "ratio", "cpu"]

UNITS: Mapping[str, str] = {
    "seconds": "s",
    "log": "ln(s)",
    "ratio": "ln(program / reference)",
    "cpu": "CPU s",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One combination of levels, derived factors included; ``label`` reads like ``"agents 1, 60 s"``."""

    label: str
    levels: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sigma:
    """Standard deviation between programs of the same treatment, pooled; its 95 % interval is from chi-square.

    All None where no treatment has two programs (``note`` says so).
    """

    value: float | None
    df: int
    ci_low: float | None
    ci_high: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value per program that passed, and the design it belongs to.

    Attributes
    ----------
    response : what the values are; ``unit`` names their unit.
    treatments : every treatment of the study in natural order, those without a passing program too; length k.
    factors : levels of each factor, derived ones last.
    programs : names, shape (n,).
    y : values, shape (n,).
    cell : index into ``treatments``, shape (n,).
    block : index into ``blocks`` (machines), shape (n,); all 0 where there is one machine, or where programs were
        timed on all of them.
    counts, means, sds : per treatment, shape (k,); means of none and SDs of fewer than two are NaN.
    sigma : pooled within treatments (and blocks).
    made : programs made per treatment, failed ones included, shape (k,).
    """

    response: Response
    unit: str
    treatments: tuple[Treatment, ...]
    factors: Mapping[str, tuple[str, ...]]
    programs: tuple[str, ...]
    y: Floats
    cell: Integers
    block: Integers
    blocks: tuple[str, ...]
    counts: Integers
    means: Floats
    sds: Floats
    sigma: Sigma
    made: Integers

    @property
    def balanced(self) -> bool:
        """Every treatment has the same number of passing programs, at least one."""
        return bool(self.counts.size) and int(self.counts.min()) == int(self.counts.max()) > 0
