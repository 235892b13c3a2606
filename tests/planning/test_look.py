"""Looks: stop or go on, kept in a file, and never free."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from planning_data import analysed, study
from refinery_analysis import AnalysisError
from refinery_analysis import _cli as cli
from refinery_analysis._commands.look import FUTILE, GO_ON, NOT_SHOWN, SHOWN, LookResult, Request, take
from refinery_analysis._presentation.terminal_look import text

if TYPE_CHECKING:
    from collections.abc import Collection

    from refinery_analysis import Analysis

FACTORS = {"agents": [1, 3]}
TWO = Request(looks=2, replicates=20, spending="pocock")


def look(
    directory: Path,
    replicates: int,
    request: Request = TWO,
    *,
    shift: float = 0.0,
    effect: float | None = 1.0,
    seed: int = 1,
) -> LookResult:
    path = study(directory / "results.json", FACTORS, replicates, shift=shift, seed=seed)
    return take(analysed(path, effect=effect), request)


def test_a_clear_difference_stops_at_the_first_look(tmp_path: Path) -> None:
    """A difference beyond the bound stops the study, and a later look is refused."""
    result = look(tmp_path, 10, shift=3.0)
    assert result.look.decision == SHOWN
    assert result.path == tmp_path / "made.looks"
    assert result.interval is not None
    assert result.interval[1] < 0
    assert "STOP" in text(result)
    with pytest.raises(AnalysisError, match="ended at look 1"):
        look(tmp_path, 15, shift=3.0)


def test_without_a_difference_the_study_goes_on_and_ends_at_its_end(tmp_path: Path) -> None:
    """The last look spends all of alpha, and no look follows it."""
    no_futility = Request(looks=2, replicates=20, futility="none")
    first = look(tmp_path, 10, no_futility, shift=0.3)
    assert first.look.decision == GO_ON
    second = look(tmp_path, 20, Request(), shift=0.3, effect=None)
    assert second.look.number == 2
    assert second.look.decision in {SHOWN, NOT_SHOWN}
    assert second.look.spent == 0.05
    with pytest.raises(AnalysisError, match="no error left"):
        look(tmp_path, 30, Request())


def test_the_same_programs_cannot_be_looked_at_twice(tmp_path: Path) -> None:
    """A second look at the same programs is refused, and the file of looks stays as it was."""
    look(tmp_path, 5, shift=0.5)
    before = (tmp_path / "made.looks").read_bytes()
    with pytest.raises(AnalysisError, match="not free"):
        look(tmp_path, 5, shift=0.5)
    assert (tmp_path / "made.looks").read_bytes() == before


@pytest.mark.parametrize(
    ("request_", "effect", "match"),
    [
        (TWO, 2.0, "--effect"),
        (Request(looks=3), 1.0, "--looks"),
        (Request(spending="obrien-fleming"), 1.0, "--spending"),
        (Request(futility="binding"), 1.0, "--futility"),
        (Request(question="omnibus"), 1.0, "--question"),
        (Request(replicates=40), 1.0, "--replicates"),
    ],
)
def test_a_changed_plan_is_refused(tmp_path: Path, request_: Request, effect: float, match: str) -> None:
    """Each part of the plan is fixed by the first look, and the error names the option that changed."""
    look(tmp_path, 5, shift=0.5)
    with pytest.raises(AnalysisError, match=match):
        look(tmp_path, 9, request_, shift=0.5, effect=effect)


def test_programs_that_vanish_or_change_are_noticed(tmp_path: Path) -> None:
    """Programs of an earlier look must be there again with the same values."""
    look(tmp_path, 5, shift=0.5)
    with pytest.raises(AnalysisError, match="missing"):
        look(tmp_path, 4, shift=0.5)
    with pytest.raises(AnalysisError, match="changed"):
        look(tmp_path, 9, shift=0.6)


def test_other_treatments_are_another_study(tmp_path: Path) -> None:
    """Results of other treatments are refused as a next look."""
    look(tmp_path, 5, shift=0.5)
    other = study(tmp_path / "results.json", {"agents": [1, 2]}, 9)
    with pytest.raises(AnalysisError, match="treatments"):
        take(analysed(other), Request())


def test_a_hopeless_study_stops_for_futility_which_is_advice_unless_binding(tmp_path: Path) -> None:
    """A study may go on past non-binding futility, and never past binding."""
    found: dict[str, int | str] = {}
    for futility in ("non-binding", "binding"):
        directory = tmp_path / futility
        directory.mkdir()
        request = Request(looks=2, replicates=40, spending="pocock", futility=futility)
        result = look(directory, 30, request, effect=2.0, seed=4)
        assert result.look.decision == FUTILE
        try:
            found[futility] = look(directory, 40, Request(), effect=2.0, seed=4).look.number
        except AnalysisError as error:
            found[futility] = str(error)
    assert found["non-binding"] == 2
    assert "futility" in str(found["binding"])


def test_the_omnibus_test_can_be_looked_at_too(tmp_path: Path) -> None:
    """A look may ask whether any treatment differs, with that test's degrees of freedom."""
    path = study(tmp_path / "r.json", {"agents": [1, 2, 3]}, 6, shift=4.0)
    result = take(analysed(path), Request(question="omnibus", replicates=30))
    assert result.df_num == 2
    assert result.look.decision == SHOWN


def test_the_end_is_planned_from_the_spread_where_it_is_not_given(tmp_path: Path) -> None:
    """Without ``--replicates`` the first look plans the end from sigma and the effect."""
    result = look(tmp_path, 4, Request(looks=3))
    assert 10 < result.plan.replicates < 60
    assert result.plan.looks == 3


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"schema": 1}', '{"schema": 9}', '{"schema": 1, "plan": {}, "looks": []}']
)
def test_a_damaged_file_of_looks_is_told_and_kept(tmp_path: Path, damage: str) -> None:
    """A file of looks that can't be read is named in the error and never overwritten."""
    (tmp_path / "made.looks").write_text(damage, encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"made\.looks"):
        look(tmp_path, 5)
    assert (tmp_path / "made.looks").read_text(encoding="utf-8") == damage


@pytest.mark.parametrize(
    ("request_", "effect", "replicates", "match"),
    [
        (TWO, None, 5, "--effect"),
        (TWO, 1.0, 1, "nothing to look at yet"),
        (Request(looks=7), 1.0, 5, "looks"),
        (Request(question="agents: 1 - 9"), 1.0, 5, "agents"),
    ],
)
def test_a_first_look_that_makes_no_sense_leaves_no_file(
    tmp_path: Path, request_: Request, effect: float | None, replicates: int, match: str
) -> None:
    """A first look that is refused writes nothing."""
    with pytest.raises(AnalysisError, match=match):
        look(tmp_path, replicates, request_, effect=effect)
    assert not (tmp_path / "made.looks").exists()


def test_the_command_says_the_decision_and_refuses_the_second_time(tmp_path: Path) -> None:
    """``look --json`` tells decision and file, and fails when it is run again."""
    path = study(tmp_path / "results.json", FACTORS, 10, shift=3.0)
    argv = ["look", str(path), "--effect", "1", "--looks", "2", "--replicates", "20"]
    document = json.loads(cli.run([*argv, "--json"]).text)
    assert (document["stop"], document["look"], document["of"]) == (True, 1, 2)
    assert Path(document["file"]).is_file()
    with pytest.raises(AnalysisError, match="look"):
        cli.run(argv)


def test_the_text_fits_80_columns(tmp_path: Path) -> None:
    """No line of a look's text is longer than 80 columns, but one with a path."""
    shown = text(look(tmp_path, 5, shift=0.5))
    assert all(len(line) <= 80 or str(tmp_path) in line for line in shown.splitlines())


def test_data_that_hold_the_planned_end_already_are_tested_once(tmp_path: Path) -> None:
    """One look at the full error rate, which ends the study: no later look is left."""
    result = look(tmp_path, 5, Request(replicates=5), shift=3.0)
    assert result.look.decision == "stop: difference shown"
    assert result.look.spent == pytest.approx(0.05)
    assert result.look.nominal_p == pytest.approx(0.05)
    assert "this first look is the only one" in " ".join(text(result).split())
    with pytest.raises(AnalysisError, match="ended at look 1"):
        look(tmp_path, 5, Request(replicates=5), shift=3.0)


def test_an_end_that_comes_from_the_data_themselves_is_told(tmp_path: Path) -> None:
    """A plan made from the spread of the data that it is for is not quite exact; one that was given is."""
    result = look(tmp_path, 5, Request())
    assert "the spread of the first look's own data" in " ".join(text(result).split())
    assert "own data" in result.document()["note"]
    (tmp_path / "made.looks").unlink()
    assert look(tmp_path, 5, Request(replicates=40)).document()["note"] is None


def on_two_machines(
    directory: Path, replicates: int, *, alone: Collection[int] = (), shift: float = 0.0
) -> Analysis:
    """Time so many programs of a treatment on both of two machines, but for those that one has ``alone``."""
    one = study(directory / "a.json", FACTORS, replicates, node="a", shared=True)
    other = study(directory / "b.json", FACTORS, replicates, node="b", shared=True, seed=2, shift=shift)
    document = json.loads(other.read_text(encoding="utf-8"))
    refinery = document["refinery"]
    refinery["programs"] = [each for each in refinery["programs"] if each["replicate"] not in alone]
    document["benchmarks"] = [
        each for each in document["benchmarks"] if each["extra_info"]["replicate"] not in alone
    ]
    other.write_text(json.dumps(document), encoding="utf-8")
    return analysed(one, other)


@pytest.mark.parametrize("alone", [(), (5, 6)])
def test_programs_that_several_machines_timed_may_be_looked_at_again(
    tmp_path: Path, alone: tuple[int, ...]
) -> None:
    """New programs tell more of how the machines differ, which moves the values of old ones, but no time of theirs."""
    first = on_two_machines(tmp_path, 6, alone=alone)
    assert take(first, Request(looks=2, replicates=20, futility="none")).look.decision == GO_ON
    second = on_two_machines(tmp_path, 12, alone=alone)
    before, now = (dict(zip(a.sample.programs, a.sample.y, strict=True)) for a in (first, second))
    if alone:
        assert any(now[name] != pytest.approx(value, rel=1e-6) for name, value in before.items())
    assert take(second, Request()).look.number == 2


def test_a_time_that_one_of_two_machines_measured_anew_is_noticed(tmp_path: Path) -> None:
    """What was measured counts, on each machine."""
    take(on_two_machines(tmp_path, 6), Request(looks=2, replicates=20, futility="none"))
    with pytest.raises(AnalysisError, match="times of programs that look 1 saw have changed"):
        take(on_two_machines(tmp_path, 12, shift=0.1), Request())


def test_a_program_that_another_machine_timed_since_has_changed(tmp_path: Path) -> None:
    """It is not missing: its name has lost the machine, and it has more times than the look saw."""
    take(on_two_machines(tmp_path, 6, alone=(5, 6)), Request(looks=2, replicates=20, futility="none"))
    with pytest.raises(AnalysisError, match="times of programs that look 1 saw have changed"):
        take(on_two_machines(tmp_path, 12), Request())


def measured(path: Path, replicates: range) -> Path:
    """Write a CSV of these replicates of two treatments."""
    lines = ["agents,replicate,list,run,seconds,passed"]
    for agents in (1, 3):
        values = np.random.default_rng(agents).normal(100.0, 1.0, 100)
        lines += [f"{agents},{number},1,1,{values[number]:.6f},true" for number in replicates]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_files_of_other_machines_may_follow_that_of_the_first_look(tmp_path: Path, kind: str) -> None:
    """Programs are called after their machine from then on, and are found all the same, also stage by stage."""
    files = (
        [measured(tmp_path / f"{i}.csv", range(1 + 6 * i, 7 + 6 * i)) for i in range(3)]
        if kind == "csv"
        else [study(tmp_path / f"{i}.json", FACTORS, 6, node=f"n{i}", seed=i) for i in range(3)]
    )
    where = tmp_path / "looks"
    first = Request(looks=3, replicates=18, futility="none")
    assert take(analysed(files[0]), first, path=where).look.decision == GO_ON
    with pytest.raises(AnalysisError, match=r"12 programs of look 1 are missing|look 1 saw have changed"):
        take(analysed(*files[1:]), Request(), path=where)
    second = take(analysed(*files[:2]), Request(), path=where)
    assert (second.look.number, second.look.decision) == (2, GO_ON)
    third = take(analysed(*files), Request(change=True, replicates=24), path=where)
    assert third.look.number == 3
    assert third.look.z is not None


def test_looks_that_an_older_version_kept_go_on(tmp_path: Path) -> None:
    """Its checksums are of the values that were tested: they are known again where these have not moved."""
    result = look(tmp_path, 5, Request(looks=3, replicates=30, futility="none"))
    sample = analysed(tmp_path / "results.json").sample
    lines = (f"{name}\0{value!r}\n" for name, value in zip(sample.programs, sample.y.tolist(), strict=True))
    kept = json.loads(result.path.read_text(encoding="utf-8"))
    assert kept["schema"] == 2
    kept["schema"] = 1
    kept["looks"][0]["digest"] = hashlib.sha256("".join(lines).encode()).hexdigest()
    result.path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(AnalysisError, match="changed"):
        look(tmp_path, 9, Request(), shift=0.6)
    assert look(tmp_path, 9, Request()).look.number == 2
    assert look(tmp_path, 12, Request()).look.number == 3
