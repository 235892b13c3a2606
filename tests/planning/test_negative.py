"""The negative control: rates under random labels, the common mistake beside them, and clear refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from planning_data import PILOT, analysed, pilot, study
from refinery_analysis import AnalysisError
from refinery_analysis import _cli as cli
from refinery_analysis._commands.negative_control import NAIVE, NegativeResult, negative
from refinery_analysis._presentation.terminal_negative import text

if TYPE_CHECKING:
    from pathlib import Path


def rates(result: NegativeResult) -> dict[str, float | None]:
    return {test.test: test.rate for test in result.tests}


def test_an_a_a_study_finds_a_difference_five_percent_of_the_time(tmp_path: Path) -> None:
    """Two treatments that differ in nothing but their name."""
    path = study(tmp_path / "aa.json", {"arm": ["A", "a"]}, 30)
    result = negative(analysed(path, effect=None))
    found = rates(result)
    for name in ("F over programs", "Welch", "Kruskal-Wallis"):
        assert found[name] == pytest.approx(0.05, abs=0.011), name
    assert all(test.error and 0 < test.error < 0.003 for test in result.tests)
    assert "5%" in text(result)


def test_runs_taken_for_programs_find_differences_almost_always() -> None:
    """The pilot's 96 timings are not 96 observations."""
    found = rates(negative(pilot(None), resamples=2000))
    assert (found[NAIVE] or 0) > 0.9
    assert found["F over programs"] == pytest.approx(0.05, abs=0.03)
    assert (found["Welch"] or 0) > 0.1


def test_results_repeat_for_a_seed_and_differ_for_another() -> None:
    """The same seed draws the same labels, another seed others."""
    first, same, other = (negative(pilot(None), resamples=500, seed=seed) for seed in (1, 1, 2))
    assert first == same
    assert first.tests != other.tests


def test_few_assignments_are_told(tmp_path: Path) -> None:
    """Where labels can be dealt in few ways a note counts them."""
    result = negative(
        analysed(study(tmp_path / "aa.json", {"arm": ["A", "a"]}, 2), effect=None), resamples=200
    )
    assert any("only 6 different" in note for note in result.notes)


@pytest.mark.parametrize(
    ("levels", "replicates", "sigma", "match"),
    [
        (["A"], 5, 1.0, "nothing to compare"),
        (["A", "a"], 1, 1.0, "two programs"),
        (["A", "a"], 3, 0.0, "0/0"),
    ],
)
def test_what_cannot_be_tested_is_said(
    tmp_path: Path, levels: list[str], replicates: int, sigma: float, match: str
) -> None:
    """One treatment, one program each and no spread are refused with the reason."""
    path = study(tmp_path / "aa.json", {"arm": levels}, replicates, sigma=sigma)
    with pytest.raises(AnalysisError, match=match):
        negative(analysed(path, effect=None))


@pytest.mark.parametrize("wrong", [{"resamples": 0}, {"resamples": -5}, {"seed": -1}])
def test_options_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    """A number of resamples or a seed that is too small is refused by the option's name."""
    with pytest.raises(AnalysisError, match="--"):
        negative(pilot(None), **wrong)


def test_the_command_prints_text_of_80_columns_and_strict_json() -> None:
    """``negative`` prints at most 80 columns, and JSON without anything about it."""
    argv = ["negative", str(PILOT), "--resamples", "300"]
    assert max(len(line) for line in cli.run(argv).text.splitlines()) <= 80
    document = json.loads(cli.run([*argv, "--json"]).text)
    assert document["resamples"] == 300
