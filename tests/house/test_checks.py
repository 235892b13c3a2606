"""The lists of ``tox.ini`` and the map of tests against the tree."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from imports import PACKAGES

ROOT = Path(__file__).parents[2]


def test_every_folder_of_tests_is_checked_for_types() -> None:
    """Strict mypy runs for each folder that holds tests, for what they share, and for none that is gone."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    commands = tox["testenv:types"]["commands"].split("\n")
    checked = {
        command.removeprefix("mypy tests/") for command in commands if command.startswith("mypy tests/")
    }
    folders = {path.parent.relative_to(ROOT / "tests").parts[0] for path in ROOT.glob("tests/*/test_*.py")}
    assert checked == folders - {"test_generated"} | {"support"}


def test_every_room_has_its_folder_of_tests() -> None:
    """The map names for each room a folder that is there, and some test in it imports the room."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Tests")[2]
    rows = re.findall(r"^\| (`tests/.*?) \| (.*) \|$", text, flags=re.MULTILINE)
    folders = {folder: rooms for named, rooms in rows for folder in re.findall(r"`tests/(\w+)/`", named)}
    rooms = {
        f"{package}/{path.name}/": package.replace("analysis", "refinery_analysis") + f".{path.name}"
        for package in PACKAGES
        for path in (ROOT / package).glob("_*/")
        if path.name != "__pycache__"
    }
    assert set(folders) == {path.parent.name for path in ROOT.glob("tests/*/test_*.py")} - {"test_generated"}
    assert set(re.findall(r"`(\w+/_\w+/)`", "".join(folders.values()))) == set(rooms)
    untested = [
        (folder, room)
        for folder, named in folders.items()
        for room in re.findall(r"`(\w+/_\w+/)`", named)
        if not any(
            rooms[room] in path.read_text(encoding="utf-8") for path in (ROOT / "tests" / folder).glob("*.py")
        )
    ]
    assert untested == []
