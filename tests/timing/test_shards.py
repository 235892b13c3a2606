"""Parts of a study, timed one after the other as machines would, in one folder; and joined."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from timing_project import CONSTANT, HONEST, SORTING

if TYPE_CHECKING:
    from timing_project import Project

PROGRAMS = {
    "1_3_inf_1": HONEST,
    "1_3_inf_2": SORTING,
    "2_3_inf_1": CONSTANT,
    "2_3_inf_2": HONEST + "# another\n",
    "1_inf_60_1": SORTING + "# another\n",
    "1_inf_60_2": HONEST + "# a third\n",
    "2_inf_60_1": HONEST + "# a fourth\n",
    "2_inf_60_2": SORTING + "# a third\n",
}


def test_parts_are_resumed_each_for_itself_and_joined(project: Project) -> None:
    """A finished part has nothing left to do, although another came after it; together they are all programs, once."""
    project.add(PROGRAMS)
    for part in (1, 2):
        ran = project.run(f"--refinery-shard={part}/2", f"--benchmark-json=part{part}.json")
        assert ran.ret == 0
    lines = [path.read_bytes() for path in sorted((project.path / ".refinery" / "timing").glob("*.jsonl"))]
    again = project.run("--refinery-shard=1/2", "--benchmark-json=again.json", "--refinery-resume")
    assert again.ret == 0
    assert [
        path.read_bytes() for path in sorted((project.path / ".refinery" / "timing").glob("*.jsonl"))
    ] == lines
    first, second, resumed = (project.programs(f"{name}.json") for name in ("part1", "part2", "again"))
    assert first.keys() | second.keys() == PROGRAMS.keys()
    assert not first.keys() & second.keys()
    assert resumed.keys() == first.keys()
    command = [sys.executable, "-m", "refinery_analysis", "part1.json", "part2.json", "--json"]
    done = subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    rates = [rate for rate in found["passed"]["rates"] if rate["factor"] == "agents"]
    assert sum(rate["programs"] for rate in rates) == 8
    assert sum(rate["passed"] for rate in rates) == 7
