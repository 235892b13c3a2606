"""Looks at several tasks: they speak of these tasks, and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from refinery_analysis import AnalysisError, Options, analyse, read_results
from refinery_analysis._commands.look import FUTILE, NOT_SHOWN, SHOWN, LookResult, Request, take
from refinery_analysis._presentation.terminal_look import text

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = Request(looks=2, replicates=90, spending="pocock")


def measured(path: Path, shifts: tuple[float, ...], replicates: int) -> Path:
    """Write a CSV with a task for each shift: the second treatment's log times are so much larger in it."""
    lines = ["task,agents,replicate,list,run,seconds,passed"]
    for task, shift in enumerate(shifts):
        for agents in (1, 2):
            noise = np.random.default_rng([task, agents]).normal(0.0, 0.1, 100)
            for replicate in range(1, replicates + 1):
                seconds = np.exp(task + shift * (agents == 2) + noise[replicate])
                lines.append(f"t{task},{agents},{replicate},1,1,{seconds:.9f},true")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def look(path: Path, request: Request = REQUEST, **options: Any) -> LookResult:  # noqa: ANN401 - of Options
    asked = Options(**{"response": "log", "effect": 0.2, **options})
    return take(analyse(read_results([path]), asked), request, path=path.with_suffix(".looks"))


@pytest.mark.parametrize(
    ("shift", "replicates", "decision", "said"),
    [
        (1.0, 90, SHOWN, "The treatments differ on these 6 tasks."),
        (0.0, 90, FUTILE, "on these 6 tasks has become unlikely"),
        (0.0, 36, NOT_SHOWN, "has shown no difference on these 6 tasks."),
    ],
)
def test_a_look_says_that_it_is_about_these_tasks_only(
    tmp_path: Path, shift: float, replicates: int, decision: str, said: str
) -> None:
    """Whatever it decides, with the words that decide and once more below, and in the document's note."""
    path = measured(tmp_path / "r.csv", (shift,) * 6, 6)
    result = look(path, Request(looks=2, replicates=replicates, spending="pocock"))
    assert result.look.decision == decision
    shown = " ".join(text(result).split())
    assert said in shown
    assert "All of this is about these 6 tasks only" in shown
    assert "about these 6 tasks only" in result.document()["note"]


def test_a_look_at_one_task_says_nothing_of_tasks(tmp_path: Path) -> None:
    """There is nothing to be mistaken about, also where the option is given."""
    result = look(measured(tmp_path / "r.csv", (1.0,), 6), tasks="random")
    assert result.look.decision == SHOWN
    assert "tasks" not in text(result)
    assert result.document()["note"] is None


def test_a_look_cannot_speak_of_tasks_like_these(tmp_path: Path) -> None:
    """Whoever asks for that is told what to do, and nothing is kept; of fixed tasks a look is as without the word."""
    path = measured(tmp_path / "r.csv", (1.0, 0.0, 0.5), 6)
    with pytest.raises(AnalysisError, match=r"--tasks random: .* these 3 tasks\. Look with --tasks fixed"):
        look(path, tasks="random")
    assert not path.with_suffix(".looks").exists()
    assert "these 3 tasks only" in look(path, tasks="fixed").note


def test_the_omnibus_test_of_several_tasks_names_tasks(tmp_path: Path) -> None:
    """All were timed on one machine: that is not what stands in the way."""
    with pytest.raises(AnalysisError, match="on one task only, as its information grows unevenly"):
        look(measured(tmp_path / "r.csv", (1.0, 0.0), 6), Request(looks=2, question="omnibus"))


def test_treatments_that_no_task_shares_name_tasks(tmp_path: Path) -> None:
    """Each treatment has programs of a task of its own: nothing tells what is the task's and what the treatment's."""
    path = measured(tmp_path / "r.csv", (0.0, 0.0), 4)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join(line for line in lines if not line.startswith(("t0,2", "t1,1"))) + "\n", encoding="utf-8"
    )
    with pytest.raises(AnalysisError, match="treatments and tasks can't be told apart"):
        look(path)


def test_a_later_look_that_names_no_response_takes_that_of_the_plan(tmp_path: Path) -> None:
    """By itself the analysis compares several tasks by logarithms: nobody asked for that where the plan has seconds."""
    path = tmp_path / "r.csv"
    request = Request(looks=2, replicates=90, futility="none")
    first = look(measured(path, (0.0, 0.0), 6), request, response=None, effect=0.5)
    assert first.plan.response == "seconds"
    path = measured(path, (0.0, 0.0), 12)
    with pytest.raises(
        AnalysisError, match="--response is 'log', but the plan of the first look says 'seconds'"
    ):
        look(path, Request(), response="log", effect=None)
    second = look(path, Request(), response=None, effect=None)
    assert second.look.number == 2
    assert second.unit == "s"


def test_the_planned_end_is_reached_by_as_many_programs(tmp_path: Path) -> None:
    """Information that is worked out over several blocks is 36 where there are 36, not a rounding error less."""
    result = look(measured(tmp_path / "r.csv", (0.0,) * 6, 6), Request(looks=2, replicates=36))
    assert (result.look.replicates, result.fraction) == (36, 1)
    assert result.look.decision == NOT_SHOWN
    assert "this first look is the only one" in " ".join(text(result).split())
