"""``python -m analysis``: what it prints, where it ends, what it promises to other people's scripts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import refinery_analysis
from refinery_analysis.__main__ import main
from study_files import small, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pilot(data: Path) -> str:
    return str(data / "pilot2025.csv")


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    assert main([*argv, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_document_has_the_promised_keys(pilot: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON of the 2025 pilot has the keys of the reference, its known counts and its power."""
    found = document(capsys, pilot, "--effect", "0.5")
    assert found["schema"] == 1
    data = {"trials": 96, "programs": 24, "passed": 24, "failed": 0, "treatments": 12, "balanced": True}
    assert {key: found["data"][key] for key in data} == data
    assert (found["response"], found["model"], found["unit"]) == ("seconds", "agents*optimization", "program")
    assert {"program", "list", "program_list", "run"} <= set(found["variance"])
    assert found["anova"]["type"] == 2
    *terms, residual = found["anova"]["terms"]
    assert terms
    assert all(
        set(term) == {"term", "df", "sum_sq", "F", "p", "partial_eta_sq", "omega_sq"} for term in terms
    )
    assert set(residual) == {"term", "df", "sum_sq"}
    assert residual["term"] == "residual"
    assert {"statistic", "p"} <= set(found["assumptions"]["brown_forsythe"]) & set(
        found["assumptions"]["shapiro"]
    )
    assert {"statistic", "df_num", "df_den", "p"} <= set(found["robust"]["welch"])
    assert {"statistic", "p"} <= set(found["robust"]["kruskal"])
    pair = {"factor", "a", "b", "difference", "ci_low", "ci_high", "p_adjusted"}
    assert found["pairwise"]
    assert all(pair <= set(row) for row in found["pairwise"])
    power = found["power"]
    assert (power["effect"], power["alpha"], power["target"], power["groups"]) == (0.5, 0.05, 0.8, 12)
    assert power["sigma"] == pytest.approx(0.87017, abs=1e-5)
    assert power["sigma_ci"] == pytest.approx([0.62399, 1.43642], abs=1e-5)
    question = {"f", "power", "replicates_required", "total_required", "cost_usd"}
    assert power["contrasts"]
    for figures in (*power["omnibus"].values(), *power["contrasts"].values()):
        assert question <= set(figures)
    assert set(power["omnibus"]) >= {"extremes", "half"}
    assert power["as_published"]["total_required"] == 43
    assert {"usd", "usd_per_replicate"} <= set(found["cost"])


def test_right_figures_stand_beside_the_published_ones(
    pilot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """103 replicates a treatment for two extremes, 18 for halves; not 43."""
    power = document(capsys, pilot, "--effect", "0.5")["power"]
    assert power["omnibus"]["extremes"]["replicates_required"] == 103
    assert power["omnibus"]["half"]["replicates_required"] == 18
    assert power["omnibus"]["extremes"]["total_required"] == 1236


def test_without_an_effect_there_is_no_power(pilot: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Power is null unless ``--effect`` says what it is for."""
    assert document(capsys, pilot)["power"] is None


def test_what_was_paid_is_told_per_program(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The cost of a replicate is the sum of all costs over the number of programs."""
    found = document(capsys, str(data / "machine_a.json"))
    assert found["cost"]["usd"] == pytest.approx(8 * 0.01 + 8 * 0.02 + 8 * 0.03)
    assert found["cost"]["usd_per_replicate"] == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "RESULTS"),
        (["--effect", "observed"], "not computed from the observed effect"),
        (["--effect", "big"], "effect 'big': give a positive number"),
        (["--effect", "-1"], "positive and finite"),
        (["--effect", "1e300"], "must be between 1e-15 and 1e+15"),
        (["--means", "1,2,3,4,5,6,7,8,9,10,11,12"], "say with --effect"),
        (["--effect", "1", "--means", "1e300" + ",1" * 11], "must be a finite number (at most 1e+15)"),
        (["--out", ""], "the name of the directory is empty"),
        (["--alpha", "0"], "alpha"),
        (["--power", "0.01"], "above alpha"),
        (["--type", "4"], "invalid choice"),
        (["--response", "memory"], "invalid choice"),
        (
            ["--model", "agents*speed"],
            "'speed' is no factor of this study; it has agents, optimization, type, level",
        ),
        (["--contrast", "agents: 1 - 9"], "no pair of levels"),
        (["--response", "ratio"], "refinery.reference"),
        (["--efect", "1"], "--efect"),
    ],
)
def test_what_is_wrong_ends_with_2_and_one_clear_text(
    argv: list[str], message: str, pilot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake on the command line exits with 2 and one error on standard error, with neither output nor traceback."""
    assert main([pilot, *argv] if argv else []) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert printed.err.startswith("error: ")
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_out_gets_the_report_and_the_tidy_frames(
    pilot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--out`` makes the folder and writes the page, a row for each run and a row for each program."""
    monkeypatch.chdir(tmp_path)
    assert main([pilot, "--out", "out"]) == 0
    assert (tmp_path / "out" / "report.html").is_file()
    runs = (tmp_path / "out" / "runs.csv").read_text(encoding="utf-8").splitlines()
    assert len(runs) == 97
    assert runs[0].startswith("program,machine,")
    assert len((tmp_path / "out" / "programs.csv").read_text(encoding="utf-8").splitlines()) == 25
    assert "out/report.html" in capsys.readouterr().out


def test_a_place_that_can_not_be_written_is_told(
    pilot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--out`` below a file exits with 2 and says that it can't be written."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main([pilot, "--out", str(tmp_path / "file")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_the_module_runs_and_help_needs_no_numerical_library(pilot: str) -> None:
    """In a process of its own."""
    program = (
        "import sys, runpy\n"
        "sys.argv = ['analysis', '--help']\n"
        "try: runpy.run_module('analysis', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'numpy', 'pandas', 'scipy', 'statsmodels'} & set(sys.modules)\n"
    )
    help_ = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    for word in ("--response", "--effect", "--out", "plan", "look", "negative"):
        assert word in help_.stdout
    done = subprocess.run(
        [sys.executable, "-m", "analysis", pilot], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) <= 60
    assert not done.stderr


@pytest.mark.parametrize("command", [[], ["plan"]])
def test_the_version_needs_no_results(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` prints name and version, and ends with 0."""
    with pytest.raises(SystemExit) as ended:
        main([*command, "--version"])
    assert not ended.value.code
    assert re.fullmatch(r"pytest-refinery \S+\n", capsys.readouterr().out)


def test_what_is_exported_is_there() -> None:
    """Each name of ``__all__`` is found under its own name, and a misspelt one raises AttributeError."""
    assert refinery_analysis.__all__ == sorted(refinery_analysis.__all__)
    for name in refinery_analysis.__all__:
        assert getattr(refinery_analysis, name).__name__ == name
        assert name in dir(refinery_analysis)
    with pytest.raises(AttributeError, match="analyze"):
        _ = refinery_analysis.analyze


def test_spaces_about_the_minus_of_a_contrast_do_not_count(
    pilot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A contrast written without spaces is the same test."""
    tests = [
        document(capsys, pilot, "--contrast", text)["contrasts"] for text in ("agents: 1 - 3", "agents:1-3")
    ]
    assert tests[0] == tests[1]


def test_programs_that_passed_but_were_not_timed_are_not_called_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A session that was cut before timing says so; it does not say that nothing passed."""
    untimed = small()
    untimed["benchmarks"] = []
    path = write(tmp_path / "r.json", untimed)
    assert "No program that passed was timed" in document(capsys, str(path))["notes"][-1]
    assert main([str(path)]) == 0
    told = capsys.readouterr().out
    assert "No program that passed was timed, so there are no times to compare." in told
    assert "Variance components: no program that passed was timed" in told


def test_why_there_is_no_analysis_of_variance_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is that nothing passed, not whatever else there is to be noted."""
    path = tmp_path / "r.csv"
    head = "agents,iterations,time_limit,replicate,list,run,seconds,passed"
    path.write_text(f"{head}\n1,3,inf,1,1,1,,False\n2,3,inf,1,1,1,1.5,False\n", encoding="utf-8")
    assert main([str(path)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "There is none. No program passed: there is no time to analyse, only failures." in told
