"""Files of trajectories: the programs of their turns, and what is said of damaged ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._study.trajectory_file import TrajectoryFileError, read_document
from refinery_plugin._study.turn_units import final_turn, turn_programs

if TYPE_CHECKING:
    from pathlib import Path

TURNS = [{"turn": 1, "program": "a = 1\n"}, {"turn": 2, "program": None}, {"turn": 3, "program": "a = 3\n"}]


def written(folder: Path, document: object) -> Path:
    path = folder / "one.json"
    path.write_text(json.dumps(document))
    return path


def test_turns_that_gave_a_program_are_told_by_number(tmp_path: Path) -> None:
    """A turn without a program, a critic's for instance, is none of them."""
    assert turn_programs(written(tmp_path, {"turns": TURNS})) == {1: "a = 1\n", 3: "a = 3\n"}


def test_no_file_has_no_turns(tmp_path: Path) -> None:
    """What was not generated yet is no mistake."""
    assert turn_programs(tmp_path / "none.json") == {}
    assert final_turn(tmp_path / "none.json", ()) is None


def test_the_file_says_which_turn_counts_and_else_the_last_does(tmp_path: Path) -> None:
    """A selection of the best may end with an earlier turn."""
    assert final_turn(written(tmp_path, {"turns": TURNS, "final_turn": 1}), (1, 3)) == 1
    assert final_turn(written(tmp_path, {"turns": TURNS}), (1, 3)) == 3


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "a list, not an object"),
        ("[" * 200_000, "nested too deeply"),
        ('{"turns": [{"turn": 1}]}', "KeyError"),
        ('{"turns": 3}', "TypeError"),
        ('{"turns": [{"turn": "first", "program": ""}]}', "ValueError"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, text: str, what: str) -> None:
    """Whatever is wrong with it, the error has the file, the cause and the remedy."""
    path = tmp_path / "one.json"
    path.write_text(text)
    with pytest.raises(TrajectoryFileError, match=what) as damaged:
        turn_programs(path)
    assert str(path) in str(damaged.value)
    assert "pytest --refinery-generate" in str(damaged.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """64 MiB are more than any trajectory has."""
    path = tmp_path / "one.json"
    with path.open("wb") as sparse:
        sparse.truncate(64 * 2**20 + 1)
    with pytest.raises(TrajectoryFileError, match="more than 67,108,864 bytes"):
        read_document(path)
