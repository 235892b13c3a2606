"""Several tasks in one study: read, compared over tasks like these or over these, and said so."""

from __future__ import annotations

import csv
import itertools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from refinery_analysis._analysis import Options, analyse
from refinery_analysis._cli import run
from refinery_analysis._errors import AnalysisError
from refinery_analysis._models.task_reml import CellTable, Satterthwaite, exact_f, fit_tasks
from refinery_analysis._models.tasks import _Tests
from refinery_analysis._models.time_limits import time_limits
from refinery_analysis._presentation.document import document
from refinery_analysis._reading.read import read_results
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HERE = Path(__file__).parent / "r"
EXPECTED = json.loads((HERE / "tasks.json").read_text(encoding="utf-8"))
CELLS = list(itertools.product("xyz", "pq"))
TERMS = {"a": slice(1, 3), "b": slice(3, 4), "a:b": slice(4, 6)}


SECONDS = {"quick": (0.2, 0.3, 0.25, 0.35), "long": (11.0, 14.0, 12.0, 13.0)}
LIMITS = {"quick": 1.0, "long": 30.0}


def with_time_outs(path: Path, stopped: Sequence[tuple[str, str, int]]) -> Path:
    """Write a study of two tasks with limits of their own, two models and four programs; some, by number, were stopped.

    As sessions write it: only programs that are correct were timed, so only they have a limit.
    """
    programs, benchmarks = [], []
    for task, model, number in itertools.product(SECONDS, "ab", range(4)):
        which = {"task": task, "treatment": {"model": model}, "replicate": number + 1}
        verdict = "timeout" if (task, model, number) in stopped else "correct"
        programs.append({**which, "verdict": verdict, "file": f"{task}/{model}-r{number + 1}.py"})
        if verdict == "correct":
            info = {"study": "s", **which, "verdict": verdict, "list": 1, "block": 1, "session": "one"}
            info["limit_seconds"] = LIMITS[task]
            benchmarks.append({"extra_info": info, "stats": {"data": [SECONDS[task][number]]}})
    study = {"name": "s", "task": None, "tasks": list(SECONDS), "factors": {"model": list("ab")}}
    refinery = {"schema": 1, "study": study, "programs": programs, "reference": []}
    path.write_text(
        json.dumps({"benchmarks": benchmarks, "refinery": refinery, "machine_info": {"node": "n"}})
    )
    return path


def test_programs_are_stopped_at_the_limit_of_their_task(tmp_path: Path) -> None:
    """Not at that of the slowest task: what is known is that they took more than a second, and PAR2 is twice that."""
    stopped = [("quick", "b", number) for number in range(4)]
    analysis = analyse(read_results([with_time_outs(tmp_path / "one.json", stopped)]))
    late = analysis.further.censored
    assert late is not None
    assert (late.limit, late.stopped_at) == (30.0, (1.0, 1.0))
    slower = next(curve for curve in late.curves if curve.level == "b")
    # Four of eight were stopped before anything else returned; the others return one by one.
    assert slower.share == pytest.approx((0.75, 0.5, 0.25, 0.0, 0.0))
    assert analysis.failures.par2.by_treatment["b"] == pytest.approx((4 * 2.0 + 50.0) / 8)
    assert analysis.failures.par2.penalty == 2.0
    run([str(tmp_path / "one.json"), "--out", str(tmp_path / "report")])
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "4 programs took longer than the limit of 1.00 s; nobody knows how much" in page


def test_programs_that_are_stopped_at_several_limits_are_told_so(tmp_path: Path) -> None:
    """Each counts as slower than its own limit; the largest is named."""
    stopped = [(task, "b", number) for task in SECONDS for number in (1, 2, 3)]
    path = with_time_outs(tmp_path / "both.json", stopped)
    late = analyse(read_results([path])).further.censored
    assert late is not None
    assert (late.timeouts, late.stopped_at) == (6, (1.0, 30.0))
    run([str(path), "--out", str(tmp_path / "report")])
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "6 programs took longer than their limits (up to 30.0 s); nobody knows how much" in page
    assert "(PAR2, up to 60.0 s each)" in page
    found = analysed(path)
    assert found["failures"]["par2"]["penalty"] == 60.0


def test_a_time_limit_that_is_not_on_record_is_the_smallest_of_its_task_and_machine() -> None:
    """Else of its task, on whatever machine; else of all, and of none where no program has one."""
    known = [
        ("t", "m", 1.5, 1.5),
        ("t", "m", 1.0, 1.0),
        ("t", "m", math.nan, 1.0),
        ("t", "n", 0.5, 0.5),
        ("t", "n", math.nan, 0.5),
        ("t", None, math.nan, 0.5),
        ("u", None, 9.0, 9.0),
        ("u", "m", math.nan, 9.0),
        ("v", "m", math.nan, 0.5),
    ]
    programs = pd.DataFrame([row[:3] for row in known], columns=["task", "machine", "limit_seconds"])
    assert time_limits(programs).tolist() == [row[3] for row in known]
    assert np.isnan(time_limits(programs.assign(limit_seconds=math.nan))).all()
    assert time_limits(programs.iloc[:0]).size == 0


def rows_of(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table_of(name: str) -> CellTable:
    rows = rows_of(name)
    groups: dict[tuple[str, tuple[str, str]], list[float]] = {}
    for row in rows:
        groups.setdefault((row["task"], (row["a"], row["b"])), []).append(float(row["y"]))
    tasks = sorted({task for task, _ in groups})
    values = [[np.asarray(groups.get((task, cell), [])) for cell in CELLS] for task in tasks]
    a, b = {"x": (1, 0), "y": (0, 1), "z": (-1, -1)}, {"p": 1, "q": -1}
    x = [[1, *a[one], b[two], *(part * b[two] for part in a[one])] for one, two in CELLS]
    return CellTable(
        count=np.asarray([[of.size for of in row] for row in values], dtype=np.intp),
        mean=np.asarray([[of.mean() if of.size else 0.0 for of in row] for row in values]),
        within=sum(float(((of - of.mean()) ** 2).sum()) for row in values for of in row if of.size),
        x=np.asarray(x, dtype=float),
    )


def study_file(path: Path, name: str) -> Path:
    """Write the values of one of R's data sets as the log ratios of a timed study's file."""
    rows = rows_of(name)
    tasks = sorted({row["task"] for row in rows})
    numbers: dict[tuple[str, ...], itertools.count[int]] = {}
    programs, benchmarks = [], []
    for row in rows:
        key = (row["task"], row["a"], row["b"])
        which = {
            "task": row["task"],
            "treatment": {"a": row["a"], "b": row["b"]},
            "replicate": next(numbers.setdefault(key, itertools.count(1))),
            "verdict": "correct",
        }
        programs.append({**which, "file": f"{'/'.join(key)}-r{which['replicate']}.py"})
        info = {"study": "s", **which, "list": 1, "block": 1 + tasks.index(row["task"]), "session": "one"}
        benchmarks.append({"extra_info": info, "stats": {"data": [math.exp(float(row["y"]))]}})
    reference = [
        {"task": task, "block": 1 + number, "list": 1, "session": "one", "seconds": [1.0]}
        for number, task in enumerate(tasks)
    ]
    refinery = {
        "schema": 1,
        "study": {"name": "s", "task": None, "tasks": tasks, "factors": {"a": list("xyz"), "b": list("pq")}},
        "programs": programs,
        "reference": reference,
    }
    path.write_text(
        json.dumps({"benchmarks": benchmarks, "refinery": refinery, "machine_info": {"node": "n"}})
    )
    return path


def analysed(path: Path, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of Options
    return document(analyse(read_results([str(path)]), Options(**options)))


@pytest.mark.parametrize("want", EXPECTED, ids=[each["file"] for each in EXPECTED])
def test_the_mixed_model_agrees_with_lmer_test(want: dict[str, Any]) -> None:
    """Variances, F, Satterthwaite's degrees of freedom and p of ``tests/analysis/r/tasks.R``."""
    fit = fit_tasks(table_of(want["file"]))
    assert fit is not None
    assert fit.task_treatment is not None
    for name in ("task", "task_treatment", "program"):
        assert getattr(fit, name) == pytest.approx(want[name], rel=1e-5)
    tests = Satterthwaite(fit)
    for term in want["over"]:
        found = tests.test(np.eye(6)[TERMS[term["term"]]])
        assert found is not None
        assert found.df == term["df"]
        assert (found.f, found.df_den, found.p) == pytest.approx(
            (term["F"], term["df_den"], term["p"]), rel=1e-4
        )


def test_four_programs_of_three_tasks_give_figures_or_none_and_nothing_between() -> None:
    """A likelihood that is nearly flat has no degrees of freedom, and then no F and no p, instead of NaN."""
    count = np.asarray([[1, 1], [0, 1], [0, 1]])
    found = []
    for seed in range(20):
        mean = np.random.default_rng(seed).normal(size=(3, 2)) * (count > 0)
        fit = fit_tasks(
            CellTable(count=count, mean=mean, within=0.0, x=np.asarray([[1.0, 1.0], [1.0, -1.0]]))
        )
        assert fit is not None
        found.append(Satterthwaite(fit).test(np.eye(2)[1:]))
    assert None in found
    assert all(math.isfinite(each.df_den) and each.df_den > 0 and 0 <= each.p <= 1 for each in found if each)


def test_tasks_that_are_never_timed_are_compared_by_what_passed(tmp_path: Path) -> None:
    """Two factors over several tasks without a single time: pass rates, and none in place of ratios."""
    design = list(itertools.product("tuvw", "xy", "pq", range(1, 5)))
    programs = [
        {
            "task": task,
            "treatment": {"a": a, "b": b},
            "replicate": number,
            "verdict": "correct" if a == "x" or number < 3 else "wrong_answer",
            "file": f"{task}/{a}{b}-r{number}.py",
        }
        for task, a, b, number in design
    ]
    study = {"name": "s", "task": None, "tasks": list("tuvw"), "factors": {"a": list("xy"), "b": list("pq")}}
    refinery = {"schema": 1, "study": study, "programs": programs, "reference": []}
    path = tmp_path / "passes.json"
    path.write_text(json.dumps({"benchmarks": [], "refinery": refinery, "machine_info": {"node": "n"}}))
    found = analysed(path)
    assert [entry["passed"] for entry in found["tasks"]["by_task"]] == [12] * 4
    assert {entry["ratio"] for entry in found["tasks"]["by_task"]} == {None}
    assert found["tasks"]["over_tasks"]["terms"] == []
    (difference,) = [each for each in found["passed"]["differences"] if each["factor"] == "a"]
    assert abs(difference["difference"]) == pytest.approx(0.5)


def written(path: Path, design: Iterable[tuple[int, str, str, int, bool]]) -> Path:
    """Write a CSV of tasks, two factors and replicates; those that passed have a time."""
    rng = np.random.default_rng(3)
    lines = ["task,agents,speed,replicate,list,run,seconds,passed"]
    for task, agents, speed, replicate, passed in design:
        seconds = f"{rng.lognormal(task / 9, 0.1):.6f}" if passed else ""
        lines.append(f"t{task},{agents},{speed},{replicate},1,1,{seconds},{passed}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_treatments_that_never_passed_leave_one_comparison_of_the_others(tmp_path: Path) -> None:
    """Their factors cannot be told apart then, and that is said."""
    design = [
        (task, agents, speed, replicate, (agents, speed) != ("2", "b"))
        for task, agents, speed, replicate in itertools.product(range(6), "12", "ab", (1, 2))
    ]
    tasks = analyse(read_results([written(tmp_path / "r.csv", design)])).tasks
    assert tasks is not None
    assert [(term.term, term.df) for term in tasks.over] == [("treatment", 2)]
    assert [note for note in tasks.notes if note.startswith("some treatments have no program that passed")]


def test_one_program_of_each_task_and_treatment_says_what_cannot_be_told(tmp_path: Path) -> None:
    """What treatments do from task to task is in the spread of programs then."""
    design = [(task, agents, "a", 1, True) for task, agents in itertools.product(range(6), "123")]
    tasks = analyse(read_results([written(tmp_path / "r.csv", design)])).tasks
    assert tasks is not None
    assert tasks.variance.task_treatment is None
    assert [note for note in tasks.notes if note.startswith("one program of each task and treatment")]


def test_tasks_of_one_treatment_are_compared_without_terms(tmp_path: Path) -> None:
    """Each has its figures; there is nothing to test, and nothing fails."""
    design = [(task, "1", "a", replicate, True) for task, replicate in itertools.product(range(3), (1, 2, 3))]
    tasks = analyse(read_results([written(tmp_path / "r.csv", design)])).tasks
    assert tasks is not None
    assert (tasks.over, tasks.fixed, tasks.fixed_df_den) == ((), (), None)
    assert [row.passed for row in tasks.by_task] == [3, 3, 3]


def test_of_balanced_tables_the_f_is_exact() -> None:
    """It is lmerTest's where no component is at zero, with (k - 1)(T - 1) degrees of freedom."""
    table = table_of("tasks_balanced.csv")
    inverse = np.asarray(np.linalg.inv(table.x), dtype=np.float64)
    for term in EXPECTED[0]["over"]:
        found = exact_f(table, inverse[TERMS[term["term"]]])
        assert found is not None
        assert found.df_den == 5 * 5
        assert (found.f, found.p) == pytest.approx((term["F"], term["p"]), rel=1e-6)


@pytest.mark.parametrize("want", EXPECTED, ids=[each["file"] for each in EXPECTED])
def test_a_file_of_several_tasks_gives_the_figures_of_r(tmp_path: Path, want: dict[str, Any]) -> None:
    """From benchmark JSON to the document: over tasks, and with the tasks as a factor."""
    found = analysed(study_file(tmp_path / "out.json", want["file"]))
    tasks = found["tasks"]
    assert found["response"] == "ratio"
    assert tasks["n"] == len(tasks["by_task"]) == len({row["task"] for row in rows_of(want["file"])})
    assert tasks["random"] is True
    assert tasks["variance"] == pytest.approx(
        {k: want[k] for k in ("task", "task_treatment", "program")}, rel=1e-5
    )
    for ours, theirs in zip(tasks["over_tasks"]["terms"], want["over"], strict=True):
        assert ours["term"] == theirs["term"]
        assert (ours["F"], ours["p"]) == pytest.approx((theirs["F"], theirs["p"]), rel=1e-4)
    theirs = {term["term"]: term for term in want["fixed"]}
    for ours in tasks["fixed"]["terms"]:
        assert ours["F"] == pytest.approx(theirs[ours["term"]]["F"], rel=1e-6)


def test_conclusions_say_of_which_tasks_they_speak(tmp_path: Path) -> None:
    """Many tasks stand for others unless somebody says that they are all that matters."""
    path = study_file(tmp_path / "out.json", "tasks_balanced.csv")
    random, fixed = analysed(path), analysed(path, tasks="fixed")
    for said, document_, why in ((True, random, "tasks like these 6"), (False, fixed, "these 6 tasks only")):
        assert document_["tasks"]["random"] is said
        methods = [c["method"] for c in document_["conclusions"] if c["response"] == "ratio"]
        assert methods
        assert all(why in method for method in methods)
    (about,) = [c for c in random["conclusions"] if c["question"] == "a"]
    assert (about["answer"], about["unit"]) == ("different", "ratio")
    assert about["p"] == pytest.approx(EXPECTED[0]["over"][0]["p"], rel=1e-5)
    assert about["ci_low"] < about["estimate"] < about["ci_high"]
    assert "Of tasks like these 6: " in run([str(path)], width=200).text
    assert "Of these 6 tasks, and no others: " in run([str(path), "--tasks", "fixed"], width=200).text


def test_a_tasks_ratio_is_the_geometric_mean_of_its_programs_with_an_interval(tmp_path: Path) -> None:
    """Treatments weigh the same, however many of their programs passed."""
    found = analysed(study_file(tmp_path / "out.json", "tasks_unbalanced.csv"))["tasks"]["by_task"]
    table = table_of("tasks_unbalanced.csv")
    for number, task in enumerate(found):
        there = table.count[number] > 0
        assert task["ratio"] == pytest.approx(math.exp(table.mean[number][there].mean()))
        assert task["passed"] == task["programs"] == table.count[number].sum()
        assert task["ci_low"] < task["ratio"] < task["ci_high"]


def test_files_of_different_tasks_of_a_study_are_joined(tmp_path: Path) -> None:
    """A study whose tasks were timed one by one is one study, and a task that is there twice is told."""
    whole = json.loads(study_file(tmp_path / "whole.json", "tasks_balanced.csv").read_text())
    parts = []
    for name, those in (("one", {"t0", "t1"}), ("two", {"t2", "t3", "t4", "t5"})):
        part = json.loads(json.dumps(whole))
        part["benchmarks"] = [b for b in part["benchmarks"] if b["extra_info"]["task"] in those]
        for key in ("programs", "reference"):
            part["refinery"][key] = [entry for entry in part["refinery"][key] if entry["task"] in those]
        parts.append(tmp_path / f"{name}.json")
        parts[-1].write_text(json.dumps(part))
    joined = read_results([str(part) for part in parts])
    assert joined.tasks == tuple(f"t{number}" for number in range(6))
    assert len(joined.programs) == 6 * 6 * 3
    ours = document(analyse(joined, Options()))["tasks"]["over_tasks"]["terms"]
    assert ours[0]["p"] == pytest.approx(EXPECTED[0]["over"][0]["p"], rel=1e-5)


@pytest.mark.parametrize("lost", ["t1", None])
def test_tasks_without_all_references_are_compared_by_log_seconds(tmp_path: Path, lost: str | None) -> None:
    """Whether a part of a study has none or a task's are missing: a note says so, and every other response works."""
    whole = json.loads(study_file(tmp_path / "whole.json", "tasks_balanced.csv").read_text())
    paths = []
    for number, those in enumerate(({"t0", "t1"}, {"t2", "t3", "t4", "t5"})):
        part = json.loads(json.dumps(whole))
        part["benchmarks"] = [b for b in part["benchmarks"] if b["extra_info"]["task"] in those]
        part["refinery"]["programs"] = [p for p in part["refinery"]["programs"] if p["task"] in those]
        references = [entry for entry in part["refinery"]["reference"] if entry["task"] in those - {lost}]
        part["refinery"]["reference"] = [] if lost is None and number else references
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(part))
    results = read_results(paths)
    without = 18 if lost else 72
    plain = document(analyse(results))
    assert plain["response"] == "log"
    assert {task["ratio"] for task in plain["tasks"]["by_task"]} == {None}
    assert [note for note in plain["notes"] if f"beside {without} runs of programs that passed" in note]
    for options in (Options(response="log"), Options(response="seconds"), Options(effect=0.2)):
        found = document(analyse(results, options))
        assert found["response"] == options.scale
        assert found["tasks"] == plain["tasks"]
    with pytest.raises(AnalysisError, match="use another --response"):
        analyse(results, Options(response="ratio"))


def test_tasks_are_compared_by_ratios_whatever_else_is_asked_for(tmp_path: Path) -> None:
    """Seconds of different tasks mean nothing together: a plan in seconds leaves ratios and conclusions as they are."""
    path = study_file(tmp_path / "out.json", "tasks_balanced.csv")
    plain, planned = analysed(path), analysed(path, effect=0.5)
    assert planned["response"] == "seconds"
    assert planned["tasks"] == plain["tasks"]
    assert [c["p"] for c in planned["conclusions"] if c["response"] == "ratio"] == pytest.approx(
        [c["p"] for c in plain["conclusions"] if c["response"] == "ratio"]
    )
    text = run([str(path)], width=100).text
    assert "Over tasks like these (ratio)" in text
    assert "residual" not in text


@pytest.mark.parametrize("which", ["random", "fixed"])
def test_the_ratio_of_all_tasks_is_about_tasks_like_these_or_about_these(tmp_path: Path, which: str) -> None:
    """The mean of the tasks' logs: Student's limits over the tasks (R: ``t.test``), or their programs' own spread."""
    found = analysed(study_file(tmp_path / "out.json", "tasks_balanced.csv"), tasks=which)["tasks"]
    logs = np.log([row["ratio"] for row in found["by_task"]])
    assert found["ratio"]["ratio"] == pytest.approx(math.exp(logs.mean()))
    low, high = (math.log(found["ratio"][limit]) for limit in ("ci_low", "ci_high"))
    over = stats.ttest_1samp(logs, 0).confidence_interval()
    if which == "random":
        assert (low, high) == pytest.approx((over.low, over.high))
    else:
        widths = [math.log(row["ci_high"] / row["ci_low"]) for row in found["by_task"]]
        assert high - low < 1.2 * math.sqrt(sum(width**2 for width in widths)) / len(widths)
        assert high - low < over.high - over.low


def test_the_page_draws_task_by_task_and_what_they_are_together(tmp_path: Path) -> None:
    """A row for each task and one for tasks like these, in the picture and in the table beside it."""
    run([str(study_file(tmp_path / "out.json", "tasks_unbalanced.csv")), "--out", str(tmp_path / "report")])
    with (tmp_path / "report" / "figure-tasks.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tasks = sorted({row["task"] for row in rows_of("tasks_unbalanced.csv")})
    assert [row["task"] for row in rows] == [*tasks, "tasks like these"]
    drawing = (tmp_path / "report" / "tasks.svg").read_text(encoding="utf-8")
    assert drawing.count("× reference\ninterval") == 2 * len(rows)
    assert "Task by task" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_one_program_of_each_kind_gives_ratios_without_limits(tmp_path: Path) -> None:
    """Of tasks taken as these alone nothing tells how much programs differ; over tasks like these the tasks do."""
    lines = ["task,a,b,y"]
    lines += [f"t{n},{a},{b},{n / 4 + (a == 'x') / 8}" for n in range(3) for a, b in CELLS]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = study_file(tmp_path / "study.json", str(tmp_path / "rows.csv"))
    fixed = analysed(path, tasks="fixed")["tasks"]
    assert [entry["ci_low"] for entry in fixed["by_task"]] == [None] * 3
    assert fixed["by_task"][2]["ratio"] == pytest.approx(math.exp(0.5 + 1 / 24))
    (alone, sampled) = (
        analyse(read_results([str(path)]), Options(tasks=t)).tasks for t in ("fixed", "random")
    )
    assert alone is not None
    assert sampled is not None
    assert alone.ratio is not None
    assert sampled.ratio is not None
    assert alone.ratio.ci_low is None
    assert alone.ratio.ratio == pytest.approx(math.exp(0.25 + 1 / 24))
    assert sampled.ratio.ci_low == pytest.approx(
        math.exp(0.25 + 1 / 24 - stats.t.ppf(0.975, 2) * 0.25 / math.sqrt(3))
    )


def test_levels_with_the_same_mean_have_no_pair_that_is_farthest_apart() -> None:
    """Nor has a factor with a single level, or a comparison whose estimate is nothing at all."""
    table = CellTable(
        count=np.full((4, 2), 2),
        mean=np.asarray([[1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]]),
        within=1.0,
        x=np.asarray([[1.0, 1.0], [1.0, -1.0]]),
    )
    tests = _Tests(table, fit_tasks(table))
    assert tests.farthest(["1", "3"], alpha=0.05) is None
    assert tests.farthest(["1", "1"], alpha=0.05) is None
    assert tests.contrast(np.ones(2, dtype=bool), np.asarray([1.0, -1.0])) is None
