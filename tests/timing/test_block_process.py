"""One block in a process of its own, and the watch over it: real processes, no engine."""

from __future__ import annotations

import dataclasses
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from small_tasks import DOUBLE, RIGHT, TRIPLE, WRONG

from refinery_plugin._cluster.block_request import BlockRequest, pickled
from refinery_plugin._cluster.machine import NAME, describe_machine
from refinery_plugin._cluster.ports import ClusterError
from refinery_plugin._cluster.supervise import supervise
from refinery_plugin._sandbox import Limits
from refinery_plugin._timing.records import BlockRun, ReferenceRecord, RunRecord, from_json

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("cloudpickle", reason="blocks are pickled by what comes with distributed")

REQUEST = BlockRequest(
    number=3,
    session="s",
    task=DOUBLE,
    programs=(("right", RIGHT.encode()), ("wrong", WRONG.encode())),
    list_seeds=(1, 2),
    verify_seed=5,
    runs=1,
    limits=Limits(),
    time_factor=10,
    sandbox="auto",
    packages=(),
)
BLOCK = {"kind": "block"}


@pytest.fixture(autouse=True)
def own_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wait for nobody who measures on this machine."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def do(request: BlockRequest) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    done = supervise(BLOCK, pickled(request), tell=lambda what: told.append(dict(what)))
    return done, told


def test_a_block_needs_nothing_but_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task of a module that no worker has gets its verdicts and times there; records are those of a journal."""
    monkeypatch.setenv(NAME, "node7")
    done, told = do(REQUEST)
    result = done["result"]
    records = [from_json(part) for part in result["parts"]]
    runs: list[BlockRun] = [one.run for one in records if isinstance(one, (RunRecord, ReferenceRecord))]
    verdicts = {
        part["program"]: part["judgement"]["verdict"] for part in result["parts"] if part["kind"] == "verdict"
    }
    assert verdicts == {"right": "correct", "wrong": "wrong_answer"}
    assert sorted(run.block for run in runs) == [7, 7, 8, 8]
    assert {(run.session, run.machine) for run in runs} == {("s", result["machine"]["name"])}
    assert result["machine"]["name"].startswith("node7")
    assert [what["done"] for what in told if "done" in what] == [0, 1]


def test_the_same_request_gives_the_same_verdicts_and_inputs() -> None:
    """A block that is done twice differs in its times alone."""
    request = dataclasses.replace(
        REQUEST, task=TRIPLE, list_seeds=(), programs=(("p", b"def triple(n): return 6"),)
    )
    parts = [do(request)[0]["result"]["parts"] for _ in range(2)]
    kept = [[{**part, "waiting": None} for part in each] for each in parts]
    assert kept[0] == kept[1]


def test_modules_may_have_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the script has that a session was started by: what is sent of each is the same."""
    monkeypatch.setitem(sys.modules, "small_tasks_by_another_name", sys.modules["small_tasks"])
    assert pickled(REQUEST)


def test_a_worker_shows_what_it_is() -> None:
    """Its machine, its versions and its sandbox; one without a sandbox says so."""
    shown = supervise({"kind": "check", "sandbox": "auto", "packages": []}, b"", tell=lambda _: None)[
        "result"
    ]
    assert shown["machine"] == describe_machine()
    assert {"python", "pytest-refinery", "numpy"} <= shown["versions"].keys()
    without = supervise({"kind": "check", "sandbox": "hope", "packages": []}, b"", tell=lambda _: None)
    assert without["fault"] == "set-up"


def test_a_broken_task_is_the_tasks_fault() -> None:
    """No other worker would do better."""
    broken = dataclasses.replace(
        TRIPLE, reference="def triple(number):\n    raise ValueError\n", foreign=True
    )
    done, _ = do(dataclasses.replace(REQUEST, task=broken, list_seeds=(), programs=(("p", b"x = 1"),)))
    assert done["fault"] in ("task", "trouble")
    assert done["text"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        pytest.param("import os; os.kill(os.getpid(), 9)", "was ended by signal 9", id="killed"),
        pytest.param("raise SystemExit('no such thing')", "exit code 1: no such thing", id="ends"),
        pytest.param("import time; time.sleep(600)", "said nothing for 0 s, and was ended", id="hangs"),
        pytest.param(
            'import time; print(\'{"doing": "x", "may_take": 0}\', flush=True); time.sleep(600)',
            "said nothing for 0 s",
            id="hangs-later",
        ),
    ],
)
def test_a_process_that_dies_or_hangs_is_told(code: str, told: str) -> None:
    """It is a fault of ours, never a result, and nothing goes on."""
    starting = 0.0 if told.startswith("said") and "may_take" not in code else 60.0
    found = supervise(
        BLOCK, b"", tell=lambda _: None, command=[sys.executable, "-c", code], starting=starting
    )
    assert found["fault"] == "trouble"
    assert told in found["text"]


def test_what_nobody_wants_any_more_is_ended() -> None:
    """A session that ends takes its blocks with it."""
    code = "import time; time.sleep(600)"
    found = supervise(
        BLOCK, b"", tell=lambda _: None, wanted=lambda: False, command=[sys.executable, "-c", code]
    )
    assert "not wanted" in found["text"]


def test_what_cannot_be_sent_is_refused() -> None:
    """A task that holds on to this process, with the remedy."""
    lock = threading.Lock()
    bound = dataclasses.replace(TRIPLE, check=lambda arguments, result: lock.locked() and arguments == result)
    with pytest.raises(ClusterError, match=r"task 'triple' cannot be sent to a worker"):
        pickled(dataclasses.replace(REQUEST, task=bound))
