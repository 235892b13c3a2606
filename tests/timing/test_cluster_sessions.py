"""Sessions whose programs run on real workers of Dask, on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from timing_project import CONSTANT, HONEST, NO_PROGRAM, RAISES, SORTING

if TYPE_CHECKING:
    from timing_project import Project

pytest.importorskip("distributed", reason="an extra")

PROGRAMS = {
    "1_3_inf_1": HONEST,
    "1_3_inf_2": SORTING,
    "2_3_inf_1": CONSTANT,
    "2_3_inf_2": RAISES,
    "1_inf_60_1": NO_PROGRAM,
    "1_inf_60_2": HONEST,
}
VERDICTS = {
    "1_3_inf_1": "correct",
    "1_3_inf_2": "correct",
    "2_3_inf_1": "wrong_answer",
    "2_3_inf_2": "error",
    "1_inf_60_1": "no_program",
    "1_inf_60_2": "correct",
}
CLUSTER = "--refinery-cluster=local:2"


def test_workers_give_the_verdicts_of_one_process_and_name_their_machine(project: Project) -> None:
    """One file: verdicts, times with their reference beside them, and where each ran; then nothing is left to do."""
    project.add(PROGRAMS)
    ran = project.run(CLUSTER, "--benchmark-json=out.json", "--refinery-verify-seed=1")
    assert ran.ret == 0
    programs = project.programs()
    assert {name: entry["verdict"] for name, entry in programs.items()} == VERDICTS
    document = project.json()
    refinery = document["refinery"]
    (machine,) = refinery["machines"]
    ran_there = {name for name, entry in programs.items() if entry.get("machine") == machine["name"]}
    assert ran_there == VERDICTS.keys() - {"1_inf_60_1"}
    infos = [benchmark["extra_info"] for benchmark in document["benchmarks"]]
    assert {(info["sha256"], info["list"]) for info in infos} == {
        (programs[name]["sha256"], number)
        for name in VERDICTS
        for number in (1, 2)
        if VERDICTS[name] == "correct"
    }
    beside = {
        (entry["session"], entry["block"], entry["list"], entry["machine"]) for entry in refinery["reference"]
    }
    assert {(info["session"], info["block"], info["list"], info["machine"]) for info in infos} <= beside
    assert sum(block["programs"] for block in refinery["blocks"]) == 5
    ran.stdout.fnmatch_lines(["*5 programs in 1 block for local:2", "*worker *: 1 block, 5 programs in *"])

    again = project.run(CLUSTER, "--benchmark-json=again.json", "--refinery-resume")
    assert again.ret == 0
    assert "blocks for local:2" not in again.stdout.str()
    assert project.json("again.json")["refinery"]["blocks"] == refinery["blocks"]
    kinds = [json.dumps(record)[:16] for record in project.records()]
    assert sum('"block"' in kind for kind in kinds) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(("--refinery-cluster=many",), "*'many' is not allowed; use local:N*", id="form"),
        pytest.param(("--refinery-cluster=local:0",), "*'local:0' is not allowed*", id="none"),
        pytest.param(
            ("--refinery-cluster=local:1", "--benchmark-disable"),
            "*--refinery-cluster is for programs*",
            id="untimed",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(project: Project, options: tuple[str, ...], told: str) -> None:
    """In one line, before anything is started."""
    project.add(PROGRAMS)
    ran = project.run(*options, timing=False)
    assert ran.ret != 0
    ran.stderr.fnmatch_lines([told])
