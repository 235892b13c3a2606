"""Files become frames; whatever is wrong is told with file, entry and field."""

from __future__ import annotations

import copy
import json
import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from refinery_analysis import AnalysisError, read_results
from refinery_analysis._reading.frames import PROGRAM_COLUMNS, RUN_COLUMNS
from study_files import Made, benchmark_json, small, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = "agents,iterations,time_limit,replicate,list,run,seconds,passed\n"


def test_the_pilot_becomes_frames_of_runs_and_programs(data: Path) -> None:
    """The pilot's 96 timings are 96 runs of 24 programs, with its two factors and the two derived from the budgets."""
    results = read_results([data / "pilot2025.csv"])
    assert len(results.runs) == 96
    assert len(results.programs) == 24
    assert tuple(results.runs.columns) == (*RUN_COLUMNS, "agents", "optimization", "type", "level")
    assert tuple(results.programs.columns) == (*PROGRAM_COLUMNS, "agents", "optimization", "type", "level")
    assert dict(results.factors) == {
        "agents": ("1", "2", "3"),
        "optimization": ("3 iterations", "8 iterations", "60 s", "120 s"),
        "type": ("iterations", "time"),
        "level": ("tight", "loose"),
    }
    assert results.derived == ("type", "level")
    assert results.programs["treatment"].cat.categories[2] == "agents 1, 60 s"
    assert results.programs["passed"].all()


def test_a_program_with_one_failed_run_failed(data: Path) -> None:
    """One failed run among a program's runs makes the program one that failed."""
    results = read_results([data / "pilot2025_first.csv"])
    assert (~results.programs["passed"]).sum() == 1
    assert len(results.programs) == 23


@pytest.mark.parametrize("form", ["mapping", "id", "commas", "label", "limits", "loose", "params"])
def test_treatments_are_read_in_every_form(form: str, tmp_path: Path) -> None:
    """A treatment may be a mapping, an id, a label, loose keys, two limits or parameters: the factors are the same."""
    document = small()
    for benchmark in document["benchmarks"]:
        extra = benchmark["extra_info"]
        treatment = extra.pop("treatment")
        agents, budget = treatment["agents"], treatment["optimization"]
        if form == "mapping":
            extra["treatment"] = treatment
        elif form == "id":
            extra["treatment"] = f"agents={agents}-optimization={budget.replace(' ', '')}"
        elif form == "commas":
            extra["treatment"] = f"agents={agents}, optimization={budget}"
        elif form == "label":
            extra |= {"treatment": f"T{agents}{budget[0]}", "agents": agents, "optimization": budget}
        elif form == "limits":
            limits = (
                {"iterations": 3, "time_limit": None}
                if "it" in budget
                else {"iterations": None, "time_limit": 60}
            )
            extra["treatment"] = {"agents": agents, **limits}
        elif form == "loose":
            extra["agents"] = agents
            extra["iterations"] = 3 if "it" in budget else None
            extra["time_limit"] = None if "it" in budget else 60
        else:
            benchmark["params"] = treatment
    if form == "label":
        for entry in document["refinery"]["programs"]:
            entry["treatment"] = f"T{entry['treatment']['agents']}{entry['treatment']['optimization'][0]}"
    results = read_results([write(tmp_path / "r.json", document)])
    assert set(results.factors) == {"agents", "optimization", "type"}
    assert len(results.programs) == 8
    assert not results.notes


def test_factors_are_open(tmp_path: Path) -> None:
    """Any name, any scalar: texts, switches, numbers; the order of levels is the study's."""
    programs = [
        Made(
            treatment={"model": model, "hints": hints, "chunk-size": 10 * size},
            replicate=1,
            seconds=[[1.0 + size]],
        )
        for model in ("o3-mini", "gpt-4o")
        for hints in (True, False)
        for size in (1, 2, 10)
    ]
    document = benchmark_json(programs)
    document["refinery"]["study"]["factors"] = {"model": ["o3-mini", "gpt-4o"]}
    results = read_results([write(tmp_path / "r.json", document)])
    assert dict(results.factors) == {
        "model": ("o3-mini", "gpt-4o"),
        "hints": ("false", "true"),
        "chunk-size": ("10", "20", "100"),
    }
    assert not results.derived
    assert results.programs["treatment"].iloc[0] == "o3-mini, hints true, chunk-size 10"


def test_programs_that_failed_have_their_verdict_and_kind(tmp_path: Path) -> None:
    """A program without runs keeps its verdict and the type of its error, and adds no run."""
    failed = Made(treatment={"agents": 1}, replicate=1, seconds=[], verdict="error")
    passed = Made(treatment={"agents": 1}, replicate=2, seconds=[[1.0]])
    results = read_results([write(tmp_path / "r.json", benchmark_json([failed, passed]))])
    first = results.programs.iloc[0]
    assert (first["passed"], first["verdict"], first["error_type"]) == (False, "error", "NameError")
    assert len(results.runs) == 1


def test_each_run_has_its_companion_from_the_reference(tmp_path: Path) -> None:
    """Of the same block and list: the geometric mean."""
    document = small()
    document["refinery"]["reference"][0]["seconds"] = [2.0, 8.0]
    results = read_results([write(tmp_path / "r.json", document)])
    on_first = results.runs["list"] == 1
    assert results.runs.loc[on_first, "reference_seconds"].to_numpy() == pytest.approx(4.0)
    assert results.runs.loc[~on_first, "reference_seconds"].to_numpy() == pytest.approx(math.sqrt(0.9 * 1.1))


def test_intermediate_programs_are_kept_apart(tmp_path: Path) -> None:
    """Timings of a program of an earlier turn are among the turns, not among the runs."""
    document = small()
    early = json.loads(json.dumps(document["benchmarks"][0]))
    early["extra_info"] |= {"turn": 1, "sha256": "other"}
    del early["extra_info"]["verdict"]
    document["benchmarks"].append(early)
    results = read_results([write(tmp_path / "r.json", document)])
    assert len(results.runs) == 32
    assert results.turns["turn"].tolist() == [1, 1]


def test_the_machine_is_named_and_programs_of_two_machines_stay_apart(data: Path) -> None:
    """Different programs timed on two machines are never taken for the same ones."""
    results = read_results([data / "machine_a.json", data / "machine_b.json"])
    assert results.machines == ("a / made", "b / made")
    assert not results.crossed
    assert results.programs["program"].is_unique


def test_the_same_program_on_two_machines_is_one_program_paid_once(tmp_path: Path) -> None:
    """One program that two machines timed counts once, its runs twice and its cost once."""
    files = [write(tmp_path / f"{node}.json", small(node=node, shared=True)) for node in ("a", "b")]
    results = read_results(files)
    assert results.crossed
    assert len(results.programs) == 8
    assert len(results.runs) == 64
    assert results.programs["cost_usd"].sum() == pytest.approx(0.08)


def test_programs_of_two_csvs_that_may_be_the_same_are_told(tmp_path: Path) -> None:
    """A CSV has no checksum: what has the same treatment and replicate counts as other programs, with a note."""
    a, b, on = (tmp_path / f"{name}.csv" for name in ("a", "b", "on"))
    a.write_text(HEADER + "".join(f"1,3,inf,{n},1,1,1.{n},True\n" for n in (1, 2, 3)))
    b.write_text(HEADER + "".join(f"1,3,inf,{n},1,1,2.{n},True\n" for n in (2, 3, 4)))
    on.write_text(HEADER + "".join(f"1,3,inf,{n},1,1,3.{n},True\n" for n in (5, 6)))
    doubled = read_results([a, b])
    assert len(doubled.programs) == 6
    (note,) = doubled.notes
    assert note.startswith(
        f"{b}: 2 programs have the treatment and replicate of programs of {a}, and no checksum"
    )
    assert read_results([a, on]).notes == ()
    checked = [write(tmp_path / f"{node}.json", small(node=node)) for node in ("one", "two")]
    assert not any("checksum" in note for note in read_results(checked).notes)


def test_a_program_that_fails_on_one_of_two_machines_failed(tmp_path: Path) -> None:
    """The verdict of a program that two machines timed is the failure, where one of them saw one."""
    slow = small(node="b", shared=True)
    slow["refinery"]["programs"][0] |= {"verdict": "timeout", "reason": "too slow"}
    slow["benchmarks"] = slow["benchmarks"][2:]
    results = read_results(
        [write(tmp_path / "a.json", small(node="a", shared=True)), write(tmp_path / "b.json", slow)]
    )
    assert results.programs["verdict"].tolist() == ["timeout", *["correct"] * 7]


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (lambda d: d.pop("benchmarks"), "benchmarks", "no benchmark JSON"),
        (lambda d: d.pop("refinery"), "refinery", "not of a refinery study"),
        (lambda d: d["refinery"].update(schema=2), "refinery: schema", "must be 1, got 2"),
        (lambda d: d["refinery"].pop("programs"), "refinery: programs", "missing"),
        (lambda d: d["refinery"].pop("study"), "refinery: study", "must be a text"),
        (
            lambda d: d["refinery"]["programs"].append(d["refinery"]["programs"][2]),
            "refinery.programs[8]: replicate",
            "duplicate program: agents 1, optimization 60 s, replicate 1 is already refinery.programs[2]",
        ),
        (
            lambda d: d["refinery"]["programs"][1].pop("treatment"),
            "refinery.programs[1]: treatment",
            "missing",
        ),
        (
            lambda d: d["refinery"]["programs"][1].pop("replicate"),
            "refinery.programs[1]: replicate",
            "whole number",
        ),
        (
            lambda d: d["refinery"]["programs"][1].update(verdict="fine"),
            "refinery.programs[1]: verdict",
            "got 'fine'",
        ),
        (
            lambda d: d["refinery"]["programs"][1].update(cost_usd=-1),
            "refinery.programs[1]: cost_usd",
            "not negative",
        ),
        (lambda d: d["benchmarks"][3].pop("extra_info"), "benchmarks[3]: extra_info", "missing"),
        (
            lambda d: d["benchmarks"][3]["extra_info"].pop("list"),
            "benchmarks[3]: extra_info.list",
            "whole number",
        ),
        (
            lambda d: d["benchmarks"][3]["extra_info"].update(study="other"),
            "benchmarks[3]: extra_info.study",
            "mixed studies: 'other' in a file of study 'made'",
        ),
        (
            lambda d: d["benchmarks"].append(d["benchmarks"][3]),
            "benchmarks[16]: extra_info",
            "duplicate: program and list are those of benchmarks[3]",
        ),
        (lambda d: d["benchmarks"][3].pop("stats"), "benchmarks[3]: stats", "missing"),
        (
            lambda d: d["benchmarks"][3]["stats"].pop("data"),
            "benchmarks[3]: stats.data",
            "--benchmark-save-data",
        ),
        (lambda d: d["benchmarks"][3]["stats"].update(data=[]), "benchmarks[3]: stats.data", "empty"),
        (
            lambda d: d["benchmarks"][3]["stats"]["data"].__setitem__(1, float("nan")),
            "benchmarks[3]: stats.data[1]",
            "finite and above 0, got nan",
        ),
        (
            lambda d: d["benchmarks"][3]["stats"]["data"].__setitem__(1, 0),
            "benchmarks[3]: stats.data[1]",
            "finite and above 0, got 0",
        ),
        (
            lambda d: d["benchmarks"][3]["stats"].update(mean=1.0),
            "benchmarks[3]: stats.mean",
            "1.0 does not fit the runs, whose mean is",
        ),
        (
            lambda d: d["benchmarks"][3]["stats"].update(rounds=5),
            "benchmarks[3]: stats.rounds",
            "does not fit the 2",
        ),
        (
            lambda d: d["benchmarks"][3]["extra_info"].update(cpu_seconds=[1.0]),
            "benchmarks[3]: extra_info.cpu_seconds",
            "a list of 2",
        ),
        (
            lambda d: d["benchmarks"][3]["extra_info"].update(verdict="timeout"),
            "benchmarks[3]: extra_info.verdict",
            "refinery.programs[1] says 'correct'",
        ),
        (
            lambda d: d["refinery"]["reference"][1]["seconds"].append(-1.0),
            "refinery.reference[1]: seconds[2]",
            "above 0, got -1.0",
        ),
        (
            lambda d: d["benchmarks"][0]["stats"]["data"].__setitem__(1, 1e200),
            "benchmarks[0]: stats.data[1]",
            "between 1e-15 and 1e+15, got 1e+200",
        ),
        (
            lambda d: d["refinery"]["programs"][0].update(cost_usd=1e300),
            "refinery.programs[0]: cost_usd",
            "must be finite (at most 1e+15)",
        ),
        (
            lambda d: d["refinery"]["programs"][0].update(treatment={"seconds": 1}),
            "refinery.programs[0]: treatment",
            "name of a column",
        ),
        (
            lambda d: d["refinery"]["programs"].__setitem__(0, 3),
            "refinery.programs[0]",
            "must be an object, got int",
        ),
        (
            lambda d: d["refinery"]["programs"][0].update(treatment={"agents": [1]}),
            "refinery.programs[0]: treatment.agents",
            "a level must be a text or a number, got [1]",
        ),
        (
            lambda d: d["refinery"]["programs"][0].update(treatment="the first"),
            "refinery.programs[0]: treatment",
            "must be an object or an id like",
        ),
        (
            lambda d: d["refinery"]["programs"][0].update(treatment={"iterations": 0, "time_limit": 60}),
            "refinery.programs[0]: iterations",
            "must be a number above 0, or null for no limit, got 0",
        ),
        (
            lambda d: d["benchmarks"][3]["extra_info"].update(contaminated=[1, 0]),
            "benchmarks[3]: extra_info.contaminated[0]",
            "must be true or false, got 1",
        ),
        (
            lambda d: d["benchmarks"][3]["extra_info"].update(task="other"),
            "benchmarks: extra_info.task",
            "mixed tasks: t, other",
        ),
        (lambda d: d["refinery"].update(reference=3), "refinery: reference", "must be a list"),
    ],
)
def test_what_is_wrong_in_json_is_told_with_file_entry_and_field(
    change: Callable[[dict[str, Any]], object], where: str, what: str, tmp_path: Path
) -> None:
    """An error about a benchmark JSON begins with the file, the entry and the field."""
    document = small()
    change(document)
    path = write(tmp_path / "r.json", document)
    with pytest.raises(AnalysisError) as caught:
        read_results([path])
    message = str(caught.value)
    assert message.startswith(f"{path}: {where}: ")
    assert what in message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "the file is empty"),
        ("{", "line 1, column 2: not valid JSON"),
        ("[1, 2]", "benchmarks: missing"),
        ('{"benchmarks": [{"name": "test_sort", "stats": {"data": [1.0]}}]}', "refinery: missing"),
        ("[" * 100_000, "JSON"),
        ("1" * 5000, "not valid JSON"),
    ],
)
def test_what_is_no_refinery_json_is_told(text: str, where: str, tmp_path: Path) -> None:
    """A file that is empty, broken, too deep or of another tool is refused by name with what is missing."""
    path = tmp_path / "r.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnalysisError) as caught:
        read_results([path])
    assert str(caught.value).startswith(str(path))
    assert where in str(caught.value)


ROWS = "1,3,inf,1,1,1,1.5,True\n1,3,inf,1,1,2,1.6,True\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER, "no measurements"),
        (
            "agents,seconds\n1,2\n",
            "line 1: columns missing: replicate, list, run, passed",
        ),
        (
            "agents,replicate,list,passed\n1,1,1,True\n",
            "line 1: columns missing: run, seconds; the first line",
        ),
        (HEADER + ROWS + "1,3,inf,1,2,1,0,True\n", "line 4: seconds: a time must be finite and above 0"),
        (HEADER + ROWS + "1,3,inf,1,2,1,inf,True\n", "line 4: seconds: a time must be finite and above 0"),
        (HEADER + ROWS + "1,3,inf,1,2,1,nan,True\n", "line 4: seconds: a time must be finite and above 0"),
        (HEADER + ROWS + "1,3,inf,1,2,1,-inf,False\n", "line 4: seconds: a time must be finite and above 0"),
        (HEADER + ROWS + "1,3,inf,1,2,1,1e200,True\n", "line 4: seconds: a time in seconds must be between"),
        (HEADER + "\n\n" + ROWS + "1,3,inf,1,2,1,0,True\n", "line 6: seconds: a time must be finite"),
        ("# times\n" + HEADER + ROWS, "not a readable CSV"),
        (HEADER + ROWS + "1,3,inf,1,2,1,,True\n", "line 4: seconds: a time must be finite and above 0"),
        (HEADER + ROWS + "1,3,inf,1,2,1,fast,True\n", "got 'fast'"),
        (
            HEADER + ROWS + "1,3,inf,1,2,1,1.0,perhaps\n",
            "line 4: passed: must be True or False, got 'perhaps'",
        ),
        (HEADER + ROWS + "one,3,inf,1,2,1,1.0,True\n", "line 4: agents: must be a whole number, got 'one'"),
        (HEADER + ROWS + "1,0,inf,1,2,1,1.0,True\n", "line 4: iterations: must be a number above 0"),
        (
            HEADER + ROWS + "1,3,inf,1,1,1,1.0,True\n",
            "line 4: run: duplicate: the same program, list and run as line 2",
        ),
        (HEADER + ROWS + "1,3,inf,1,2,1,1.0,True,extra\n", "not a readable CSV"),
        (HEADER + ROWS + "1,3,inf\n", "line 4: replicate: must be a whole number"),
        (HEADER.replace("run", "list") + ROWS, "line 1: column 'list' is there twice"),
        (HEADER + '"1,3\n', "not a readable CSV"),
    ],
)
def test_what_is_wrong_in_csv_is_told_with_line_and_column(text: str, message: str, tmp_path: Path) -> None:
    """An error about a CSV begins with the file and names line and column where there are such."""
    path = tmp_path / "r.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnalysisError) as caught:
        read_results([path])
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_comma_among_points_is_no_decimal(tmp_path: Path) -> None:
    """Where other times of the column have points, 1,234 may be a thousand: it is refused, not guessed."""
    path = tmp_path / "r.csv"
    lines = ["1;3;inf;1;1;1;0.5;true", "1;3;inf;2;1;1;1,234;true"]
    path.write_text("\n".join([HEADER.strip().replace(",", ";"), *lines]), encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"line 3: seconds.*got '1,234'"):
        read_results([path])


def test_trajectories_that_were_cut_short_are_known(tmp_path: Path) -> None:
    """Their programs count; why is in a column, and a note counts them."""
    document = small()
    document["refinery"]["programs"][0]["cut_short"] = "HTTP 500"
    results = read_results([write(tmp_path / "r.json", document)])
    assert results.programs["cut_short"].dropna().tolist() == ["HTTP 500"]
    assert any("1 of 8 programs come from trajectories that ended before" in note for note in results.notes)


def test_a_failed_run_needs_no_time(tmp_path: Path) -> None:
    """A failed run may leave its time empty or write that it has none, and a note counts such runs."""
    path = tmp_path / "r.csv"
    for word in ("", "nan", "NA"):
        path.write_text(HEADER + ROWS + f"1,3,inf,2,1,1,{word},False\n", encoding="utf-8")
        results = read_results([path])
        assert results.programs["passed"].tolist() == [True, False]
        assert np.isnan(results.runs["seconds"].iloc[2])
        assert results.notes == (f"{path}: 1 of 3 runs have no time: they failed",)


@pytest.mark.parametrize(
    "text",
    [
        "model,replicate,passed\na,1,True\na,2,False\nb,1,True\nb,2,True\n",
        "model,replicate,list,run,seconds,passed\na,1,1,1,,True\na,2,1,1,,False\nb,1,1,1,nan,True\nb,2,1,1,,True\n",
    ],
    ids=["no columns of times", "empty columns of times"],
)
def test_programs_that_were_only_judged_need_no_times(text: str, tmp_path: Path) -> None:
    """A file without any time is of programs that were never timed: verdicts alone, and no runs."""
    path = tmp_path / "r.csv"
    path.write_text(text, encoding="utf-8")
    results = read_results([path])
    assert results.programs["passed"].tolist() == [True, False, True, True]
    assert len(results.runs) == 0
    assert results.notes == ("3 of 3 correct programs have no timed run",)


def test_a_task_that_was_never_timed_stands_beside_one_that_was(tmp_path: Path) -> None:
    """Times may be missing of a whole task, and of no correct run of a task that has any."""
    path = tmp_path / "r.csv"
    head = "model,task,replicate,list,run,seconds,passed\na,t,1,1,1,1.5,True\nb,t,1,1,1,1.0,True\n"
    path.write_text(f"{head}a,u,1,1,1,,True\nb,u,1,1,1,,False\n", encoding="utf-8")
    results = read_results([path])
    assert results.programs["passed"].tolist() == [True, True, True, False]
    assert results.runs["seconds"].tolist() == [1.5, 1.0]
    path.write_text(f"{head}a,t,2,1,1,,True\n", encoding="utf-8")
    with pytest.raises(AnalysisError, match="line 4: seconds: a time must be finite and above 0"):
        read_results([path])


@pytest.mark.parametrize(
    "form",
    ["bom", "crlf", "spaces", "quotes", "semicolons", "tabs", "decimal commas", "capitals", "blank lines"],
)
def test_csv_is_read_in_every_form_that_programs_write(form: str, data: Path, tmp_path: Path) -> None:
    """Spreadsheets and editors change what stands around the values; the values are the same."""
    text = (data / "pilot2025.csv").read_text(encoding="utf-8")
    changed = {
        "bom": "\ufeff" + text,
        "crlf": text.replace("\n", "\r\n"),
        "spaces": text.replace(",", " , "),
        "quotes": text.replace(",", '","').replace("\n", '"\n"').removesuffix('"').join(['"', ""]),
        "semicolons": text.replace(",", ";"),
        "tabs": text.replace(",", "\t"),
        "decimal commas": text.replace(",", ";").replace(".", ","),
        "capitals": text.replace("seconds,passed", "Seconds,PASSED").replace("True", "T"),
        "blank lines": text.replace("\n", "\n\n"),
    }[form]
    path = tmp_path / "r.csv"
    path.write_bytes(changed.encode())
    plain, other = (read_results([name]).runs for name in (data / "pilot2025.csv", path))
    assert other["seconds"].tolist() == plain["seconds"].tolist()
    assert other["program"].tolist() == plain["program"].tolist()
    assert other["passed"].all()


def test_the_2025_pilots_own_file_of_times_is_read(data: Path, tmp_path: Path) -> None:
    """Under its own header it gives the same runs, and the columns that are not used are told."""
    lines = (data / "pilot2025.csv").read_text(encoding="utf-8").splitlines()
    head = (
        "File Name,Num Agents,Iterations,Time Limit,Replicate,List,Run,Result,Execution Time (s),Test Passed"
    )
    rows = (line.rsplit(",", 2) for line in lines[1:])
    path = tmp_path / "timing_results.csv"
    path.write_text("\n".join([head, *(f"a.py,{place},95931,{s},{passed}" for place, s, passed in rows)]))
    plain, own = read_results([data / "pilot2025.csv"]), read_results([path])
    assert own.factors == plain.factors
    assert own.runs["seconds"].tolist() == plain.runs["seconds"].tolist()
    assert any("columns not used: file name, result" in note for note in own.notes)


def of_task(path: Path, node: str, python: str, **told: object) -> Path:
    """Write a file from one machine that tells something of its task."""
    document = small(node=node)
    document["machine_info"]["python_version"] = python
    document["refinery"]["tasks"] = [{"name": "peaks", **told}]
    for program in document["refinery"]["programs"]:
        program["sha256"] = None
    return write(path, document)


@pytest.mark.parametrize(
    ("field", "ours", "theirs"), [("version", "1", "2"), ("size", 100, 200), ("checksum", "a" * 64, "b" * 64)]
)
def test_files_of_different_tasks_under_one_name_are_not_joined(
    tmp_path: Path, field: str, ours: object, theirs: object
) -> None:
    """Another version, size or checksum is refused with both files' names; what is not told is not held against it."""
    one = of_task(tmp_path / "one.json", "a", "3.11.7", **{field: ours})
    two = of_task(tmp_path / "two.json", "b", "3.11.9", **{field: theirs})
    with pytest.raises(
        AnalysisError, match=rf"two\.json: refinery\.tasks: {field} of 'peaks': mixed tasks.*one\.json"
    ):
        read_results([one, two])
    assert read_results([one, of_task(two, "b", "3.11.7")]).machines


def test_a_checksum_of_another_python_is_only_told(tmp_path: Path) -> None:
    """A lambda has other bytecode there: the files are joined, with a note."""
    one = of_task(tmp_path / "one.json", "a", "3.11.7", checksum="a" * 64)
    two = of_task(tmp_path / "two.json", "b", "3.12.1", checksum="b" * 64)
    notes = read_results([one, two]).notes
    assert any("two.json: task 'peaks' has the checksum 'bbbbbbbbbbbb'" in note for note in notes)


def test_files_that_do_not_belong_together_are_told(data: Path, tmp_path: Path) -> None:
    """Files of two studies, of other factors, or given or measured twice are refused."""
    one = write(tmp_path / "one.json", small())
    other = small(node="b")
    other["refinery"]["study"]["name"] = "other"
    for benchmark in other["benchmarks"]:
        benchmark["extra_info"]["study"] = "other"
    with pytest.raises(AnalysisError, match=r"two\.json: study: mixed studies: 'other'"):
        read_results([one, write(tmp_path / "two.json", other)])
    with pytest.raises(AnalysisError, match="mixed studies"):
        read_results([one, data / "pilot2025.csv"])
    with pytest.raises(AnalysisError, match="given 2 times"):
        read_results([one, one])
    with pytest.raises(AnalysisError, match="on the same machine"):
        read_results([one, write(tmp_path / "again.json", small())])
    more = benchmark_json([Made(treatment={"agents": 1}, replicate=9, seconds=[[1.0]])], node="b")
    with pytest.raises(AnalysisError, match="factors agents, elsewhere agents, optimization"):
        read_results([one, write(tmp_path / "more.json", more)])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file, a directory, no file at all and binary data each get an error of their own."""
    with pytest.raises(AnalysisError, match="there is no such file"):
        read_results([tmp_path / "none.json"])
    with pytest.raises(AnalysisError, match="can't be read"):
        read_results([tmp_path])
    with pytest.raises(AnalysisError, match="no file of results"):
        read_results([])
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AnalysisError, match="not a text file"):
        read_results([tmp_path / "binary.csv"])


LARGE = 17 * 2**20


def test_large_files_are_read_as_small_ones(tmp_path: Path) -> None:
    """What is in them, what stands before it, and what is wrong with them; the file is read where it lies."""
    plain = read_results([write(tmp_path / "small.json", small())])
    document = {**small(), "commit_info": {"message": "é" * LARGE}}
    text = json.dumps(document, ensure_ascii=False)
    for name, before, after in (("a.json", "", ""), ("b.json", "\ufeff", "\n"), ("c", " \n", "")):
        (tmp_path / name).write_text(before + text + after, encoding="utf-8")
        found = read_results([tmp_path / name])
        assert found.runs.equals(plain.runs)
        assert found.programs["verdict"].tolist() == plain.programs["verdict"].tolist()
    lines = "1,3,inf,1,1,1,0.5,true\n1,3,inf,2,1,1,0.7,true\n"
    (tmp_path / "d.csv").write_text(HEADER + lines + "\n" * LARGE)
    assert len(read_results([tmp_path / "d.csv"]).runs) == 2


COMMA = 9 if sys.version_info < (3, 13) else 8
"""Where Python says that a comma is too many: behind it, or since 3.13 at it."""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b" " * LARGE, "the file is empty", id="spaces"),
        pytest.param(b'{"a": "\xff' + b" " * LARGE, "not", id="no-utf-8"),
        pytest.param(b"a\0" + b" " * LARGE, "null bytes", id="nulls"),
        pytest.param(b'{"a": 1,}' + b" " * LARGE, f"line 1, column {COMMA}: not valid JSON", id="no-json"),
    ],
)
def test_what_is_wrong_with_a_large_file_is_told(content: bytes, message: str, tmp_path: Path) -> None:
    """As of a small one."""
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(AnalysisError, match=message):
        read_results([tmp_path / "r.json"])


def test_files_that_belong_to_no_treatment_are_told_and_left_out(tmp_path: Path) -> None:
    """Such as a helper.py in a directory of programs from elsewhere: it is verified and timed, but is no replicate."""
    document = small()
    known = dict.fromkeys(("treatment", "agents", "optimization", "iterations", "time_limit", "replicate"))
    document["refinery"]["programs"].append(
        {**known, "file": "helper.py", "verdict": "correct", "sha256": "abc"}
    )
    timed = copy.deepcopy(document["benchmarks"][0])
    timed["extra_info"] |= {**known, "sha256": "abc"}
    document["benchmarks"].append(timed)
    results = read_results([write(tmp_path / "r.json", document)])
    plain = read_results([write(tmp_path / "plain.json", small())])
    assert len(results.programs) == len(plain.programs)
    assert len(results.runs) == len(plain.runs)
    assert any("helper.py" in note for note in results.notes)

    document["refinery"]["programs"] = document["refinery"]["programs"][-1:]
    document["benchmarks"] = [timed]
    with pytest.raises(AnalysisError, match=r"no program belongs to a treatment.*2_inf_60_1\.py"):
        read_results([write(tmp_path / "none.json", document)])


FACTORS = """model,temperature,task,replicate,list,run,seconds,passed,censored,limit
a,0.0,t1,1,1,1,1.5,True,,10
a,0.0,t1,2,1,1,,False,,10
a,0.5,t1,1,1,1,10,False,True,10
b,0.0,t2,1,1,1,1.1,True,,10
b,0.5,t2,1,1,1,,False,True,10
"""


def test_a_csv_may_have_any_factors(tmp_path: Path) -> None:
    """Columns that are not known otherwise are factors; tasks tell programs apart; what was stopped is a timeout."""
    path = tmp_path / "r.csv"
    path.write_text(FACTORS, encoding="utf-8")
    results = read_results([path])
    assert dict(results.factors) == {"model": ("a", "b"), "temperature": ("0.0", "0.5")}
    assert results.programs["task"].tolist() == ["t1", "t1", "t1", "t2", "t2"]
    assert results.programs["verdict"].tolist() == ["correct", "failed", "timeout", "correct", "timeout"]
    assert results.programs["limit_seconds"].tolist() == [10.0] * 5
    assert results.programs["program"].iloc[0] == "t1: a, temperature 0.0 #1"
    assert results.runs["seconds"].notna().tolist() == [True, False, False, True, False]


def test_a_failed_run_that_took_its_whole_limit_was_stopped(tmp_path: Path) -> None:
    """Without a column that says so; one that failed earlier is another outcome."""
    path = tmp_path / "r.csv"
    head = "model,replicate,list,run,seconds,passed,limit\n"
    path.write_text(head + "a,1,1,1,9,False,10\na,2,1,1,10,False,10\na,3,1,1,1,True,10\n", encoding="utf-8")
    assert read_results([path]).programs["verdict"].tolist() == ["failed", "timeout", "correct"]


def test_a_csv_of_turns_ends_with_the_last_one(tmp_path: Path) -> None:
    """The last turn's program is the trajectory's; earlier ones are turns; ``agent`` is then no factor."""
    path = tmp_path / "r.csv"
    head = "model,replicate,turn,agent,list,run,seconds,passed\n"
    path.write_text(
        head + "a,1,1,1,1,1,,False\na,1,2,2,1,1,1.5,True\na,2,1,1,1,1,1.2,True\n", encoding="utf-8"
    )
    results = read_results([path])
    assert dict(results.factors) == {"model": ("a",)}
    assert results.programs["passed"].tolist() == [True, True]
    assert results.runs["seconds"].tolist() == [1.5, 1.2]
    assert results.turns["turn"].tolist() == [1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("replicate,list,run,seconds,passed\n1,1,1,1.0,True\n", "line 1: no factor"),
        (FACTORS + "a,0.0,t1,3,1,1,1.0,True,perhaps,10\n", "line 7: censored: must be True or False"),
        (FACTORS + "a,0.0,t1,3,1,1,1.0,True,,0\n", "line 7: limit: must be a number of seconds above 0"),
        (FACTORS + "a,0.0,t1,1,1,1,1.0,True,,10\n", "line 7: run: duplicate"),
        (
            "model,replicate,turn,list,run,seconds,passed\na,1,0,1,1,1.0,True\n",
            "line 2: turn: must be a whole number from 1 on",
        ),
        (
            "model,replicate,turn,list,run,seconds,passed\na,1,,1,1,1.0,True\na,2,,1,1,1.0,True\na,2,,1,1,2,True\n",
            "line 4: run: duplicate: the same program, list and run as line 3",
        ),
        (",,\n,,\n", "line 1: columns missing"),
        (
            "treatment,arm,replicate,list,run,seconds,passed\na,b,1,1,1,1.0,True\n",
            "line 1: column 'arm': there is a factor 'arm' already",
        ),
    ],
)
def test_what_is_wrong_in_columns_of_any_study_is_told(text: str, message: str, tmp_path: Path) -> None:
    """The known columns that a file may have are checked like those that it must have."""
    path = tmp_path / "r.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnalysisError) as caught:
        read_results([path])
    assert message in str(caught.value)
