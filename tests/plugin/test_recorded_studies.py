"""The recorded studies, as they lie in the repository, give the same programs to everybody."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
PROGRAMS = "tests/test_generated/programs"


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A study that is recorded.

    Attributes
    ----------
    study : its cassettes and its programs lie in folders of this name.
    arguments : what selects it.
    programs : how many it has.
    digest : of all of them in the order of their names: whatever changes it changes a study that is recorded, and what
        was said of it.
    """

    study: str
    arguments: tuple[str, ...]
    programs: int
    digest: str


RECORDED = (
    Recorded("pilot", (), 24, "a7106f858b9b5c04a16202a4562fad0fd9895d48945527442e3dc80258208a15"),
    Recorded(
        "feedback-pilot",
        ("--refinery-study=studies/feedback-pilot.toml",),
        16,
        "7289c83dd51c77fec93b5278bf3d6beabb134cb7a74ed452dfb9de2bd822c7da",
    ),
    Recorded(
        "feedback",
        ("--refinery-study=studies/feedback.toml",),
        156,
        "f4b99802c1aa0291d7c3f6475364f7ebfd76c914d7ae510a876416d324fbdf6c",
    ),
    Recorded(
        "feedback-small",
        ("--refinery-study=studies/feedback-small.toml",),
        156,
        "8e3853d2c0f7f0fab2ab3f6a7def6ca494f536d1b89927e2e32c79a4b7213843",
    ),
)


def without_network() -> list[str]:
    """Return what to put before a command so that it has no network, as far as this user may."""
    for prefix in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
        ):
            return prefix
    return []


def replay(root: Path, arguments: Sequence[str]) -> dict[str, bytes]:
    """Replay into a folder of its own; the programs are not run."""
    root.mkdir()
    shutil.copy(ROOT / "pyproject.toml", root)
    # Programs are made before the first test; no test, no sandbox.
    (root / "conftest.py").write_text("def pytest_runtestloop(): return True\n")
    for name in ("cassettes", "studies"):
        shutil.copytree(ROOT / name, root / name)
    (root / "test_it.py").write_text("def test_program(refinery_program): pass\n")
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("--refinery-generate", *arguments, "test_it.py"),
    ]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [*without_network(), *command],
        cwd=root,
        env={**kept, "HOME": str(root), "CI": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = root / PROGRAMS
    return {
        str(path.relative_to(made)): path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()
    }


@pytest.mark.skipif(not (ROOT / "cassettes" / "pilot").is_dir(), reason="the recordings are not here")
@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded.study)
def test_a_study_replays_to_the_byte_without_key_and_network(recorded: Recorded, tmp_path: Path) -> None:
    """Programs with their trajectories (turns, latencies, what was told), twice the same and as recorded."""
    first, second = (replay(tmp_path / name, recorded.arguments) for name in ("first", "second"))
    assert first == second
    programs = [content for name, content in first.items() if name.endswith(".py")]
    assert len(programs) == recorded.programs
    assert len(first) == 2 * recorded.programs
    assert {Path(name).parts[0] for name in first} == {recorded.study}
    assert hashlib.sha256(b"\0".join(programs)).hexdigest() == recorded.digest
