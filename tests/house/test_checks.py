"""The lists of ``tox.ini`` against the tree."""

from __future__ import annotations

import configparser
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_of_tests_is_checked_for_types() -> None:
    """Strict mypy runs for each folder that holds tests, and for none that is gone."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    commands = tox["testenv:types"]["commands"].split("\n")
    checked = {
        command.removeprefix("mypy tests/") for command in commands if command.startswith("mypy tests/")
    }
    folders = {path.parent.relative_to(ROOT / "tests").parts[0] for path in ROOT.glob("tests/*/test_*.py")}
    assert checked == folders - {"test_generated"}
