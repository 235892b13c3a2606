"""Plans over tasks and replicates: power as R has it, the floor, the cheapest split, and what users see of them."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_data import analysed, r_rows, study
from refinery_analysis import AnalysisError, Options, analyse, read_results
from refinery_analysis import _cli as cli
from refinery_analysis._commands.plan import PlanOptions, PlanResult, plan
from refinery_analysis._commands.plan_tasks import Floor, TaskPlan, TaskQuestion
from refinery_analysis._inference import two_proportions
from refinery_analysis._models.passing_table import PassingTable
from refinery_analysis._models.rate_spread import RateSpread, rate_spread
from refinery_analysis._power.over_tasks import OverTasks, ReplicateCost, cheapest, splits
from refinery_analysis._power.rates_over_tasks import RatesOverTasks
from refinery_analysis._presentation.findings import findings
from refinery_analysis._presentation.terminal_plan import text
from refinery_analysis._report.page_blocks import Grid, Heading
from refinery_analysis._report.sections import page
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def two_arms(apart: float, program: float, *, chances: tuple[float, ...] = (1.0,)) -> OverTasks:
    """Compare two treatments; SDs of task x treatment and of programs, each task's chance to pass."""
    return OverTasks(
        between=2 * apart**2,
        within=np.full(2, program**2),
        passing=np.repeat(np.asarray(chances)[:, None], 2, axis=1),
        treatments=2,
        df_per_task=1,
        known_df=20.0,
    )


def tasks_csv(
    path: Path, *, passing: float = 1.0, seed: int = 3, tasks: int = 8, replicates: int = 4
) -> Path:
    """Write a study of several tasks and two arms, whose times differ from task to task."""
    rng = np.random.default_rng(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["task", "arm", "replicate", "list", "run", "seconds", "passed"])
        for task in range(tasks):
            hard = rng.normal()
            for arm in "ab":
                own = hard + rng.normal(0, 0.2)
                for replicate in range(1, replicates + 1):
                    good = bool(rng.random() < passing)
                    seconds = math.exp(own + rng.normal(0, 0.3)) if good else ""
                    out.writerow([f"task-{task}", arm, replicate, 1, 1, seconds, good])
    return path


@pytest.mark.parametrize("known", r_rows("over_tasks.csv"), ids=lambda r: f"{r['tasks']} x {r['replicates']}")
def test_power_over_tasks_agrees_with_r(known: dict[str, str]) -> None:
    """``power.t.test(type = "paired")`` of the tasks' differences; its smallest delta without programs is the floor."""
    made = two_arms(float(known["apart"]), float(known["program"]))
    tasks = int(known["tasks"])
    power = made.power(tasks, int(known["replicates"]), float(known["effect"]), alpha=0.05)
    assert power == pytest.approx(float(known["power"]), rel=1e-6)
    assert made.smallest(tasks, alpha=0.05, target=0.8) == pytest.approx(float(known["smallest"]), rel=1e-6)


def test_replicates_never_go_below_the_floor() -> None:
    """However many programs there are, no fewer tasks are enough, and no smaller effect is found."""
    made = two_arms(0.3, 0.4)
    floor = made.tasks(math.inf, 0.25, alpha=0.05, target=0.8)
    assert floor is not None
    assert made.tasks(1_000_000, 0.25, alpha=0.05, target=0.8) == floor
    assert made.replicates(floor - 1, 0.25, alpha=0.05, target=0.8) is None
    smallest = made.smallest(10, alpha=0.05, target=0.8)
    assert smallest is not None
    assert made.power(10, math.inf, smallest, alpha=0.05) == pytest.approx(0.8, abs=1e-9)


def test_without_a_price_of_tasks_one_replicate_is_cheapest_where_all_pass() -> None:
    """More replicates need fewer tasks and more programs in all; a failing program makes a second worth while."""
    price = ReplicateCost(usd=0.1, calls=2.0, hours=None)
    made = splits(two_arms(0.3, 0.4), price, effect=0.25, alpha=0.05, target=0.8)
    assert [s.tasks for s in made] == sorted((s.tasks for s in made), reverse=True)
    best = cheapest(made)
    assert best is not None
    assert best.replicates_per_treatment == 1
    assert best.cost_usd == pytest.approx(0.1 * best.tasks)
    assert best.programs == 2 * best.tasks
    assert best.tasks_recommended is not None
    assert best.tasks_recommended > best.tasks
    failing = two_arms(0.3, 0.4, chances=(0.5,))
    dear = cheapest(splits(failing, price, effect=0.25, alpha=0.05, target=0.8))
    assert dear is not None
    assert dear.replicates_per_treatment > 1


def test_a_price_of_tasks_moves_the_split_to_the_known_optimum() -> None:
    """By hand: sqrt(c_task within / (c_program between)) = sqrt(1.8 * 0.32 / (0.1 * 0.09)) = 8 replicates."""
    made = two_arms(math.sqrt(0.045), 0.4)
    price = ReplicateCost(usd=0.1, calls=None, hours=None, usd_per_task=1.8)
    best = cheapest(splits(made, price, effect=0.05, alpha=0.05, target=0.8))
    assert best is not None
    assert best.replicates_per_treatment in {7, 8, 9}
    few = cheapest(splits(made, price, effect=0.05, alpha=0.05, target=0.8, most_tasks=best.tasks - 1))
    assert few is not None
    assert few.replicates_per_treatment > best.replicates_per_treatment


@given(
    apart=st.floats(0, 1),
    program=st.floats(0.01, 2),
    chance=st.floats(0.2, 1),
    tasks=st.integers(2, 60),
    replicates=st.integers(1, 20),
)
def test_power_never_falls_as_tasks_or_replicates_are_added(
    apart: float, program: float, chance: float, tasks: int, replicates: int
) -> None:
    """One more task, or one more program of each, never finds less; no power counts as 0."""
    made = two_arms(apart, program, chances=(chance,))

    def power(t: int, r: int) -> float:
        value = made.power(t, r, 0.3, alpha=0.05)
        return 0.0 if math.isnan(value) else value

    assert power(tasks + 1, replicates) >= power(tasks, replicates) - 1e-9
    assert power(tasks, replicates + 1) >= power(tasks, replicates) - 1e-9


def table(passed: list[list[int]], made: int) -> PassingTable:
    """Count the programs of tasks and two arms."""
    return PassingTable(
        tasks=tuple(map(str, range(len(passed)))),
        treatments=("a", "b"),
        factors={"arm": ("a", "b")},
        own=("arm",),
        level={"arm": np.arange(2)},
        generated=np.full((len(passed), 2), made),
        passed=np.asarray(passed),
    )


def test_the_spread_of_rates_over_tasks_is_what_a_pencil_says() -> None:
    """Three tasks of four programs: variance of differences 1/16, of which the binomial explains a part."""
    found = rate_spread(table([[4, 3], [2, 2], [0, 1]], 4), "arm", (0, 1), (0, 1))
    assert found is not None
    # Rates (1, .75), (.5, .5), (0, .25); differences .25, 0, -.25 with variance .0625; p(1-p) by task 3/16, 1/2, 3/16.
    noise, single, unit = (3 / 16 + 1 / 2 + 3 / 16) / 3 / 3, (3 / 16 + 1 / 2 + 3 / 16) / 3 * 4 / 3, 0.5
    assert found.rates == (0.5, 0.5)
    assert found.within == pytest.approx(single / unit)
    assert found.between == pytest.approx(max(0.0, 0.0625 - noise) / unit)
    assert rate_spread(table([[4, 4], [4, 4]], 4), "arm", (0, 1), (0, 1)) is None
    alone = rate_spread(table([[1, 0], [0, 0], [1, 1]], 1), "arm", (0, 1), (0, 1))
    assert alone is not None
    assert alone.between is None


def test_planned_pass_rates_over_tasks_have_the_power_that_was_asked_for() -> None:
    """Simulated with log odds that vary over tasks and treatments: at least 79 % where 80 was asked for."""
    spread = RateSpread(rates=(0.7, 0.7), tasks=1000, cells=1, between=0.0, within=0.84)
    rates = two_proportions.apart(0.7, 0.2)
    between, within = spread.planned(rates)
    made = OverTasks(
        between=between,
        within=np.asarray([within]),
        passing=np.ones((1, 1)),
        treatments=2,
        df_per_task=1,
        known_df=100.0,
    )
    tasks = made.tasks(5, 0.2, alpha=0.05, target=0.8)
    assert tasks is not None
    rng = np.random.default_rng(4)
    # SD 1 of log odds: two programs of a task have a correlation of about 0.16 at these rates.
    odds = np.asarray([0.98, 2.6]) + rng.standard_normal((20_000, tasks, 1))
    apart = np.diff(rng.binomial(5, special.expit(odds)) / 5, axis=2)[..., 0]
    assert float(apart.mean()) == pytest.approx(0.2, abs=0.01)
    spreads = np.maximum(apart.std(axis=1, ddof=1), 1e-12)
    t = np.abs(apart.mean(axis=1)) / spreads * math.sqrt(tasks)
    assert float(np.mean(2 * stats.t.sf(t, tasks - 1) < 0.05)) > 0.79


def rates_over_tasks(first: Sequence[float], second: Sequence[float], *, cells: int = 1) -> RatesOverTasks:
    """Return a comparison of two levels whose rates in equally likely tasks are these."""
    one, two = np.asarray(first), np.asarray(second)
    return RatesOverTasks(
        between=float((two - one).var()),
        within=np.asarray([float((one * (1 - one) + two * (1 - two)).mean()) / cells]),
        passing=np.ones((1, 1)),
        treatments=2 * cells,
        df_per_task=1,
        known_df=100.0,
        first=one,
        second=two,
        cells=cells,
        effect=float((two - one).mean()),
    )


@pytest.mark.parametrize(("tasks", "replicates", "cells"), [(4, 2, 1), (5, 1, 1), (3, 1, 2), (7, 1, 1)])
def test_power_of_rates_over_tasks_counts_every_outcome(tasks: int, replicates: int, cells: int) -> None:
    """Each combination of the tasks' differences, tested one by one: the same chance to find a difference."""
    made = rates_over_tasks((0.2, 0.5), (0.6, 0.9), cells=cells)
    n = replicates * cells
    each: dict[int, float] = {}
    for p, q in ((0.2, 0.6), (0.5, 0.9)):
        for x, y in itertools.product(range(n + 1), repeat=2):
            share = float(stats.binom.pmf(x, n, p) * stats.binom.pmf(y, n, q)) / 2
            each[y - x] = each.get(y - x, 0.0) + share
    found = 0.0
    for differences in itertools.product(each, repeat=tasks):
        values = np.asarray(differences, dtype=float)
        spread = float(values.std(ddof=1))
        if spread > 0:
            p_value = float(2 * stats.t.sf(abs(values.mean()) / spread * math.sqrt(tasks), tasks - 1))
        else:
            p_value = 2.0 ** (1 - tasks) if values[0] else 1.0
        if p_value < 0.05:
            found += math.prod(each[d] for d in differences)
    power = made.power(tasks, replicates, made.effect, alpha=0.05)
    assert power == pytest.approx(found, abs=1e-9)


def test_tasks_for_pass_rates_are_the_fewest_that_have_the_power() -> None:
    """One task fewer has less, by the same enumeration; where there are too many outcomes moments serve."""
    made = rates_over_tasks((0.3, 0.5, 0.7), (0.5, 0.7, 0.9))
    tasks = made.tasks(3, made.effect, alpha=0.05, target=0.8)
    assert tasks is not None
    assert made.power(tasks, 3, made.effect, alpha=0.05) >= 0.8
    assert made.power(tasks - 1, 3, made.effect, alpha=0.05) < 0.8
    by_moments = OverTasks.power(made, tasks, 3, made.effect, alpha=0.05)
    assert made.power(tasks, 3, made.effect, alpha=0.05) == pytest.approx(by_moments, abs=0.05)
    assert made.power(tasks, 100, made.effect, alpha=0.05) == OverTasks.power(
        made, tasks, 100, made.effect, alpha=0.05
    )


def test_the_command_plans_over_tasks(tmp_path: Path) -> None:
    """``plan --json`` has splits with dollars, the cheapest, the study's own tasks and the floor; so has the text."""
    path = tasks_csv(tmp_path / "tasks.csv")
    argv = ["plan", str(path), "--effect", "25%", "--usd-per-program", "0.05", "--usd-per-task", "2"]
    found: dict[str, Any] = json.loads(cli.run([*argv, "--json"]).text)["tasks"]
    assert (found["response"], found["tasks"], found["usd_per_task"]) == ("log", 8, 2.0)
    (question,) = found["questions"]
    assert question["question"] == "arm: a - b"
    assert question["effect"] == pytest.approx(math.log(1.25))
    best = question["cheapest"]
    assert best in question["splits"]
    assert best["cost_usd"] == min(split["cost_usd"] for split in question["splits"])
    assert best["cost_usd"] == pytest.approx(0.05 * best["programs"] + 2 * best["tasks"])
    assert all(split["power"] >= 0.8 for split in question["splits"])
    assert question["floor"]["tasks"] <= min(split["tasks"] for split in question["splits"])
    analysis = analyse(read_results([path]), Options(response="log", effect=0.2))
    assert analysis.tasks is not None
    assert analysis.tasks.variance.task_treatment is not None
    assert question["between"] == pytest.approx(2 * analysis.tasks.variance.task_treatment)
    text = cli.run(argv).text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "cheapest" in text
    assert f"Fewer than {question['floor']['tasks']} tasks are never enough" in " ".join(text.split())


def test_fixed_tasks_have_no_plan_over_tasks_and_seconds_say_why(tmp_path: Path) -> None:
    """Where tasks are all that matters nothing is said of others; seconds of several tasks can't be put together."""
    path = tasks_csv(tmp_path / "tasks.csv")
    fixed = analyse(read_results([path]), Options(response="log", effect=0.2, tasks="fixed"))
    assert plan(fixed).tasks is None
    seconds = plan(analyse(read_results([path]), Options(effect=0.2))).tasks
    assert seconds is not None
    assert "such as --effect 25%" in (seconds.note or "")
    assert plan(analysed(study(tmp_path / "one.json", {"a": ["x", "y"]}, 4))).tasks is None


def test_pass_rates_are_planned_by_enumeration(tmp_path: Path) -> None:
    """``--response passed``: rows of Boschloo's test and ``passed`` as in the document, nothing of times."""
    path = tasks_csv(tmp_path / "tasks.csv", passing=0.5)
    argv = [str(path), "--response", "passed", "--effect", "0.3", "--json", "--usd-per-program", "0.1"]
    made = json.loads(cli.run(["plan", *argv]).text)
    of_analysis = json.loads(cli.run(argv[:-2]).text)["passed"]["power"]
    pair = of_analysis["contrasts"]["arm: a - b"]
    assert made["passed"]["contrasts"]["arm: a - b"]["replicates_required"] == pair["replicates_required"]
    assert (made["unit"], made["sigma"]) == ("pass rate", None)
    (row,) = made["rows"]
    assert row["test"] == "Boschloo"
    assert row["replicates_per_treatment"] == pair["replicates_required"]
    assert row["programs"] == row["replicates_per_treatment"] * 2 * 8
    assert row["cost_usd"] == pytest.approx(0.1 * row["programs"])
    assert row["power"] == pytest.approx(
        two_proportions.power(row["programs"] // 2, tuple(pair["rates"]), 0.05)
    )
    assert row["power"] >= 0.8
    (question,) = made["tasks"]["questions"]
    assert (made["tasks"]["response"], question["unit"]) == ("passed", "pass rate")
    assert question["splits"]
    assert all(split["power"] >= 0.8 for split in question["splits"])


def test_a_ratio_is_no_difference_of_pass_rates(tmp_path: Path) -> None:
    """``--effect 25%`` means a ratio of times everywhere, so it is refused for pass rates with what to write."""
    path = tasks_csv(tmp_path / "tasks.csv")
    with pytest.raises(AnalysisError, match=r"difference of pass rates, such as 0\.2"):
        cli.run(["plan", str(path), "--response", "passed", "--effect", "25%"])


@pytest.mark.parametrize("wrong", [{"usd_per_task": -1.0}, {"most_tasks": 1}])
def test_terms_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    """A negative price of a task, or fewer than two tasks, is refused."""
    with pytest.raises(AnalysisError):
        PlanOptions(**wrong)


def test_the_page_has_the_plan_over_tasks(tmp_path: Path) -> None:
    """The section of plans shows splits, the cheapest marked, and what more replicates cannot do."""
    path = tasks_csv(tmp_path / "tasks.csv", passing=0.7)
    for options in (Options(response="log", effect=0.2), Options(response="passed", effect=0.3)):
        sections = page(analyse(read_results([path]), options)).sections
        blocks = next(section.blocks for section in sections if section.ident == "plan")
        assert "Tasks and replicates" in [block.text for block in blocks if isinstance(block, Heading)]
        tables = [block.table for block in blocks if isinstance(block, Grid)]
        assert any(cell == "cheapest" for table in tables for row in table.rows for cell in row)


def test_without_any_variance_every_effect_is_found() -> None:
    """Two tasks are enough then, no effect is too small, and one task never is."""
    made = two_arms(0.0, 0.0)
    assert made.power(2, 1, 0.01, alpha=0.05) == 1.0
    assert made.smallest(4, alpha=0.05, target=0.8) == 0.0
    assert made.smallest(1, alpha=0.05, target=0.8) is None


def test_where_no_program_ever_passes_no_number_of_tasks_is_enough() -> None:
    """There is no power, no number, and no split to choose from."""
    made = two_arms(0.3, 0.4, chances=(0.0,))
    assert math.isnan(made.power(50, 5, 0.25, alpha=0.05))
    assert made.replicates(50, 0.25, alpha=0.05, target=0.8) is None
    price = ReplicateCost(usd=0.1, calls=2.0, hours=None)
    assert splits(made, price, effect=0.25, alpha=0.05, target=0.8) == ()


@pytest.mark.parametrize(
    "passed",
    [[[0, 0], [0, 0]], [[4, 4], [4, 4]], [[4, 2]]],
    ids=["nothing passed", "all passed", "one task"],
)
def test_rates_without_a_spread_over_tasks_give_none_to_plan_with(passed: list[list[int]]) -> None:
    """Nothing that varies, or a single task, is no spread."""
    assert rate_spread(table(passed, 4), "arm", (0, 1), among=(0, 1)) is None


def test_several_comparisons_over_tasks_are_shown_up_to_three() -> None:
    """The others are counted, and are all in the JSON; a plan without any says why."""
    question = TaskQuestion(
        question="arm: a - b",
        effect=0.2,
        unit="ln(ratio)",
        treatments=("a", "b"),
        between=None,
        within=None,
        splits=(),
        cheapest=None,
        tasks_here=8,
        here=None,
        floor=Floor(tasks=None, power=None, effect=None),
    )
    over = TaskPlan(response="ratio", tasks=8, usd_per_task=0.0, most_tasks=None, questions=(question,) * 5)
    planned = PlanResult(
        effect=0.2,
        unit="ln(s)",
        alpha=0.05,
        target=0.8,
        sigma=None,
        sigma_ci=None,
        sigma_upper=None,
        pass_rate=1.0,
        budget=None,
        rows=(),
        notes=(),
        tasks=over,
    )
    told = text(planned)
    assert told.count("arm: a - b") == 3
    assert "(--json has 2 further comparisons.)" in told
    assert "Designs that find a factor of 1.22" in told
    none = dataclasses.replace(over, questions=(), note="no reason at all")
    assert "There is no plan over tasks: no reason at all." in text(dataclasses.replace(planned, tasks=none))


def test_pass_rates_of_very_many_levels_are_refused_with_the_reason(tmp_path: Path) -> None:
    """The pairs of 31 levels are too many to plan for: plan and report say so, and not that there are no programs."""
    lines = ["t,replicate,passed"]
    lines += [f"t{t},{r},{r == 1}" for t in range(31) for r in (1, 2)]
    path = tmp_path / "r.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    analysis = analyse(read_results([path]), Options(response="passed", effect=0.2))
    with pytest.raises(AnalysisError, match="t has more than 30 levels"):
        plan(analysis)
    assert findings(analysis)[-1].endswith("pairs of more than 30 levels are too many.")
