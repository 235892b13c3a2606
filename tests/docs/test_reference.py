"""The reference pages say what the software has: no more, no less."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import refinery_analysis
from examples import DOCS, ROOT

import refinery_plugin
import refinery_plugin.testing
from refinery_plugin._sandbox.backend_table import NAMES
from refinery_plugin._study import toml
from refinery_plugin._study.settings import SETTINGS
from refinery_plugin._study.study import ProgramLimits
from refinery_plugin._tasks import SHIPPED_TASKS
from refinery_plugin._verification.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

REFERENCE = DOCS / "reference"
_TYPES: dict[str, type | None] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "object": dict,
    "null": None,
}
_SOMETIMES = {"turn", "sessions", "prices", "request", "given", "simulated_size", "robust_simulated_size"}
"""Keys that only some files have."""


def tables(page: Path) -> dict[str, dict[str, list[str]]]:
    """Return the rows of the tables of a page, by heading and by the name in the first column."""
    found: dict[str, dict[str, list[str]]] = {}
    heading = ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ").strip("`")
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
            for name in re.findall(r"`([^`]+)`", cells[0]):
                found.setdefault(heading, {})[name] = cells[1:]
    return found


def places(document: object, path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects at a path such as ``benchmarks[].extra_info``; none where an object is null."""
    if not path:
        assert isinstance(document, dict)
        yield document
        return
    step, _, rest = path.partition(".")
    assert isinstance(document, dict)
    value = document[step.removesuffix("[]")]
    if value is None:
        return
    for item in value if step.endswith("[]") else [value]:
        yield from places(item, rest)


def fits(value: object, told: str) -> bool:
    """Whether a value is of one of the types of a cell such as ``[float], null``."""
    if isinstance(value, list):
        inner = re.search(r"\[(.*)\]", told)
        return inner is not None and all(fits(item, inner[1]) for item in value)
    names = [name.strip() for name in re.sub(r"\[.*?\]", "", told).split(",")]
    kinds = [_TYPES[name] for name in names if name]
    # JSON does not tell 0 from 0.0 everywhere.
    return any(value is None if kind is None else type(value) is kind for kind in kinds) or (
        type(value) is int and float in kinds
    )


def compare(document: object, page: Path, *, top: str) -> set[str]:
    """Check each table whose heading is a path; ``top`` is the heading of the document itself.

    Returns the headings of which there was nothing to check.
    """
    without = set()
    for heading, rows in tables(page).items():
        path = "" if heading == top else heading
        objects = list(places(document, path))
        if not objects:
            without.add(heading)
        for value in objects:
            missing = set(rows) - set(value) - _SOMETIMES
            untold = set(value) - set(rows) - {"note"}
            if value.get("term") == "residual":
                missing -= {"F", "p", "partial_eta_sq", "omega_sq"}
            assert not missing, f"{page.name}: {heading}: told, but not there: {missing}"
            assert not untold, f"{page.name}: {heading}: there, but not told: {untold}"
            for name, cells in rows.items():
                if name in value:
                    assert fits(value[name], cells[0]), f"{page.name}: {heading}: {name} is {value[name]!r}"
    return without


def test_every_field_of_the_benchmark_file_is_described_with_its_type(tutorial: Path) -> None:
    """Compared with the file that the tutorial's session wrote."""
    document = json.loads((tutorial / "results.json").read_text(encoding="utf-8"))
    assert compare(document, REFERENCE / "benchmark-json.md", top="") == set()


def test_every_field_of_a_trajectory_file_is_described_with_its_type(tutorial: Path) -> None:
    """Compared with all that the tutorial's session wrote."""
    paths = list((tutorial / "tests" / "test_generated" / "programs").rglob("*.json"))
    assert paths
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"))
        assert compare(document, REFERENCE / "trajectory.md", top="The file") <= {"turns[].feedback"}


def made_up(path: Path, *, tasks: int = 1, turns: Sequence[int] = (8,)) -> Path:
    """Write a study of three treatments of five programs, of several tasks, or timed after several turns."""
    draw = random.Random(1)  # noqa: S311 - data, no secret
    lines = ["task,agents,optimization,replicate,list,run,seconds,passed,turn"]
    for task, agents, replicate, turn in itertools.product(range(tasks), (1, 2, 3), range(1, 6), turns):
        seconds = math.exp(draw.gauss(task + 0.1 * agents - 0.05 * turn, 0.1 + 0.02 * agents))
        lines.append(f"t{task},{agents},8 iterations,{replicate},1,1,{seconds},true,{turn}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_field_of_the_analysis_is_described_with_its_type(tutorial: Path, tmp_path: Path) -> None:
    """Compared with the analysis of the tutorial's results, and of studies that have what those lack."""
    asked: dict[Path, refinery_analysis.Options] = {
        tutorial / "results.json": refinery_analysis.Options(effect=0.02),
        made_up(tmp_path / "tasks.csv", tasks=4): refinery_analysis.Options(effect=0.1, margin=0.1),
        made_up(tmp_path / "turns.csv", turns=(3, 8)): refinery_analysis.Options(margin=1.25, nested=(3,)),
    }
    unchecked = [
        compare(
            refinery_analysis.document(
                refinery_analysis.analyse(refinery_analysis.read_results([str(path)]), options)
            ),
            REFERENCE / "analysis-json.md",
            top="The document",
        )
        for path, options in asked.items()
    ]
    assert set.intersection(*unchecked) == set()


def _help(*command: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-m", *command, "--help"], capture_output=True, text=True, check=True
    )
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", done.stdout))


def _options(heading: str) -> set[str]:
    rows = tables(REFERENCE / "command-line.md")[heading]
    return {match[0] for name in rows if (match := re.match(r"--[a-z-]+", name))}


def test_the_options_of_pytest_are_those_of_its_help() -> None:
    """``pytest --help`` has no option of ours that the page lacks, and the other way round."""
    assert {option for option in _help("pytest") if option.startswith("--refinery-")} == _options("pytest")


@pytest.mark.parametrize("command", ["plan", "look", "negative"])
def test_the_options_of_the_analysis_are_those_of_its_help(command: str) -> None:
    """The common ones in one table, those of each command in its own."""
    common = _options("refinery-analysis")
    assert _help("refinery_analysis") == common
    assert _help("refinery_analysis", command) == common - {"--out", "--trajectories"} | _options(
        f"refinery-analysis {command}"
    )


def test_the_options_of_the_comparison_are_those_of_its_help() -> None:
    """It takes none of the analysis's own: its files are of any project."""
    assert _help("refinery_analysis", "compare") - {"--help", "--version"} == _options(
        "refinery-analysis compare"
    )


def test_the_keys_of_a_study_are_those_that_the_reader_takes() -> None:
    """Design, settings with their defaults, and limits with theirs."""
    told = tables(REFERENCE / "study.md")
    assert set(told["The design"]) == set(toml._KEYS)
    assert set(told["Settings"]) == set(SETTINGS)
    for name, setting in SETTINGS.items():
        assert told["Settings"][name][1].strip('`"') == str(setting.default)
    limits = ProgramLimits()
    assert {name: int(cells[1]) for name, cells in told["Limits"].items()} == {
        name: getattr(limits, name) for name in ProgramLimits.__dataclass_fields__
    }


def test_the_verdicts_are_those_that_programs_get() -> None:
    """All seven."""
    assert set(tables(REFERENCE / "verdicts.md")["Verdicts"]) == {str(verdict) for verdict in Verdict}


def test_the_sandboxes_are_those_that_can_be_asked_for() -> None:
    """The page of the command line names each backend."""
    row = tables(REFERENCE / "command-line.md")["pytest"]["--refinery-sandbox=NAME"]
    assert all(f"`{name}`" in row[1] for name in NAMES)


def test_the_public_names_are_those_of_the_api_page() -> None:
    """Three modules, each with what it exports."""
    rows = tables(REFERENCE / "python-api.md")["Python API"]
    for module in (refinery_plugin, refinery_plugin.testing, refinery_analysis):
        assert set(re.findall(r"`(\w+)`", rows[module.__name__][0])) == set(module.__all__)
    told = tables(REFERENCE / "python-api.md")["Task"]
    assert set(told) == set(refinery_plugin.Task.__dataclass_fields__)


def test_every_module_stands_on_the_map() -> None:
    """``docs/architecture.md`` names each module, or says of a folder what all modules in it are."""
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    named = {name for line in lines for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    for package in ("refinery_plugin", "analysis"):
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT)
            folders = {f"{folder}/" for folder in name.parents}
            assert str(name) in named or folders & named or name.name == "__init__.py", (
                f"{name} is not on the map"
            )
    for name in named:
        assert (ROOT / name).exists(), f"{name} is on the map, but not there"


def test_the_page_of_tasks_lists_those_that_ship() -> None:
    """In their order, and no other."""
    told = tables(REFERENCE / "tasks.md")["The tasks that ship"]
    assert list(told) == [task.name for task in SHIPPED_TASKS]
