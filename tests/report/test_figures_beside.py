"""Figures on tasks, time-outs, trends and turns: there where there is something in them, and with the right figures."""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from refinery_analysis._analysis import analyse
from refinery_analysis._cli import run
from refinery_analysis._inference.synergy import Turns
from refinery_analysis._models.survival import curve
from refinery_analysis._models.turns import Credit
from refinery_analysis._reading.read import read_results
from refinery_analysis._report.figure import CANVASES
from refinery_analysis._report.page_blocks import Picture
from refinery_analysis._report.sections import page
from refinery_analysis._report.views.teams import credit
from report_studies import write_study, write_trajectories

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_analysis import Analysis
    from report_browser import Browser

    from conftest import Report

PROBE = (Path(__file__).parent / "report_probe.js").read_text(encoding="utf-8")
BESIDE = {"tasks", "time-outs", "trends", "by-turn", "credit"}


def _several_tasks(path: Path) -> Path:
    """Write times of six tasks, three temperatures and two teams as CSV; slow programs are stopped at 2.5 s."""
    random = np.random.default_rng(4)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["task", "team", "temperature", "replicate", "list", "run", "seconds", "passed", "limit"]
        )
        for task, team, temperature, replicate in itertools.product(
            "abcdef", ("solo", "duo"), (0, 0.5, 1), (1, 2, 3)
        ):
            seconds = float(np.exp(random.normal(0.3 * temperature + 0.1 * ord(task) - 9.7, 0.4)))
            passed = seconds < 2.5
            writer.writerow([task, team, temperature, replicate, 1, 1, min(seconds, 2.5), passed, 2.5])
    return path


@pytest.fixture(scope="module")
def over_tasks(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Analyse the study of several tasks."""
    path = _several_tasks(tmp_path_factory.mktemp("tasks") / "study.csv")
    return analyse(read_results([str(path)]))


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a study of teams whose turns were judged."""
    folder = tmp_path_factory.mktemp("teams")
    agents = {"solo": 1, "duo": 2, "by themselves": 2}
    results = write_study(folder / "results.json", factors={"team": list(agents)}, replicates=4, turns=False)
    trajectories = write_trajectories(folder / "programs", results, agents=agents)
    run([str(results), "--trajectories", str(trajectories), "--out", str(folder / "report")])
    found = json.loads(run([str(results), "--trajectories", str(trajectories), "--json"]).text)
    (folder / "report" / "found.json").write_text(json.dumps(found), encoding="utf-8")
    return folder / "report"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_figure_stands_only_where_there_is_something_in_it(
    report: Callable[[str], Report], teams: Path, over_tasks: Analysis
) -> None:
    """Of one task, without time-outs, amounts and trajectories none of the five; a study with them has theirs."""
    alone = {path.stem for path in report("one program").directory.glob("*.svg")}
    assert alone
    assert not BESIDE & alone
    assert {path.stem for path in report("one factor").directory.glob("*.svg")} & BESIDE == {"trends"}
    assert {path.stem for path in teams.glob("*.svg")} & BESIDE == {"by-turn", "credit"}
    assert _figures(over_tasks).keys() & BESIDE == {"time-outs", "trends"}


def _figures(analysis: Analysis) -> dict[str, Picture]:
    return {
        block.figure.name: block
        for section in page(analysis).sections
        for block in section.blocks
        if isinstance(block, Picture)
    }


def test_charts_beside_obey_the_grammar(over_tasks: Analysis) -> None:
    """Drawing skips Altair's validation; here the charts of time-outs and trends are validated at both widths."""
    figures = _figures(over_tasks)
    for name, canvas in itertools.product(("time-outs", "trends"), CANVASES):
        draw = figures[name].figure.draw
        assert draw is not None
        draw(canvas).to_dict(validate=True)


def test_lines_can_be_told_apart_without_colour(over_tasks: Analysis) -> None:
    """Each level's curve of time-outs has dashes of its own."""
    draw = _figures(over_tasks)["time-outs"].figure.draw
    assert draw is not None
    chart = draw(CANVASES[0]).to_dict()
    assert chart["vconcat"]
    for panel in chart["vconcat"]:
        scale = panel["layer"][0]["encoding"]["strokeDash"]["scale"]
        assert len({tuple(dash) for dash in scale["range"]}) == len(scale["domain"]) > 1


def test_a_curve_is_kaplan_and_meiers() -> None:
    """R: ``survfit(Surv(c(1, 2, 2, 3, 4), c(1, 1, 0, 1, 0)) ~ 1)`` has 0.8, 0.6 and 0.3 after 1, 2 and 3."""
    seconds, left = curve(np.asarray([1.0, 2, 2, 3, 4]), np.asarray([True, True, False, True, False]))
    assert seconds.tolist() == [1, 2, 3]
    assert left.tolist() == pytest.approx([0.8, 0.6, 0.3])


def test_credits_add_up_to_the_ratio_of_the_trajectories(teams: Path) -> None:
    """By agent, to the last digit of a float; the table beside the figure has the sum as a row."""
    found = json.loads((teams / "found.json").read_text(encoding="utf-8"))["turns"]
    sums: dict[str, list[float]] = {}
    for row in found["credit"]:
        sums.setdefault(row["treatment"], []).append(row["log_ratio"])
    ended: dict[str, list[float]] = {}
    for path in sorted((teams.parent / "programs").iterdir()):
        one = json.loads(path.read_text(encoding="utf-8"))
        ratio = one["turns"][-1]["feedback"]["ratio"]
        if ratio is not None:
            ended.setdefault(f"team {one['treatment']['team']}", []).append(math.log(ratio))
    for treatment, parts in sums.items():
        mean = math.fsum(ended[treatment]) / len(ended[treatment])
        assert abs(math.fsum(parts) - mean) <= max(math.ulp(value) for value in (*parts, mean))
    rows = _rows(teams / "figure-credit.csv")
    whole = {row["treatment"]: float(row["log ratio"]) for row in rows if row["agent"] == "all"}
    assert whole == {name: pytest.approx(math.fsum(sums[name]), abs=5e-5) for name in whole}
    assert set(whole) == {"team duo", "team by themselves"}


def test_an_interval_of_credit_wider_than_any_number_is_drawn_to_the_edge() -> None:
    """Few trajectories that nearly agree can have one: there is no factor that large."""
    row = Credit(treatment="all", agent=1, log_ratio=-0.5, ci_low=-4000.0, ci_high=4000.0, trajectories=3)
    drawn = credit(
        Turns(
            ratio=(),
            passed=(),
            transitions=(),
            credit=(row,),
            invented_names=(),
            invented_by_turn=(),
            synergy=(),
        )
    )
    assert drawn is not None
    assert drawn.draw is not None
    assert "agent 1" in drawn.draw(CANVASES[0]).to_json()


def test_survivors_are_marked_in_the_figure_by_turn(teams: Path) -> None:
    """A turn at which some trajectory had no correct program has a hollow dot, and says so when pointed at."""
    found = json.loads((teams / "found.json").read_text(encoding="utf-8"))["turns"]
    drawing = (teams / "by-turn.svg").read_text(encoding="utf-8")
    survivors = sum(row["survivors"] for row in found["ratio"])
    assert survivors > 0
    assert drawing.count("survivors only</title>") == survivors
    assert len(re.findall(r"of \d+ correct</title>", drawing)) == len(found["passed"]) == 6


def test_invented_names_are_counted_by_turn_and_by_treatment(teams: Path) -> None:
    """Both count the same programs."""
    found = json.loads((teams / "found.json").read_text(encoding="utf-8"))["turns"]
    by_turn, by_treatment = (found[key] for key in ("invented_by_turn", "invented_names"))
    assert [row["turn"] for row in by_turn] == [1, 2, 3, 4, 5, 6]
    for key in ("count", "turns"):
        assert sum(row[key] for row in by_turn) == sum(row[key] for row in by_treatment) > 0
    assert [row["invented names"] for row in _rows(teams / "figure-by-turn.csv")] == [
        f"{row['count']}/{row['turns']}" for row in by_turn
    ]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_of_a_study_of_teams_is_legible(width: int, teams: Path, browser: Browser) -> None:
    """In a window and on a phone, in the dark too: nothing overlaps, is clipped, or makes the page scroll sideways."""
    for dark in (False, True):
        browser.open(teams / "report.html", width=width, dark=dark)
        assert browser.errors == []
        assert browser.run(PROBE) == []
