"""The recorded pilot, as it lies in the repository, gives the same programs to everybody."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = "tests/test_generated/programs/pilot"
# Of all programs in the order of their names: whatever changes it changes the recorded study.
DIGEST = "a7106f858b9b5c04a16202a4562fad0fd9895d48945527442e3dc80258208a15"


def without_network() -> list[str]:
    """Return what to put before a command so that it has no network, as far as this user may."""
    for prefix in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
        ):
            return prefix
    return []


def replay(root: Path) -> dict[str, bytes]:
    """Replay into a folder of its own; the programs are not run."""
    root.mkdir()
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "cassettes", root / "cassettes")
    (root / "test_it.py").write_text("def test_program(refinery_program): pass\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--refinery-generate",
        "test_it.py",
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
    return {path.name: path.read_bytes() for path in sorted((root / PROGRAMS).iterdir())}


@pytest.mark.skipif(not (ROOT / "cassettes" / "pilot").is_dir(), reason="the recordings are not here")
def test_the_pilot_replays_to_the_byte_without_key_and_network(tmp_path: Path) -> None:
    """24 programs with their trajectories (turns, latencies, told seconds), twice the same and as recorded."""
    first, second = replay(tmp_path / "first"), replay(tmp_path / "second")
    assert first == second
    programs = [content for name, content in first.items() if name.endswith(".py")]
    assert len(programs) == 24
    assert len(first) == 48
    assert hashlib.sha256(b"\0".join(programs)).hexdigest() == DIGEST
