"""The recipes of ``docs/architecture.md``: what to touch for one more of a kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Recipes")[2]
RECIPES = dict(
    re.findall(r"^### (Add an? .+)\n((?:(?!^##).*\n)+)", TEXT.partition("\n## ")[0], flags=re.MULTILINE)
)


def test_there_is_a_recipe_for_each_kind() -> None:
    """Tasks, statistical tests, sandbox backends, export formats, kinds of feedback and protocols each have one."""
    kinds = ("task", "statistical test", "sandbox backend", "kind of feedback", "protocol")
    assert {*(f"Add a {kind}" for kind in kinds), "Add an export format"} <= set(RECIPES)


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_touches_at_most_four_files_that_exist(title: str) -> None:
    """Each step begins with the file to touch, which is there, or is to be made in a folder that is."""
    steps = re.findall(r"^\d\. (.*)", RECIPES[title], flags=re.MULTILINE)
    assert 1 <= len(steps) <= 4
    for step in steps:
        assert re.match(r"`[\w/]+\.py`", step), f"the step names no file first: {step}"
    for name in re.findall(r"`([\w/]+/[\w/.]*)`", RECIPES[title]):
        path = ROOT / name
        assert path.parent.is_dir() if path.stem == "NAME" else path.exists(), f"{name} is not there"
