"""``python -m refinery_plugin``: what is no run of pytest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._training.export import export
from refinery_plugin._training.formats import FORMATS
from refinery_plugin._training.turns import read_turns
from refinery_plugin._words import count

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 2 for what the user can mend."""
    options = _parser().parse_args(arguments)
    try:
        turns = read_turns(options.results, programs=options.programs, cassettes=options.cassettes)
        written = export(
            turns, form=options.format, out=options.out, split_by_task=options.split_by == "task"
        )
    except RefineryError as exc:
        sys.stderr.write(f"refinery: {exc}\n")
        return 2
    for why, number in turns.left_out.items():
        sys.stdout.write(f"left out: {why}: {number}\n")
    sys.stdout.write(f"{count(written.rows, 'row')} in {', '.join(map(str, written.files))}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m refinery_plugin")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("export", help="write what a study's turns teach, as rows for trainers")
    command.add_argument("results", type=Path, metavar="RESULTS.json", help="the benchmark file of the study")
    forms = "; ".join(f"{name}: {one.about}" for name, one in FORMATS.items())
    command.add_argument("--format", choices=FORMATS, required=True, help=forms)
    command.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl", help="or FILE.parquet")
    command.add_argument(
        "--split-by", choices=["task"], help="train and test files, too, with no task in both"
    )
    command.add_argument("--programs", type=Path, metavar="DIR", help="the study's programs and trajectories")
    command.add_argument("--cassettes", type=Path, metavar="DIR", help="the study's recorded exchanges")
    return parser


if __name__ == "__main__":
    sys.exit(main())
