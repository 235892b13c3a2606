"""One measuring session at a time."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._timing.lock import LockError, MachineLock

if TYPE_CHECKING:
    from pathlib import Path

HOLD = (
    "import sys; from pathlib import Path; from refinery_plugin._timing.lock import MachineLock\n"
    "MachineLock(Path(sys.argv[1])).acquire(waiting=print); print('held', flush=True); sys.stdin.read()"
)


def test_a_second_session_waits_and_says_for_whom(tmp_path: Path) -> None:
    """Who waits is told process, file and how to go on untimed, once, and gets the lock when its holder dies."""
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    told: list[str] = []

    def waiting(text: str) -> None:
        told.append(text)
        holder.kill()  # the kernel lets go of a dead holder's lock
        holder.wait()

    lock = MachineLock(path)
    lock.acquire(waiting=waiting)
    lock.release()
    assert len(told) == 1
    assert f"process {holder.pid}" in told[0]
    assert str(path) in told[0]
    assert "--benchmark-disable verifies without timing" in told[0]
    holder.stdin.close()
    holder.stdout.close()


def test_a_lock_can_be_taken_again_after_its_release(tmp_path: Path) -> None:
    """Released, the lock is free at once."""
    for _ in range(2):
        lock = MachineLock(tmp_path / "lock")
        lock.acquire(waiting=pytest.fail)
        lock.release()


def test_who_only_verifies_does_so_beside_others_but_beside_nobody_who_measures(tmp_path: Path) -> None:
    """Two share the lock; who measures waits for both of them, and whoever verifies later for that one."""
    first, second, measuring, later = (MachineLock(tmp_path / "lock") for _ in range(4))
    for lock in (first, second):
        lock.acquire(waiting=pytest.fail, shared=True)
    told: list[str] = []

    def both_end(text: str) -> None:
        told.append(text)
        first.release()
        second.release()

    def measurement_ends(text: str) -> None:
        told.append(text)
        measuring.release()

    measuring.acquire(waiting=both_end)
    later.acquire(waiting=measurement_ends, shared=True)
    later.release()
    assert len(told) == 2
    assert "process" not in told[0]


def test_a_link_in_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    """In a directory that all can write to, a link might lead anywhere."""
    (tmp_path / "target").touch()
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with pytest.raises(LockError, match="cannot open the lock"):
        MachineLock(tmp_path / "lock").acquire(waiting=print)
