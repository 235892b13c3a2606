"""The sandbox holds for ordinary users too, and where no namespaces can be had; as root these are looked for by tests.

Each test runs tests of this folder anew in other surroundings; where these cannot be made, it is skipped and says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from surroundings import NOBODY, ROOT, can_become_another, command

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ATTACKS = str(HERE / "test_attacks.py")
CORPUS_VERDICTS = str(ROOT / "tests" / "timing" / "corpus_verdicts.py")
NEEDS_SOCKETS_OR_TMP = "manager or below"
"""Honest styles that cannot be had without a mount namespace: the page on the sandbox lists them."""

as_root = pytest.mark.skipif(
    not can_become_another(),
    reason="takes root's rights to become another user and to mount what that user may read",
)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder for temporary files that any user may write, reached through no closed directory."""
    folder = Path(tempfile.mkdtemp(prefix="refinery-surroundings-", dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def assert_pass(folder: Path, *options: str, user: int | None = None, namespaces: bool = True) -> None:
    """Run tests in other surroundings: all pass, and none is skipped."""
    words = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rs",
        "-p",
        "no:cacheprovider",
        f"--basetemp={folder}/base",
    )
    backends = "bwrap,landlock" if namespaces else "landlock"
    done = subprocess.run(
        command(*words, *options, user=user, namespaces=namespaces),
        cwd=ROOT,
        env={
            **os.environ,
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "REFINERY_REQUIRE_BACKENDS": backends,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert " passed" in last, done.stdout
    assert "skipped" not in last, done.stdout


@as_root
def test_attacks_gain_nothing_where_the_session_is_an_ordinary_user_s(open_folder: Path) -> None:
    """Both backends then need a user namespace, and programs have the user's own number."""
    assert_pass(open_folder, ATTACKS, user=NOBODY)


@as_root
def test_attacks_gain_nothing_where_an_ordinary_user_has_no_namespaces(open_folder: Path) -> None:
    """As in most containers: Landlock alone, and a directory of the host for the program's files."""
    assert_pass(open_folder, ATTACKS, "-k", "landlock", user=NOBODY, namespaces=False)


@as_root
def test_programs_that_cheat_get_their_verdicts_where_the_session_is_an_ordinary_user_s(
    open_folder: Path,
) -> None:
    """All of the corpus under both backends, with a user namespace."""
    assert_pass(open_folder, CORPUS_VERDICTS, user=NOBODY)


@as_root
def test_root_without_rights_to_mount_is_contained_and_honest_programs_pass(open_folder: Path) -> None:
    """As root in most containers: a user of its own for each run, no mounts; what then cannot be had is documented."""
    honest = str(HERE / "test_sandbox_honest.py")
    assert_pass(
        open_folder, honest, "-k", f"styles and landlock and not ({NEEDS_SOCKETS_OR_TMP})", namespaces=False
    )
