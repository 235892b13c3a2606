"""Studies of feedback and teams, as their users run them: what is sent, kept, replayed, killed, judged and analysed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from team_project import TASKS, WRONG, TeamProject, plain
from test_sessions import wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from model_server import ModelServer

FACTORS = """
[tool.refinery.factors]
feedback = ["none", "verdict", "time", "sham"]
[tool.refinery.factors.team.solo]
agents = 1
[tool.refinery.factors.team.trio]
agents = 3
[tool.refinery.factors.team.mixed]
agents = [{ model = "a", instructions = "You look for a better algorithm." }, { model = "b", temperature = 0.2 }]
[tool.refinery.factors.team.nominal]
agents = 3
protocol = "independent"
optimization = "6 iterations"
"""
EXPERT = "You are an expert Python programmer who writes correct and very fast code."
TEAM = (
    " You are agent {agent} of a team of {agents} agents. The agents take turns: each turn one agent leads and "
    "improves the team's program. In this turn you lead."
)
TASK = """Count the vowels of a text.

Write a Python function with exactly this signature:

```python
def count_vowels(text: str) -> int:
```

It must return the right result for every such input, as a plain Python `int`.

After that only its execution time counts: make it as fast as you can. You may use the standard library.

"""
REFINE = (
    "Refine it: write a program that is faster and still returns the right result for every input. If the current "
    "program is wrong, mend it first. If you see no way to make it faster, answer with it as it is.\n\n"
)
FORM = (
    "Answer with the complete program in one Python code block. It only imports and defines: it must not call "
    "`count_vowels`, print, or contain examples or tests."
)
TRIED = "This program was tried: "
RIGHT = f"{TRIED}its results are right for every input that was tried."
FIGURE = r"\d+(?:\.\d+)?"
TIMED = (
    re.escape(RIGHT)
    + rf" It takes (?:at most )?{FIGURE} times as long as the reference implementation \(below 1 is faster\)"
    r"(?:\. It is the first correct program"
    rf"|, and (?:at most |at least )?{FIGURE} times as long as the fastest correct program before it"
    r"|, the shortest time that can be told, like the fastest correct program before it)\."
)
WORDS = {
    "verdict": {
        "wrong_answer": rf"{TRIED}it is wrong: for '[ou:!]' it returned 0, expected 1\.",
        "correct": re.escape(RIGHT),
    },
    "time": {
        "wrong_answer": rf"{TRIED}it is wrong: for '[ou:!]' it returned 0, expected 1\.",
        "correct": TIMED,
    },
}
WORDS["sham"] = WORDS["time"]
ANALYSIS = (sys.executable, "-m", "refinery_analysis", "results.json")
SETTINGS = {"solo": 1, "trio": 3, "mixed": 2, "nominal": 3}


def expected_messages(trajectory: dict[str, Any], turn: dict[str, Any]) -> list[dict[str, str]]:
    """Return what part 5 of the design says that this turn is sent, from what was kept of the turns before it."""
    team, agents = trajectory["treatment"]["team"], SETTINGS[trajectory["treatment"]["team"]]
    system = EXPERT
    if team in ("trio", "mixed"):
        system += TEAM.format(agent=turn["agent"], agents=agents)
    if team == "mixed" and turn["agent"] == 1:
        system += " You look for a better algorithm."
    before = [
        one
        for one in trajectory["turns"][: turn["turn"] - 1]
        if team != "nominal" or one["agent"] == turn["agent"]
    ]
    text = TASK
    if trajectory["task"] == "count-marks":
        text = text.replace("vowels", "marks")
    if before:
        last = before[-1]
        whose = "your current program"
        if team in ("trio", "mixed"):
            whose = f"the team's current program, which agent {last['agent']} wrote"
        text += f"This is {whose}:\n\n```python\n{last['program']}```\n\n"
        if trajectory["treatment"]["feedback"] != "none":
            text += f"{last['feedback']['told']}\n\n"
        text += REFINE
    form = FORM.replace("count_vowels", trajectory["task"].replace("-", "_"))
    return [{"role": "system", "content": system}, {"role": "user", "content": text + form}]


def who(trajectory: dict[str, Any], turn: dict[str, Any]) -> tuple[str, float]:
    if trajectory["treatment"]["team"] != "mixed":
        return "served-model", 1.0
    return ("a", 1.0) if turn["agent"] == 1 else ("b", 0.2)


def test_a_study_of_feedback_and_teams_from_requests_to_the_analysis(
    tmp_path: Path, server: ModelServer
) -> None:
    """4 feedbacks x 4 teams x 2 replicates on 2 tasks: sent as designed, replayed without sandbox, timed, analysed."""
    project = TeamProject.made(tmp_path / "project", server, factors=FACTORS, tasks=TASKS)
    ran = project.run()
    assert ran.code == 0, ran.output
    sent = {request.body["seed"]: request.body for request in server.requests}
    trajectories = project.trajectories()
    assert len(trajectories) == 64
    turns = sum(len(one["turns"]) for one in trajectories)
    assert len(sent) == len(server.requests) == turns == 240
    for one in trajectories:
        check_requests(one, sent)
        check_feedback(one)
    made, kept = project.files(project.programs), project.files(project.cassettes)
    shutil.rmtree(project.programs)
    project.replays_only()
    ran = project.run(anew=True)
    assert ran.code == 0, ran.output
    assert len(kept) == 64
    assert project.files(project.programs) == made
    assert project.files(project.cassettes) == kept
    assert len(server.requests) == 240
    results = project.timed()
    assert [program["verdict"] for program in results["refinery"]["programs"]] == ["correct"] * 64
    assert {program["treatment"]["team"] for program in results["refinery"]["programs"]} == set(SETTINGS)
    analysed = subprocess.run(
        [*ANALYSIS, "--trajectories", str(project.programs), "--out", "report", "--json"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert analysed.returncode == 0, analysed.stdout + analysed.stderr
    check_report(
        json.loads(analysed.stdout), trajectories, (project.root / "report" / "report.html").read_text()
    )


def check_report(document: dict[str, Any], trajectories: Sequence[dict[str, Any]], page: str) -> None:
    """Check that agents' credits add up to their trajectories' ratios, and that the first screen answers the study."""
    turns = document["turns"]
    assert turns["credit"]
    for treatment in {row["treatment"] for row in turns["credit"]}:
        ends = [
            math.log(one["turns"][one["final_turn"] - 1]["feedback"]["ratio"])
            for one in trajectories
            if ", ".join(f"{name} {level}" for name, level in one["treatment"].items()) == treatment
        ]
        parts = [row["log_ratio"] for row in turns["credit"] if row["treatment"] == treatment]
        mean = math.fsum(ends) / len(ends)
        # The last digit of the coarsest of them: no floats can be closer.
        assert abs(math.fsum(parts) - mean) <= max(map(math.ulp, (*parts, mean)))
    assert {row["team"].rpartition(" ")[2] for row in turns["synergy"]} <= {"trio", "mixed"}
    assert sum(row["mended"] for row in turns["transitions"]) > 0
    found = page.partition('id="found"')[2].partition("<section")[0]
    for name in ("feedback", "team"):
        assert any(name in row["question"] for row in document["conclusions"])
        assert name in found


def check_requests(trajectory: dict[str, Any], sent: dict[int, dict[str, Any]]) -> None:
    """Check that each turn was sent as designed, to the model of its agent."""
    team = trajectory["treatment"]["team"]
    order = {"solo": [1, 1, 1], "trio": [1, 2, 3], "mixed": [1, 2, 1], "nominal": [1, 2, 3, 1, 2, 3]}[team]
    assert [turn["agent"] for turn in trajectory["turns"]] == order
    for turn in trajectory["turns"]:
        body = sent[turn["seed"]]
        assert body["messages"] == expected_messages(trajectory, turn), turn
        assert (body["model"], body["temperature"]) == who(trajectory, turn)
        assert (turn["model"], turn["temperature"]) == who(trajectory, turn)


def check_feedback(trajectory: dict[str, Any]) -> None:
    """Check that what was found of each program is true, and that the words say it."""
    treatment, turns = trajectory["treatment"], trajectory["turns"]
    kind = treatment["feedback"]
    for turn in turns:
        found = turn["feedback"]
        if kind == "none":
            ends = treatment["team"] == "nominal" and turn["turn"] > 3
            assert (found is not None) is ends
            continue
        assert set(found) == {"verdict", "reason", "error_type", "ratio", "cpu_ratio", "told"}
        assert found["verdict"] == ("wrong_answer" if plain(turn["program"]) == WRONG else "correct")
        timed = kind in ("time", "sham") or treatment["team"] == "nominal"
        assert (found["ratio"] is not None) is (timed and found["verdict"] == "correct")
        if found["told"] is not None:
            assert re.fullmatch(WORDS[kind][found["verdict"]], found["told"])
    told = [turn["feedback"] and turn["feedback"]["told"] for turn in turns]
    spoken = 3 if treatment["team"] == "nominal" else len(turns) - 1
    assert [one is not None for one in told] == [kind != "none" and n < spoken for n in range(len(turns))]


def test_what_is_told_of_a_program_is_what_verification_says_of_it_in_the_end(
    tmp_path: Path, server: ModelServer
) -> None:
    """The smallest counterexample is the same, though the inputs are others."""
    project = TeamProject.made(
        tmp_path / "project", server, settings='feedback = "verdict"\noptimization = "1 iteration"'
    )
    assert project.run().code == 0
    programs = project.timed()["refinery"]["programs"]
    assert programs
    for program, trajectory in zip(programs, project.trajectories(), strict=True):
        (turn,) = trajectory["turns"]
        assert program["verdict"] == turn["feedback"]["verdict"] == "wrong_answer"
        assert re.fullmatch(r"for '[ou]' it returned 0, expected 1", turn["feedback"]["reason"])
        assert re.fullmatch(r"for '[ou]' it returned 0, expected 1", program["reason"])


def test_a_cassette_without_the_feedback_that_its_study_needs_says_so_and_how_to_record(
    tmp_path: Path, server: ModelServer
) -> None:
    """A replay measures nothing, so what was recorded without feedback cannot be had with it."""
    project = TeamProject.made(tmp_path / "project", server, settings='optimization = "2 iterations"')
    assert project.run().code == 0
    study = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(
        study.replace('"2 iterations"', '"2 iterations"\nselection = "best"')
    )
    project.replays_only()
    ran = project.run()
    assert ran.code == 4
    told = r"1_2_inf_[12]\.json: there is no feedback on the program of turn 1, and this study needs it"
    assert re.search(told, ran.output)
    assert "--refinery-record=all" in ran.output


@pytest.mark.parametrize(
    ("keyless", "remedy"),
    [({"CI": "1"}, "run with --refinery-record=once and OPENAI_API_KEY set"), ({}, "set OPENAI_API_KEY")],
    ids=["CI", "no key"],
)
def test_a_recording_that_stopped_before_a_program_was_judged_goes_on_and_is_not_paid_for_again(
    tmp_path: Path, server: ModelServer, keyless: dict[str, str], remedy: str
) -> None:
    """What may not record says how to go on; that judges the recorded answer, and asks for the turns after it alone."""
    project = TeamProject.made(
        tmp_path / "project", server, settings='feedback = "verdict"\noptimization = "2 iterations"'
    )
    assert project.run().code == 0
    asked = len(server.requests)
    path = project.cassettes / "1_2_inf_1.json"
    document = json.loads(path.read_text())
    del document["interactions"][1], document["metadata"]["refinery"]["finished"]
    del document["interactions"][0]["response"]["refinery"]["feedback"]
    path.write_text(json.dumps(document))
    recording, project.environment = project.environment, keyless
    ran = project.run()
    assert ran.code == 4
    told = " ".join(ran.output.split())
    assert f"{path}: there is no feedback on the program of turn 1, and this study needs it: the" in told
    assert "nothing that is recorded is paid for again" in told
    assert remedy in told
    assert "--refinery-record=all" not in told
    assert len(server.requests) == asked
    project.environment = recording
    ran = project.run()
    assert ran.code == 0, ran.output
    assert "(1 live, 3 replayed)" in ran.output
    assert len(server.requests) == asked + 1


def test_a_recording_of_verdicts_alone_is_none_for_a_study_that_compares_times(
    tmp_path: Path, server: ModelServer
) -> None:
    """Without times the best of several correct programs would be the first: that is refused, not guessed."""
    project = TeamProject.made(
        tmp_path / "project", server, settings='feedback = "verdict"\noptimization = "3 iterations"'
    )
    assert project.run().code == 0
    asked = len(server.requests)
    study = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(
        study.replace('"3 iterations"', '"3 iterations"\nselection = "best"')
    )
    ran = project.run()
    assert ran.code == 4
    assert re.search(
        r"\.json: the feedback on the program of turn 2 has no time, and this study needs it", ran.output
    )
    assert "--refinery-record=all" in ran.output
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    ("settings", "free"),
    [('optimization = "$0.02"', "served-model"), ('optimization = "$0.02"\nagents = 2', "served-model")],
)
def test_a_budget_in_dollars_that_nothing_is_taken_from_is_refused_before_the_first_request(
    tmp_path: Path, server: ModelServer, settings: str, free: str
) -> None:
    """A model that costs nothing would be asked a thousand times; what to do instead is told."""
    project = TeamProject.made(tmp_path / "project", server, settings=settings)
    study = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(
        study.replace("input = 1.0, output = 2.0", "input = 0.0, output = 0.0")
    )
    ran = project.run()
    assert ran.code == 4
    assert f"the budget '$0.02' never ends, since model '{free}' costs nothing" in ran.output
    assert "Join it with another ('$0.02 or 10 iterations')" in ran.output
    assert not server.requests


def test_a_budget_in_tokens_ends_with_the_turn_that_uses_it_up_and_the_rest_is_told(
    tmp_path: Path, server: ModelServer
) -> None:
    """No turn starts after it; how far the last one went beyond is in the file."""
    project = TeamProject.made(tmp_path / "project", server, settings='optimization = "900 tokens"')
    ran = project.run()
    assert ran.code == 0, ran.output
    trajectories = project.trajectories()
    assert trajectories
    for one in trajectories:
        used = [turn["prompt_tokens"] + turn["completion_tokens"] for turn in one["turns"]]
        assert sum(used[:-1]) < 900 <= sum(used)
        assert one["overshoot"] == {"tokens": sum(used) - 900}
    assert "beyond their budgets" in ran.output


@pytest.mark.timeout(600)
def test_killed_at_ten_moments_nothing_is_paid_or_measured_twice(tmp_path: Path, server: ModelServer) -> None:
    """Half of the kills come while a program is measured, half while a request is on its way; the end is whole."""
    project = TeamProject.made(
        tmp_path / "project",
        server,
        settings='feedback = "time"\noptimization = "4 iterations"\nagents = 2\nselection = "best"',
    )
    project.judges(slowly=0.01, verifies=False)
    for moment in range(10):
        before = Recorded.of(project)
        requests, starts = len(server.requests), len(project.started)
        process = project.fork("--refinery-concurrency=2")
        if moment % 2:
            wait_for(lambda: len(server.requests) > requests or not process.is_alive())  # noqa: B023
        else:
            wait_for(lambda: measures(project, starts) or not process.is_alive())  # noqa: B023
        process.kill()
        process.join()
        wait_for(lambda: server.in_flight == 0)
        before.check(server, project, requests=requests, starts=starts)
    before = Recorded.of(project)
    requests, starts = len(server.requests), len(project.started)
    ran = project.run()
    assert ran.code == 0, ran.output
    before.check(server, project, requests=requests, starts=starts)
    assert [len(one["turns"]) for one in project.trajectories()] == [4, 4]
    made = project.files(project.programs)
    shutil.rmtree(project.programs)
    project.replays_only()
    assert project.run(anew=True).code == 0
    assert project.files(project.programs) == made


def measures(project: TeamProject, starts: int) -> bool:
    """Whether a program of a trajectory, not the reference, has been started since."""
    return any(name in project.written for name in project.started[starts:])


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What the cassettes held at a moment: turns that were answered, what was found in them, programs that were judged.

    Turns are named by their seeds, programs by their checksums.
    """

    turns: frozenset[int]
    found: Mapping[int, dict[str, Any]]
    judged: frozenset[str]

    @classmethod
    def of(cls, project: TeamProject) -> Recorded:
        """Read them."""
        texts: dict[int, str] = {}
        found: dict[int, dict[str, Any]] = {}
        for path in sorted(project.cassettes.glob("*.json")) if project.cassettes.exists() else ():
            for exchange in json.loads(path.read_text())["interactions"]:
                seed = json.loads(exchange["request"]["body"])["seed"]
                texts[seed] = json.loads(exchange["response"]["body"]["string"])["choices"][0]["message"][
                    "content"
                ]
                if (judged := exchange["response"]["refinery"].get("feedback")) is not None:
                    found[seed] = judged
        programs = {
            seed: text.removeprefix("```python\n").removesuffix("```") for seed, text in texts.items()
        }
        checksums = (hashlib.sha256(programs[seed].encode()).hexdigest() for seed in found)
        return cls(frozenset(texts), found, frozenset(checksums))

    def check(self, server: ModelServer, project: TeamProject, *, requests: int, starts: int) -> None:
        """Check that whatever came later was not among it, and that nothing of it has changed."""
        assert self.turns.isdisjoint(request.body["seed"] for request in server.requests[requests:])
        assert self.judged.isdisjoint(project.started[starts:])
        now = Recorded.of(project)
        assert self.turns <= now.turns
        assert {seed: now.found.get(seed) for seed in self.found} == self.found
