"""The results say which feedback programs were told, and what their readers must know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refinery_plugin._study.toml import load_study
from refinery_plugin._tasks.core import CORE_TASKS
from refinery_plugin._timing.document import describe_feedback

if TYPE_CHECKING:
    from pathlib import Path

NOTES = {"sham": "a placebo", "time": ""}
HEAD = 'name = "mine"\ntask = "core-inversions"\nmodel = "m"\n'
SHAM = {"kind": "sham", "note": "a placebo"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", []),
        ('feedback = "sham"', [{**SHAM, "factor": None, "levels": []}]),
        (
            '[factors]\nagents = [1, 2]\nfeedback = ["none", "sham"]',
            [{**SHAM, "factor": "feedback", "levels": ["sham"]}],
        ),
        (
            (
                '[factors]\nmemory = ["program", "own"]\n[factors.team.a]\nagents = 1\n'
                '[factors.team.b]\nagents = 2\nfeedback = "sham"\n[factors.team.c]\nfeedback = "sham"'
            ),
            [{**SHAM, "factor": "team", "levels": ["b", "c"]}],
        ),
        (
            'feedback = "time"\n[factors.team.a]\nagents = 1\n[factors.team.b]\nfeedback = "sham"',
            [
                {"kind": "time", "note": "", "factor": "team", "levels": ["a"]},
                {**SHAM, "factor": "team", "levels": ["b"]},
            ],
        ),
    ],
)
def test_each_kind_is_told_with_the_levels_that_set_it(
    text: str, told: list[dict[str, object]], tmp_path: Path
) -> None:
    """Whatever factor it is: a placebo is known as one wherever it was a level's setting, or the whole study's."""
    path = tmp_path / "study.toml"
    path.write_text(HEAD + text)
    study = load_study(path, {task.name: task for task in CORE_TASKS})
    assert describe_feedback(study, NOTES) == told
