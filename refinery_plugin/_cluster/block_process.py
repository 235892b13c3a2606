"""``python -m refinery_plugin._cluster.block_process``: block, size or check of a worker, in a process of its own.

Its standard input has a line of JSON and the bytes that go with it, and then stays open: where it closes, the worker is
gone, and so is whatever this does for it. What it has to say are lines of JSON.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from refinery_plugin._cluster.machine import describe_machine
from refinery_plugin._errors import RefineryError
from refinery_plugin._sandbox import SandboxError, open_sandbox
from refinery_plugin._study.task import TaskError
from refinery_plugin._timing.document import describe_lists
from refinery_plugin._timing.fingerprint import versions_with
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin._timing.progress import SessionProgress
from refinery_plugin._timing.records import InputsRecord
from refinery_plugin._timing.stretches import Stretches, most_seconds
from refinery_plugin._verification.checker import FIRST_LIMIT, Checker
from refinery_plugin._verification.cores import Cores
from refinery_plugin._verification.inputs import BrokenReferenceError, inputs_sha256
from refinery_plugin._verification.ports import wall_clock
from refinery_plugin._verification.sizing import SizeError, find_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from refinery_plugin._cluster.block_request import BlockRequest
    from refinery_plugin._timing.journal import Record

_CHECK_SECONDS = 120.0
_SIZE_SECONDS = 1800.0
_LONGEST = 2000


class _MemoryJournal:
    """Takes in what a journal would."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def reserve(self) -> None:
        """Memory is there."""

    def append(self, record: Mapping[str, object]) -> None:
        self.records.append(dict(record))

    def close(self) -> None:
        """Nothing is open."""


def check(header: Mapping[str, Any], tell: Callable[..., None]) -> dict[str, object]:
    """See whether programs can be contained here, and return what this worker is."""
    tell(doing="is being looked at", may_take=_CHECK_SECONDS)
    sandbox = open_sandbox(header["sandbox"], packages=tuple(header["packages"]))
    name = sandbox.name
    sandbox.close()
    return {"machine": describe_machine(), "versions": versions_with(header["packages"]), "sandbox": name}


def size_of(request: BlockRequest, tell: Callable[..., None]) -> dict[str, object]:
    """Find the size of a task's inputs on this machine, while nobody else measures.

    Raises
    ------
    SizeError : when there is none.
    """
    _take_lock(tell, shared=False)
    began = time.monotonic()
    tell(doing=f"finds the size of task {request.task.name}", may_take=_SIZE_SECONDS)
    cores = Cores.divided()
    cores.take_place()
    sandbox = open_sandbox(request.sandbox, packages=request.packages)
    try:
        size = find_size(sandbox, request.task, limits=request.limits, cores=cores)
    finally:
        sandbox.close()
    return {"size": size, "machine": describe_machine(), "seconds": time.monotonic() - began}


def _take_lock(tell: Callable[..., None], *, shared: bool) -> None:
    """Take the machine's lock for as long as this process lives."""
    MachineLock().acquire(waiting=lambda text: tell(doing="waits", why=text, may_take=None), shared=shared)


def run_block(request: BlockRequest, tell: Callable[..., None]) -> dict[str, object]:
    """Verify and time the programs of a block, with their reference beside them.

    Raises
    ------
    RefineryError : for a fault that is not a program's.
    """
    timed, lists = request.task.is_timed, len(request.list_seeds)
    # Who only verifies may do so beside others who do, and beside nobody who times.
    _take_lock(tell, shared=not timed)
    began = time.monotonic()

    def may_take(limit: float) -> float:
        return most_seconds(
            lists=lists, runs=request.runs, load_seconds=request.limits.load_seconds, limit=limit
        )

    tell(doing=f"opens task {request.task.name}", may_take=may_take(FIRST_LIMIT))
    cores = Cores.divided() if timed else Cores.everywhere()
    cores.take_place()
    sandbox = open_sandbox(request.sandbox, packages=request.packages)
    with Checker.open(
        sandbox,
        request.task,
        list_seeds=request.list_seeds,
        seed=request.verify_seed,
        limits=request.limits,
        time_factor=request.time_factor,
        cores=cores,
    ) as checker:
        kept, machine = _MemoryJournal(), describe_machine()
        progress = SessionProgress()
        progress.keep_in(kept)
        progress.add(_inputs(request, checker))
        stretches = Stretches(
            session=request.session,
            progress=progress,
            checker_of=lambda _: checker,
            lists=lists,
            runs=request.runs,
            machine=str(machine["name"]),
        )
        for done, (key, source) in enumerate(request.programs):
            tell(done=done, of=len(request.programs), may_take=may_take(checker.bench.pace.limit))
            stretches.time(source, key, task=request.task.name, stretch=request.number, timer=wall_clock)
    return {
        "machine": machine,
        "programs": [key for key, _ in request.programs],
        "seconds": time.monotonic() - began,
        "parts": kept.records,
    }


def _inputs(request: BlockRequest, checker: Checker) -> InputsRecord:
    task = request.task
    sha256 = inputs_sha256(task, list_seeds=request.list_seeds, verify_seed=request.verify_seed)
    lists = describe_lists(checker.inputs.timed, task=task.name)
    return InputsRecord(task=task.name, sha256=sha256, lists=lists, size=task.size)


def main() -> None:
    """Read what is to be done, do it, and tell."""
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # a task's own code may print

    def tell(**message: object) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    header = json.loads(sys.stdin.buffer.readline())
    payload = sys.stdin.buffer.read(header["bytes"])
    threading.Thread(target=_end_with_worker, daemon=True).start()
    tell(**_done(header, payload, tell))


def _done(header: Mapping[str, Any], payload: bytes, tell: Callable[..., None]) -> dict[str, object]:
    try:
        if header["kind"] == "check":
            return {"result": check(header, tell)}
        do = {"block": run_block, "size": size_of}[header["kind"]]
        return {"result": do(pickle.loads(payload), tell)}  # noqa: S301 - from the session that sent it
    except (TaskError, BrokenReferenceError, SizeError) as exc:
        return {"fault": "task", "text": str(exc)}
    except SandboxError as exc:
        return {"fault": "set-up", "text": str(exc)}
    except RefineryError as exc:
        return {"fault": "trouble", "text": str(exc)}
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is to be told
        traceback.print_exc()
        return {"fault": "trouble", "text": f"{type(exc).__name__}: {exc}"[:_LONGEST]}


def _end_with_worker() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
