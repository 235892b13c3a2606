"""Whether exported preferences hold: pairs of which one is said to be faster, timed anew in a session of their own.

    pytest --refinery-generate --benchmark-only --refinery-turns --benchmark-json=results/turns.json
    python benchmarks/exported_pairs.py results/turns.json

In a checkout, on the recorded pilot, or in any project whose study has tasks that ship (the more, the more pairs: those
of one task answer one prompt). At least 95 % of the "faster" pairs are to be faster again, with fresh inputs. With the
pilot's lists of a million numbers the two take about an hour.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin import Verifier
from refinery_plugin._tasks import SHIPPED_TASKS
from refinery_plugin._training.completion import program_of
from refinery_plugin._training.export import export
from refinery_plugin._training.turns import read_turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refinery_plugin import Task


def pairs(results: Path) -> list[dict[str, Any]]:
    """Export preferences; return those for speed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "pairs.jsonl"
        export(read_turns(results), form="preference", out=out)
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    print(f"{len(rows)} pairs, {sum(row['why'] == 'faster' for row in rows)} of them for speed")
    return [row for row in rows if row["why"] == "faster"]


def programs_of(row: Mapping[str, Any], entry_point: str) -> tuple[str, str]:
    """Return the programs of the chosen and of the rejected answer, taken from them as trainers' rewards do."""
    taken = [program_of(row[side], entry_point).program for side in ("chosen", "rejected")]
    if None in taken:
        raise SystemExit(f"an exported answer has no program: {row['sha256']}")
    return str(taken[0]), str(taken[1])


def timed_again(
    task: Task, rows: Sequence[Mapping[str, Any]], *, lists: int, runs: int
) -> list[tuple[float | None, float | None]]:
    """Return the ratios of the chosen and of the rejected program of each pair, on inputs of a seed of their own."""
    compared = [programs_of(row, task.entry_point) for row in rows]
    sources = list(dict.fromkeys(source for pair in compared for source in pair))
    with Verifier(task, lists=lists) as verifier:
        found = dict(zip(sources, verifier.verify_many(sources, timed=True, runs=runs), strict=True))
    return [(found[chosen].ratio, found[rejected].ratio) for chosen, rejected in compared]


def main() -> None:
    """Export, time again, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--lists", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    tasks = {task.name: task for task in SHIPPED_TASKS}
    by_task: dict[str, list[dict[str, Any]]] = {}
    for row in pairs(given.results):
        by_task.setdefault(row["task"], []).append(row)
    told: list[tuple[float | None, float | None]] = []
    for name, rows in by_task.items():
        of_task = timed_again(tasks[name], rows, lists=given.lists, runs=given.runs)
        held = sum(one is not None and other is not None and one < other for one, other in of_task)
        print(f"{name}: {held} of {len(of_task)} are faster again", flush=True)
        told += of_task
    again = [(one, other) for one, other in told if one is not None and other is not None]
    held = sum(one < other for one, other in again)
    print(f"{len(told) - len(again)} of {len(told)} pairs have a program without a time now")
    if again:
        print(
            f"{held} of {len(again)} are faster again: {held / len(again):.1%} (at least 95 % are asked for)"
        )


if __name__ == "__main__":
    main()
