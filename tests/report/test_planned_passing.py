"""What a study of pass rates would take is said where pass rates come first, and where nothing else can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from refinery_analysis import Options, analyse, read_results
from refinery_analysis._presentation.caveats import caveats
from refinery_analysis._presentation.findings import on_planning
from refinery_analysis._presentation.names import names
from refinery_analysis._presentation.terminal import summary
from refinery_analysis._report.views.times import times

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_analysis import Analysis


def judged(path: Path, *, tasks: int = 1, options: Options | None = None) -> Analysis:
    """Analyse ten programs of two models in each task, never timed, of which 3 and 6 pass."""
    lines = ["task,model,replicate,passed"]
    for task in range(tasks):
        for model, passed in (("small", 3), ("large", 6)):
            lines += [f"t{task},{model},{r},{r <= passed}" for r in range(1, 11)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return analyse(read_results([path]), options)


def test_the_last_sentence_counts_the_programs_that_a_difference_of_pass_rates_takes(tmp_path: Path) -> None:
    """In all, each, with this study's power; the terminal's table has the same figures."""
    analysis = judged(tmp_path / "r.csv", options=Options(response="passed", effect=0.2))
    assert analysis.further.passing.power is not None
    (pair,) = analysis.further.passing.power.contrasts
    told = on_planning(analysis)
    assert "a difference of 20 of 100 programs" in told
    assert f"takes {pair.total_required} programs ({pair.replicates_required} per treatment)" in told
    assert f"this study's power was {pair.power:.0%}".replace("%", " %") in told
    screen = summary(analysis)
    assert "Programs for 80 % power to find a difference of 20 of 100 programs\n" in screen
    (row,) = [line for line in screen.splitlines() if line.split()[:1] == ["model:"]]
    assert row.split()[-4:-1] == [
        "%",
        str(pair.replicates_required),
        str(pair.total_required),
    ]


def test_several_tasks_are_counted_each(tmp_path: Path) -> None:
    """Of these tasks the number is per treatment and task; over tasks like these `plan` is named, which knows how."""
    options = Options(response="passed", effect=0.2)
    these = on_planning(judged(tmp_path / "two.csv", tasks=2, options=options))
    assert " per treatment and task)" in these
    like_these = on_planning(judged(tmp_path / "six.csv", tasks=6, options=options))
    assert "tasks like these: " in like_these
    assert like_these.endswith(" plan RESULTS --response passed --effect 0.2.")


def test_a_study_that_was_never_timed_is_not_told_that_nothing_passed(tmp_path: Path) -> None:
    """It learns how to ask about pass rates, and that programs which passed were not timed."""
    analysis = judged(tmp_path / "r.csv")
    told = " ".join((on_planning(analysis), *caveats(analysis), summary(analysis)))
    assert "--response passed --effect 0.2" in on_planning(analysis)
    assert "11 of 20 programs failed; those that passed were not timed." in told
    assert "o program passed" not in told
    assert "only failures" not in told
    drawn = times(analysis, names(analysis))
    assert drawn.note == "No program that passed was timed, so there are no times to show."
    assert drawn.table is not None
    assert {row[:3] for row in drawn.table.rows} == {("small", "10", "3"), ("large", "10", "6")}


def test_a_difference_that_is_out_of_reach_gets_no_number(tmp_path: Path) -> None:
    """No number of programs is invented where none was found."""
    analysis = judged(tmp_path / "r.csv", options=Options(response="passed", effect=0.2))
    rates = analysis.further.passing
    assert rates.power is not None
    (pair,) = rates.power.contrasts
    never = replace(rates.power, contrasts=(replace(pair, replicates_required=None, total_required=None),))
    further = replace(analysis.further, passing=replace(rates, power=never))
    told = on_planning(replace(analysis, further=further))
    assert told.startswith("No number of programs can be named that shows a difference of 20 of 100 programs")
