"""Looks at several tasks: they speak of these tasks, and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._commands.look import NOT_SHOWN, LookResult, Request, take
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


def test_the_planned_end_is_reached_by_as_many_programs(tmp_path: Path) -> None:
    """Information that is worked out over several blocks is 36 where there are 36, not a rounding error less."""
    result = look(measured(tmp_path / "r.csv", (0.0,) * 6, 6), Request(looks=2, replicates=36))
    assert (result.look.replicates, result.fraction) == (36, 1)
    assert result.look.decision == NOT_SHOWN
    assert "this first look is the only one" in " ".join(text(result).split())
