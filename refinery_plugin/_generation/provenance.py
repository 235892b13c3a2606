"""Where a program came from, as the trajectory beside it tells: old programs must not pass for a new study's."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING

from refinery_plugin._generation.known_kinds import Methods
from refinery_plugin._generation.prompts import PromptError, prompt_sha256
from refinery_plugin._generation.trajectory import described_settings
from refinery_plugin._study.trajectory_file import TrajectoryFileError, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._study.study import Study
    from refinery_plugin._study.task import Task
    from refinery_plugin._study.units import Unit

_LONGEST = 60


@dataclasses.dataclass(frozen=True, slots=True)
class Provenance:
    """What a trajectory says of the program beside it; empty where there is none, or it is another program's."""

    document: Mapping[str, object]

    @classmethod
    def of(cls, unit: Unit) -> Provenance:
        """Read the trajectory of a unit, if the program that lies there is the one that it ended with."""
        try:
            document = read_document(unit.trajectory_path) or {}
            if unit.turn is None and document.get("sha256") is not None:
                program = unit.path.read_bytes()
                if hashlib.sha256(program).hexdigest() != document["sha256"]:
                    document = {}  # somebody put another program there
        except (OSError, TrajectoryFileError):
            document = {}
        return cls(MappingProxyType(dict(document)))

    def is_of_another(self, study: str) -> bool:
        """Whether it is known to belong to another study than the one of that name."""
        return self.document.get("study", study) != study

    def mismatch(self, unit: Unit, *, study: Study, task: Task, methods: Methods | None = None) -> str | None:
        """Say in what the program is another's: study, task, treatment, settings or prompt; ``None`` if in nothing."""
        now = _expected(unit, study=study, task=task, methods=methods or Methods.of())
        then = dict(self.document)
        for name in ("study", "task"):
            if name in then and then[name] != now[name]:
                return f"it is of {name} {_brief(then[name])}, not {_brief(now[name])}"
        for name in ("settings", "treatment"):
            if (difference := _difference(then.get(name), now.get(name))) is not None:
                return difference
        if then and now["settings"] and then.get("request", {}) != now["request"]:
            return f"its request was {_brief(then.get('request', {}))}, not {_brief(now['request'])}"
        prompts = [about.get("prompt_sha256") for about in (then, now)]
        if None not in prompts and prompts[0] != prompts[1]:
            return f"the prompt of task {task.name} was another one when it was made"
        return None


def _expected(unit: Unit, *, study: Study, task: Task, methods: Methods) -> dict[str, object]:
    expected: dict[str, object] = {"study": study.name, "task": task.name, "settings": {}, "request": {}}
    if unit.treatment is None:
        return expected
    brief = methods.brief(task, unit.treatment.settings, study.packages)
    expected["request"] = study.request.document(unit.treatment.settings.models)
    expected |= {"settings": described_settings(unit.treatment.settings), "treatment": dict(unit.levels)}
    with contextlib.suppress(PromptError):  # told where something is generated
        expected["prompt_sha256"] = prompt_sha256(brief)
    return expected


def _difference(then: object, now: object) -> str | None:
    """Compare what both know: a later version may keep more."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name in now:
            if name in then and then[name] != now[name]:
                return f"its {name} was {_brief(then[name])}, not {_brief(now[name])}"
    return None


def _brief(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
