"""Trajectories whose turns were judged: transitions, exact credit, invented names, synergy."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refinery_analysis import AnalysisError
from refinery_analysis._cli import run
from refinery_analysis._inference.judged_turns import with_verdicts
from refinery_analysis._inference.synergy import Ends
from refinery_analysis._inference.synergy import turns as found_in
from refinery_analysis._models import turns as of_turns
from refinery_analysis._reading.judged_turns import JudgedTrajectory, JudgedTurn
from refinery_analysis._reading.read import read_results, read_trajectories
from scipy import stats
from study_files import small, write

if TYPE_CHECKING:
    from pathlib import Path


def turn(
    number: int, agent: int, source: str | None, ratio: float | None, verdict: str | None = None
) -> JudgedTurn:
    """Return a turn; with a ratio its program is correct."""
    return JudgedTurn(
        number=number,
        agent=agent,
        source=source,
        verdict=verdict or ("correct" if ratio is not None else "wrong_answer" if source else None),
        reason=None,
        error_type=None,
        ratio=ratio,
    )


def trajectory(
    *of: JudgedTurn, final: int | None = None, replicate: int = 1, **settings: str
) -> JudgedTrajectory:
    """Return a trajectory of the treatment ``team duo``, or of its protocol's name."""
    return JudgedTrajectory(
        file=f"{settings}{replicate}",
        study="s",
        task="t",
        treatment={"team": settings.get("protocol", "duo")},
        replicate=replicate,
        settings={"agents": 2, "optimization": "4 iterations", **settings},
        turns=of,
        final_turn=final,
    )


def test_transitions_are_told_by_agent_and_add_up() -> None:
    """Each kind once; the first turn has nothing to change."""
    one = trajectory(
        turn(1, 1, "a", None),
        turn(2, 2, "b", 1.0),
        turn(3, 1, "c", 0.5),
        turn(4, 2, "d", 0.9),
        turn(5, 1, "e", 0.91),
        turn(6, 2, "f", None),
        turn(7, 1, "e", 0.9),
        turn(8, 2, None, None),
        turn(9, 1, "e", 0.9),
    )
    rows = {row.agent: row for row in of_turns.transitions([one], noise=0.05)}
    assert (rows[2].mended, rows[2].slower, rows[2].broke, rows[2].no_program) == (1, 1, 1, 1)
    assert (rows[1].faster, rows[1].unchanged, rows[1].undone) == (1, 2, 1)
    for row in rows.values():
        assert sum(getattr(row, kind) for kind in of_turns.KINDS) == row.turns == 4


def test_what_the_end_found_of_turns_is_known_of_trajectories_that_were_told_nothing(tmp_path: Path) -> None:
    """Verdict and ratio of each turn then come from a session that timed them; its runs say whether they passed."""
    own = {"study": "s", "treatment": {"team": "duo"}, "replicate": 1}
    timed = [
        {"name": "a", "stats": {"data": [0.2, 0.2]}, "extra_info": {**own, "list": 1, "block": 1, "turn": 1}},
    ]
    programs = [
        {**own, "turn": 1, "turns": 3, "verdict": "correct", "sha256": "1"},
        {**own, "turn": 2, "turns": 3, "verdict": "error", "error_type": "NameError", "sha256": "2"},
        {**own, "verdict": "wrong_answer", "reason": "for [1] it returned 0", "sha256": "3", "turns": 3},
    ]
    reference = [{"session": "x", "block": 1, "list": 1, "seconds": [0.1]}]
    document = {
        "machine_info": {},
        "benchmarks": timed,
        "refinery": {"schema": 1, "study": {"name": "s"}, "programs": programs, "reference": reference},
    }
    (tmp_path / "r.json").write_text(json.dumps(document))
    results = read_results([tmp_path / "r.json"])
    assert results.turns["passed"].tolist() == [True, True]
    assert {key[1]: one.verdict for key, one in results.turn_verdicts.items()} == {1: "correct", 2: "error"}
    untold = [
        JudgedTurn(number=i, agent=1, source=f"v{i}", verdict=None, reason=None, error_type=None, ratio=None)
        for i in (1, 2, 3)
    ]
    one = dataclasses.replace(trajectory(*untold, final=3), task="")
    (known,) = with_verdicts(results, [one])
    assert [turn.verdict for turn in known.turns] == ["correct", "error", "wrong_answer"]
    assert [turn.error_type for turn in known.turns] == [None, "NameError", None]
    assert known.turns[0].ratio == pytest.approx(2)
    assert [turn.ratio for turn in known.turns[1:]] == [None, None]
    told = dataclasses.replace(one, turns=(turn(1, 1, "a", 5.0), *untold[1:]))
    assert with_verdicts(results, [told])[0].turns[0] == told.turns[0]
    longer = dataclasses.replace(one, turns=(*untold, dataclasses.replace(untold[0], number=4)), final_turn=4)
    assert with_verdicts(results, [longer]) == [longer]


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.one_of(st.none(), st.floats(0.01, 100))), min_size=1, max_size=12
    ),
    st.sampled_from(["last", "best"]),
    st.sampled_from(["rotate", "independent"]),
)
def test_credit_adds_up_to_the_last_digit(
    steps: list[tuple[int, float | None]], selection: str, protocol: str
) -> None:
    """The agents' parts add up to the log ratio of the program that the trajectory ends with."""
    of = [turn(i, agent, f"p{i}", ratio) for i, (agent, ratio) in enumerate(steps, 1)]
    timed = [one for one in of if one.ratio is not None]
    final = of[-1] if selection == "last" else min(timed, key=lambda one: one.ratio or 0.0, default=of[-1])
    one = trajectory(*of, final=final.number, selection=selection, protocol=protocol)
    parts = of_turns.of_trajectory(one)
    if final.ratio is None:
        assert parts is None
        return
    assert parts is not None
    # The last digit of the coarsest part: no float can be closer.
    digit = max(math.ulp(value) for value in (*parts.values(), math.log(final.ratio)))
    assert abs(math.fsum(parts.values()) - math.log(final.ratio)) <= digit
    if protocol == "independent":
        assert all(value == 0 for agent, value in parts.items() if agent != final.agent)
    rows = list(of_turns.credits([one], alpha=0.05))
    assert abs(math.fsum(row.log_ratio for row in rows) - math.log(final.ratio)) <= digit


def test_who_mends_is_credited_with_what_is_different_from_the_last_correct_one() -> None:
    """A turn that breaks the program has no part of its own."""
    one = trajectory(turn(1, 1, "a", 2.0), turn(2, 2, "b", None), turn(3, 1, "c", 0.5))
    parts = of_turns.of_trajectory(one)
    assert parts == {1: pytest.approx(math.log(0.5)), 2: 0.0}


def test_survivors_are_marked_and_rates_have_intervals() -> None:
    """A ratio by turn of fewer programs than there are trajectories says so."""
    group = [
        trajectory(turn(1, 1, "a", 2.0), turn(2, 2, "b", 1.0)),
        trajectory(turn(1, 1, "a", None), turn(2, 2, "b", 1.2), replicate=2),
    ]
    first, second = of_turns.ratios(group, alpha=0.05)
    assert (first.n, first.survivors, first.ci_low) == (1, True, None)
    assert (second.n, second.survivors) == (2, False)
    assert second.estimate == pytest.approx(math.sqrt(1.2))
    assert [row.passed for row in of_turns.passing(group, alpha=0.05)] == [1, 2]


def test_invented_names_are_counted_by_turn() -> None:
    """Names, attributes, modules and arguments that do not exist, among the turns that were judged."""
    bad = JudgedTurn(
        number=1,
        agent=1,
        source="x",
        verdict="error",
        reason="got an unexpected keyword argument",
        error_type="TypeError",
        ratio=None,
    )
    row = next(of_turns.invented_names([trajectory(bad, turn(2, 2, "b", 1.0))], alpha=0.05))
    assert (row.count, row.turns, row.rate) == (1, 2, 0.5)


def test_synergy_is_welchs_test_of_team_and_nominal_group() -> None:
    """SciPy's ``ttest_ind`` of the last log ratios; only what has the same budget and agents is compared."""
    team, alone = [0.5, 0.7, 0.6, 0.9], [0.8, 1.1, 0.9]
    group = [
        trajectory(turn(1, 1, "a", 2.0), turn(2, 2, "b", ratio), replicate=i) for i, ratio in enumerate(team)
    ]
    group += [
        trajectory(turn(1, 1, "a", ratio), turn(2, 2, "b", 3.0), replicate=i, final=1, protocol="independent")
        for i, ratio in enumerate(alone)
    ]
    found = found_in(group, Ends(log_ratio={}, passed={}), noise=0.05, alpha=0.05)
    assert found is not None
    (row,) = found.synergy
    theirs = stats.ttest_ind([math.log(r) for r in team], [math.log(r) for r in alone], equal_var=False)
    assert row.p == pytest.approx(theirs.pvalue)
    assert [row.ci_low, row.ci_high] == pytest.approx(list(theirs.confidence_interval(0.95)))
    assert (row.team, row.nominal) == ("team duo", "team independent")


def test_turns_that_nobody_judged_say_nothing() -> None:
    """The key is null then."""
    assert (
        found_in([trajectory(turn(1, 1, None, None))], Ends(log_ratio={}, passed={}), noise=0.05, alpha=0.05)
        is None
    )


def _document(replicate: int, ratio: float) -> dict[str, Any]:
    """Return a trajectory file as the plugin writes it, as far as it matters here."""
    feedback = {"verdict": "correct", "reason": None, "error_type": None, "cpu_ratio": None, "told": None}
    return {
        "schema": 1,
        "study": "made",
        "task": "t",
        "treatment": {"agents": 1, "optimization": "3 iterations"},
        "replicate": replicate,
        "settings": {"agents": 1, "protocol": "rotate", "selection": "last"},
        "final_turn": 2,
        "turns": [
            {"turn": 1, "agent": 1, "program": "a", "feedback": {**feedback, "ratio": 2.0}},
            {"turn": 2, "agent": 1, "program": "b", "feedback": {**feedback, "ratio": ratio}},
        ],
    }


def test_the_command_reads_trajectories(tmp_path: Path) -> None:
    """``--trajectories DIR`` fills the key ``turns``; other JSON files beside them are left alone."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for replicate, ratio in ((1, 0.5), (2, 0.8)):
        write(folder / f"p{replicate}.json", _document(replicate, ratio))
    write(folder / "other.json", {"x": 1})
    results = write(tmp_path / "r.json", small())
    found = json.loads(run([str(results), "--trajectories", str(folder), "--json"]).text)["turns"]
    assert set(found) == {
        "ratio",
        "passed",
        "transitions",
        "credit",
        "invented_names",
        "invented_by_turn",
        "synergy",
    }
    assert found["credit"][0]["log_ratio"] == pytest.approx((math.log(0.5) + math.log(0.8)) / 2)
    assert found["ratio"][1]["n"] == 2
    assert json.loads(run([str(results), "--json"]).text)["turns"] is None
    out = tmp_path / "out"
    run([str(results), "--trajectories", str(folder), "--out", str(out)])
    assert "What turns did" in (out / "report.html").read_text(encoding="utf-8")


def test_a_folder_without_trajectories_is_told(tmp_path: Path) -> None:
    """With where they lie; a damaged one is named."""
    with pytest.raises(AnalysisError, match="no trajectory file"):
        read_trajectories(tmp_path)
    with pytest.raises(AnalysisError, match="no such directory"):
        read_trajectories(tmp_path / "none")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"bad\.json"):
        read_trajectories(tmp_path)
