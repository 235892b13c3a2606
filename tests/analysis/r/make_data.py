"""Make the data sets that are compared with R: ``python tests/analysis/r/make_data.py`` (the files are committed)."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parents[1] / "data"
BUDGETS = ((3, None), (8, None), (None, 60), (None, 120))
HEADER = ("agents", "iterations", "time_limit", "replicate", "list", "run", "seconds", "passed")
Row = tuple[int, int | None, int | None, int, int, int, float, bool]


def simulate(
    seed: int,
    *,
    replicates: dict[tuple[int, int], int],
    lists: int = 2,
    runs: int = 2,
    sd: dict[tuple[int, int], float] | None = None,
    machine: float = 0.0,
    of_list: float = 0.08,
    of_both: float = 0.05,
    first: int = 1,
) -> list[Row]:
    """Draw times: effects of both factors and of lists, spread between programs, between runs."""
    rng = np.random.default_rng(seed)
    by_list = rng.normal(0, of_list, lists)
    rows: list[Row] = []
    for agents, budget in itertools.product((1, 2, 3), range(4)):
        iterations, limit = BUDGETS[budget]
        for replicate in range(first, first + replicates.get((agents, budget), 0)):
            spread = (sd or {}).get((agents, budget), 0.35)
            program = 2.2 - 0.25 * agents + 0.15 * budget + machine + rng.normal(0, spread)
            for number in range(lists):
                both = rng.normal(0, of_both)
                for run in range(runs):
                    seconds = max(0.05, program + by_list[number] + both + rng.normal(0, 0.04))
                    rows.append((agents, iterations, limit, replicate, number + 1, run + 1, seconds, True))
    return rows


def write_csv(name: str, rows: list[Row]) -> None:
    """Write one measurement a line."""
    with (DATA / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for agents, iterations, limit, *rest, passed in rows:
            writer.writerow([agents, iterations or "inf", limit or "inf", *rest, passed])


def write_json(name: str, rows: list[Row], *, node: str, same_programs: bool) -> None:
    """Write benchmark JSON, one benchmark per program and list, one line each."""
    grouped: dict[tuple[Any, ...], list[float]] = {}
    for agents, iterations, limit, replicate, number, _, seconds, _ in rows:
        grouped.setdefault((agents, iterations, limit, replicate, number), []).append(seconds)
    benchmarks, programs = [], {}
    for (agents, iterations, limit, replicate, number), data in grouped.items():
        treatment = {
            "agents": agents,
            "optimization": f"{iterations} iterations" if iterations else f"{limit} s",
        }
        text = f"{treatment} {replicate}" + ("" if same_programs else node)
        sha = hashlib.sha256(text.encode()).hexdigest()
        extra = {"study": "made", "task": "t", "treatment": treatment, "replicate": replicate, "list": number}
        extra |= {"block": number, "sha256": sha, "verdict": "correct"}
        name_of = f"test_time[{agents}-{iterations}-{limit}-{replicate}-{number}]"
        stats = {"data": data, "mean": float(np.mean(data)), "rounds": len(data)}
        benchmarks.append({"name": name_of, "fullname": name_of, "extra_info": extra, "stats": stats})
        programs[str(treatment), replicate] = {
            "treatment": treatment,
            "replicate": replicate,
            "verdict": "correct",
            "sha256": sha,
            "calls": iterations or 5,
            "cost_usd": 0.01 * agents,
        }
    reference = [{"block": b, "list": b, "seconds": [1.0 + 0.01 * b, 1.01 + 0.01 * b]} for b in (1, 2)]
    document = {
        "machine_info": {"node": node, "cpu": {"brand_raw": "made"}},
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": "2026-01-01T00:00:00",
        "version": "5.3.1",
        "refinery": {
            "schema": 1,
            "study": {"name": "made", "factors": {"agents": [1, 2, 3]}},
            "programs": list(programs.values()),
            "reference": reference,
        },
    }
    (DATA / f"{name}.json").write_text(json.dumps(document) + "\n", encoding="utf-8")


def main() -> None:
    """Write every data set."""
    cells = list(itertools.product((1, 2, 3), range(4)))
    write_csv("balanced", simulate(1, replicates=dict.fromkeys(cells, 4)))

    sizes = dict(zip(cells, (3, 5, 4, 6, 3, 3, 5, 4, 6, 4, 3, 5), strict=True))
    rows = simulate(2, replicates=sizes)
    failed = {(1, 3, None, 2), (1, 8, None, 1), (2, None, 60, 3), (3, None, 120, 5), (1, 8, None, 4)}
    rows = [(*row[:7], row[:4] not in failed) for row in rows]
    # Some runs were lost, and one program was timed on one list only: no closed form holds.
    lost = {(1, 3, None, 1, 2, 2), (2, 3, None, 2, 1, 1), (3, 8, None, 1, 1, 2)}
    write_csv(
        "unbalanced",
        [row for row in rows if row[:6] not in lost and not (row[:4] == (2, 8, None, 1) and row[4] == 2)],
    )

    spreads = {cell: 0.05 * (1 + i) for i, cell in enumerate(cells)}
    write_csv("heteroscedastic", simulate(3, replicates=dict.fromkeys(cells, 4), lists=3, sd=spreads))

    # Seeds with which components come out at their bound of zero.
    write_csv(
        "no_list_effect", simulate(2, replicates=dict.fromkeys(cells, 2), lists=3, of_list=0.0, of_both=0.0)
    )
    ragged = simulate(9, replicates=sizes, lists=3, of_list=0.0, of_both=0.0)
    write_csv("no_list_effect_ragged", [row for i, row in enumerate(ragged) if i % 17])
    alike = simulate(1, replicates=sizes, lists=3, sd=dict.fromkeys(cells, 0.0), of_both=0.08)
    write_csv("no_program_effect", [row for i, row in enumerate(alike) if i % 13])

    empty = {cell: 3 for cell in cells if cell not in {(2, 1), (3, 3)}}
    write_csv("empty_cells", simulate(4, replicates=empty))

    write_json("machine_a", simulate(5, replicates=dict.fromkeys(cells, 2)), node="a", same_programs=False)
    more = simulate(6, replicates={**dict.fromkeys(cells, 2), (1, 0): 3, (2, 2): 1}, machine=0.4)
    write_json("machine_b", more, node="b", same_programs=False)

    both = simulate(7, replicates=dict.fromkeys(cells, 2))
    rng = np.random.default_rng(8)
    slower = [(*row[:6], row[6] * 1.3 + float(rng.normal(0, 0.03)), True) for row in both]
    write_json("crossed_a", both, node="a", same_programs=True)
    write_json("crossed_b", slower, node="b", same_programs=True)


if __name__ == "__main__":
    main()
