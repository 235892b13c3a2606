"""Whole sessions at the sandbox's port: no process is started, so each of their moments can be tried."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from doubles import PROGRAM, REFERENCE, STUDY, TASK, Ticker, number_of
from hypothesis import strategies as st

from refinery_plugin._errors import RefineryError
from refinery_plugin._pytest.overview import summary
from refinery_plugin._sandbox import SandboxFault
from refinery_plugin._study.study import ProgramLimits
from refinery_plugin._study.units import Unit
from refinery_plugin._timing.fingerprint import ResumeError
from refinery_plugin._timing.journal import JournalError
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin._timing.session import MeasuringSession, SessionSettings
from refinery_plugin._timing.sizes import Sizes
from refinery_plugin._verification.checker import ReferenceFailedError
from refinery_plugin._verification.inputs import DISGUISED_LISTS
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.testing import Outcome, ScriptedProcess, ScriptedSandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from refinery_plugin._study.task import Task
    from refinery_plugin._timing.document import Finding

LISTS, RUNS = STUDY.lists, STUDY.runs
TIMED = [STUDY.list_seed(number) for number in range(1, LISTS + 1)]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the programs and journals of a test are."""

    path: Path

    def unit(self, name: str, text: str = PROGRAM) -> Unit:
        self.path.joinpath(f"{name}.py").write_text(text)
        return Unit(treatment=None, replicate=None, path=self.path / f"{name}.py")

    def session(
        self,
        sandbox: ScriptedSandbox,
        *,
        task: Task = TASK,
        **changes: Any,  # noqa: ANN401 - settings
    ) -> MeasuringSession:
        settings = SessionSettings(
            study=STUDY,
            tasks={TASK.name: task},
            programs=self.path,
            journals=self.path / "journals",
            open_sandbox=lambda: sandbox,
            times=True,
            say=lambda _: None,
            sizes=Sizes(self.path / "sizes.json"),
            lock=MachineLock(self.path / "lock"),
        )
        return MeasuringSession(dataclasses.replace(settings, **changes))

    def records(self) -> list[dict[str, Any]]:
        """Return what the only journal holds of programs and references."""
        (path,) = self.path.glob("journals/*.jsonl")
        lines = [json.loads(line) for line in path.read_bytes().split(b"\0")[0].splitlines()]
        return [line for line in lines if line["kind"] not in ("session", "inputs")]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Make an empty place."""
    return Place(tmp_path)


def examine(session: MeasuringSession, *units: Unit, stretch: int = 0) -> list[Finding]:
    timer = Ticker()
    return [session.examine(unit, stretch=stretch, timer=timer) for unit in units]


def timed_calls(sandbox: ScriptedSandbox, program: str) -> list[int]:
    numbers = [number_of(arguments) for source, arguments in sandbox.calls if source == program.encode()]
    return [number for number in numbers if number in TIMED]


def test_a_correct_program_is_timed_on_each_list_and_the_reference_once_in_each_stretch(
    place: Place,
) -> None:
    """Two programs of one stretch share the reference's runs, the next stretch has its own."""
    sandbox = ScriptedSandbox()
    session = place.session(sandbox)
    findings = examine(session, place.unit("a"), place.unit("b", PROGRAM + "# b\n"))
    findings += examine(session, place.unit("c", PROGRAM + "# c\n"), stretch=1)
    session.close()
    assert [finding.judgement.correct for finding in findings] == [True] * 3
    assert {number: len(runs) for number, runs in findings[0].runs.items()} == {1: RUNS, 2: RUNS}
    assert [placed.block for placed in findings[2].runs[1]] == [3, 3]
    assert sorted(timed_calls(sandbox, REFERENCE)) == sorted(2 * RUNS * TIMED)
    document: Any = session.document()
    assert [(entry["block"], entry["list"]) for entry in document["reference"]] == [
        (1, 1),
        (2, 2),
        (3, 1),
        (4, 2),
    ]
    assert sandbox.closed
    assert sandbox.running == 0


def test_every_verdict_is_in_the_document_and_failed_programs_have_no_times(place: Place) -> None:
    """A file that holds no program starts no process."""
    scripts = {
        "# wrong\n": ScriptedProcess(answer=lambda number: number),
        "# late\n": ScriptedProcess(answer=Outcome(kind="timeout", reason="too late")),
        "# large\n": ScriptedProcess(answer=Outcome(kind="memory", reason="too much")),
        "# forged\n": ScriptedProcess(answer=Outcome(kind="tampering", reason="forged")),
        "# error\n": ScriptedProcess(load=Outcome(kind="error", reason="no", error_type="SyntaxError")),
    }
    scripts = {f"{PROGRAM}{comment}": script for comment, script in scripts.items()}
    sandbox = ScriptedSandbox(scripts)
    session = place.session(sandbox)
    units = [place.unit(text.split("# ")[1].strip(), text) for text in scripts]
    findings = examine(session, *units, place.unit("none", "# no program: nothing was said\n"))
    assert [finding.judgement.verdict for finding in findings] == [
        Verdict.WRONG_ANSWER,
        Verdict.TIMEOUT,
        Verdict.MEMORY,
        Verdict.TAMPERING,
        Verdict.ERROR,
        Verdict.NO_PROGRAM,
    ]
    assert all(not finding.runs for finding in findings)
    assert session.quietness() is None
    document: Any = session.document()
    assert [program["verdict"] for program in document["programs"]] == [
        str(finding.judgement.verdict) for finding in findings
    ]
    lines = summary(session, units, [], width=80)
    assert (
        "6 programs: 1 wrong_answer, 1 timeout, 1 memory, 1 tampering, 1 error, 1 no_program; "
        in "\n".join(lines)
    )
    session.close()


def test_each_run_is_on_disk_before_the_next_begins(place: Place) -> None:
    """Whatever ends the session then, nothing that was measured is lost."""
    seen: list[int] = []

    def answer(number: int) -> int:
        seen.append(len(place.records()))
        return 2 * number

    session = place.session(ScriptedSandbox({PROGRAM: ScriptedProcess(answer=answer)}))
    examine(session, place.unit("a"))
    full_size = seen[-(DISGUISED_LISTS + LISTS * RUNS) :]
    # Before the first of them there is the record of the short inputs; the reference's come before the first timed run.
    assert full_size[0] in (1, 1 + LISTS * RUNS)
    assert all(later > earlier for earlier, later in zip(full_size, full_size[1:], strict=False))  # noqa: RUF007
    assert len(place.records()) == 1 + DISGUISED_LISTS + 2 * LISTS * RUNS + 1
    session.close()


def interrupted_at(call: int) -> Callable[[int], int]:
    """Return a program's function that is interrupted in its full-size call ``call``, from 0."""
    calls = iter(range(100))

    def answer(number: int) -> int:
        if number > 9 and next(calls) == call:
            raise KeyboardInterrupt
        return 2 * number

    return answer


@pytest.mark.parametrize("call", range(DISGUISED_LISTS + LISTS * RUNS))
def test_a_session_that_was_interrupted_at_any_call_is_gone_on_with_there(place: Place, call: int) -> None:
    """What is finished is not repeated, what is not is done: as many runs as without the interruption.

    A task that was changed meanwhile is refused, and leaves the journal as it is.
    """
    first = ScriptedSandbox({PROGRAM: ScriptedProcess(answer=interrupted_at(call))})
    session = place.session(first)
    unit = place.unit("a")
    with pytest.raises(KeyboardInterrupt):
        examine(session, unit)
    session.close()
    assert first.running == 0
    before = place.records()
    other = place.session(
        ScriptedSandbox(), resumes=True, task=dataclasses.replace(TASK, sample=lambda seed: (seed + 1,))
    )
    with pytest.raises(ResumeError, match="inputs: then"):
        examine(other, unit)
    other.close()
    assert place.records() == before

    second = ScriptedSandbox()
    session = place.session(second, resumes=True)
    (finding,) = examine(session, unit)
    session.close()
    records = place.records()
    assert records[: len(before)] == before
    own = [record for record in records if record["kind"] in ("hidden", "run", "verdict", "short")]
    assert sorted(record["index"] for record in own if record["kind"] == "hidden") == [0, 1, 2, 3]
    assert sorted(record["list"] for record in own if record["kind"] == "run") == [1, 1, 2, 2]
    assert [record["kind"] for record in own].count("short") == 1
    assert own[-1]["kind"] == "verdict"
    assert finding.judgement.correct
    assert {number: len(runs) for number, runs in finding.runs.items()} == {1: RUNS, 2: RUNS}


def test_a_finished_session_is_resumed_without_a_process(place: Place) -> None:
    """Its times and its verification seed are those of the journal."""
    session = place.session(ScriptedSandbox())
    unit, wrong = place.unit("a"), place.unit("b", "def double(number):\n    return 0\n")
    first = examine(session, unit, wrong)
    session.close()

    sandbox = ScriptedSandbox()
    again = place.session(sandbox, resumes=True)
    assert not again.wants_preparation(unit)
    second = examine(again, unit, wrong)
    assert sandbox.started == []
    assert again.verify_seed == session.verify_seed
    assert [(each.judgement, each.waiting, each.runs) for each in second] == [
        (each.judgement, each.waiting, each.runs) for each in first
    ]
    assert again.timed_lists(second[0]) == session.timed_lists(first[0])
    assert again.timed_lists(second[1]) == []
    again.close()


def test_a_fault_of_ours_is_no_verdict_and_the_program_is_judged_when_it_is_gone(place: Place) -> None:
    """The journal has nothing of it."""
    fault = ScriptedProcess(answer=SandboxFault("it would not start"))
    session = place.session(ScriptedSandbox({PROGRAM: [*[ScriptedProcess()] * 3, fault]}))
    unit = place.unit("a")
    with pytest.raises(SandboxFault, match="would not start"):
        examine(session, unit)
    assert session.findings == {}
    assert [record for record in place.records() if record["kind"] == "verdict"] == []
    session.close()
    session = place.session(ScriptedSandbox(), resumes=True)
    assert examine(session, unit)[0].judgement.correct
    session.close()


def test_a_reference_that_fails_in_its_block_ends_the_session_and_judges_nobody(place: Place) -> None:
    """The runs before it stay in the journal."""
    failing = ScriptedProcess(answer=Outcome(kind="timeout", reason="too late"))
    scripts = [*[ScriptedProcess()] * (1 + DISGUISED_LISTS + 1), failing]
    sandbox = ScriptedSandbox({REFERENCE: scripts})
    session = place.session(sandbox)
    with pytest.raises(ReferenceFailedError, match="too late"):
        examine(session, place.unit("a"))
    assert [record["kind"] for record in place.records()].count("reference") == 1
    assert session.findings == {}
    session.close()
    assert sandbox.closed
    assert sandbox.running == 0


def test_without_timing_a_program_is_judged_once_and_nothing_is_written(place: Place) -> None:
    """Two tests that ask for the same program share its verdict."""
    sandbox = ScriptedSandbox()
    session = place.session(sandbox, times=False)
    unit = place.unit("a")
    first, second = examine(session, unit, unit)
    assert first.judgement.correct
    assert first == second
    assert sandbox.started.count(PROGRAM.encode()) == 1 + DISGUISED_LISTS + LISTS
    assert sorted(timed_calls(sandbox, PROGRAM)) == sorted(TIMED)
    assert first.waiting.timed == 0
    assert session.timed_lists(first) == []
    assert not (place.path / "journals").exists()
    session.close()


def test_a_changed_program_is_another_one(place: Place) -> None:
    """What the journal holds is of the text that was measured, not of the file's name."""
    session = place.session(ScriptedSandbox())
    examine(session, place.unit("a"))
    session.close()
    session = place.session(ScriptedSandbox(), resumes=True)
    changed = place.unit("a", PROGRAM + "# changed\n")
    assert session.wants_preparation(changed)
    assert examine(session, changed)[0].judgement.correct
    assert [record["kind"] for record in place.records()].count("verdict") == 2
    session.close()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"study": dataclasses.replace(STUDY, runs=3)}, "study"),
        ({"task": dataclasses.replace(TASK, reference=REFERENCE + "# other\n")}, "task"),
        ({"task": dataclasses.replace(TASK, sample=lambda seed: (seed + 1,))}, "task"),
        ({"task": dataclasses.replace(TASK, disguised=lambda seed: (seed + 1,))}, "task"),
        ({"task": dataclasses.replace(TASK, strategy=lambda: st.tuples(st.integers(0, 8)))}, "task"),
        ({"study": dataclasses.replace(STUDY, limits=ProgramLimits(memory_mb=9))}, "study"),
        ({"verify_seed": 12345}, "verify_seed"),
    ],
)
def test_a_session_is_not_resumed_where_something_else_is_measured(
    place: Place, changes: dict[str, Any], named: str
) -> None:
    """The message names what differs."""
    session = place.session(ScriptedSandbox(), verify_seed=1)
    examine(session, place.unit("a"))
    session.close()
    again = place.session(ScriptedSandbox(), resumes=True, **changes)
    with pytest.raises(ResumeError, match=rf"under other circumstances \({named}: then"):
        again.prepare("double")
    again.close()


def test_a_finished_session_is_not_resumed_for_another_task(place: Place) -> None:
    """Nothing is left to run, and still no figure of the old task stands under the new one's name."""
    session = place.session(ScriptedSandbox())
    unit = place.unit("a")
    examine(session, unit)
    session.close()
    before = [path.read_bytes() for path in place.path.glob("journals/*.jsonl")]
    task = dataclasses.replace(TASK, sample=lambda seed: (seed + 1,))
    again = place.session(ScriptedSandbox(), resumes=True, task=task)
    with pytest.raises(ResumeError, match="inputs: then"):
        examine(again, unit)
    again.close()
    assert [path.read_bytes() for path in place.path.glob("journals/*.jsonl")] == before


@pytest.mark.parametrize("line", ['{"kind":"novel"}', '{"kind":"run","program":"a"}'])
def test_a_journal_of_another_version_is_refused_clearly(place: Place, line: str) -> None:
    """Rather than measured anew in silence, or read wrongly."""
    session = place.session(ScriptedSandbox())
    examine(session, place.unit("a"))
    session.close()
    (path,) = place.path.glob("journals/*.jsonl")
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(JournalError, match="a record that this version does not know"):
        place.session(ScriptedSandbox(), resumes=True)


def test_a_sandbox_that_cannot_be_opened_ends_the_session_and_lets_go_of_the_lock(place: Place) -> None:
    """Another session can measure at once."""

    def refuse() -> ScriptedSandbox:
        raise RefineryError("no sandbox here")

    session = place.session(ScriptedSandbox(), open_sandbox=refuse)
    with pytest.raises(RefineryError, match="no sandbox here"):
        session.prepare("double")
    session.close()
    other = MachineLock(place.path / "lock")
    other.acquire(waiting=pytest.fail)
    other.release()


def test_the_times_of_a_program_are_entries_with_what_stands_beside_them(place: Place) -> None:
    """One a list, in order, with the figures of each of its runs."""
    session = place.session(ScriptedSandbox())
    (finding,) = examine(session, place.unit("a"))
    entries = session.timed_lists(finding)
    session.close()
    assert [entry.number for entry in entries] == [1, 2]
    assert [entry.params for entry in entries] == [
        {"replicate": None, "turn": None, "list": number} for number in (1, 2)
    ]
    seconds = [second for entry in entries for second in entry.seconds]
    assert sorted(seconds) == sorted(finding.seconds)
    info = entries[1].extra_info
    assert info["cpu_seconds"] == [0.5, 0.5]
    assert info["list_seed"] == TIMED[1]
    assert (info["block"], info["session"], info["sandbox"]) == (2, session.id, "scripted")
