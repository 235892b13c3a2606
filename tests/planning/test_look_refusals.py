"""Looks that cannot be taken: what is refused, in words, and nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from planning_data import analysed, study
from refinery_analysis import AnalysisError, Options, analyse, read_results
from refinery_analysis._commands.look import FUTILE, NOT_SHOWN, Request, take
from refinery_analysis._presentation.terminal_look import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FACTORS = {"agents": [1, 3]}
TWO = Request(looks=2, replicates=20, spending="pocock")
OMNIBUS = Request(looks=2, replicates=20, question="omnibus")


def test_the_omnibus_test_waits_for_a_program_of_every_treatment(tmp_path: Path) -> None:
    """A treatment of which nothing passed is named."""
    path = study(tmp_path / "results.json", {"agents": [1, 2, 3]}, 4)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["benchmarks"] = [
        entry for entry in document["benchmarks"] if entry["extra_info"]["treatment"]["agents"] != 2
    ]
    for program in document["refinery"]["programs"]:
        if program["treatment"]["agents"] == 2:
            program["verdict"] = "wrong_answer"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(AnalysisError, match="no program passed of agents 2"):
        take(analysed(path), OMNIBUS)


def test_pass_rates_are_not_looked_at(tmp_path: Path) -> None:
    """Neither by the option nor by the study's own key, which an effect below 1 follows: looks compare times."""
    path = study(tmp_path / "results.json", FACTORS, 4)
    with pytest.raises(
        AnalysisError, match="looks compare times, and the effect is a difference of pass rates"
    ):
        take(analyse(read_results([path]), Options(response="passed", effect=0.2)), TWO)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["refinery"]["study"]["primary"] = "passed"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(AnalysisError, match="looks compare times"):
        take(analyse(read_results([path]), Options(effect=0.2)), TWO)


def test_the_omnibus_test_is_looked_at_on_one_machine(tmp_path: Path) -> None:
    """Results of two machines are sent to a contrast."""
    paths = [study(tmp_path / f"{node}.json", FACTORS, 4, node=node) for node in ("a", "b")]
    with pytest.raises(AnalysisError, match="on one machine only"):
        take(analysed(*paths), OMNIBUS)


def test_an_effect_that_nobody_could_find_is_refused(tmp_path: Path) -> None:
    """An end beyond ten million replicates is no plan, and the option to change is named."""
    path = study(tmp_path / "results.json", FACTORS, 4)
    with pytest.raises(AnalysisError, match="more than 10 million replicates; name a larger --effect"):
        take(analysed(path, effect=1e-6), Request(looks=2))
    assert not (tmp_path / "made.looks").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda kept: kept["looks"][0].update(number=2), "not numbered"),
        (lambda kept: kept["looks"][0].update(statistic=-1.0), "look 1: a number is missing or negative"),
        (lambda kept: kept["plan"].update(replicates=0), "a planned number is not positive"),
    ],
)
def test_an_edited_file_of_looks_is_noticed(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    """Figures that no look can have are an error that says which."""
    take(analysed(study(tmp_path / "results.json", FACTORS, 5, shift=0.5)), TWO)
    looks = tmp_path / "made.looks"
    kept = json.loads(looks.read_text(encoding="utf-8"))
    change(kept)
    looks.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(AnalysisError, match=said):
        take(analysed(study(tmp_path / "results.json", FACTORS, 9, shift=0.5)), TWO)


def test_a_file_of_looks_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 can't be read, and stay as they are."""
    (tmp_path / "made.looks").write_bytes(b"\xff\xfe")
    with pytest.raises(AnalysisError, match="the file of looks can't be read"):
        take(analysed(study(tmp_path / "results.json", FACTORS, 5)), TWO)
    assert (tmp_path / "made.looks").read_bytes() == b"\xff\xfe"


def test_what_a_stop_means_is_said(tmp_path: Path) -> None:
    """Futility says whether it binds, and the end of a study claims no equality."""
    for futility, words in (("non-binding", "The stop is advice"), ("binding", "The stop is binding")):
        path = study(tmp_path / "results.json", FACTORS, 30, seed=4)
        request = Request(looks=2, replicates=40, spending="pocock", futility=futility)
        result = take(analysed(path, effect=2.0), request, path=tmp_path / futility)
        assert result.look.decision == FUTILE
        assert words in " ".join(text(result).split())
    path = study(tmp_path / "end.json", FACTORS, 20, seed=4)
    result = take(
        analysed(path, effect=1.0),
        Request(looks=2, replicates=20, futility="none"),
        path=tmp_path / "end.looks",
    )
    assert result.look.decision == NOT_SHOWN
    assert "no proof that there is none" in " ".join(text(result).split())
