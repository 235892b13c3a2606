"""The analysis takes the results of every study that is accepted; what it would not take is refused at once."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refinery_analysis._cli import run

from refinery_plugin import Task
from refinery_plugin._study.study import Study, StudyError
from refinery_plugin._study.toml import load_study
from refinery_plugin._study.units import Unit, study_units
from refinery_plugin._timing.document import Finding, describe_program, describe_study, timed_lists
from refinery_plugin._timing.records import BlockRun
from refinery_plugin._verification.run_usage import NO_WAITING, RunFigures
from refinery_plugin._verification.steps import RunPassed
from refinery_plugin._verification.verdict import CORRECT, Judgement, Verdict

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
_MOST_PROGRAMS = 24
_OWN_NAMES = (
    "style",
    "type",
    "level",
    "iterations",
    "time_limit",
    "arm",
    "ratio",
    "list",
    "n",
    "Größe",
    "x y",
    "a-b",
    "1",
)


def task(name: str, own: dict[str, Any]) -> Task:
    return Task(
        name=name,
        prompt="Double a number.",
        signature="def double(x: int) -> int",
        result_type=int,
        reference="def double(x):\n    return 2 * x\n",
        sample=lambda seed: (seed,),
        examples=[((1,), 2)],
        settings=own,
    )


texts = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="ab =-,;:/|*+()[]'\"\\\n\t\r\u00a0\u2028\u200b", max_size=8),
    st.sampled_from(
        [
            "",
            " ",
            "(empty)",
            "''",
            "nan",
            "None",
            "true",
            "1",
            "1.0",
            "01",
            "-",
            "=",
            "a=1",
            "a=1-b=2",
            "60 s",
            "=1+1",
        ]
    ),
    st.integers(75, 400).map(lambda length: "Think step by step. " * (length // 20) + "x" * (length % 20)),
)
numbers = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 0.1, 1e-300, 1e300, 1e15, 1e16, 0.1 + 0.2]),
    st.floats(allow_nan=False, allow_infinity=False),
)
OWN = {
    str: texts,
    float: numbers,
    int: st.integers(-(2**70), 2**70),
    bool: st.booleans(),
}
LEVELS: dict[str, st.SearchStrategy[Any]] = {
    "agents": st.integers(1, 5),
    "optimization": st.sampled_from(
        [
            "1 iteration",
            "3 iterations",
            "60 s",
            "2 min",
            "500 tokens",
            "$0.02",
            "3 iterations or 60 s",
            "$1 or 9 tokens",
        ]
    ),
    "model": st.one_of(st.sampled_from(["gpt-4o", "o3", "openai/gpt-4o", "m:latest"]), texts),
    "temperature": st.sampled_from([0, 0.0, 0.7, 1, 2.0]),
    "max_tokens": st.integers(1, 4000),
    "memory": st.sampled_from(["program", "own", "transcript"]),
    "feedback": st.sampled_from(["none", "verdict", "time", "sham"]),
    "selection": st.sampled_from(["last", "best"]),
    "protocol": st.sampled_from(["rotate", "independent", "review"]),
    "instructions": texts,
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, Any], list[Task]]:
    """Return a study as a table, odd ones among them, and the tasks that there are."""
    kinds = draw(
        st.dictionaries(
            st.one_of(st.sampled_from(_OWN_NAMES), st.text(max_size=6)),
            st.sampled_from(list(OWN)),
            max_size=2,
        )
    )
    own = {name: draw(OWN[kind]) for name, kind in kinds.items()}
    names = draw(
        st.lists(
            st.one_of(st.sampled_from(["double", "a/b", "core x"]), st.text(min_size=1, max_size=8)),
            min_size=1,
            max_size=2,
            unique=True,
        )
    )
    tasks = [task(name, own) for name in names if name.strip()] or [task("double", own)]
    several = draw(st.booleans())
    levels: dict[str, st.SearchStrategy[Any]] = {
        **LEVELS,
        **{name: OWN[kind] for name, kind in kinds.items()},
    }
    varied = draw(st.lists(st.sampled_from(sorted(levels)), max_size=3, unique=True))
    factors: dict[str, Any] = {
        name: draw(st.lists(levels[name], min_size=1, max_size=3, unique=True)) for name in varied
    }
    left = [name for name in sorted(levels) if name not in varied]
    sets_several = draw(st.booleans())
    if left and sets_several:
        keys = draw(st.lists(st.sampled_from(left), min_size=1, max_size=2, unique=True))
        factor = draw(
            st.one_of(
                st.sampled_from(["team", "treatment", "type", "level", "seconds", "arm"]), st.text(max_size=5)
            )
        )
        factors[factor] = {
            name: {key: draw(levels[key]) for key in keys}
            for name in draw(st.lists(texts, min_size=1, max_size=3, unique=True))
        }
    table = {
        "name": draw(st.sampled_from(["s", "2026-01", "a.b_c", "CON", "nul.json", "x" * 100, "../s", ""])),
        **({"tasks": [each.name for each in tasks]} if several else {"task": tasks[0].name}),
        "replicates": draw(st.integers(1, 3)),
        "lists": draw(st.integers(1, 2)),
        "runs": draw(st.integers(1, 2)),
        "primary": draw(st.sampled_from(["time", "passed"])),
        "factors": factors,
    }
    return table, tasks


def toml(value: object) -> str:
    """Return a value as TOML, inline."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
        case dict():
            return "{" + ", ".join(f"{toml(name)} = {toml(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value)


def accepted(place: Path, table: dict[str, Any], tasks: list[Task]) -> Study | None:
    """Return the study, or ``None`` where it is refused, which names the file and what to change."""
    path = place / "study.toml"
    path.write_text(
        "".join(f"{toml(key)} = {toml(value)}\n" for key, value in table.items()), encoding="utf-8"
    )
    try:
        return load_study(path, {each.name: each for each in tasks})
    except StudyError as error:
        told = str(error)
    assert told.startswith(f"{path}: ")
    return None


def found(unit: Unit, study: Study, number: int, verdict: Verdict) -> Finding:
    """Return what a session would have found of a program."""

    def timed(which: int, run_number: int) -> BlockRun:
        seconds = 0.1 + 0.01 * (number % 7) + 0.003 * which + 0.001 * run_number
        figures = RunFigures(
            seconds=seconds,
            cpu_seconds=seconds,
            queue_seconds=None,
            revealed_seconds=None,
            contaminated=False,
        )
        passed = RunPassed(number=which, limit=2.0, figures=figures, waiting=NO_WAITING)
        return BlockRun(block=1, session="s", run=passed)

    runs = {
        which: [timed(which, run_number) for run_number in range(study.runs)]
        for which in range(1, study.lists + 1)
    }
    return Finding(
        unit=unit,
        sha256=f"{number:064x}",
        judgement=CORRECT if verdict is Verdict.CORRECT else Judgement(verdict=verdict, reason="it broke"),
        waiting=NO_WAITING,
        trajectory={},
        runs=runs if verdict is Verdict.CORRECT else {},
    )


def benchmark_file(study: Study, findings: list[Finding]) -> dict[str, Any]:
    """Return what such a session writes."""
    benchmarks = [
        {
            "name": f"test_program[{finding.unit.id}-list{timed.number}]",
            "fullname": f"test_program[{finding.unit.id}-list{timed.number}]",
            "params": timed.params,
            "extra_info": timed.extra_info,
            "stats": {
                "data": timed.seconds,
                "mean": sum(timed.seconds) / len(timed.seconds),
                "rounds": len(timed.seconds),
            },
        }
        for finding in findings
        for timed in timed_lists(finding, study=study, sandbox="bwrap")
    ]
    refinery = {
        "schema": 1,
        "study": describe_study(study),
        "task": study.task,
        "programs": [describe_program(finding, study=study) for finding in findings],
        "reference": [],
    }
    return {
        "machine_info": {},
        "commit_info": {},
        "datetime": "",
        "version": "5",
        "benchmarks": benchmarks,
        "refinery": refinery,
    }


@SETTINGS
@given(made=tables(), verdicts=st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=4))
def test_every_study_that_can_be_generated_can_be_analysed(
    made: tuple[dict[str, Any], list[Task]], verdicts: list[Verdict]
) -> None:
    """All its programs are counted, in as many treatments, under the names of its factors; or it is refused at once."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        study = accepted(place, *made)
        if study is None or study.programs > _MOST_PROGRAMS:
            return
        units = study_units(study, place / "programs")
        assert len({unit.path for unit in units}) == len({unit.id for unit in units}) == study.programs
        # Half of them pass, so that there are times.
        each = [
            Verdict.CORRECT if number % 2 else verdicts[number % len(verdicts)]
            for number in range(len(units))
        ]
        findings = [
            found(unit, study, number, verdict)
            for number, (unit, verdict) in enumerate(zip(units, each, strict=True))
        ]
        path = place / "results.json"
        path.write_text(json.dumps(benchmark_file(study, findings)), encoding="utf-8")
        document = json.loads(run([str(path), "--json"]).text)
        assert run([str(path)]).text
    assert document["data"]["programs"] == study.programs
    assert document["data"]["passed"] == each.count(Verdict.CORRECT)
    assert set(document["data"]["factors"]) >= set(study.factors)
