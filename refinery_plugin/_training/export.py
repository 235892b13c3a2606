"""Write what a study's turns teach: rows for trainers, and a card that says what they are."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
from typing import TYPE_CHECKING, Any

from refinery_plugin._files import write_atomically
from refinery_plugin._training.formats import FORMATS
from refinery_plugin._training.terms_of_use import terms_of
from refinery_plugin._training.turns import ExportError
from refinery_plugin._words import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from refinery_plugin._training.turns import ExportedTurns

_TEST_SHARE = 5
"""One task in so many is held out."""
_HOW = """\
Programs ran in sandbox `{sandbox}` on inputs from a fresh seed; clock and expected answers stayed outside (rules
number {rules}). `ratio` is the geometric mean of program / reference, `noise` the standard error of its logarithm,
`tokens` those of prompt and answer together. The same program is there once."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: files, and how many rows the first has."""

    files: Sequence[Path]
    rows: int


def export(turns: ExportedTurns, *, form: str, out: Path, split_by_task: bool = False) -> Written:
    """Write the rows, and beside them the card.

    Parameters
    ----------
    form : a name of ``FORMATS``.
    out : a file that ends in ``.jsonl``, or in ``.parquet`` where pyarrow is installed.
    split_by_task : whether rows get a column ``split``, and files for ``train`` and ``test`` are written too, where
        they have rows; no task is in both.

    Raises
    ------
    ExportError : when there is nothing to write, or no way to write it.
    """
    if out.suffix not in (".jsonl", ".parquet"):
        raise ExportError(f"--out {out}: the name must end in .jsonl or .parquet")
    rows = list(FORMATS[form].rows(turns.turns))
    if not rows:
        left = "; ".join(f"{why}: {number}" for why, number in turns.left_out.items())
        raise ExportError(
            f"there is nothing to export as {form}: of {count(len(turns.turns), 'turn')} none gives a row"
            f"{f'; left out: {left}' if left else ''}"
        )
    files = [out]
    if split_by_task:
        tested = held_out({str(row["task"]) for row in rows})
        rows = [{**row, "split": "test" if row["task"] in tested else "train"} for row in rows]
        for split in ("train", "test"):
            part = out.with_suffix(f".{split}{out.suffix}")
            own = [row for row in rows if row["split"] == split]
            if own:  # nothing loads a file without rows
                _write(part, own)
                files.append(part)
    _write(out, rows)
    card = out.with_suffix(".md")
    write_atomically(card, _card(turns, rows, form=form, name=out.name).encode())
    return Written(files=[*files, card], rows=len(rows))


def held_out(tasks: set[str]) -> set[str]:
    """Choose the tasks to test on: one in five, one at least where there are two, by their names alone."""
    order = sorted(tasks, key=lambda task: hashlib.sha256(task.encode()).digest())
    return set(order[: max(len(order) // _TEST_SHARE, 1 if len(order) > 1 else 0)])


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    if path.suffix == ".jsonl":
        write_atomically(path, "".join(f"{json.dumps(row)}\n" for row in rows).encode())
        return
    try:
        arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as exc:
        raise ExportError(f"{path}: Parquet needs pyarrow: pip install 'pytest-refinery[parquet]'") from exc
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(arrow.Table.from_pylist(list(rows)), path)


def _card(turns: ExportedTurns, rows: Sequence[dict[str, Any]], *, form: str, name: str) -> str:
    models = sorted({str(row["model"]) for row in rows})
    tasks = sorted({str(row["task"]) for row in rows})
    judged = turns.judged_by
    lines = [
        f"# {name}",
        "",
        f"{count(len(rows), 'row')} of the form `{form}` ({FORMATS[form].about}).",
        f"They are turns of study `{turns.study}`.",
        "",
        "## Models",
        "",
        *(f"- `{model}`: {terms_of(model)}" for model in models),
        "",
        "## Tasks",
        "",
        *(f"- `{task}`" for task in tasks),
        "",
        "## How it was judged",
        "",
        _HOW.format(sandbox=judged.get("sandbox"), rules=judged.get("verifier")),
        "",
        f"Versions: {json.dumps(judged.get('versions'))}. Seeds: {json.dumps(judged.get('seeds'))}.",
        "",
        *(f"Left out: {why}: {number}." for why, number in turns.left_out.items()),
    ]
    return "\n".join(lines).rstrip() + "\n"
