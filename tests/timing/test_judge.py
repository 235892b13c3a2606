"""Programs that are judged between turns: on inputs of their own, one at a time, while everything else goes on."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import fcntl
import math
import os
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from doubles import PROGRAM, REFERENCE, STUDY, TASK, number_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refinery_plugin._generation.known_kinds import Methods
from refinery_plugin._generation.refine import refine
from refinery_plugin._sandbox import Limits
from refinery_plugin._study.levels import Budget
from refinery_plugin._study.settings import resolve
from refinery_plugin._timing.judge import SandboxJudge, Spread, with_figures
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin._timing.sizes import Sizes
from refinery_plugin._verification.checker import Checker, TimedPair
from refinery_plugin._verification.ports import wall_clock
from refinery_plugin._verification.run_usage import RunFigures
from refinery_plugin.testing import Judged, ScriptedChat, ScriptedProcess, ScriptedSandbox, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from refinery_plugin._study.study import Study
    from refinery_plugin._verification.ports import Timer

FOUND = Judged(verdict="correct")
PATIENCE = 60.0
"""Seconds after which a test that waits for what never comes fails."""


@dataclasses.dataclass
class Court:
    """A judge of the study, and where its lock is."""

    path: Path

    @contextlib.contextmanager
    def judge(
        self, sandbox: ScriptedSandbox, study: Study = STUDY, *, timer: Timer = wall_clock
    ) -> Iterator[SandboxJudge]:
        opened = SandboxJudge(
            study,
            open_sandbox=lambda: sandbox,
            sizes=Sizes(self.path / "sizes.json"),
            say=lambda _: None,
            lock=MachineLock(self.lock),
            timer=timer,
        )
        try:
            yield opened
        finally:
            opened.close()

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    def is_measuring(self) -> bool:
        """Whether somebody holds the lock."""
        if not self.lock.exists():
            return False
        descriptor = os.open(self.lock, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def inputs_of(self, study: Study) -> set[int]:
        """Return what one program is called with."""
        with ScriptedSandbox() as sandbox, self.judge(sandbox, study) as judge:
            asyncio.run(judge.judge(TASK, PROGRAM, timed=True))
        return {number_of(arguments) for source, arguments in sandbox.calls if source == PROGRAM.encode()}


@pytest.fixture
def court(tmp_path: Path) -> Court:
    """Return a judge of the test's own."""
    return Court(tmp_path)


def test_the_inputs_of_feedback_are_none_of_those_that_decide_in_the_end(court: Court) -> None:
    """Full-size ones have seeds of their own, which follow from the study's: in each run the same."""
    mine = court.inputs_of(STUDY)
    assert mine == court.inputs_of(STUDY)
    full_size = {number for number in mine if number > 9}
    final = {STUDY.list_seed(number) for number in (1, 2)}
    with ScriptedSandbox() as sandbox:
        checker = Checker.open(
            sandbox,
            TASK,
            list_seeds=sorted(final),
            seed=12345,
            limits=Limits(),
            time_factor=10,
        )
        checker.check(PROGRAM.encode())
    examined = {number_of(arguments) for _, arguments in sandbox.calls}
    assert final <= examined
    assert full_size
    assert full_size.isdisjoint(examined)
    assert full_size.isdisjoint(court.inputs_of(dataclasses.replace(STUDY, seed=2)))


class Watched(ScriptedSandbox):
    """Keeps how many processes there were at once at most."""

    most = 0

    def start(self, source: bytes, **options: object) -> object:  # type: ignore[override]
        """Start a process."""
        started = super().start(source, **options)  # type: ignore[arg-type]
        self.most = max(self.most, self.running)
        return started


def waits_for(event: threading.Event, seen: Callable[[], None] = lambda: None) -> ScriptedProcess:
    """Return a right program whose calls end when something has happened."""

    def answer(number: int) -> int:
        seen()
        assert event.wait(PATIENCE)
        return 2 * number

    return ScriptedProcess(answer=answer)


def test_what_is_timed_is_alone_on_the_machine_while_requests_go_on(court: Court) -> None:
    """Three trajectories: two programs wait for each other, and the third's request is answered during a run."""
    event, begun, measured = threading.Event(), threading.Event(), list[bool]()

    def seen() -> None:
        measured.append(court.is_measuring())
        begun.set()

    script = waits_for(event, seen)
    other = PROGRAM.replace("+", "+ 0 +")
    sandbox = Watched({PROGRAM: script, other: script})

    async def request() -> None:
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        event.set()  # a judge that held up the event loop would wait for this in vain

    async def trajectories(judge: SandboxJudge) -> list[Judged]:
        asked = asyncio.create_task(request())
        both = [judge.judge(TASK, program, timed=True) for program in (PROGRAM, other)]
        found = await asyncio.gather(*both)
        await asked
        return found

    with court.judge(sandbox) as judge:
        found = asyncio.run(trajectories(judge))
    assert [one.verdict for one in found] == ["correct", "correct"]
    assert all(one.ratio for one in found)
    assert sandbox.most == 1
    assert measured
    assert all(measured)
    assert not court.is_measuring()


def test_the_reference_is_timed_just_before_each_timed_run(court: Court) -> None:
    """Between the two nothing else is run, so that both had the same machine."""
    with ScriptedSandbox() as sandbox, court.judge(sandbox) as judge:
        asyncio.run(judge.judge(TASK, PROGRAM, timed=True))
        lists = {
            number_of(arguments)
            for source, arguments in sandbox.calls
            if source == REFERENCE.encode() and number_of(arguments) > 9
        }
    calls = [(source.decode(), number_of(arguments)) for source, arguments in sandbox.calls]
    timed = [index for index, (source, number) in enumerate(calls) if source == PROGRAM and number in lists]
    beside = [index for index in timed if calls[index - 1] == (REFERENCE, calls[index][1])]
    assert len(beside) == STUDY.lists * STUDY.runs


def test_verdicts_alone_wait_for_nobody_who_measures(court: Court) -> None:
    """Without times the machine's lock is not taken, and the reference is not timed."""
    held = MachineLock(court.lock)
    held.acquire(waiting=lambda _: None)
    try:
        with ScriptedSandbox() as sandbox, court.judge(sandbox) as judge:
            found = asyncio.run(judge.judge(TASK, PROGRAM, timed=False))
    finally:
        held.release()
    assert found == FOUND


def pair(ratio: float, *, disturbed: bool = False, resolution: float = 0.001) -> TimedPair:
    """Return a run of a program that takes so many times the second of its reference."""
    program, reference = (
        RunFigures(
            seconds=seconds,
            cpu_seconds=seconds,
            queue_seconds=0.0,
            revealed_seconds=None,
            contaminated=disturbed,
            resolution_seconds=resolution,
        )
        for seconds in (ratio, 1.0)
    )
    return TimedPair(program=program, reference=reference)


def test_runs_that_were_disturbed_are_left_out_where_others_were_not() -> None:
    """As in the analysis; where all were, they are what there is."""
    quiet = [pair(0.5), pair(0.5)]
    assert with_figures(FOUND, [*quiet, pair(4.0, disturbed=True)], Spread()).ratio == 0.5
    assert with_figures(FOUND, [pair(4.0, disturbed=True)], Spread()).ratio == 4.0
    assert with_figures(FOUND, [], Spread()) == FOUND


def test_a_time_that_is_no_longer_than_can_be_told_is_a_bound() -> None:
    """Such a time says what the program takes at most."""
    assert with_figures(FOUND, [pair(0.5), pair(0.01, resolution=0.01)], Spread()).at_most
    assert not with_figures(FOUND, [pair(0.5), pair(0.02, resolution=0.01)], Spread()).at_most


@given(
    first=st.lists(st.floats(0.5, 2.0), min_size=2, max_size=5),
    second=st.lists(st.floats(0.5, 2.0), min_size=2, max_size=5),
)
def test_runs_that_agree_by_chance_do_not_hide_the_noise_that_was_seen_before(
    first: list[float], second: list[float]
) -> None:
    """The noise of a program is its own, or that of all programs so far, whichever is larger."""
    alone = with_figures(FOUND, [pair(one) for one in second], Spread()).noise
    spread = Spread()
    with_figures(FOUND, [pair(one) for one in first], spread)
    after = with_figures(FOUND, [pair(one) for one in second], spread).noise
    same = with_figures(FOUND, [pair(1.0) for _ in second], spread).noise
    assert alone is not None
    assert after is not None
    assert same is not None
    assert after >= alone * (1 - 1e-5)
    assert spread.variance is not None
    assert same >= (spread.variance / len(second)) ** 0.5 * (1 - 1e-5)


NOISE = 0.1
"""No run takes more than so much longer or shorter than the program does, as a logarithm."""


@dataclasses.dataclass
class NoisyClock:
    """Says that each run took the seconds in the program's last line, with noise; the reference takes one second."""

    sandbox: ScriptedSandbox
    rng: np.random.Generator

    def __call__(self, call: Callable[[], None], /) -> float:
        """Make the call and return the figure."""
        call()
        source, _ = self.sandbox.calls[-1]
        return true_seconds(source.decode()) * math.exp(self.rng.uniform(-NOISE, NOISE))


def true_seconds(program: str) -> float:
    return 1.0 if "# " not in program else float(program.rpartition("# ")[2])


def written(seconds: float, *, right: bool) -> str:
    return f"def double(number):\n    return number * {2 if right else 3}  # {seconds}\n"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    team=st.lists(st.tuples(st.floats(0.05, 20), st.booleans()), min_size=1, max_size=6, unique=True),
    protocol=st.sampled_from(["rotate", "independent", "review"]),
    agents=st.integers(1, 3),
    seed=st.integers(0, 2**31),
)
def test_the_best_by_noisy_times_is_never_slower_beyond_noise_or_less_correct_than_one_that_there_was(
    court: Court, team: list[tuple[float, bool]], protocol: str, agents: int, seed: int
) -> None:
    """Chosen by the sandbox's verdicts and clock, it is compared by what the programs really take."""
    texts = [written(seconds, right=right) for seconds, right in team]
    treatment = resolve(
        {
            "selection": "best",
            "protocol": protocol,
            "agents": agents,
            "optimization": Budget(iterations=len(texts)),
        }
    )
    chat = ScriptedChat(reply(f"```python\n{text}```") for text in texts)
    with ScriptedSandbox() as sandbox:
        clock = NoisyClock(sandbox, np.random.default_rng(seed))
        with court.judge(sandbox, timer=clock) as judge:
            brief = Methods.of().brief(TASK, treatment, ())
            trajectory = asyncio.run(refine(brief, chat, seed=lambda turn: turn, judge=judge))
    programs = [turn.program for turn in trajectory.turns if turn.program is not None]
    right = [true_seconds(program) for program in programs if "* 2" in program]
    end = trajectory.program
    assert end in programs
    if right:
        assert "* 2" in end
        # Each ratio is of a program and the reference; two of them are compared.
        assert true_seconds(end) <= min(right) * math.exp(4 * NOISE) * (1 + 1e-5)
