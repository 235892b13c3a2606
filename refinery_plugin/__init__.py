"""Run designed experiments on code written by language models, as a pytest plugin.

All that is public is here, in ``refinery_plugin.hookspecs`` (the hooks of a ``conftest.py``), in
``refinery_plugin.rewards`` (for trainers) and in ``refinery_plugin.testing`` (fakes). ``refinery_plugin.plugin`` is for
pytest alone; modules with an underscore are nobody's business.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from refinery_plugin._generation.feedback import FeedbackKind
    from refinery_plugin._generation.protocols import NextTurn, TeamProtocol
    from refinery_plugin._pytest.program import Program
    from refinery_plugin._study.task import Task
    from refinery_plugin._study.tolerance import Close
    from refinery_plugin._training.verification import Verification
    from refinery_plugin._training.verifier import Verifier

__all__ = [
    "Close",
    "FeedbackKind",
    "NextTurn",
    "Program",
    "RefineryError",
    "Task",
    "TeamProtocol",
    "Verification",
    "Verifier",
]

_HOMES = {
    "Close": "refinery_plugin._study.tolerance",
    "FeedbackKind": "refinery_plugin._generation.feedback",
    "NextTurn": "refinery_plugin._generation.protocols",
    "Program": "refinery_plugin._pytest.program",
    "Task": "refinery_plugin._study.task",
    "TeamProtocol": "refinery_plugin._generation.protocols",
    "Verification": "refinery_plugin._training.verification",
    "Verifier": "refinery_plugin._training.verifier",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is exported
    """Import on first use what every run of pytest would otherwise pay for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
