"""With the package ``verifiers`` itself, where it is installed: ``tox -e verifiers`` makes such an environment."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import pytest
from model_server import ModelServer, answer
from small_tasks import TRIPLE

from refinery_plugin.rewards import verifiers_rubric

if TYPE_CHECKING:
    from model_server import Behaviour, Received

pytest.importorskip("verifiers")
RIGHT = "```python\ndef triple(number):\n    return number * 3\n```"


def scripted(request: Received) -> Behaviour:
    """Answer odd questions right and even ones wrong."""
    asked = str(request.body["messages"][-1]["content"])
    return answer(RIGHT if int(asked.rpartition(" ")[2]) % 2 else "I can't.")


def test_an_environment_evaluates_a_scripted_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty rollouts on the loopback: right answers get 1, wrong ones 0."""
    vf: Any = importlib.import_module("verifiers")
    types: Any = importlib.import_module(f"{vf.Rubric.__module__.partition('.rubrics')[0]}.types")
    data: Any = importlib.import_module("datasets")
    rows = [{"question": f"Triple a number. Number {n}", "info": {"task_id": "triple"}} for n in range(20)]
    environment = vf.SingleTurnEnv(dataset=data.Dataset.from_list(rows), rubric=verifiers_rubric([TRIPLE]))
    monkeypatch.setenv("LOOPBACK_KEY", "none")
    with ModelServer() as server:
        server.choose = scripted
        client = types.ClientConfig(api_base_url=server.base_url, api_key_var="LOOPBACK_KEY")
        found = asyncio.run(environment.evaluate(client, "served-model", num_examples=20))
    scores = {str(one["prompt"][-1]): one["reward"] for one in found["outputs"]}
    assert len(scores) == 20
    assert sorted(scores.values()) == [0.0] * 10 + [1.0] * 10
