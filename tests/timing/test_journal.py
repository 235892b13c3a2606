"""The journal: nothing that was finished is lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refinery_plugin._timing import journal
from refinery_plugin._timing.journal import DiskFullError, Journal, JournalError, latest, read

if TYPE_CHECKING:
    from pathlib import Path


def written(directory: Path, count: int) -> Path:
    journal = Journal.create(directory, {"study_name": "s"})
    for number in range(count):
        journal.reserve()
        journal.append({"kind": "run", "number": number})
    journal.close()
    return journal.path


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_record(tmp_path: Path, data: st.DataObject) -> None:
    """A power cut may leave half a line, and NUL bytes where room was set aside."""
    path = written(tmp_path / str(data.draw(st.integers(0, 2**60))), 5)
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut] + b"\0" * data.draw(st.integers(0, 50)))
    past = read(path)
    lines = content[:cut].count(b"\n")
    if lines == 0:
        assert past is None
        return
    assert past is not None
    assert [record["number"] for record in past.records] == list(range(lines - 1))
    again = Journal.reopen(past)
    again.append({"kind": "run", "number": "new"})
    again.close()
    reread = read(path)
    assert reread is not None
    assert [record["number"] for record in reread.records] == [*range(lines - 1), "new"]


def test_parts_of_a_study_may_share_a_folder(tmp_path: Path) -> None:
    """Each goes on with its own journal, and removes old ones of its own alone."""
    for number in (1, 2):
        header = {"study_name": "s", "shard": [number, 2]}
        Journal.create(tmp_path, header, part=f"-part{number}of2").close()
    whole = written(tmp_path, 1)
    for number in (1, 2):
        past = latest(tmp_path, about={"study_name": "s", "shard": [number, 2]})
        assert past is not None
        assert past.header["shard"] == [number, 2]
    found = latest(tmp_path, about={"study_name": "s", "shard": None})
    assert found is not None
    assert found.path == whole
    for _ in range(25):
        Journal.create(tmp_path, {}, part="-part3of3").close()
    assert len(list(tmp_path.glob("*-part3of3.jsonl"))) == 21
    assert len(list(tmp_path.glob("*.jsonl"))) == 24
    for _ in range(25):
        Journal.create(tmp_path, {}).close()
    assert len(list(tmp_path.glob("*-part?of?.jsonl"))) == 23


def test_a_killed_writer_leaves_a_journal_that_can_be_read(tmp_path: Path) -> None:
    """After SIGKILL every record that was told is there, and at most one more."""
    code = (
        "import sys; from pathlib import Path; from refinery_plugin._timing.journal import Journal\n"
        "j = Journal.create(Path(sys.argv[1]), {})\n"
        "for n in range(10**9):\n    j.reserve(); j.append({'n': n}); print(n, flush=True)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(200)]
    writer.send_signal(signal.SIGKILL)
    told += writer.stdout.readlines()
    writer.wait()
    (path,) = tmp_path.glob("*.jsonl")
    past = read(path)
    assert past is not None
    assert len(past.records) - len(told) in (0, 1)


def test_a_full_disk_is_told_before_a_run_and_costs_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the kernel answers when there is no room; the record after it still has its place."""
    journal = Journal.create(tmp_path, {})
    journal.reserve()

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    journal.append({"kept": "x" * 100})
    for _ in range(100):
        journal.append({"kept": "x" * 1000})
    with pytest.raises(DiskFullError, match="--refinery-resume"):
        journal.reserve()
    journal.close()
    past = read(journal.path)
    assert past is not None
    assert len(past.records) == 101


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """A line that can't be read in the middle of a journal is an error with its number."""
    path = written(tmp_path, 2)
    path.write_bytes(path.read_bytes().replace(b'"number":0', b'"number":'))
    with pytest.raises(JournalError, match="line 2"):
        read(path)


def test_the_newest_journal_of_the_same_study_is_found(tmp_path: Path) -> None:
    """The latest journal is chosen by study, and there is None for another or in no folder."""
    paths = [written(tmp_path, number) for number in (1, 2)]
    newest = latest(tmp_path, about={"study_name": "s"})
    assert newest is not None
    assert newest.path == max(paths)
    assert latest(tmp_path, about={"study_name": "other"}) is None
    assert latest(tmp_path / "none", about={}) is None


def test_old_journals_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new journal leaves only the newest few beside it."""
    monkeypatch.setattr(journal, "_KEPT", 3)
    for _ in range(8):
        written(tmp_path, 1)
    assert len(list(tmp_path.glob("*.jsonl"))) == 4
