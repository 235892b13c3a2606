"""Rewards, in the signatures that trainers' documentation has."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import resource
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_tasks import DOUBLE, RIGHT, TRIPLE, WRONG
from test_verifier import few_descriptors

from refinery_plugin import RefineryError, Verification
from refinery_plugin._tasks import SHIPPED_TASKS
from refinery_plugin._training.completion import text_of
from refinery_plugin._training.scorer import tasks_by_id
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.rewards import TRLReward, compute_score, register, reward, verifiers_reward

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIPLED = "def triple(number):\n    return number * 3\n"
CORRECT = Verification(verdict=Verdict.CORRECT, ratio=1.0, log_ratio_se=0.02)


def fenced(program: str) -> str:
    return f"Here it is:\n\n```python\n{program}```\n\nIt is fast."


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


@pytest.fixture(scope="module")
def trl() -> Iterator[TRLReward]:
    with TRLReward(task=[DOUBLE, TRIPLE]) as scorer:
        yield scorer


@pytest.mark.parametrize("verdict", [each for each in Verdict if each is not Verdict.CORRECT])
def test_what_is_not_correct_gets_nothing(verdict: Verdict) -> None:
    """Whatever was wrong, and however fast it was."""
    assert reward(dataclasses.replace(CORRECT, verdict=verdict, ratio=0.01), speed=1.0) == 0.0


def test_a_fault_of_ours_is_no_score() -> None:
    """``None`` is not 0."""
    assert reward(Verification(verdict=None, fault="no descriptors"), speed=0.5) is None


def test_speed_counts_beyond_noise_only() -> None:
    """Without ``speed`` all correct programs get 1; a ratio within two standard errors of 1 changes nothing."""
    fast, noisy = (dataclasses.replace(CORRECT, ratio=0.5, log_ratio_se=error) for error in (0.01, 0.4))
    assert reward(fast) == reward(CORRECT) == 1.0
    assert reward(noisy, speed=0.5) == reward(CORRECT, speed=0.5) == 0.75
    assert reward(fast, speed=0.5) == pytest.approx(0.5 + 0.5 / (1 + 0.5 * math.exp(0.02)))
    unknown = dataclasses.replace(CORRECT, ratio=0.5, log_ratio_se=None)
    assert reward(unknown, speed=0.5) == 0.75


@given(
    ratio=st.floats(1e-300, 1e300),
    error=st.none() | st.floats(0, 10),
    speed=st.floats(0, 1),
    slower=st.floats(1, 10),
)
def test_a_reward_lies_between_0_and_1_and_falls_with_time(
    ratio: float, error: float | None, speed: float, slower: float
) -> None:
    """Of two programs of the same noise the slower one never gets more."""
    one = dataclasses.replace(CORRECT, ratio=ratio, log_ratio_se=error)
    value, other = (
        reward(one, speed=speed),
        reward(dataclasses.replace(one, ratio=ratio * slower), speed=speed),
    )
    assert value is not None
    assert other is not None
    assert 0 <= other <= value <= 1


@pytest.mark.parametrize("speed", [-0.1, 1.5, math.nan, True, "fast"])
def test_a_weight_that_is_none_is_refused(speed: Any) -> None:  # noqa: ANN401 - whatever is given
    """The message has the value."""
    with pytest.raises(RefineryError, match="speed must be a number from 0 to 1, got"):
        reward(CORRECT, speed=speed)


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("plain", "plain"),
        (said("one"), "one"),
        ([{"role": "assistant", "content": "a"}, {"role": "tool", "content": "b"}], "a"),
        (
            {"role": "assistant", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]},
            "xy",
        ),
        ([SimpleNamespace(role="assistant", content="object")], "object"),
        ([], ""),
        (None, ""),
        ([{"role": "assistant", "content": None, "tool_calls": []}], ""),
    ],
)
def test_completions_come_in_many_forms(completion: object, text: str) -> None:
    """Texts, messages and conversations, content in parts, nothing at all."""
    assert text_of(completion) == text


def test_trl_gets_a_reward_for_each_completion(trl: TRLReward) -> None:
    """As its documentation of July 2026 calls reward functions: by keywords, with the columns of the data set."""
    completions = [said(fenced(RIGHT)), said(fenced(TRIPLED)), said("I can't."), said(fenced(WRONG))]
    found = trl(
        prompts=[[{"role": "user", "content": "Write it."}]] * 4,
        completions=completions,
        completion_ids=[[1, 2]] * 4,
        task_id=["double-all", "triple", "triple", "double-all"],
        trainer_state=None,
        log_extra=print,
        log_metric=print,
        environments=[None] * 4,
    )
    assert found == [1.0, 1.0, 0.0, 0.0]
    assert trl.__name__ == "refinery_reward"


def test_trl_takes_plain_texts_and_needs_no_column_for_one_task() -> None:
    """The standard format, with one task."""
    with TRLReward(task=TRIPLE, workers=1) as scorer:
        assert scorer(prompts=["p"] * 2, completions=[fenced(TRIPLED), "def triple(n): return n"]) == [
            1.0,
            0.0,
        ]
        assert scorer(prompts=[], completions=[]) == []


def test_an_unknown_task_is_told(trl: TRLReward) -> None:
    """A row of an unknown task, or of none where there are several, is the data set's mistake."""
    with pytest.raises(RefineryError, match=r"no task has the id 'other'; known are double-all, triple"):
        trl(["p"], ["x"], task_id=["other"])
    with pytest.raises(RefineryError, match="say by a column task_id"):
        trl(["p"], ["x"])
    with pytest.raises(RefineryError, match="names none that is known"):
        TRLReward(task="no-such-task")


def test_ids_of_tasks_may_be_numbers() -> None:
    """As in data sets whose column ``task_id`` has whole numbers; an unknown one is told with those that are known."""
    with TRLReward(task={2: DOUBLE, 3: TRIPLE}) as scorer:
        assert scorer(["p"] * 2, [fenced(TRIPLED), fenced(RIGHT)], task_id=[3, 2]) == [1.0, 1.0]
        with pytest.raises(RefineryError, match="no task has the id 4; known are 2, 3"):
            scorer(["p"], ["x"], task_id=[4])
    score = verifiers_reward({2: DOUBLE, 3: TRIPLE})
    task, trace = SimpleNamespace(id=3, name=None), SimpleNamespace(last_reply=fenced(TRIPLED))
    assert asyncio.run(score(task, trace)) == 1.0  # type: ignore[arg-type]


def test_running_out_of_descriptors_gives_no_score(trl: TRLReward) -> None:
    """It is never 0, and afterwards everything works."""
    trl(["p"], [fenced(TRIPLED)], task_id=["triple"])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, few_descriptors())
    try:
        found = trl(["p"], [fenced(TRIPLED)], task_id=["triple"])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert found == [None]
    assert trl(["p"], [fenced(TRIPLED)], task_id=["triple"]) == [1.0]


def test_verl_asks_for_one_solution_at_a_time() -> None:
    """By position or by keywords, as its reward loop of 2026 does; the task in any of three places."""
    register([TRIPLE])
    assert compute_score("my-data", fenced(TRIPLED), "", {"task_id": "triple", "split": "train"}) == 1.0
    assert (
        compute_score(
            data_source="my-data", solution_str="no", ground_truth="triple", extra_info={"index": 3}
        )
        == 0.0
    )
    assert compute_score("triple", fenced(TRIPLED), None) == 1.0
    with_a_reward_model = compute_score(
        data_source="my-data",
        solution_str=fenced(TRIPLED),
        ground_truth="triple",
        extra_info={"num_turns": None, "rollout_reward_scores": {}},
        reward_router_address="127.0.0.1:1",
        reward_model_tokenizer=object(),
    )
    assert with_a_reward_model == 1.0
    with pytest.raises(RefineryError, match=r"none of 'my-data' names a task"):
        compute_score("my-data", "x", None)


def test_verl_is_judged_by_the_first_name_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the task ships or is somebody's own; of one name that both have, one's own counts."""
    monkeypatch.setattr("refinery_plugin.rewards._registered", {})  # what is registered here stays here
    skyline = next(task.reference for task in SHIPPED_TASKS if task.name == "core-skyline")
    register({"my-data": TRIPLE})
    assert compute_score("my-data", skyline, None, {"task_id": "core-skyline"}) == 1.0
    assert compute_score("my-data", skyline, "core-skyline") == 1.0
    assert compute_score("core-skyline", fenced(TRIPLED), "", {"task_id": "my-data"}) == 1.0
    register({"core-cells": TRIPLE})
    assert compute_score("core-cells", fenced(TRIPLED), "") == 1.0


def test_version_1_of_verifiers_awaits_a_task_and_a_trace() -> None:
    """A coroutine function that takes both by name."""
    score = verifiers_reward([TRIPLE])
    task, trace = SimpleNamespace(id="triple", name=None), SimpleNamespace(last_reply=fenced(TRIPLED))

    async def ask() -> list[float]:
        return [await score(task=task, trace=trace), await score(task, SimpleNamespace(last_reply="no"))]  # type: ignore[call-arg]

    assert asyncio.run(ask()) == [1.0, 0.0]


def test_the_plugin_imports_no_trainer_and_stays_cheap() -> None:
    """``import refinery_plugin`` imports neither the sandbox nor rewards; rewards import no trainer and no client."""
    code = (
        "import sys, refinery_plugin\n"
        "print(sorted(name for name in sys.modules if name.startswith('refinery_plugin.')))\n"
        "import refinery_plugin.rewards\n"
        "print(sorted({'trl', 'verl', 'verifiers', 'openai', 'pytest', 'torch', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['refinery_plugin._errors']", "[]"]


def test_tasks_are_named_given_or_found_by_the_ids_of_a_column() -> None:
    """Ids are the tasks' names unless others are given; two tasks of one name, or none, are refused."""
    assert tasks_by_id({"row-1": TRIPLE, "row-2": DOUBLE}) == {"row-1": TRIPLE, "row-2": DOUBLE}
    assert tasks_by_id([TRIPLE, TRIPLE]) == {"triple": TRIPLE}
    assert list(tasks_by_id("digit-sum-difference")) == ["digit-sum-difference"]
    with pytest.raises(RefineryError, match="two tasks have the name 'triple'; give each its own"):
        tasks_by_id([TRIPLE, dataclasses.replace(TRIPLE, version="2")])
    with pytest.raises(RefineryError, match="there is no task to judge programs by"):
        tasks_by_id([])
