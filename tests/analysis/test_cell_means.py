"""Means of several treatments with their interval, as the plot of an interaction shows them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._models.marginal_means import of_cell
from scipy import stats
from study_files import Made, benchmark_json, write

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_analysis._models.sample import Sample


@pytest.fixture
def sampled(data: Path) -> Sample:
    """Return the values of a balanced study."""
    return analyse(read_results([data / "balanced.csv"]), Options(response="seconds")).sample


def test_the_interval_of_a_cell_is_that_of_a_contrast_with_equal_weights(sampled: Sample) -> None:
    """Written out: mean of means, pooled sigma times the root of the sum of 1/n over the number of treatments."""
    members = [0, 2, 3]
    cell = of_cell(sampled, members, 0.1)
    assert cell is not None
    n = sampled.counts[members]
    assert cell.programs == n.sum()
    assert cell.estimate == pytest.approx(np.mean([sampled.y[sampled.cell == i].mean() for i in members]))
    assert sampled.sigma.value is not None
    error = sampled.sigma.value * math.sqrt((1 / n).sum()) / 3
    assert cell.half == pytest.approx(stats.t.ppf(0.95, sampled.sigma.df) * error)


def test_no_treatment_has_no_mean(sampled: Sample) -> None:
    """A combination that the study left out has nothing to show."""
    assert of_cell(sampled, [], 0.05) is None


def test_one_program_a_treatment_has_a_mean_and_no_interval(tmp_path: Path) -> None:
    """Without a spread nothing is said of how sure the mean is."""
    programs = [
        Made(treatment={"agents": agents}, replicate=1, seconds=[[agents + 0.5]]) for agents in (1, 2)
    ]
    path = write(tmp_path / "one.json", benchmark_json(programs))
    cell = of_cell(analyse(read_results([path]), Options()).sample, [0], 0.05)
    assert cell is not None
    assert cell.half is None
