"""Programs that want too much: memory, processes, files, time."""

# ruff: noqa: E501, PT018, S108 - programs on one line, one check of several steps, paths that must stay free
from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._sandbox import Limits, SandboxError

if TYPE_CHECKING:
    from sandbox_bench import Bench

MIB = 1 << 20
SMALL = Limits(memory_bytes=192 * MIB, processes=24, file_bytes=2 * MIB, tmp_bytes=8 * MIB, load_seconds=5)


def test_one_process_cannot_have_more_memory_than_allowed(bench: Bench) -> None:
    """An allocation above the limit is a MemoryError inside, and the verdict's kind when nobody catches it."""
    outcome = bench.run("def solve():\n    return len(bytearray(400 << 20))\n", limits=SMALL).outcome
    assert outcome.kind == "memory"
    assert "192 MiB" in outcome.reason


@pytest.mark.parametrize(
    "grab",
    [
        pytest.param("keep = bytearray(b'x') * (80 << 20)", id="private"),
        pytest.param("keep = mmap.mmap(-1, 80 << 20); keep[:] = b'x' * len(keep)", id="shared"),
    ],
)
def test_the_limit_is_on_the_whole_tree(bench: Bench, grab: str) -> None:
    """Four processes below the limit each, together above it."""
    source = f"""
import mmap, os, time
def solve():
    for _ in range(4):
        if not os.fork():
            {grab}
            time.sleep(30)
            os._exit(0)
    time.sleep(30)
"""
    outcome = bench.run(source, limits=SMALL, seconds=15).outcome
    assert outcome.kind == "memory"


def test_pages_shared_by_a_pool_count_once(bench: Bench) -> None:
    """Eight forks of a process with 100 MiB are no 900 MiB."""
    source = """
        import os, time
        keep = bytearray(b"x") * (100 << 20)
        def solve():
            children = []
            for _ in range(8):
                pid = os.fork()
                if not pid:
                    time.sleep(0.3)
                    os._exit(0)
                children.append(pid)
            return sum(os.waitpid(pid, 0)[1] for pid in children)
    """
    assert bench.run(source, limits=SMALL).value == 0


@pytest.mark.parametrize(
    "bomb",
    [
        "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()",
        "os.fork() or time.sleep(5)",
    ],
)
def test_processes_and_threads_are_bounded(bench: Bench, bomb: str) -> None:
    """The bomb stops at the limit; the program is told, the machine never notices."""
    source = f"""
import os, threading, time
def solve():
    for n in range(200):
        try:
            {bomb}
        except (OSError, RuntimeError):
            return n
    return 200
"""
    assert 10 <= bench.run(source, limits=SMALL).value < 24  # type: ignore[operator]


def test_a_fork_bomb_is_gone_when_its_run_is(bench: Bench) -> None:
    """Everything that it became ends with ``close``."""
    source = "import os\ndef solve():\n    while True:\n        try:\n            os.fork()\n        except OSError:\n            pass\n"
    with bench.start(source, limits=SMALL) as worker:
        assert not (worker.load() or worker.hand_over((), 5))
        assert worker.go(0.5).kind == "timeout"
        assert worker._tree is not None
        members = [worker._tree.root, *worker._tree.members()]
        worker.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in members)
    assert not _group(members[1])


def _group(leader: int) -> list[str]:
    """List the processes of a process group."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[2] == str(leader):
            found.append(process.name)
    return found


def test_a_hanging_import_is_gone_when_its_run_is(bench: Bench) -> None:
    """Also when the failure was told long before the end."""
    with bench.start("while True: pass") as worker:
        failure = worker.load(0.2)
        assert failure is not None
        assert failure.kind == "timeout"
        assert worker._tree is not None
        leader = worker._tree.worker
        worker.close()
    assert not _group(leader)
    assert not Path(f"/proc/{leader}").exists()


@pytest.mark.parametrize("folder", ["", "/dev/shm/"])
def test_files_are_bounded_in_size_and_sum(bench: Bench, folder: str) -> None:
    """A single file stops at the file limit; many files stop at the size of the private directory."""
    source = f"""
import os
def solve():
    written = 0
    for n in range(64):
        try:
            with open("{folder}f" + str(n), "wb", buffering=0) as file:
                for _ in range(16):
                    written += file.write(bytes(1 << 20))
        except OSError:
            pass
    return written
"""
    result = bench.run(source, limits=SMALL)
    assert result.outcome.kind == "error" or result.value <= 8 * MIB  # type: ignore[operator]


def test_no_core_is_dumped(bench: Bench) -> None:
    """The hard limit is zero."""
    source = "import resource\ndef solve():\n    return sum(resource.getrlimit(resource.RLIMIT_CORE))\n"
    assert bench.call(source) == 0


def test_an_import_that_hangs_costs_its_limit_once(bench: Bench) -> None:
    """The import is bounded, every later call answers at once."""
    started = time.perf_counter()
    with bench.start("while True: pass") as worker:
        assert worker.load(0.3).kind == "timeout"  # type: ignore[union-attr]
        assert worker.hand_over((), 100).kind == "timeout"  # type: ignore[union-attr]
        assert worker.go(100).kind == "timeout"
    assert time.perf_counter() - started < 100


def test_data_that_nobody_reads_holds_nobody(bench: Bench) -> None:
    """A program that stops itself at import cannot make the hand-over hang."""
    source = """
        import os, signal, threading, time
        def stop():
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGSTOP)
        threading.Thread(target=stop).start()
        def solve(numbers):
            return 1
    """
    with bench.start(source) as worker:
        assert worker.load() is None
        time.sleep(0.5)
        outcome = worker.hand_over((list(range(1_000_000)),), 0.5)
        assert outcome is not None
        assert outcome.kind == "timeout"


def test_a_flood_of_output_is_drained_and_clipped(bench: Bench) -> None:
    """Fifty megabytes on each stream neither block the program nor fill us."""
    source = """
        import os
        def solve():
            for _ in range(500):
                os.write(1, b"o" * 100_000)
                os.write(2, b"e" * 99_999 + b"\\n")
            return 1
    """
    result = bench.run(source)
    assert result.value == 1
    assert 0 < len(result.usage.stderr) <= 600


@pytest.mark.parametrize("name", ["memory_bytes", "processes", "file_bytes", "tmp_bytes", "load_seconds"])
@pytest.mark.parametrize("value", [0, -1, True, "1"])
def test_limits_must_make_sense(name: str, value: object) -> None:
    """A nonsensical limit is named."""
    with pytest.raises(SandboxError, match=name):
        Limits(**{name: value})  # type: ignore[arg-type]
