"""Power, sizes and limits agree with R to 1e-6 relative; ``r/power.R`` makes the figures."""

from __future__ import annotations

import numpy as np
import pytest
from planning_data import r_rows
from refinery_analysis._power.noncentral_f import f_power
from refinery_analysis._power.power import balanced_power, replicates_required, upper_sigma

ROWS = r_rows("power.csv")


def of(kind: str) -> list[dict[str, float]]:
    found = [
        {key: float(value) for key, value in row.items() if key != "kind" and value != "NA"}
        for row in ROWS
        if row["kind"] == kind
    ]
    assert found
    return found


def test_omnibus_power_is_that_of_pwr_anova_test() -> None:
    """R: ``pwr.anova.test``, power for k groups of n."""
    for row in of("omnibus"):
        k = int(row["groups"])
        power = balanced_power(row["f"], k, k - 1, [int(row["n"])], alpha=row["alpha"])[0]
        assert power == pytest.approx(row["value"], rel=1e-6), row


def test_contrast_power_is_that_of_pwr_f2_test() -> None:
    """R: ``pwr.f2.test``, power of one degree of freedom."""
    for row in of("contrast"):
        power = balanced_power(row["f"], int(row["groups"]), 1, [int(row["n"])], alpha=row["alpha"])[0]
        assert power == pytest.approx(row["value"], rel=1e-6), row


def test_unequal_groups_are_those_of_pwr_t2n_test() -> None:
    """A contrast of two groups is the t test; its noncentrality is d^2 / (1 / n1 + 1 / n2)."""
    for row in of("t2n"):
        a, b = row["groups"], row["n"]
        power = float(f_power(row["f"] ** 2 / (1 / a + 1 / b), 1, a + b - 2, alpha=row["alpha"]))
        assert power == pytest.approx(row["value"], rel=1e-6), row


def test_required_replicates_are_those_of_pwr() -> None:
    """R: the n of ``pwr.anova.test``, rounded up."""
    for row in of("replicates"):
        k = int(row["groups"])
        found = replicates_required(row["f"], k, k - 1, alpha=row["alpha"], target=row["target"])
        assert found == row["value"], row


def test_the_far_tail_is_that_of_r() -> None:
    """R: ``pf`` with a noncentrality, where power is near 1."""
    for row in of("tail"):
        power = float(f_power(row["f"], row["df_num"], row["df_den"], alpha=row["alpha"]))
        assert power == pytest.approx(row["value"], rel=1e-6), row


def test_the_upper_limit_of_sigma_is_that_of_r() -> None:
    """R: the upper limit of sigma from ``qchisq``."""
    for row in of("sigma_upper"):
        assert upper_sigma(1.0, int(row["df_den"])) == pytest.approx(row["value"], rel=1e-9)


def test_the_power_is_never_nan_however_far_the_tail() -> None:
    """The noncentral t of scipy is NaN on parts of such a grid."""
    ncp = np.logspace(-8, 12, 60)[:, None, None]
    power = f_power(ncp, np.asarray([1, 3, 40])[:, None], np.asarray([1, 7, 500, 1e6]), alpha=0.05)
    assert np.isfinite(power).all()
    assert (np.diff(power, axis=0) > -1e-9).all()
    assert (power >= 0.05).all()
