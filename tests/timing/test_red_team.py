"""Programs that try to cheat, driven through the command line under every backend.

What each must get stands in its first line: a verdict, one of two where chance decides (``memory or timeout``),
``rejected`` (any verdict but ``correct``), or ``not faster`` (rejected, or no faster than the plain loop that it falls
back on).
"""

from __future__ import annotations

import json
import shutil
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from corpus import BASELINE, CORPUS, expectations, fits
from timing_project import STUDY

if TYPE_CHECKING:
    from timing_project import Project


TWINS = tuple(f"{place}_{BASELINE}" for place in ("a", "d", "l", "s", "z"))
"""Copies of the baseline that are timed before, among and after the others: on a busy machine a single one may be
slowed down for as long as it is timed."""
LEAST_RATIO = 0.8
"""What an attack that is correct takes at least, as a multiple of its honest baseline."""
MORE_SESSIONS = 3
"""So often who seems to gain is timed again: a gain is there each time, a busy machine is not."""
CANARY = "REFINERY_TEST_CANARY"


def names_of(document: dict[str, Any]) -> dict[str, str]:
    """Return what programs are called; they are told apart by their source."""
    return {entry["sha256"]: Path(entry["file"]).stem for entry in document["refinery"]["programs"]}


def times(document: dict[str, Any]) -> dict[str, float]:
    """Return each timed program's shortest run."""
    names = names_of(document)
    shortest: dict[str, float] = {}
    for entry in document["benchmarks"]:
        name = names[entry["extra_info"]["sha256"]]
        shortest[name] = min([shortest.get(name, 1e9), *entry["stats"]["data"]])
    return shortest


def ratios(document: dict[str, Any]) -> dict[str, float]:
    """Return each timed program's median ratio of CPU seconds to those of the reference beside it."""
    names = names_of(document)
    beside = {
        (entry["block"], entry["list"]): statistics.median(entry["cpu_seconds"])
        for entry in document["refinery"]["reference"]
    }
    found: dict[str, list[float]] = {}
    for entry in document["benchmarks"]:
        extra = entry["extra_info"]
        reference = beside[extra["block"], extra["list"]]
        found.setdefault(names[extra["sha256"]], []).extend(cpu / reference for cpu in extra["cpu_seconds"])
    return {name: statistics.median(each) for name, each in found.items()}


def gainers(document: dict[str, Any]) -> set[str]:
    """Return the programs that fall back on the baseline and took less than its twins, beyond what is allowed."""
    found = ratios(document)
    twins = [found[name] for name in (BASELINE, *TWINS) if name in found]
    wanted = expectations()
    return {
        name
        for name, ratio in found.items()
        if wanted.get(name) == "not faster" and ratio < LEAST_RATIO * min(twins)
    }


@pytest.mark.parametrize("sandbox", ["bwrap", "landlock"])
def test_every_program_gets_what_it_deserves(
    project: Project, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No backend is skipped: one that cannot start here fails the test."""
    monkeypatch.setenv(CANARY, "secret")
    # A limit far from what a busy machine makes of a wrong program's honest work.
    (project.path / "pyproject.toml").write_text(
        STUDY.replace("load_seconds = 3", "load_seconds = 3\ntime_factor = 40").replace(
            "runs = 2", "runs = 1"
        ),
        encoding="utf-8",
    )
    shutil.copytree(CORPUS, project.path / "programs")
    plain = (CORPUS / f"{BASELINE}.py").read_text(encoding="utf-8")
    for twin in TWINS:
        (project.path / "programs" / f"{twin}.py").write_text(f"{plain}# {twin}\n", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in (project.path / "programs").iterdir()}
    result = project.run(
        f"--refinery-sandbox={sandbox}", "--benchmark-json=out.json", "--refinery-verify-seed=11"
    )
    expected = {**expectations(), **dict.fromkeys(TWINS, "correct")}
    honest = sum(verdict == "correct" for verdict in expected.values())
    assert result.ret == 0, result.stdout.str()
    verdicts = {name: entry["verdict"] for name, entry in project.programs().items()}
    reasons = {name: entry["reason"] for name, entry in project.programs().items()}
    document = project.json()
    seconds = times(document)
    baseline = min(seconds[name] for name in (BASELINE, *TWINS) if name in seconds)
    wrong = {
        name: (wanted, verdicts[name], reasons[name], seconds.get(name))
        for name, wanted in expected.items()
        if not fits(wanted, verdicts[name], seconds.get(name), baseline)
    }
    assert wrong == {}
    assert gainers_again(project, sandbox, gainers(document)) == set()
    assert len(verdicts) == len(expected)
    assert result.parseoutcomes()["passed"] >= honest
    assert {path.name: path.read_bytes() for path in (project.path / "programs").iterdir()} == before
    assert "secret" not in result.stdout.str() + json.dumps(document)


def gainers_again(project: Project, sandbox: str, suspects: set[str]) -> set[str]:
    """Time those that seem to gain again, with the baseline's twins beside them; return who gains every time."""
    for number in range(MORE_SESSIONS):
        if not suspects:
            break
        folder = project.path / f"again{number}"
        folder.mkdir()
        for name in (BASELINE, *TWINS, *suspects):
            shutil.copy(project.path / "programs" / f"{name}.py", folder)
        again = project.run(
            f"--refinery-sandbox={sandbox}", f"--refinery-programs={folder}", "--benchmark-json=again.json"
        )
        assert again.ret == 0, again.stdout.str()
        suspects &= gainers(project.json("again.json"))
    return suspects


def test_a_gamble_on_the_kind_of_call_loses(project: Project) -> None:
    """Verification and timed runs are mixed and alike: who is honest in every other process is caught."""
    gamble = (CORPUS / f"{BASELINE}.py").read_text(encoding="utf-8") + (
        "\n\nimport os\nLUCKY = os.urandom(1)[0] & 1\n"
        "def get_difference(numbers):\n    return 95931 if LUCKY and len(numbers) > 9000 else honest(numbers)\n"
    )
    project.add({f"1_3_inf_{number}": f"{gamble}# {number}\n" for number in range(1, 6)})
    project.run("--benchmark-json=out.json").assert_outcomes(xfailed=5)
