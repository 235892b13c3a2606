"""Conclusions on factors in passing, time-outs, trends, teams and margins, from files as users have them."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from refinery_analysis import Options, analyse, document, read_results
from refinery_analysis._inference.multiplicity import holm
from refinery_analysis._presentation.findings import findings
from refinery_analysis._reading.judged_turns import JudgedTrajectory, JudgedTurn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from refinery_analysis import Analysis
    from refinery_analysis._inference.conclusions import Conclusion

HEAD = "replicate,list,run,seconds,passed"


def table(path: Path, columns: str, rows: Iterable[Sequence[Any]]) -> Path:
    """Write a CSV of one list and one run, the columns of factors first."""
    lines = [f"{columns},{HEAD}"]
    for *levels, replicate, seconds, passed in rows:
        told = "" if seconds is None else f"{seconds:.6g}"
        lines.append(",".join(map(str, [*levels, replicate, 1, 1, told, passed])))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def concluded(analysis: Analysis, question: str, response: str) -> Conclusion:
    """Return the one conclusion on a question and a response."""
    (found,) = [c for c in analysis.conclusions if (c.question, c.response) == (question, response)]
    return found


def crossed(path: Path, *, rates: dict[str, int], slope: float = 0.0) -> Path:
    """Write 2 models x 3 temperatures x 10 programs; so many of each ten pass, and times follow the temperature."""
    rng = np.random.default_rng(4)
    rows = [
        (m, t, r, math.exp(slope * t + 0.1 * rng.standard_normal()) if r <= rates[m] else None, r <= rates[m])
        for m in rates
        for t in (0, 0.5, 1)
        for r in range(1, 11)
    ]
    return table(path, "model,temperature", rows)


def test_each_factor_is_asked_about_passing(tmp_path: Path) -> None:
    """27 of 30 against 9 of 30 programs pass, by model; temperature does nothing."""
    analysis = analyse(read_results([crossed(tmp_path / "r.csv", rates={"a": 9, "b": 3})]))
    model, temperature = (concluded(analysis, name, "passed") for name in ("model", "temperature"))
    assert (model.answer, temperature.answer) == ("different", "undecided")
    assert model.estimate == pytest.approx(0.6)
    assert model.unit == "share of programs"
    assert model.ci_low is not None
    assert model.ci_high is not None
    assert 0 < model.ci_low < 0.6 < model.ci_high
    assert temperature.ci_low is not None
    assert temperature.ci_high is not None
    assert temperature.ci_low <= 0 <= temperature.ci_high
    whole = concluded(analysis, "treatment", "passed")
    assert model.p_adjusted is not None
    assert whole.p_adjusted is not None
    assert model.p_adjusted >= whole.p_adjusted
    assert "of 100 programs passed with model a than with model b" in findings(analysis)[1]


def test_one_factor_in_passing_has_its_estimate_with_the_question_of_all(tmp_path: Path) -> None:
    """With one factor its question is that of all treatments, and is there once."""
    rows = [(m, r, 1.0 + r / 50, r <= n) for m, n in (("a", 9), ("b", 2)) for r in range(1, 11)]
    analysis = analyse(read_results([table(tmp_path / "r.csv", "model", rows)]))
    (found,) = [c for c in analysis.conclusions if c.response == "passed"]
    assert (found.question, found.answer) == ("treatment", "different")
    assert found.estimate == pytest.approx(0.7)


def test_pass_rates_lead_the_report_where_the_study_says_so(tmp_path: Path) -> None:
    """The first sentence and the first conclusions are then on passing."""
    path = crossed(tmp_path / "r.csv", rates={"a": 9, "b": 3})
    analysis = analyse(read_results([path]), Options(response="passed"))
    assert "programs passed" in findings(analysis)[0]
    assert [c.response for c in analysis.conclusions[:3]] == ["passed"] * 3
    (told,) = [words for words in findings(analysis) if "undecided" in words]
    assert told.startswith("Temperature: undecided; between ")
    assert "more of 100 programs passed with temperature " in told
    planned = analyse(read_results([path]), Options(response="passed", effect=0.2))
    (told,) = [words for words in findings(planned) if "undecided" in words]
    assert "more programs would decide on a difference of 20 of 100 programs" in told


@pytest.mark.parametrize(("slope", "answer"), [(1.0, "different"), (0.0, "undecided")])
def test_a_trend_is_a_conclusion_with_the_change_along_the_line(
    tmp_path: Path, slope: float, answer: str
) -> None:
    """From the lowest to the highest temperature times grow by a factor e, or by nothing that was shown."""
    analysis = analyse(read_results([crossed(tmp_path / "r.csv", rates={"a": 9, "b": 8}, slope=slope)]))
    found = concluded(analysis, "temperature: linear", "log")
    assert (found.answer, found.unit) == (answer, "ratio")
    assert found.estimate == pytest.approx(math.exp(slope), rel=0.1)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert (found.ci_low <= 1 <= found.ci_high) is (answer == "undecided")
    assert any("rise steadily" in words for words in findings(analysis)) is (answer == "different")


def test_a_trend_may_be_too_small_to_matter(tmp_path: Path) -> None:
    """With a margin the whole change is held against it: three answers to every question."""
    path = crossed(tmp_path / "r.csv", rates={"a": 9, "b": 8})
    analysis = analyse(read_results([path]), Options(margin=1.5))
    assert concluded(analysis, "temperature: linear", "log").answer == "equivalent"
    assert concluded(analysis, "temperature", "log").answer == "equivalent"
    assert "small enough not to matter" in findings(analysis)[0]


def test_a_margin_settles_a_factor_only_by_all_of_its_pairs(tmp_path: Path) -> None:
    """Both ends of three levels are alike, and the one between them is not: that is no equality."""
    rng = np.random.default_rng(1)
    rows = [
        (n, r, math.exp((0.3 if n == 2 else 0.0) + 0.45 * rng.standard_normal()), True)
        for n in (1, 2, 3)
        for r in range(1, 31)
    ]
    analysis = analyse(
        read_results([table(tmp_path / "r.csv", "agents", rows)]), Options(margin=1.35, alpha=0.001)
    )
    assert {row.contrast for row in analysis.further.equivalence} == {
        "agents: 1 - 3",
        "agents: 1 - 2",
        "agents: 2 - 3",
    }
    assert concluded(analysis, "agents", "log").answer == "undecided"


def late(path: Path, shift: float) -> Path:
    """Write two models whose times differ by a factor; what takes longer than 3 s was stopped there."""
    rng = np.random.default_rng(8)
    lines = ["model,effort,replicate,list,run,seconds,passed,censored,limit"]
    for m, mean in (("a", 0.0), ("b", shift)):
        for e in ("x", "y"):
            for r in range(1, 13):
                s = math.exp(mean + 0.9 * rng.standard_normal())
                lines.append(f"{m},{e},{r},1,1,{min(s, 3.0):.6g},{s < 3},{s >= 3},3")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("shift", "answer"), [(1.6, "different"), (0.0, "undecided")])
def test_time_outs_are_a_conclusion_by_factor(tmp_path: Path, shift: float, answer: str) -> None:
    """What was stopped counts as slower than the limit, by factor, within the levels of the other."""
    analysis = analyse(read_results([late(tmp_path / "r.csv", shift)]))
    model, effort = (concluded(analysis, name, "censored") for name in ("model", "effort"))
    assert (model.answer, effort.answer, model.unit) == (answer, "undecided", "ratio")
    assert model.ci_low is not None
    assert (model.ci_low <= 1) is (answer == "undecided")
    told = [words for words in findings(analysis) if "not as missing" in words]
    assert len(told) == (answer == "different")
    assert all("times as long as model a" in words for words in told)


def test_a_difference_that_time_outs_leave_open_is_not_told_without_them(tmp_path: Path) -> None:
    """Ten of one model are quick and two were stopped; eleven of the other are slow and one was: that is said."""
    quick = (0.67, 1.09, 1.23, 1.48, 1.64, 1.74, 1.87, 1.95, 2.17, 3.22, None, None)
    slow = (1.87, 1.9, 2.6, 3.57, 4.22, 4.64, 4.81, 6.24, 6.54, 7.83, 9.35, None)
    lines = ["model,replicate,list,run,seconds,passed,censored,limit"]
    for m, values in (("a", quick), ("b", slow)):
        lines += [
            f"{m},{r},1,1,{s or 10},{s is not None},{s is None},10" for r, s in enumerate(values, start=1)
        ]
    path = tmp_path / "r.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    analysis = analyse(read_results([path]))
    assert concluded(analysis, "model", "log").answer == "different"
    assert concluded(analysis, "model", "censored").answer == "undecided"
    (told,) = [words for words in findings(analysis) if "not as missing" in words]
    assert "a difference by model was not shown (p = " in told
    assert told.endswith("that among the programs that passed may come from which ones were stopped.")


def many_tasks(path: Path, *, effect: float, interaction: float, seed: int = 2) -> Path:
    """Write 8 tasks x 3 amounts x 4 programs whose effect varies from task to task."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(8):
        base = rng.normal(0, 1)
        for amount in (1, 2, 3):
            mean = base + effect * amount + interaction * rng.standard_normal()
            rows += [(f"t{k}", amount, r, math.exp(mean + rng.normal(0, 0.1)), True) for r in range(1, 5)]
    return table(path, "task,amount", rows)


def test_over_tasks_a_margin_counts_what_treatments_do_from_task_to_task(tmp_path: Path) -> None:
    """Levels that differ by a factor of 1.5 either way from task to task are not equal over tasks like these."""
    results = read_results([many_tasks(tmp_path / "r.csv", effect=0.0, interaction=0.4)])
    random = analyse(results, Options(margin=1.3, tasks="random"))
    fixed = analyse(results, Options(margin=1.3, tasks="fixed"))
    wide, narrow = (
        next(row for row in analysis.further.equivalence if row.contrast == "amount: 1 - 3")
        for analysis in (random, fixed)
    )
    assert math.log((wide.ci_high or 0) / (wide.ci_low or 1)) > 2 * math.log(
        (narrow.ci_high or 0) / (narrow.ci_low or 1)
    )
    assert concluded(random, "amount", "log").answer == "undecided"
    assert random.further.trend[0].df == pytest.approx(14)


def test_each_sentence_says_of_which_tasks_it_speaks(tmp_path: Path) -> None:
    """Of tasks like these where they are a sample, of these tasks only where they are not."""
    results = read_results([many_tasks(tmp_path / "r.csv", effect=0.5, interaction=0.1)])
    for options, words in (
        (Options(tasks="random"), "tasks like these 8"),
        (Options(tasks="fixed"), "these 8 tasks only"),
    ):
        found = analyse(results, options).conclusions
        methods = [c.method for c in found if c.kind in {"times", "trend", "passing"}]
        assert len(methods) > 2
        assert all(words in method for method in methods)


def passing_by_task(path: Path, passed: Sequence[tuple[int, int]]) -> Path:
    """Write two models with five programs each in every task, of which so many passed."""
    rows = [
        (f"t{t}", m, r, math.exp(t + 0.1 * r) if r <= good[i] else None, r <= good[i])
        for t, good in enumerate(passed)
        for i, m in enumerate("ab")
        for r in range(1, 6)
    ]
    return table(path, "task,model", rows)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            Options(response="passed"),
            "and the pass rates of the treatments differ by more than chance on tasks like these 6 (p",
        ),
        (
            Options(response="passed", tasks="fixed"),
            "and the pass rates of the treatments differ by more than chance on these 6 tasks, and no others (p",
        ),
    ],
)
def test_the_sentence_on_passing_says_of_which_tasks_it_speaks(
    tmp_path: Path, options: Options, words: str
) -> None:
    """What a pass rate is over tasks like these is another question than what it is over these."""
    path = passing_by_task(tmp_path / "r.csv", [(5, 1), (4, 1), (5, 2), (4, 0), (5, 1), (4, 2)])
    assert words in findings(analyse(read_results([path]), options))[0]


def test_a_p_below_alpha_that_counts_no_more_among_several_questions_says_so(tmp_path: Path) -> None:
    """Not "not shown, although chance does as much in 4 of 100 studies": the figure that decides is there, too."""
    path = passing_by_task(tmp_path / "r.csv", [(5, 4), (3, 3), (5, 3), (4, 3), (4, 1), (5, 4)])
    analysis = analyse(read_results([path]), Options())
    found = concluded(analysis, "treatment", "passed")
    assert found.p is not None
    assert found.p_adjusted is not None
    assert found.p < 0.05 <= found.p_adjusted
    assert "where 2 questions are asked at once, as here)" in findings(analysis)[1]


def apart_by_task(
    path: Path,
    passed: Sequence[tuple[int, int]],
    apart: Sequence[float],
    *,
    hint: float | None = None,
) -> Path:
    """Write two models with five programs each in every task; the second takes so much longer (logs) there.

    With a number every other program of both has a hint, which makes it slower by that with the second model only.
    """
    rows = [
        (
            f"t{t}",
            m,
            *(("no", "yes")[r % 2] for _ in range(hint is not None)),
            r,
            math.exp(t + i * (longer + (hint or 0.0) * (r % 2)) + 0.02 * (r - 3)) if r <= good[i] else None,
            r <= good[i],
        )
        for t, (good, longer) in enumerate(zip(passed, apart, strict=True))
        for i, m in enumerate("ab")
        for r in range(1, 6)
    ]
    return table(path, "task,model" if hint is None else "task,model,hint", rows)


def test_over_tasks_times_are_counted_with_pass_rates_that_come_first(tmp_path: Path) -> None:
    """A difference of times that is shown by itself (p = 0.03) is not shown where two questions are asked at once."""
    path = apart_by_task(
        tmp_path / "r.csv",
        [(5, 4), (4, 5), (5, 4), (5, 5), (4, 5), (5, 4)],
        [0.85, 0.05, 0.65, 0.25, 0.85, 0.05],
    )
    analysis = analyse(read_results([path]), Options(response="passed"))
    times, passing = (concluded(analysis, *of) for of in (("model", "log"), ("treatment", "passed")))
    assert analysis.tasks is not None
    assert times.p == analysis.tasks.over[0].p
    assert times.p is not None
    assert passing.p is not None
    assert 0.025 < times.p < 0.05 < passing.p
    assert times.answer == "undecided"
    assert times.p_adjusted == pytest.approx(2 * times.p)
    assert passing.p_adjusted == passing.p
    assert times.method.endswith("adjusted by Holm's rule for 2 questions")


def test_over_tasks_pass_rates_are_counted_with_what_times_are_over_tasks(tmp_path: Path) -> None:
    """Times that differ on these tasks (p < 0.001), but not over tasks like these, spend nothing of alpha."""
    path = apart_by_task(
        tmp_path / "r.csv",
        [(5, 5), (4, 4), (5, 4), (5, 4), (5, 3), (4, 3)],
        [1.2, -0.4, 0.8, -0.2, 0.9, -0.1],
    )
    results = read_results([path])
    analysis = analyse(results)
    times, passing = (concluded(analysis, *of) for of in (("model", "log"), ("treatment", "passed")))
    on_these = concluded(analyse(results, Options(tasks="fixed")), "model", "log")
    assert on_these.p is not None
    assert times.p is not None
    assert passing.p is not None
    assert on_these.p < 0.001
    assert 0.025 < passing.p < 0.05 < times.p
    assert passing.answer == "undecided"
    assert passing.p_adjusted == pytest.approx(2 * passing.p)
    assert "for all 2 questions; said of tasks like these 6" in passing.method


def test_the_sentence_on_times_counts_the_questions_that_they_are_counted_with(tmp_path: Path) -> None:
    """Three on times, and pass rates that come first; what is asked beside, such as each factor in passing, is not."""
    path = apart_by_task(
        tmp_path / "r.csv",
        [(5, 4), (4, 5), (5, 4), (5, 5), (4, 5), (5, 4)],
        [0.6, -0.2, 0.4, 0.0, 0.6, -0.2],
        hint=0.0,
    )
    analysis = analyse(read_results([path]), Options(response="passed"))
    times = concluded(analysis, "model", "log")
    assert "adjusted by Holm's rule for 4 questions" in times.method
    assert times.p is not None
    assert times.p < 0.05
    assert "where 4 questions are asked at once, as here" in findings(analysis)[1]


def test_over_tasks_a_question_that_only_these_tasks_answer_is_counted_too(tmp_path: Path) -> None:
    """A formula may name an interaction the other way round, which no test over tasks answers: it is one of three."""
    path = apart_by_task(tmp_path / "r.csv", [(5, 5)] * 6, [1.4, -0.2, 1.0, 0.0, 1.1, 0.1], hint=-0.43)
    analysis = analyse(read_results([path]), Options(model="hint*model"))
    about = {c.question: c for c in analysis.conclusions if c.kind == "times"}
    assert set(about) == {"model", "hint", "hint:model"}
    assert {name for name, c in about.items() if "tasks only" in c.method} == {"hint:model"}
    adjusted = holm([c.p for c in about.values()])
    assert [c.p_adjusted for c in about.values()] == pytest.approx(adjusted)
    together = about["hint:model"]
    # On these tasks one of the others has the smallest p, and what they do together would be shown.
    assert together.p is not None
    assert 0.05 / 3 < together.p < 0.05 / 2
    assert together.answer == "undecided"


def test_a_factor_that_changes_with_the_task_is_untestable_of_tasks_like_these_too(tmp_path: Path) -> None:
    """Half of the tasks had one model, half the other: nothing was compared within a task."""
    rows = [(f"t{t}", "ab"[t % 2], r, math.exp(t + 0.1 * r), True) for t in range(6) for r in range(1, 4)]
    analysis = analyse(read_results([table(tmp_path / "r.csv", "task,model", rows)]), Options(tasks="random"))
    found = concluded(analysis, "model", "log")
    assert (found.answer, found.p) == ("untestable", None)
    assert found.why is not None
    assert "model changes together with the task" in found.why


def team(name: str, replicate: int, ratio: float | None, protocol: str, task: str = "t") -> JudgedTrajectory:
    """Return a trajectory of two agents, two turns each; None where it ends with a wrong program."""
    of = tuple(
        JudgedTurn(
            number=i,
            agent=1 + (i - 1) % 2,
            source=f"{name}{replicate}{i}",
            verdict="wrong_answer" if i == 4 and ratio is None else "correct",
            reason=None,
            error_type=None,
            ratio=None if ratio is None and i == 4 else (ratio or 1.0) * (2 - i / 4),
        )
        for i in range(1, 5)
    )
    return JudgedTrajectory(
        file=f"{task}/{name}{replicate}",
        study="s",
        task=task,
        treatment={"team": name},
        replicate=replicate,
        settings={"agents": 2, "optimization": "4 iterations", "protocol": protocol},
        turns=of,
        final_turn=4,
    )


def test_a_team_is_held_against_the_same_agents_by_themselves(tmp_path: Path) -> None:
    """A pair that works together is twice as fast, and ends with a correct program as often."""
    rng = np.random.default_rng(3)
    rows, trajectories = [], []
    for name, mean, protocol in (("together", -0.7, "rotate"), ("alone", 0.0, "independent")):
        for r in range(1, 9):
            ratio = math.exp(mean + 0.1 * rng.standard_normal())
            trajectories.append(team(name, r, None if r == 8 else ratio, protocol))
            rows.append((name, r, ratio, r != 8))
    results = read_results([table(tmp_path / "r.csv", "team", rows)])
    analysis = analyse(results, trajectories=trajectories)
    name = "synergy: team together - team alone"
    speed, passing = concluded(analysis, name, "ratio"), concluded(analysis, name, "passed")
    assert (speed.answer, passing.answer) == ("different", "undecided")
    assert speed.estimate == pytest.approx(math.exp(-0.7), rel=0.15)
    assert passing.estimate == pytest.approx(0.0)
    words = " ".join(findings(analysis))
    assert "working together makes better" in words.lower()
    assert "agent 1" in words
    (row,) = document(analysis)["turns"]["synergy"]
    assert row["passed"]["team"] == [7, 8]
    # Tables are in the study's order of treatments, whatever the files are called.
    asked = list(dict.fromkeys(f"team {level}" for level in results.factors["team"]))
    for order in (trajectories, trajectories[::-1]):
        turns = analyse(results, trajectories=order).further.turns
        assert turns is not None
        assert list(dict.fromkeys(row.treatment for row in turns.transitions)) == asked
        assert list(dict.fromkeys(row.treatment for row in turns.credit)) == asked


def test_how_often_teams_end_well_is_compared_within_tasks(tmp_path: Path) -> None:
    """The team had most of its trajectories in the easy task: all together end as well as those of the others."""
    ends = {
        ("t0", "together"): (24, 40),
        ("t0", "alone"): (7, 8),
        ("t1", "together"): (2, 8),
        ("t1", "alone"): (18, 40),
    }
    protocols = {"together": "rotate", "alone": "independent"}
    asked = [
        (task, name, r, 1 + r / 100 if r <= good else None)
        for (task, name), (good, programs) in ends.items()
        for r in range(1, programs + 1)
    ]
    trajectories = [team(name, r, ratio, protocols[name], task=task) for task, name, r, ratio in asked]
    rows = [(*of, seconds, seconds is not None) for *of, seconds in asked]
    analysis = analyse(
        read_results([table(tmp_path / "r.csv", "task,team", rows)]), trajectories=trajectories
    )
    assert analysis.further.turns is not None
    found = analysis.further.turns.synergy[0].passed
    assert found is not None
    assert (found.team, found.nominal) == ((26, 48), (25, 48))
    assert found.difference == pytest.approx(-0.2375)
    assert found.ci_low < -0.2375 < found.ci_high


def test_over_many_tasks_a_team_is_compared_by_task(tmp_path: Path) -> None:
    """From five tasks on the differences of the tasks are what counts: df is tasks minus 1."""
    rng = np.random.default_rng(6)
    trajectories = [
        team(name, r, math.exp(0.3 * rng.standard_normal()), protocol, task=f"t{k}")
        for k in range(6)
        for name, protocol in (("together", "rotate"), ("alone", "independent"))
        for r in (1, 2)
    ]
    rows = [
        (one.task, one.treatment["team"], one.replicate, 1.0 + i / 100, True)
        for i, one in enumerate(trajectories)
    ]
    analysis = analyse(
        read_results([table(tmp_path / "r.csv", "task,team", rows)]), trajectories=trajectories
    )
    assert analysis.further.turns is not None
    (row,) = analysis.further.turns.synergy
    assert row.df == 5
    assert row.method == "t test of the tasks' differences"


def test_questions_beside_the_primary_ones_are_counted_among_all(tmp_path: Path) -> None:
    """A trend's p is multiplied as if all questions of the report had been asked for themselves."""
    analysis = analyse(read_results([crossed(tmp_path / "r.csv", rates={"a": 9, "b": 8}, slope=0.1)]))
    found = concluded(analysis, "temperature: linear", "log")
    assert found.p is not None
    assert found.p_adjusted is not None
    assert found.p_adjusted > found.p
    assert "questions" in found.method
    assert dataclasses.asdict(found)["kind"] == "trend"
    assert "kind" not in document(analysis)["conclusions"][0]


@pytest.mark.parametrize(
    ("together", "noise", "answer"),
    [(0.0, 0.5, "equivalent"), (1.0, 0.5, "different"), (0.0, 2.0, "undecided")],
)
def test_an_interaction_has_three_answers(tmp_path: Path, together: float, noise: float, answer: str) -> None:
    """What two factors do together is within the margin, different, or neither, by the difference of differences."""
    rng = np.random.default_rng(8)
    rows = [
        (m, t, r, math.exp(together * (m == "b") * (t == 1) + noise * rng.standard_normal()), True)
        for m in "ab"
        for t in (0, 1)
        for r in range(1, 26)
    ]
    analysis = analyse(
        read_results([table(tmp_path / "r.csv", "model,temperature", rows)]), Options(margin=1.9)
    )
    assert concluded(analysis, "model:temperature", "log").answer == answer
    (row,) = [row for row in analysis.further.equivalence if row.factor == "model:temperature"]
    logs = {
        key: np.log([seconds for m, t, _, seconds, _ in rows if (m, t) == key])
        for key in [(m, t) for m in "ab" for t in (0, 1)]
    }
    estimate = logs["a", 0].mean() - logs["a", 1].mean() - logs["b", 0].mean() + logs["b", 1].mean()
    assert row.ci_low is not None
    assert row.ci_high is not None
    assert math.sqrt(row.ci_low * row.ci_high) == pytest.approx(math.exp(estimate), rel=1e-4)


def test_an_interaction_of_three_factors_is_settled_by_all_that_their_pairs_do(tmp_path: Path) -> None:
    """With three levels one combination that is off is enough to keep the interaction from being equal."""
    rng = np.random.default_rng(9)

    def rows(off: float) -> list[tuple[Any, ...]]:
        return [
            (x, y, z, r, math.exp(off * ((x, y, z) == ("b", 1, 3)) + 0.05 * rng.standard_normal()), True)
            for x in "ab"
            for y in (0, 1)
            for z in (1, 2, 3)
            for r in range(1, 9)
        ]

    answers = [
        concluded(
            analyse(
                read_results([table(tmp_path / "r.csv", "first,second,third", rows(off))]),
                Options(margin=1.3),
            ),
            "first:second:third",
            "log",
        ).answer
        for off in (0.0, 1.0)
    ]
    assert answers == ["equivalent", "different"]
