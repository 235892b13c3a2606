"""Programs against their task, at the sandbox's port: no process is started."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import pytest
from doubles import LIST_SEEDS, PROGRAM, REFERENCE, Ticker, number_of, open_checker

from refinery_plugin._sandbox import SandboxFault
from refinery_plugin._verification.checker import ReferenceFailedError
from refinery_plugin._verification.inputs import DISGUISED_LISTS
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.testing import Outcome, ScriptedProcess, ScriptedSandbox, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

FULL_SIZE = 10
"""Numbers from here on are full-size inputs."""


def large(then: Callable[[int], object]) -> Callable[..., object]:
    """Answer short inputs correctly, and full-size ones by a function."""
    return lambda number: 2 * number if number < FULL_SIZE else then(number)


def full_size_calls(sandbox: ScriptedSandbox, program: str) -> list[int]:
    """Return the full-size inputs that a program was called with, in order."""
    numbers = [number_of(arguments) for source, arguments in sandbox.calls if source == program.encode()]
    return [number for number in numbers if number >= FULL_SIZE]


def test_a_program_that_answers_right_is_correct_and_no_process_is_left() -> None:
    """Short inputs share a process, each full-size list has one of its own."""
    sandbox = ScriptedSandbox()
    with open_checker(sandbox) as checker:
        check = checker.check(PROGRAM.encode())
    assert check.judgement.correct
    assert check.pairs == ()
    assert sandbox.started.count(PROGRAM.encode()) == 1 + DISGUISED_LISTS + len(LIST_SEEDS)
    assert sandbox.running == 0
    assert sandbox.closed


@pytest.mark.parametrize(
    ("script", "verdict", "reason"),
    [
        pytest.param(
            ScriptedProcess(answer=lambda number: number),
            Verdict.WRONG_ANSWER,
            "for 1 it returned 1, expected 2",
            id="short-inputs-are-shrunk",
        ),
        pytest.param(
            ScriptedProcess(answer=large(lambda _: 5)),
            Verdict.WRONG_ANSWER,
            " it returned 5, expected",
            id="full-size",
        ),
        pytest.param(
            ScriptedProcess(answer=large(lambda _: 1 << 80)),
            Verdict.WRONG_ANSWER,
            " it returned another value than expected",
            id="full-size-and-long",
        ),
        pytest.param(
            ScriptedProcess(answer=lambda number: str(2 * number)),
            Verdict.WRONG_ANSWER,
            "for 0: it returned a str, expected int",
            id="type",
        ),
        pytest.param(
            ScriptedProcess(answer=large(lambda number: number // 0)),
            Verdict.ERROR,
            "ZeroDivisionError",
            id="exception",
        ),
        pytest.param(
            ScriptedProcess(answer=large(lambda _: Outcome(kind="timeout", reason="too late"))),
            Verdict.TIMEOUT,
            "too late",
            id="timeout",
        ),
        pytest.param(
            ScriptedProcess(answer=large(lambda _: Outcome(kind="memory", reason="too much"))),
            Verdict.MEMORY,
            "too much",
            id="memory",
        ),
        pytest.param(
            ScriptedProcess(answer=Outcome(kind="tampering", reason="it forged a reply")),
            Verdict.TAMPERING,
            "it forged a reply",
            id="tampering",
        ),
        pytest.param(
            ScriptedProcess(load=Outcome(kind="error", reason="SyntaxError: no")),
            Verdict.ERROR,
            "while it was loaded: SyntaxError: no",
            id="loading",
        ),
        pytest.param(
            ScriptedProcess(hand_over=Outcome(kind="error", reason="its process ended")),
            Verdict.ERROR,
            "its process ended",
            id="taking-the-data",
        ),
    ],
)
def test_what_a_program_does_wrong_is_its_verdict(
    script: ScriptedProcess, verdict: Verdict, reason: str
) -> None:
    """Whatever the sandbox tells of it; every process is closed."""
    sandbox = ScriptedSandbox({PROGRAM: script})
    judgement = open_checker(sandbox).check(PROGRAM.encode()).judgement
    assert judgement.verdict is verdict
    assert reason in judgement.reason
    assert sandbox.running == 0


def test_last_words_of_a_program_that_ends_while_it_takes_a_full_size_list_are_not_repeated() -> None:
    """They may be the list, of which it has read some."""
    own = Outcome(kind="error", reason="its process ended")
    ended = dataclasses.replace(own, reason="its process ended; stderr: 17 4", own_words=own)
    sandbox = ScriptedSandbox({PROGRAM: [ScriptedProcess(), ScriptedProcess(hand_over=ended)]})
    judgement = open_checker(sandbox).check(PROGRAM.encode()).judgement
    assert judgement.reason.endswith(": its process ended")


def test_bytes_after_the_reply_are_tampering() -> None:
    """The sandbox sees them only when the process is closed; a right answer before them counts for nothing."""
    found = Usage(cpu_seconds=0.1, queue_seconds=0.0, peak_tasks=1, tampering="it wrote more than one reply")
    scripts = {PROGRAM: [ScriptedProcess(), ScriptedProcess(usage=found)]}
    judgement = open_checker(ScriptedSandbox(scripts)).check(PROGRAM.encode()).judgement
    assert judgement.verdict is Verdict.TAMPERING
    assert judgement.reason.endswith("it wrote more than one reply")


@pytest.mark.parametrize(
    "script",
    [
        ScriptedProcess(load=SandboxFault("would not start")),
        ScriptedProcess(hand_over=SandboxFault("would not start")),
        ScriptedProcess(answer=SandboxFault("would not start")),
    ],
    ids=["load", "hand over", "call"],
)
@pytest.mark.parametrize("process", [0, 1, 3], ids=["short inputs", "first list", "third list"])
def test_a_fault_of_ours_is_raised_and_never_held_against_a_program(
    script: ScriptedProcess, process: int
) -> None:
    """Wherever it happens; no process is left behind."""
    sandbox = ScriptedSandbox({PROGRAM: [*[ScriptedProcess()] * process, script]})
    checker = open_checker(sandbox)
    with pytest.raises(SandboxFault, match="would not start"):
        checker.check(PROGRAM.encode())
    assert sandbox.running == 0


def test_an_interrupted_call_leaves_no_process() -> None:
    """Ctrl-C during a call reaches whoever asked."""
    sandbox = ScriptedSandbox({PROGRAM: [ScriptedProcess(), ScriptedProcess(answer=KeyboardInterrupt())]})
    checker = open_checker(sandbox)
    with pytest.raises(KeyboardInterrupt):
        checker.check(PROGRAM.encode())
    assert sandbox.running == 0


def test_each_list_is_tried_once_in_an_order_that_seed_and_key_decide() -> None:
    """Verification lists stand at random places among the others, so no program can tell which call counts."""

    def order(seed: int, key: str) -> list[int]:
        sandbox = ScriptedSandbox()
        assert open_checker(sandbox, seed=seed).check(PROGRAM.encode(), key=key).judgement.correct
        return full_size_calls(sandbox, PROGRAM)

    orders = [order(5, f"key{number}") for number in range(8)]
    assert all(len(set(each)) == len(each) == DISGUISED_LISTS + len(LIST_SEEDS) for each in orders)
    assert {frozenset(each) for each in orders} == {frozenset(orders[0])}
    assert len(set(map(tuple, orders))) > 4
    assert order(5, "key0") == orders[0]
    assert set(order(6, "key0")) & set(orders[0]) == set(LIST_SEEDS)


def test_who_takes_long_to_take_its_data_gets_another_chance_beside_the_reference() -> None:
    """The machine may have become slower: the reference is asked again before the next attempt."""
    slow, calm = ScriptedProcess(taking_seconds=0.5), ScriptedProcess()
    sandbox = ScriptedSandbox({PROGRAM: [calm, slow, slow, calm]})
    checker = open_checker(sandbox)
    opened = len(sandbox.started)
    assert checker.check(PROGRAM.encode()).judgement.correct
    reference = [source for source in sandbox.started[opened:] if source == REFERENCE.encode()]
    assert len(reference) == 2
    assert sandbox.running == 0


def test_who_takes_long_every_time_is_called_all_the_same() -> None:
    """Nobody is accused of it: the third attempt counts, and what was too much is charged."""
    sandbox = ScriptedSandbox({PROGRAM: [ScriptedProcess(), ScriptedProcess(taking_seconds=0.5)]})
    judgement = open_checker(sandbox).check(PROGRAM.encode()).judgement
    assert judgement.correct
    assert len(full_size_calls(sandbox, PROGRAM)) == DISGUISED_LISTS + len(LIST_SEEDS)
    assert sandbox.running == 0


def test_timed_runs_have_the_reference_just_before_them_on_the_same_list() -> None:
    """Figures are those of the timer that is handed in; verification lists are not timed."""
    sandbox, timer = ScriptedSandbox(), Ticker()
    checker = open_checker(sandbox)
    opened = len(sandbox.calls)
    check = checker.check(PROGRAM.encode(), runs=3, timer=timer)
    assert check.judgement.correct
    calls = [(source, number_of(arguments)) for source, arguments in sandbox.calls[opened:]]
    beside = [
        (before, number)
        for (before, _), (source, number) in itertools.pairwise(calls)
        if source == PROGRAM.encode() and number in LIST_SEEDS
    ]
    assert len(beside) == 6
    assert {before for before, _ in beside} == {REFERENCE.encode()}
    assert [(pair.reference.seconds, pair.program.seconds) for pair in check.pairs] == [
        (1.0, 2.0),
        (3.0, 4.0),
        (5.0, 6.0),
        (7.0, 8.0),
        (9.0, 10.0),
        (11.0, 12.0),
    ]
    assert len(timer.told) == 12
    assert check.waiting.timed == sum(timer.told[1::2])


def test_a_program_that_becomes_wrong_while_it_is_timed_has_no_times() -> None:
    """What an incorrect program took is nobody's business."""
    scripts = {PROGRAM: [*[ScriptedProcess()] * 4, ScriptedProcess(answer=lambda _: 0)]}
    check = open_checker(ScriptedSandbox(scripts)).check(PROGRAM.encode(), runs=3, timer=Ticker())
    assert check.judgement.verdict is Verdict.WRONG_ANSWER
    assert check.pairs == ()


@pytest.mark.parametrize(("queued", "cpu", "mark"), [(0.9, 0.1, True), (0.0, 1.0, False), (None, None, None)])
def test_runs_that_waited_for_others_are_marked(
    queued: float | None,
    cpu: float | None,
    mark: bool | None,  # noqa: FBT001 - the expected mark
) -> None:
    """By the kernel's figures, as the sandbox tells them."""
    usage = Usage(cpu_seconds=cpu, queue_seconds=queued, peak_tasks=1)
    sandbox = ScriptedSandbox({PROGRAM: ScriptedProcess(usage=usage)})
    check = open_checker(sandbox, lists=1).check(PROGRAM.encode(), runs=1, timer=Ticker())
    assert [pair.program.contaminated for pair in check.pairs] == [mark]


@pytest.mark.parametrize(
    "scripts",
    [
        [ScriptedProcess(answer=lambda _: 0)],
        [ScriptedProcess(), ScriptedProcess(answer=lambda _: 0)],
        [*[ScriptedProcess()] * DISGUISED_LISTS, ScriptedProcess(load=Outcome(kind="memory", reason="full"))],
    ],
    ids=["short inputs", "first list", "last list"],
)
def test_a_reference_that_fails_is_a_fault_of_the_machine(scripts: list[ScriptedProcess]) -> None:
    """Nobody is judged where the reference is not correct."""
    sandbox = ScriptedSandbox({REFERENCE: scripts})
    with pytest.raises(ReferenceFailedError, match="reference is not correct in sandbox scripted"):
        open_checker(sandbox)
    assert sandbox.running == 0


def test_a_reference_that_fails_beside_a_program_is_no_verdict_on_it() -> None:
    """The machine changed in between."""
    opening = 1 + DISGUISED_LISTS
    failing = ScriptedProcess(answer=Outcome(kind="timeout", reason="too late"))
    sandbox = ScriptedSandbox({REFERENCE: [*[ScriptedProcess()] * opening, failing]})
    checker = open_checker(sandbox)
    with pytest.raises(ReferenceFailedError, match="too late"):
        checker.check(PROGRAM.encode(), runs=1, timer=Ticker())
    assert sandbox.running == 0


def test_a_timer_that_makes_no_call_is_a_mistake_of_the_caller() -> None:
    """Not a verdict on the program."""
    sandbox = ScriptedSandbox()
    checker = open_checker(sandbox)
    with pytest.raises(RuntimeError, match="a timer must make the call"):
        checker.check(PROGRAM.encode(), runs=1, timer=lambda _call: 1.0)
    assert sandbox.running == 0


def test_a_scripted_process_runs_the_program_itself_where_nothing_else_is_said() -> None:
    """Errors at import, results of another type and those that cannot be carried come as outcomes of their kinds."""

    def outcome_of(source: str) -> tuple[str, str]:
        process = ScriptedSandbox().start(source.encode(), entry_point="f", result_type=int)
        found = process.load() or process.hand_over((1,), 1.0) or process.go(1.0)
        return found.kind, found.reason

    assert outcome_of("{}['a']") == ("error", "KeyError: 'a'")
    assert outcome_of("def f(n): return n / 0") == ("error", "ZeroDivisionError: division by zero")
    assert outcome_of("def f(n): return 'a'")[0] == "wrong_type"
    kind, reason = outcome_of("def f(n): return f")
    assert kind == "wrong_type"
    assert reason.startswith("the result ")


def test_a_scripted_process_refuses_to_be_driven_in_the_wrong_order() -> None:
    """A call needs a program that was loaded and arguments; closing twice counts once."""
    sandbox = ScriptedSandbox()
    process = sandbox.start(b"def f(n): return n", entry_point="f", result_type=int)
    with pytest.raises(SandboxFault, match=r"go\(\) without hand_over\(\)"):
        process.go(1.0)
    assert process.hand_over((1,), 1.0) is None
    with pytest.raises(SandboxFault, match=r"go\(\) without load\(\)"):
        process.go(1.0)
    process.close()
    process.close()
    assert sandbox.running == 0
