"""Verification as a library: from threads and event loops, in the real sandbox."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import resource
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_tasks import CRASHING, DOUBLE, FLOODING, HANGING, RIGHT, SLOW, TRIPLE, WRONG

from refinery_plugin import RefineryError, Verification, Verifier
from refinery_plugin._timing.lock import MachineLock

if TYPE_CHECKING:
    from collections.abc import Callable


def left_behind() -> tuple[int, int, list[str]]:
    """Count descriptors and threads, and list children."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return len(os.listdir("/proc/self/fd")), threading.active_count(), children  # noqa: PTH208 - a count


def test_a_right_program_is_correct_and_untimed(verifier: Verifier) -> None:
    """Without ``timed`` there are no seconds, and nothing is held against the program."""
    found = verifier.verify(RIGHT)
    assert found == Verification(verdict=found.verdict)
    assert found.verdict == "correct"
    assert (found.seconds, found.ratio, found.fault) == (None, None, None)


def test_a_timed_program_is_compared_with_the_reference(verifier: Verifier) -> None:
    """Timed, all figures are there, and a program that works a hundred times as much is slower, on any machine."""
    found = verifier.verify(SLOW.replace("* 40", "* 600"), timed=True, runs=3)
    assert found.verdict == "correct"
    assert found.seconds is not None
    assert found.cpu_seconds is not None
    assert found.ratio is not None
    assert found.log_ratio_se is not None
    assert found.ratio > 2
    assert found.contaminated in (True, False, None)


def test_the_counterexample_is_the_smallest(verifier: Verifier) -> None:
    """What shows that a program is wrong is told as small as it gets; where asked for, the search is left out."""
    found = verifier.verify(WRONG)
    assert (found.verdict, found.counterexample) == ("wrong_answer", "[1]")
    assert found.reason == "for [1] it returned [1], expected [2]"
    (quick,) = verifier.verify_many([WRONG], counterexamples=False)
    assert quick.verdict == "wrong_answer"
    assert quick.counterexample is not None


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        pytest.param("# nothing\n", "no_program", id="comments"),
        pytest.param("", "no_program", id="empty"),
        pytest.param("def double(numbers", "error", id="no-python"),
        pytest.param("\udcff = 1", "error", id="no-text"),
        pytest.param(b"\xff\xfe\x00", "error", id="bytes"),
        pytest.param("def double(numbers):\n    return None\n", "wrong_answer", id="wrong-type"),
    ],
)
def test_whatever_is_given_gets_a_verdict(verifier: Verifier, source: str | bytes, verdict: str) -> None:
    """Nothing that a model may write raises."""
    found = verifier.verify(source)
    assert (found.verdict, found.fault) == (verdict, None)


TELLING = """import os
import sys

class OddNumbersError(Exception):
    pass

def count(number):
    return number.to_bytes(8, "little")

def reply(kind, *parts):
    worker = sys._getframe(2).f_locals
    body = b"".join(part if type(part) is bytes else count(len(part[1])).join(part) for part in parts)
    os.write(worker["reply"], kind + bytes(worker["token"]) + count(len(body)) + body)
    os._exit(0)

def double(numbers):
    if len(numbers) < 100:
        return [2 * number for number in numbers]
    told = "told_" + "_".join(map(str, numbers[:4]))
    text = (b"s", told.encode())
    {body}
"""
OTHER_TYPE = "it returned a value of another type than declared, or one that is too large"


@pytest.mark.parametrize(
    ("body", "reason", "error_type"),
    [
        ("raise ValueError(told)", ": ValueError (line 21)", "ValueError"),
        ("raise OddNumbersError(told)", ": OddNumbersError (line 21)", "OddNumbersError"),
        ("raise type(told, (Exception,), {})", ": an exception (line 21)", None),
        ("raise MemoryError(told)", ": MemoryError (line 21); 2048 MiB are allowed", "MemoryError"),
        ("sys.exit(told)", ": SystemExit (line 21)", "SystemExit"),
        ("return type(told, (), {})()", f": {OTHER_TYPE}", None),
        ("return {told: 1}", f": {OTHER_TYPE}", None),
        ("return numbers", " it returned another value than expected", None),
        (
            "os.write(2, told.encode()); os._exit(3)",
            ": its process ended with status 3, it did not answer",
            "SystemExit",
        ),
        (
            "reply(b'X', b't' + count(3), (b's', b'error'), text, text)",
            ": an exception",
            None,
        ),
        (
            "reply(b'V', b'l' + count(1), (b'A', b'\\1\\2' + b''.join(map(count, numbers[:2])) + b'1'))",
            ": its reply is malformed",
            None,
        ),
    ],
)
def test_what_a_program_tells_of_a_full_size_list_is_not_repeated(
    verifier: Verifier, body: str, reason: str, error_type: str | None
) -> None:
    """Whoever reads reasons, such as a model in the next turn, would know the list by heart."""
    found = verifier.verify(TELLING.replace("{body}", body))
    where, _, said = found.reason.partition(" list ")
    assert where in ("on", "on verification")
    assert (said[1:], found.error_type) == (reason, error_type)


def test_many_are_judged_in_order_and_the_same_program_once(verifier: Verifier) -> None:
    """Results stand where their sources stood; equal programs share theirs."""
    found = verifier.verify_many([RIGHT, WRONG, "", RIGHT], workers=2)
    assert [one.verdict for one in found] == ["correct", "wrong_answer", "no_program", "correct"]
    assert found[0] == found[3]
    assert verifier.verify_many([]) == []


def test_it_can_be_asked_from_threads_and_a_running_event_loop(verifier: Verifier) -> None:
    """Several threads ask at once, some of them for times, while the loop of the caller runs, as in a notebook."""

    async def ask() -> list[Verification]:
        here = verifier.verify(RIGHT)
        with ThreadPoolExecutor(3) as pool:
            loop = asyncio.get_running_loop()
            asked = [
                loop.run_in_executor(pool, verifier.verify, RIGHT, timed, 1) for timed in (False, True, False)
            ]
            return [here, *(await asyncio.gather(*asked))]

    found = asyncio.run(ask())
    assert [one.verdict for one in found] == ["correct"] * 4
    assert [one.seconds is not None for one in found] == [False, False, True, False]


def test_what_hangs_crashes_and_floods_leaves_nothing_behind(tmp_path: Path) -> None:
    """After any of them there are as many descriptors, threads and children as before."""
    with Verifier(DOUBLE, lock=MachineLock(tmp_path / "lock")) as warm:
        warm.verify(RIGHT)
    before = left_behind()
    with Verifier(DOUBLE, lock=MachineLock(tmp_path / "lock")) as opened:
        kinds = {HANGING: "timeout", CRASHING: "error", FLOODING: "timeout"}
        sources = [f"{source}# {number}\n" for number in range(2) for source in kinds]
        found = opened.verify_many([*sources, RIGHT], workers=3)
        assert [one.verdict for one in found] == [*kinds.values(), *kinds.values(), "correct"]
        opened.verify(RIGHT, timed=True, runs=1)
    assert left_behind() == before


def test_the_deadline_ends_a_program_that_is_slow_everywhere(tmp_path: Path) -> None:
    """A program within the limit of each call is ended once all of its calls together took too long."""
    sleepy = (
        "import time\n\n\ndef double(numbers):\n    time.sleep(0.9)\n    return [2 * n for n in numbers]\n"
    )
    with Verifier(DOUBLE, deadline=2.0, lock=MachineLock(tmp_path / "lock")) as opened:
        found = opened.verify(sleepy)
        assert opened.verify(RIGHT).verdict == "correct"
    assert found.verdict == "timeout"


def test_a_closed_verifier_says_so() -> None:
    """Closing twice is fine; asking afterwards is the caller's mistake."""
    opened = Verifier(TRIPLE)
    opened.close()
    opened.close()
    with pytest.raises(RefineryError, match=r"the verifier of task 'triple' is closed"):
        opened.verify("x = 1")


def test_a_task_without_sizes_is_never_timed(tmp_path: Path) -> None:
    """Of a task that is only verified ``timed`` gives verdicts without figures."""
    with Verifier(TRIPLE, lock=MachineLock(tmp_path / "lock")) as opened:
        right, wrong = opened.verify_many(
            ["def triple(number):\n    return number * 3\n", "def triple(number):\n    return 6\n"],
            timed=True,
        )
    assert (right.verdict, right.seconds) == ("correct", None)
    assert (wrong.verdict, wrong.counterexample) == ("wrong_answer", "0")


def few_descriptors() -> tuple[int, int]:
    free = os.dup(0)  # the lowest that is free
    os.close(free)
    return free + 3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def test_running_out_of_descriptors_is_no_fault_of_a_program(
    verifier: Verifier, caplog: pytest.LogCaptureFixture
) -> None:
    """The verdict is ``None``, the fault is told and logged, and nothing leaks."""
    verifier.verify(RIGHT)
    before, limits = left_behind(), resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, few_descriptors())
    try:
        with caplog.at_level(logging.WARNING, logger="refinery_plugin"):
            found = verifier.verify(RIGHT)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert (found.verdict, found.correct) == (None, False)
    assert found.fault is not None
    assert "Too many open files" in found.fault
    assert "nothing is held against it" in caplog.text
    assert left_behind() == before
    assert verifier.verify(RIGHT).verdict == "correct"


def test_a_time_out_counts_only_where_the_reference_keeps_the_limit(tmp_path: Path) -> None:
    """Where the reference itself cannot keep the limit any more, the machine is at fault, not the program."""
    with Verifier(DOUBLE, seed=3, lock=MachineLock(tmp_path / "lock")) as opened:
        assert opened.verify(HANGING).verdict == "timeout"
        bench = opened.open().bench
        bench.limits = dataclasses.replace(bench.limits, load_seconds=1e-6)
        found = opened.verify(RIGHT)
    assert found.verdict is None
    assert "the machine is too busy" in str(found.fault)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Verifier(DOUBLE, deadline=0), id="deadline"),
        pytest.param(lambda: Verifier(TRIPLE).verify_many([""], workers=0), id="workers"),
        pytest.param(lambda: Verifier(TRIPLE, sandbox="hope").open(), id="sandbox"),
    ],
)
def test_mistakes_of_the_caller_are_told(make: Callable[[], object]) -> None:
    """They raise, before a program runs."""
    with pytest.raises(RefineryError):
        make()


def test_neither_pytest_nor_an_api_client_is_needed() -> None:
    """The library imports no pytest and no openai."""
    code = (
        "import sys; from refinery_plugin import Verifier, Verification\n"
        "print(sorted({'pytest', '_pytest', 'openai', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


FORKING = """
import os, sys
from refinery_plugin import Task, Verifier
task = Task(
    name="triple", prompt="Triple.", signature="def triple(number: int) -> int", result_type=int,
    reference="def triple(number):\\n    return 3 * number\\n", examples=[((2,), 6)],
)
right, wrong = "def triple(n):\\n    return n * 3\\n", "def triple(n):\\n    return n\\n"
verifier = Verifier(task, sandbox=sys.argv[1])
verifier.verify(right)
with verifier.slot.alone():  # as a thread of the parent may, which the child has not
    child = os.fork()
    if child == 0:
        told = [str(one.verdict) for one in verifier.verify_many([right, wrong])]
        sys.exit(0 if told == ["correct", "wrong_answer"] else 1)
    status = os.waitpid(child, 0)[1]
print(status, verifier.verify(wrong).verdict)
verifier.close()
"""


@pytest.mark.parametrize("sandbox", ["auto", "none"])
def test_a_forked_child_opens_its_own(sandbox: str) -> None:
    """Whatever its parent holds at that moment; when the child ends, the parent's sandbox is still there."""
    done = subprocess.run(
        [sys.executable, "-c", FORKING, sandbox], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "0 wrong_answer\n"
