"""Files that are, or only look like, programs."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from pathlib import Path

import pytest

from refinery_plugin._study.units import Unit
from refinery_plugin._timing.program_file import LARGEST, read_program
from refinery_plugin._verification.verdict import Verdict

_NOBODY = 65534


def refusal(path: Path) -> tuple[str, str]:
    source = read_program(Unit(treatment=None, replicate=None, path=path), directory=path.parent)
    assert source.refusal is not None
    return str(source.refusal.verdict), source.refusal.reason


def test_any_bytes_are_a_program_until_the_sandbox_says_otherwise(tmp_path: Path) -> None:
    """Bytes that are no text are read unchanged, and not refused."""
    path = tmp_path / "1_3_inf_1.py"
    path.write_bytes(b"\xff\x00\n")
    source = read_program(Unit(treatment=None, replicate=None, path=path), directory=tmp_path)
    assert source.refusal is None
    assert source.data == b"\xff\x00\n"


def test_what_is_no_file_gets_a_verdict(tmp_path: Path) -> None:
    """A directory, a pipe, a device and links to nothing are refused in words, unread."""
    (tmp_path / "directory.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.py").symlink_to(tmp_path / "circle.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    assert refusal(tmp_path / "directory.py") == ("error", "'directory.py' is a directory, not a file")
    assert refusal(tmp_path / "pipe.py") == ("error", "'pipe.py' is a pipe, not a file")
    assert refusal(tmp_path / "gone.py") == ("error", "'gone.py' is a symbolic link that leads nowhere")
    assert refusal(tmp_path / "circle.py") == ("error", "'circle.py' is a symbolic link that leads nowhere")
    assert "leads out of the directory" in refusal(tmp_path / "device.py")[1]


def test_links_are_followed_inside_the_directory_only(tmp_path: Path) -> None:
    """A link to another program is followed, one that leads out is refused."""
    inside = tmp_path / "programs"
    inside.mkdir()
    (tmp_path / "secret.py").write_text("x = 1\n")
    (inside / "real.py").write_text("x = 2\n")
    (inside / "in.py").symlink_to(inside / "real.py")
    (inside / "out.py").symlink_to(tmp_path / "secret.py")
    followed = read_program(Unit(treatment=None, replicate=None, path=inside / "in.py"), directory=inside)
    assert followed.data == b"x = 2\n"
    assert "leads out of the directory" in refusal(inside / "out.py")[1]


def test_a_source_of_fifty_megabytes_is_refused_unread(tmp_path: Path) -> None:
    """A file larger than a program may be is refused with both sizes."""
    path = tmp_path / "big.py"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    assert refusal(path) == ("error", f"'big.py' has {50 * 2**20:,} bytes; a program may have {LARGEST:,}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("# no program: cut\n# more\n", "cut"),
        ("\ufeff\n\n  # nothing\n", "nothing"),
    ],
)
def test_a_file_that_only_comments_holds_no_program(tmp_path: Path, text: str, reason: str) -> None:
    """A file without code has the verdict ``no_program``, and its comment as the reason."""
    path = tmp_path / "empty.py"
    path.write_text(text, encoding="utf-8")
    assert refusal(path) == (Verdict.NO_PROGRAM, reason)


def test_the_program_of_a_turn_comes_from_its_trajectory(tmp_path: Path) -> None:
    """A turn's program is the one of its trajectory, and there is none where that has none."""
    (tmp_path / "1_3_inf_1.json").write_text(
        json.dumps({"turns": [{"turn": 1, "program": "x = 1\n"}, {"turn": 2, "program": None}, "nonsense"]})
    )
    unit = Unit(treatment=None, replicate=1, path=tmp_path / "1_3_inf_1.py", turn=1)
    assert read_program(unit, directory=tmp_path).data == b"x = 1\n"
    missing = read_program(dataclasses.replace(unit, turn=2), directory=tmp_path)
    assert missing.refusal is not None
    assert missing.refusal.verdict is Verdict.NO_PROGRAM


@pytest.mark.parametrize("text", ["", "[]", "{", '{"turns": 5}', "\ud800"])
def test_a_trajectory_that_is_none_tells_nothing(tmp_path: Path, text: str) -> None:
    """From a file that is no trajectory no program of a turn is taken."""
    (tmp_path / "a.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    unit = Unit(treatment=None, replicate=1, path=tmp_path / "a.py", turn=1)
    assert read_program(unit, directory=tmp_path).refusal is not None


def test_a_file_that_may_not_be_read_gets_a_verdict() -> None:
    """As an ordinary user, who may enter its folder: root may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "closed.py"
        path.write_text("x = 1\n")
        path.chmod(0)
        path.parent.chmod(0o755)  # pytest's own are their owner's alone
        before = os.geteuid()
        if before == 0:
            os.seteuid(_NOBODY)
        try:
            told = refusal(path)
        finally:
            os.seteuid(before)
    assert told == ("error", "'closed.py' cannot be read: Permission denied")
