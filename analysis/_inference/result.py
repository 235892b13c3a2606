"""A test, its simulated size, and whether it may support a conclusion."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TRUSTED = (0.6, 1.2)
"""A test is believed whose simulated size is between these multiples of alpha: 0.03 to 0.06 at 0.05."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How often an approximate test rejects at alpha when nothing differs, at this very design, by simulation."""

    rate: float
    error: float
    simulations: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test; figures are None where it can't be done, and ``note`` says why.

    ``trusted`` is False where the simulated size is outside 0.03 to 0.06 (at alpha 0.05; in proportion
    otherwise): such a test supports no conclusion. None where there is no p value or the size is not known.
    """

    name: str
    statistic: float | None
    df_num: float | None
    df_den: float | None
    p: float | None
    size: Size | None = None
    trusted: bool | None = None
    note: str | None = None

    @classmethod
    def impossible(cls, name: str, note: str) -> TestResult:
        """Return a test that could not be done."""
        return cls(name=name, statistic=None, df_num=None, df_den=None, p=None, note=note)


def trusted(rate: float, alpha: float) -> bool:
    """Whether a test of this simulated size may support a conclusion."""
    return _TRUSTED[0] * alpha <= rate <= _TRUSTED[1] * alpha


def doubt(rate: float, alpha: float) -> str:
    """Return why a test with this simulated size supports no conclusion."""
    return f"rejects {rate:.1%} of the time when nothing differs (nominal {alpha:.0%}): no conclusion"


def sized(test: TestResult, size: Callable[[], tuple[float, float, int]], alpha: float) -> TestResult:
    """Add the simulated size to a test that gave a p value."""
    if test.p is None:
        return test
    rate, error, simulations = size()
    believed = trusted(rate, alpha)
    note = test.note
    if not believed:
        why = doubt(rate, alpha)
        note = f"{note}; {why}" if note else why
    return dataclasses.replace(
        test, size=Size(rate=rate, error=error, simulations=simulations), trusted=believed, note=note
    )


def with_note(test: TestResult, note: str) -> TestResult:
    """Add a remark to a test that gave a p value."""
    if test.p is None:
        return test
    return dataclasses.replace(test, note=f"{test.note}; {note}" if test.note else note)
