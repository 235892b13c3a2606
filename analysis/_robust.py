"""Tests that ask for less than equal variances or normal values, and tests of those assumptions."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How often an approximate test rejects at alpha when nothing differs, at this very design, by simulation."""

    rate: float
    error: float
    simulations: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Test:
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Robust:
    """``hc3`` has one Wald F test per term of the model, with the heteroscedasticity-consistent covariance."""

    welch: Test
    kruskal: Test
    hc3: tuple[Test, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Equal spread (Brown-Forsythe over treatments) and normal residuals (Shapiro-Wilk)."""

    brown_forsythe: Test
    shapiro: Test
