"""``--refinery-show-prompts``: what would be sent, turn by turn, without calling anything."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._errors import RefineryError
from refinery_plugin._generation.preview import TURN_MS, preview
from refinery_plugin._generation.request_body import request_body
from refinery_plugin._pytest.collection import selected
from refinery_plugin._pytest.session import refinery_of
from refinery_plugin._words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refinery_plugin._generation.chat import ChatRequest
    from refinery_plugin._pytest.session import Refinery
    from refinery_plugin._study.study import Study, Treatment
    from refinery_plugin._study.units import Unit

_LEAST_TURNS = 2


def show(session: pytest.Session) -> None:
    """Print the requests of each treatment that is selected, those that are alike but for the seed once.

    Raises
    ------
    pytest.UsageError : where a prompt cannot be made.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    try:
        for line in _lines(refinery_of(session.config), session):
            reporter.write_line(printable(line))
    except RefineryError as exc:
        raise pytest.UsageError(printable(str(exc))) from exc


def _lines(refinery: Refinery, session: pytest.Session) -> Iterator[str]:
    study = refinery.study
    seen: dict[str, str] = {}
    units = selected(session) or refinery.units  # without a test of programs, all of the study's
    first = {(unit.task, unit.treatment_id): unit for unit in reversed(units)}  # the first replicate of each
    for unit in reversed(first.values()):
        treatment = unit.treatment
        if treatment is None:
            continue
        task = refinery.task_of(unit)
        brief = refinery.methods.brief(task, treatment.settings, study.packages)
        requests = preview(
            brief,
            seed=functools.partial(_seed, study, unit),
            turns=max(_LEAST_TURNS, treatment.settings.agents + 1),
        )
        alike = repr([(r.model, r.messages, r.temperature, r.max_tokens) for r in requests])
        name = f"task {task.name}, {treatment}" if study.by_task else str(treatment)
        if alike in seen:
            yield f"== {name}: as {seen[alike]}"
            continue
        seen[alike] = name
        yield f"== {name}: until {treatment.settings.optimization}"
        yield from _requests(refinery, treatment, requests)


def _seed(study: Study, unit: Unit, turn: int) -> int:
    if unit.treatment is None or unit.replicate is None:
        raise ValueError(f"{unit.path} belongs to no treatment")
    return study.request_seed(unit.treatment, unit.replicate, turn, task=unit.task)


def _requests(refinery: Refinery, treatment: Treatment, requests: list[ChatRequest]) -> Iterator[str]:
    budget = treatment.settings.optimization
    if budget.seconds is not None:
        yield f"   (as if each turn took {TURN_MS // 1000} s)"
    for number, request in enumerate(requests, 1):
        rules = refinery.study.request.of(request.model)
        body = request_body(request, rules)
        messages = request.messages
        plain = {name: value for name, value in body.items() if name != "messages"}
        yield ""
        yield f"-- turn {number}: POST /chat/completions {json.dumps(plain, ensure_ascii=False)}"
        for name, value in rules.headers.items():
            yield f"   header {name}: {value}"
        for message in messages:
            yield f"[{message.role}]"
            yield message.content
    yield ""
