"""Programs from elsewhere, whose names say no treatment."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from refinery_analysis.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = dict.fromkeys(("treatment", "agents", "optimization", "iterations", "time_limit", "replicate"))


def _program(name: str, verdict: str, sha: str) -> dict[str, Any]:
    reason = None if verdict == "correct" else "so"
    return {**NOTHING, "file": f"{name}.py", "id": name, "verdict": verdict, "reason": reason, "sha256": sha}


def _benchmark(name: str, sha: str, seconds: list[float]) -> dict[str, Any]:
    extra = {
        **NOTHING,
        "study": "s",
        "list": 1,
        "block": 1,
        "session": "a",
        "sha256": sha,
        "verdict": "correct",
    }
    return {"name": f"test_program[{name}-list1]", "stats": {"data": seconds}, "extra_info": extra}


def _file(path: Path, *more: dict[str, Any]) -> Path:
    reference = {"list": 1, "block": 1, "session": "a", "seconds": [0.5, 0.5]}
    programs = [_program("HumanEval_0", "correct", "a" * 64), _program("copy", "correct", "a" * 64)]
    document = {
        "benchmarks": [
            _benchmark("HumanEval_0", "a" * 64, [1.0, 1.0]),
            _benchmark("copy", "a" * 64, [0.25, 0.25]),
        ],
        "refinery": {
            "schema": 1,
            "study": {"name": "s"},
            "programs": [*programs, _program("b-2", "wrong_answer", "b" * 64), *more],
            "reference": [reference],
        },
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_each_program_is_told_by_its_files_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verdict, median and ratio of each stand in the terminal, on the page and in a CSV; copies are told apart."""
    assert main([str(_file(tmp_path / "r.json")), "--out", str(tmp_path / "report")]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("HumanEval_0", "copy", "b-2"))
    assert "ratio to the reference" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    with (tmp_path / "report" / "programs.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    found = {name: (row["verdict"], row["median_seconds"], row["ratio"]) for name, row in rows.items()}
    assert found["b-2"] == ("wrong_answer", "", "")
    assert found["HumanEval_0"][:2] == ("correct", "1.0")
    assert float(found["HumanEval_0"][2]) == pytest.approx(2)
    assert found["copy"][:2] == ("correct", "0.25")
    assert float(found["copy"][2]) == pytest.approx(0.5)


def test_beside_programs_of_treatments_they_are_in_no_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A study's own programs are compared, and the other files are only named."""
    own = {**_program("x", "correct", "c" * 64), "treatment": {"agents": 1}, "replicate": 1}
    assert main([str(_file(tmp_path / "r.json", own)), "--json"]) == 0
    assert "files whose names say no treatment are in no figure (3)" in capsys.readouterr().out
