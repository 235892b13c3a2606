"""Slower than a multiple of the reference, beyond the noise."""

from __future__ import annotations

import numpy as np
import pytest

from refinery_plugin._timing.slowness import slowness


def test_the_ratio_is_taken_list_by_list_against_the_reference_beside_it() -> None:
    """A slow machine in one block, or a long list, is in both and cancels."""
    runs = {(1, 1): [2.0, 2.0], (2, 2): [60.0]}
    reference = {(1, 1): [1.0, 1.0], (2, 2): [30.0], (1, 2): [999.0]}
    found = slowness(runs, reference)
    assert found is not None
    assert found.ratio == pytest.approx(2.0)
    assert found.least == pytest.approx(2.0)


def test_without_a_reference_beside_it_nothing_is_said() -> None:
    """No run, no ratio."""
    assert slowness({(1, 1): [2.0]}, {(2, 1): [1.0]}) is None
    assert slowness({(1, 1): []}, {(1, 1): [1.0]}) is None


def test_a_single_run_has_no_noise_to_allow_for() -> None:
    """Then the ratio is taken as it is."""
    found = slowness({(1, 1): [3.0]}, {(1, 1): [2.0]})
    assert found is not None
    assert found.least == found.ratio == pytest.approx(1.5)


def test_a_program_as_fast_as_the_reference_seldom_seems_slower() -> None:
    """Simulated: of equals with 10 % noise about one in twenty lies above 1, as a bound at 95 % says."""
    rng = np.random.default_rng(20261125)
    wrong = 0
    for _ in range(2000):
        places = [(1, 1), (1, 2)]
        runs, reference = ({place: rng.lognormal(0, 0.1, 3).tolist() for place in places} for _ in range(2))
        found = slowness(runs, reference)
        assert found is not None
        wrong += found.least > 1
    assert 60 <= wrong <= 145
