"""Whether exported preferences hold: pairs of which one is said to be faster, timed anew in a session of their own.

    pytest --refinery-generate --benchmark-only --refinery-turns --benchmark-json=results/turns.json
    python benchmarks/exported_pairs.py results/turns.json

In a checkout, on the recorded pilot. At least 95 % of the "faster" pairs are to be faster again, with fresh inputs.
With lists of a million numbers the two take about an hour.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin import Verifier
from refinery_plugin._tasks.digit_sum_difference import DIGIT_SUM_DIFFERENCE
from refinery_plugin._training.completion import program_of
from refinery_plugin._training.export import export
from refinery_plugin._training.turns import read_turns

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def main() -> None:
    """Export, time again, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--lists", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    task = DIGIT_SUM_DIFFERENCE
    compared = [programs_of(row, task.entry_point) for row in pairs(given.results)]
    sources = list(dict.fromkeys(source for pair in compared for source in pair))
    with Verifier(task, lists=given.lists) as verifier:
        found = dict(zip(sources, verifier.verify_many(sources, timed=True, runs=given.runs), strict=True))
    told = [(found[chosen].ratio, found[rejected].ratio) for chosen, rejected in compared]
    again = [(one, other) for one, other in told if one is not None and other is not None]
    held = sum(one < other for one, other in again)
    print(
        f"{len(sources)} programs timed again; {len(told) - len(again)} pairs have a program without a time now"
    )
    if again:
        print(
            f"{held} of {len(again)} are faster again: {held / len(again):.1%} (at least 95 % are asked for)"
        )


if __name__ == "__main__":
    main()
