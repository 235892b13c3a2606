"""Kill pytest while programs run, and see what is left of them; prints JSON.

Called with the name of a backend and a directory that holds a project, in an interpreter of its own: it adopts whatever
outlives its parent, so that nothing can get out of its sight.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_LAST_RESORT = 120.0
MODES = {"measuring": ("--benchmark-only",), "verifying in two workers": ("--benchmark-disable", "-n2")}
SPINNING = {"measuring": 1, "verifying in two workers": 2}
"""How many programs run at once, each with its children."""
CHILDREN = 3


def descendants(pid: int) -> list[int]:
    """Return the processes below one, whoever started them."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        try:
            tasks = sorted(Path(f"/proc/{waiting.pop()}/task").iterdir())
        except OSError:
            continue  # it has ended since
        for task in tasks:
            try:
                below = [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
            except OSError:
                continue
            found += below
            waiting += below
    return found


def spinning(pid: int) -> int:
    """Count the processes below one that are children of programs: they have taken all signals."""
    ignoring = 0
    for below in descendants(pid):
        try:
            status = Path(f"/proc/{below}/status").read_text(encoding="utf-8")
        except OSError:
            continue
        mask = int(next(line for line in status.splitlines() if line.startswith("SigIgn")).split()[1], 16)
        ignoring += bool(mask >> (signal.SIGUSR1 - 1) & 1)
    return ignoring


def killed(mode: str, backend: str, directory: Path) -> dict[str, object]:
    """Start a session, kill it once its programs run, and say how many processes were there and which are left."""
    command = [sys.executable, "-m", "pytest", "--refinery-programs=programs", "-p", "no:cacheprovider"]
    output = directory / "output.txt"
    with output.open("wb") as file:
        session = subprocess.Popen(
            [*command, f"--refinery-sandbox={backend}", *MODES[mode]],
            cwd=directory,
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
        )
    wanted = CHILDREN * SPINNING[mode]
    deadline = time.monotonic() + _LAST_RESORT
    while (seen := spinning(session.pid)) < wanted:
        if session.poll() is not None or time.monotonic() > deadline:
            session.kill()
            return {"seen": seen, "left": [], "output": output.read_text(encoding="utf-8", errors="replace")}
        time.sleep(0.02)
    session.kill()
    return {"seen": seen, "left": left()}


def left() -> list[str]:
    """Wait until everything that was adopted has ended; return the command lines of what does not end, and kill it."""
    deadline = time.monotonic() + _LAST_RESORT
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if not pid:
            time.sleep(0.02)
    stubborn: list[str] = []
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):  # it has ended since
            stubborn.append(Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")[:80])
            os.kill(pid, signal.SIGKILL)
    return stubborn


def main(backend: str, directory: Path) -> None:
    """Try each mode."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sys.stdout.write(json.dumps({mode: killed(mode, backend, directory) for mode in MODES}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
