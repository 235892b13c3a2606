"""Studies to plan with: the published pilot, and made ones of any factors."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from refinery_analysis import Analysis, Options, analyse, read_results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent
PILOT = HERE.parent / "analysis" / "data" / "pilot2025.csv"


def r_rows(name: str) -> list[dict[str, str]]:
    """Return rows of R's figures; the script beside each file makes it."""
    with (HERE / "r" / name).open(encoding="utf-8") as file:
        return [{key: value.strip() for key, value in row.items()} for row in csv.DictReader(file)]


def pilot(effect: float | None = 0.5) -> Analysis:
    return analyse(read_results([PILOT]), Options(effect=effect))


def study(
    path: Path,
    factors: Mapping[str, Sequence[Any]],
    replicates: int,
    *,
    sigma: float = 1.0,
    shift: float = 0.0,
    seed: int = 1,
    usd: Mapping[Any, float] | None = None,
    failing: int = 0,
    node: str = "one",
    shared: bool = False,
) -> Path:
    """Write benchmark JSON of a crossed study; the last level of the first factor is ``shift`` seconds slower.

    ``usd`` is the price of a program by the level of the last factor; ``failing`` programs of every treatment are
    wrong; ``shared`` ones are the same on every node. Replicates that are added later leave earlier ones as they are.
    """
    benchmarks, programs = [], []
    names = list(factors)
    for cell, levels in enumerate(itertools.product(*factors.values())):
        treatment = dict(zip(names, levels, strict=True))
        values = np.random.default_rng([seed, cell]).normal(100.0, sigma, 400)
        for replicate in range(1, replicates + failing + 1):
            passed = replicate > failing
            known = {
                "treatment": treatment,
                "replicate": replicate,
                "verdict": "correct" if passed else "wrong_answer",
                "sha256": f"{cell}-{replicate}" + ("" if shared else f"-{node}"),
            }
            price = None if usd is None else usd[levels[-1]]
            programs.append({**known, "turns": 3, "calls": 3, "cost_usd": price})
            if not passed:
                continue
            slow = shift if levels[0] == factors[names[0]][-1] else 0.0
            seconds = float(values[replicate] + slow)
            extra = {**known, "study": "made", "task": "t", "list": 1, "block": 1, "session": "s"}
            stats = {"data": [seconds], "mean": seconds, "rounds": 1}
            benchmarks.append(
                {
                    "name": "t",
                    "fullname": f"t[{cell}-{replicate}-{node}]",
                    "extra_info": extra,
                    "stats": stats,
                }
            )
    document = {
        "machine_info": {"node": node},
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": "2026-01-01T00:00:00",
        "version": "5.3.1",
        "refinery": {"schema": 1, "study": {"name": "made"}, "programs": programs},
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def analysed(*paths: Path, effect: float | None = 1.0) -> Analysis:
    return analyse(read_results(paths), Options(effect=effect))
