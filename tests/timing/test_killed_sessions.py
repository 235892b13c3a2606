"""A session that is killed at any moment leads to a right file, or to a clear refusal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

MOMENTS = 20
SEED = 9


def test_a_kill_at_twenty_moments_mixes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """Each session, killed after so many records, refuses another task, and goes on with its own where it was.

    At every fourth moment the end of the last record is lost as well.
    """
    script = Path(__file__).with_name("killed_sessions.py")
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(SEED), str(MOMENTS)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert len(found) == MOMENTS
    for moment in found:
        assert moment["changed"].startswith("refused: --refinery-resume: the interrupted session"), moment
        assert (moment["correct"], moment["whole"], moment["kept"], moment["journals"]) == (
            True,
            True,
            True,
            1,
        ), moment
