"""With the package ``datasets`` itself, where it is installed: ``tox -e datasets`` makes such an environment."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest
from test_export import COLUMNS, FAST, SAME, SLOW, WRONG, Lab

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("datasets")

FIRST = {"sft": "messages", "preference": "chosen", "kto": "completion", "grpo": "prompt"}
"""A conversational column of each form, by which trainers know it."""


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
@pytest.mark.parametrize("form", FIRST)
def test_rows_load_as_a_data_set(form: str, ending: str, tmp_path: Path) -> None:
    """Every form, with all columns; conversations are lists of messages, and what is not known is null."""
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    lab = Lab(tmp_path, [[FAST, WRONG, None], [SLOW, FAST], [SAME, SLOW], [WRONG]], tasks=("sort", "find"))
    assert lab.export(form, "--split-by", "task", out=f"rows.{ending}") == 0
    data: Any = importlib.import_module("datasets")
    kind = "json" if ending == "jsonl" else "parquet"
    files = {part: str(tmp_path / f"rows.{part}.{ending}") for part in ("train", "test")}
    loaded = data.load_dataset(kind, data_files=files, cache_dir=str(tmp_path / "cache"))
    for part in ("train", "test"):
        rows = loaded[part]
        assert set(rows.column_names) >= COLUMNS
        assert {row["split"] for row in rows} == {part}
        conversation = rows[0][FIRST[form]]
        assert {"role", "content"} <= conversation[0].keys()
    assert set(loaded["train"]["task"]).isdisjoint(loaded["test"]["task"])
    together = data.concatenate_datasets([loaded["train"], loaded["test"]])
    assert len(together) == len(loaded["train"]) + len(loaded["test"])
