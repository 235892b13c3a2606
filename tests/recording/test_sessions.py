"""The whole command, ``pytest --refinery-generate``, as its users run it."""

from __future__ import annotations

import collections
import json
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
from lab import KEY
from model_server import ModelServer, answer, held, silence, status
from project import PROGRAM, TEST, Project

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from model_server import Behaviour, Received

USAGE_ERROR = 4


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with all its recordings, made once."""
    made = Project.at(tmp_path_factory.mktemp("original") / "project")
    with ModelServer(answer(PROGRAM)) as server:
        made.environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url}
        ran = made.run()
    assert ran.code == 0, ran.output
    return made


@pytest.fixture
def recorded(original: Project, project: Project) -> Project:
    """Return the project with all its recordings, and a server of its own."""
    shutil.copytree(original.root, project.root, dirs_exist_ok=True)
    return project


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def seeds(server: ModelServer) -> collections.Counter[int]:
    return collections.Counter(request.body["seed"] for request in server.requests)


def test_a_recorded_study_replays_byte_for_byte_without_key_and_network(
    project: Project, server: ModelServer
) -> None:
    """Programs, trajectories and told seconds, time budgets and their cuts among them; cassettes stay untouched."""
    project.write_study(budgets='["2 iterations", "1 s"]')
    server.default = answer(PROGRAM, after=0.4)
    recorded = project.run()
    assert recorded.code == 0, recorded.output
    assert "8 programs in" in recorded.output
    assert max(seeds(server).values()) == 1
    programs, cassettes = project.files(project.programs), project.files(project.cassettes)
    assert len(programs) == 16
    assert len(cassettes) == 8
    ends = [
        json.loads(text)["turns"][-1]["outcome"]
        for name, text in programs.items()
        if "_inf_1_" in name and name.endswith(".json")
    ]
    assert len(ends) == 4
    assert "cut" in ends  # an answer that is there when a busy machine gets to cutting it is none
    sent = len(server.requests)
    project.environment = {"CI": "1"}
    for path in project.programs.iterdir():
        path.unlink()
    replayed = project.run(anew=True)
    assert replayed.code == 0, replayed.output
    assert "replays 8 of 8 from cassettes/vowels" in replayed.output
    assert "(0 live, " in replayed.output
    assert project.files(project.programs) == programs
    assert project.files(project.cassettes) == cassettes
    assert len(server.requests) == sent


def test_a_killed_run_pays_again_only_for_what_was_in_flight(project: Project, server: ModelServer) -> None:
    """SIGKILL in the middle; the lock goes with the process."""
    project.write_study(budgets='["4 iterations"]')
    server.default = answer(PROGRAM, after=0.15)
    process = project.start("--refinery-concurrency=2")
    wait_for(lambda: len(server.requests) >= 6, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: server.in_flight == 0)
    recorded = [
        json.loads(exchange["request"]["body"])["seed"]
        for path in project.cassettes.glob("*.json")
        for exchange in json.loads(path.read_text())["interactions"]
    ]
    assert len(recorded) >= len(server.requests) - 2
    server.default = answer(PROGRAM)
    again = project.run()
    assert again.code == 0, again.output
    assert f"16 turns ({16 - len(recorded)} live, {len(recorded)} replayed)" in again.output
    assert all(seeds(server)[seed] == 1 for seed in recorded)
    assert len(seeds(server)) == 16
    assert sum(seeds(server).values()) <= 18


def test_the_second_of_two_runs_at_once_says_so_and_stops(project: Project, server: ModelServer) -> None:
    """The first is not disturbed, and nothing is asked twice."""
    gate = threading.Event()
    server.default = held(gate, answer(PROGRAM))
    first = project.start()
    wait_for(lambda: bool(server.requests), first)
    second = project.run()
    gate.set()
    output, _ = first.communicate()
    assert second.code == USAGE_ERROR
    assert f"another run records here (process {first.pid}, since " in second.output
    assert "Traceback" not in second.output
    assert first.returncode == 0, output
    assert set(seeds(server).values()) == {1}
    assert {path.suffix for path in project.cassettes.iterdir()} == {".json"}


def test_xdist_generates_each_trajectory_once(project: Project, server: ModelServer) -> None:
    """In parallel; a plain run replays what the workers recorded."""
    ran = project.run("-n2")
    assert ran.code == 0, ran.output
    assert len(seeds(server)) == len(server.requests) == 8
    programs = project.files(project.programs)
    assert len(programs) == 8
    assert project.run().code == 0
    assert len(server.requests) == 8
    assert project.files(project.programs) == programs


TWICE = f"{TEST}{TEST.replace('test_program', 'test_program_again')}"
ONE_PROGRAM = "agents=1 and r1"


@pytest.mark.parametrize("options", [[], ["--refinery-turns"]], ids=["", "turns"])
def test_a_program_of_several_tests_is_recorded_afresh_once(
    recorded: Project, server: ModelServer, options: list[str]
) -> None:
    """In whatever worker they run, and with tests of its turns; it counts once, and its old recording is kept."""
    (recorded.root / "test_vowels.py").write_text(TWICE)
    ran = recorded.run("-n2", "--refinery-record=all", *options)
    assert ran.code == 0, ran.output
    assert set(seeds(server).values()) == {1}
    assert len(server.requests) == 8
    assert "4 programs in" in ran.output
    assert "8 turns (8 live, 0 replayed)" in ran.output
    names = {path.name for path in recorded.cassettes.glob("*.json")}
    kept = {path.name for path in (recorded.cassettes / "replaced").iterdir()}
    assert kept == {name.replace(".json", ".1.json") for name in names}
    assert {path.name for path in recorded.cassettes.iterdir()} == {*names, "replaced"}


def test_two_tests_of_a_program_that_start_at_once_have_it_made_once(
    project: Project, server: ModelServer
) -> None:
    """The one waits for what the other worker makes, and is about that."""
    (project.root / "test_vowels.py").write_text(TWICE)
    server.default = answer(PROGRAM, after=0.5)
    ran = project.run("-n2", "-k", ONE_PROGRAM, "-v")
    assert ran.code == 0, ran.output
    assert "[gw0]" in ran.output
    assert "[gw1]" in ran.output
    assert "2 passed" in ran.output
    assert len(server.requests) == 2
    assert "2 turns (2 live, 0 replayed)" in ran.output


def test_xdist_shows_the_plan_and_what_was_generated(project: Project, server: ModelServer) -> None:
    """As a plain run does: before the first request, and at the end; only what was selected counts."""
    ran = project.run("-n2", "-k", "agents=2")
    assert ran.code == 0, ran.output
    plan, _, after = ran.output.partition("refinery: plan for 2 programs, judged by typical turns: 4 calls")
    assert after, ran.output
    assert "at a concurrency of 2" in after
    assert "2 workers [2 items]" not in plan
    assert "2 programs in tests/test_generated/programs/vowels, 1 identical to another" in after
    assert "4 turns (4 live, 0 replayed), 400 prompt + 200 completion tokens" in after
    assert "next: pytest --benchmark-only" in after
    assert len(server.requests) == 4


def test_a_way_to_share_out_tests_without_workers_changes_nothing(
    project: Project, server: ModelServer
) -> None:
    """Projects have --dist in their addopts for the runs that have -n; this one makes its programs as ever."""
    ran = project.run("--dist=loadgroup")
    assert ran.code == 0, ran.output
    assert "4 programs in" in ran.output
    assert len(server.requests) == 8


def test_the_header_tells_what_is_replayed_from_what_is_yet_to_be_recorded(project: Project) -> None:
    """Within 80 columns; a recording that stopped midway is not taken for a whole one."""
    assert project.run().code == 0
    path = project.cassettes / "1_2_inf_1.json"
    document = json.loads(path.read_text())
    del document["metadata"]["refinery"]["finished"], document["interactions"][1]
    path.write_text(json.dumps(document))
    (project.cassettes / "1_2_inf_2.json").unlink()
    header = [line for line in project.run("--collect-only").output.splitlines() if "refinery: " in line]
    assert header == [
        "refinery: study vowels, 2 treatments x 2 replicates = 4 programs",
        "refinery: 2 agents x 1 optimization, model served-model",
        "refinery: replays 2 of 4 from cassettes/vowels",
        f"refinery: records the other 2 (1 of them begun) from {project.environment['OPENAI_BASE_URL']}",
    ]
    project.environment = {}
    assert "(but OPENAI_API_KEY is not set)" in project.run("--collect-only").output
    for narrowed in (["-k", "1_2"], ["test_vowels.py::test_program"]):
        assert "records those selected of the other 2 (1" in project.run("--collect-only", *narrowed).output
    afresh = project.run("--collect-only", "--refinery-record=all", "-k", "1_2").output
    assert "records those selected of 4 afresh" in afresh


def test_what_a_session_says_fits_into_80_columns(project: Project) -> None:
    """Header, plan and summary, with a price and without."""
    for options in ([], ["--refinery-record=all"]):
        ran = project.run(*options)
        assert ran.code == 0, ran.output
        told = [line for line in ran.output.splitlines() if line.startswith("refinery: ")]
        told += ran.output.partition(" refinery -")[2].partition(" refinery: ")[0].splitlines()[1:]
        assert [line for line in told if len(line) > 80 and "the reference is correct" not in line] == []
        project.write_study(settings="price = { input = 10.0, output = 100.0 }")


def test_paths_in_words_of_their_own_do_not_hide_the_project(project: Project, tmp_path: Path) -> None:
    """Directories that exist, outside the project: pytest takes them for tests and another root, and that is said."""
    for name in ("programs", "cassettes"):
        (tmp_path / "elsewhere" / name).mkdir(parents=True)
    (tmp_path / "study.toml").write_text((project.root / "pyproject.toml").read_text())
    (project.root / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = ['-q']\n")
    paths = {
        "--refinery-study": "../study.toml",
        "--refinery-programs": str(tmp_path / "elsewhere/programs"),
        "--refinery-cassettes": "../elsewhere/cassettes",
    }
    spelled = [f"{option}={path}" for option, path in paths.items()]
    refused = project.run(*(word for option in paths.items() for word in option))
    assert refused.code == USAGE_ERROR, refused.output
    assert " ".join(spelled) in refused.output
    ran = project.run(*spelled, "test_vowels.py")
    assert ran.code == 0, ran.output
    assert "test session starts" not in ran.output, "addopts of the project were not seen"
    assert len(project.files(tmp_path / "elsewhere/programs")) == 8
    assert len(project.files(tmp_path / "elsewhere/cassettes")) == 4


def test_a_wrong_key_ends_the_run_with_one_clear_line(project: Project, server: ModelServer) -> None:
    """No program, no cassette, no traceback."""
    server.default = status(401, f"Incorrect API key provided: {KEY}")
    ran = project.run()
    assert ran.code == USAGE_ERROR
    [line] = [line for line in ran.output.splitlines() if line.startswith("ERROR:")]
    assert f"{server.base_url} refuses the key (HTTP 401): set OPENAI_API_KEY" in line
    assert "Traceback" not in ran.output
    assert not list(project.cassettes.glob("*.json"))


def test_without_key_and_cassette_one_error_names_both_remedies(recorded: Project) -> None:
    """What has a cassette still replays."""
    (recorded.cassettes / "1_2_inf_2.json").unlink()
    recorded.environment = {}
    assert recorded.run("-k", "r1").code == 0
    ran = recorded.run()
    assert ran.code == USAGE_ERROR
    assert (
        "1_2_inf_2.json: turn 1 is not recorded. There is no key to call a model with: set OPENAI_API_KEY"
        in ran.output
    )
    assert "or put the study's cassettes into the folder" in ran.output


def test_one_failing_trajectory_is_no_program_and_the_session_goes_on(
    project: Project, server: ModelServer
) -> None:
    """The reason is in its file; an offline replay tells the same."""

    def refuse(request: Received) -> Behaviour | None:
        first = server.requests[0].body["seed"]
        return status(400, "the context is full") if request.body["seed"] == first else None

    server.choose = refuse
    ran = project.run("--refinery-concurrency=1")
    assert ran.code == 0, ran.output
    assert "3 programs in" in ran.output
    assert "turn 1 got no answer: HTTP 400: the context is full" in ran.output
    files = project.files(project.programs)
    [told] = [
        data for name, data in files.items() if name.endswith(".py") and data.startswith(b"# no program")
    ]
    assert b"HTTP 400: the context is full" in told
    project.environment = {"CI": "1"}
    assert project.run().code == 0
    assert project.files(project.programs) == files


def test_the_cap_stops_a_run_that_can_be_gone_on_with(project: Project, server: ModelServer) -> None:
    """Nothing is lost, and the refusal without a price comes before anything is sent."""
    refused = project.run("--refinery-max-cost=1")
    assert refused.code == USAGE_ERROR
    assert "none is known for model 'served-model'; add it to the study: price = " in refused.output
    assert not server.requests
    project.write_study(settings="price = { input = 10.0, output = 100.0 }")
    stopped = project.run("--refinery-max-cost=0.23")  # 2,048 tokens may cost $0.2048
    assert stopped.code == USAGE_ERROR
    assert "of the cap of $0.23 are spent" in stopped.output
    paid = len(server.requests)
    assert 1 <= paid <= 4
    assert project.run().code == 0
    assert len(server.requests) == 8
    assert max(seeds(server).values()) == 1


DIES = """
import os

def pytest_runtest_teardown():
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
        os._exit(9)
"""


def test_who_takes_the_place_of_a_dead_worker_spends_nothing_of_the_cap(
    project: Project, server: ModelServer
) -> None:
    """What the dead one had spent is known to nobody; without a cap the others' programs are made."""
    project.write_study(settings="price = { input = 10.0, output = 100.0 }")
    conftest = project.root / "conftest.py"
    conftest.write_text(conftest.read_text() + DIES)
    ran = project.run("-n1", "--refinery-max-cost=5")
    assert ran.code != 0
    assert "a worker of pytest-xdist died, and nobody knows what it had spent" in ran.output
    assert len(server.requests) == 2
    project.run("-n1")
    assert len(server.requests) == 8


def test_a_changed_study_shows_the_difference_and_records_afresh_when_told(
    recorded: Project, server: ModelServer
) -> None:
    """``all`` replaces what is selected, and nothing else."""
    cassettes = recorded.files(recorded.cassettes)
    recorded.write_study(settings="temperature = 0.25")
    differs = recorded.run()
    assert differs.code == USAGE_ERROR
    assert "temperature: recorded 1.0, now 0.25" in differs.output
    assert "--refinery-record=all" in differs.output
    assert recorded.files(recorded.cassettes) == cassettes
    assert not server.requests
    assert recorded.run("--refinery-record=all", "-k", "r1").code == 0
    now = recorded.files(recorded.cassettes)
    assert {name for name in now if now[name] != cassettes[name]} == {"1_2_inf_1.json", "2_2_inf_1.json"}
    assert len(server.requests) == 4


def test_a_damaged_cassette_is_one_error_with_file_and_place(recorded: Project, server: ModelServer) -> None:
    """Before anything is called, and without touching the file."""
    (recorded.cassettes / "1_2_inf_1.json").unlink()
    path = recorded.cassettes / "2_2_inf_1.json"
    path.write_bytes(path.read_bytes()[:700])
    written = recorded.files(recorded.cassettes)
    ran = recorded.run()
    assert ran.code == USAGE_ERROR
    [line] = [line for line in ran.output.splitlines() if line.startswith("ERROR:")]
    assert f"{path}: not a cassette as it was recorded: line " in line
    assert not server.requests
    assert recorded.files(recorded.cassettes) == written


PLANTED = (KEY, "org-planted-organisation", "planted-cookie-5f3a", "planted-password", "planted-query")


@pytest.mark.parametrize("refused", [False, True], ids=["answered", "refused"])
def test_no_secret_is_in_anything_that_a_session_writes(
    project: Project, server: ModelServer, tmp_path: Path, *, refused: bool
) -> None:
    """Terminal, logs, reports, cassettes, trajectories; with all variables shown and every log line kept."""
    url = f"http://planted-user:planted-password@127.0.0.1:{server.port}/v1?token=planted-query"
    project.environment = {"OPENAI_ORG_ID": PLANTED[1]}
    (project.root / ".env").write_text(f"OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={url}\n")
    headers = {"set-cookie": "session=planted-cookie-5f3a", "openai-organization": PLANTED[1]}
    echo = " ".join(PLANTED)
    server.default = (
        status(401, echo, headers=headers) if refused else answer(f"{echo}\n{PROGRAM}", headers=headers)
    )
    ran = project.run(
        "-vv", "--showlocals", "--full-trace", "--log-level=DEBUG", "--log-cli-level=DEBUG", "-rA",
        f"--log-file={tmp_path / 'log.txt'}", f"--junitxml={tmp_path / 'report.xml'}", "-o", "log_cli=true",
    )  # fmt: skip
    assert ran.code == (USAGE_ERROR if refused else 0), ran.output
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".env"]
    everything = ran.output + "".join(path.read_bytes().decode("utf-8", "replace") for path in kept)
    assert [secret for secret in PLANTED if secret in everything] == []
    assert "DEBUG" in ran.output


def test_ctrl_c_leaves_what_was_recorded_and_no_lock(project: Project, server: ModelServer) -> None:
    """SIGINT while requests are in flight: pytest's own exit code, what is kept is told, and the next run goes on."""
    server.script(answer(PROGRAM), answer(PROGRAM))
    server.default = silence()
    process = project.start("--refinery-concurrency=2", "--showlocals", "--full-trace")
    wait_for(lambda: len(server.requests) >= 4, process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert "refinery: interrupted; every finished turn is recorded" in output
    assert KEY not in output
    server.default = answer(PROGRAM)
    again = project.run()
    assert again.code == 0, again.output
    assert "8 turns (6 live, 2 replayed)" in again.output


def test_a_late_failure_keeps_the_last_program_and_says_so(project: Project, server: ModelServer) -> None:
    """The session tells it, the trajectory's file too, and a replay gives the same bytes."""

    def refuse(request: Received) -> Behaviour | None:
        first = "This is" not in request.body["messages"][-1]["content"]
        return None if first else status(400, "the context is full")

    server.choose = refuse
    ran = project.run("--refinery-concurrency=1", "-k", "agents=1")
    assert ran.code == 0, ran.output
    assert "cut short, last program kept:" in ran.output
    files = project.files(project.programs)
    told = json.loads(files["1_2_inf_1.json"])
    assert told["cut_short"] == "turn 2 got no answer: HTTP 400: the context is full"
    assert told["reason"] is None
    assert b"def count_vowels" in files["1_2_inf_1.py"]
    project.environment = {"CI": "1"}
    assert project.run("-k", "agents=1").code == 0
    assert project.files(project.programs) == files


def test_prompts_are_shown_and_nothing_is_called(project: Project, server: ModelServer) -> None:
    """Turn by turn, for each treatment, with the text of the messages as they would be sent."""
    ran = project.run("--refinery-show-prompts")
    assert ran.code == 0, ran.output
    assert "== agents 1, optimization 2 iterations: until 2 iterations" in ran.output
    assert '-- turn 2: POST /chat/completions {"model": "served-model", "max_tokens": 2048' in ran.output
    assert "...  # the program of the turn before" in ran.output
    assert "You are agent 2 of a team of 2 agents." in ran.output
    assert server.requests == []
    assert not project.cassettes.exists()


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["alone", "a worker"])
@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan", "--setup-only"])
def test_what_only_shows_tests_or_fixtures_calls_nothing(
    project: Project, server: ModelServer, option: str, workers: list[str]
) -> None:
    """No model is asked for what pytest does not run."""
    ran = project.run(option, *workers)
    assert ran.code == 0, ran.output
    assert "refinery: plan" not in ran.output
    assert server.requests == []
    assert not project.cassettes.exists()


def test_recordings_of_no_program_are_named(project: Project) -> None:
    """What a changed study left behind is told, so that nobody takes it for its own."""
    assert project.run().code == 0
    (project.cassettes / "1_2_inf_1.json").rename(project.cassettes / "1_2_inf_9.json")
    ran = project.run("--refinery-record=once")
    assert "1 recording there of no program of this study: 1_2_inf_9.json" in ran.output
    again = project.run("--refinery-record=all", "-k", "r2")
    assert "what is there is kept in cassettes/vowels/replaced" in again.output
    assert len(list((project.cassettes / "replaced").iterdir())) == 2


def test_a_key_in_a_header_of_the_study_is_all_that_a_run_needs(
    project: Project, server: ModelServer
) -> None:
    """No OPENAI_API_KEY is asked for where the study's headers name another variable, and its value is in no file."""
    project.write_study(settings='request = { headers = { api-key = "$GATE_KEY" } }')
    project.environment = {"GATE_KEY": KEY, "OPENAI_BASE_URL": server.base_url}
    ran = project.run()
    assert ran.code == 0, ran.output
    assert "is not set" not in ran.output
    assert {request.headers["api-key"] for request in server.requests} == {KEY}
    written = [path for path in project.root.rglob("*") if path.is_file() and path.name != ".env"]
    assert {path.parent for path in written} > {project.cassettes, project.programs}
    assert all(KEY.encode() not in path.read_bytes() for path in written)


def test_a_variable_that_headers_want_is_named_where_it_is_not_set(
    project: Project, server: ModelServer
) -> None:
    """In the header of the session, and in the error, before anything is sent."""
    project.write_study(settings='request = { headers = { api-key = "$GATE_KEY" } }')
    project.environment = {"OPENAI_BASE_URL": server.base_url}
    ran = project.run()
    assert ran.code != 0
    assert "(but GATE_KEY is not set)" in " ".join(ran.output.split())
    assert "The study's request.headers want $GATE_KEY" in " ".join(ran.output.split())
    assert not server.requests
