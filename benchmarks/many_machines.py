"""What many machines gain, and where they gain no more: three figures, on this machine.

    python benchmarks/many_machines.py halve              200 pass-only programs on one and on two "machines"
    python benchmarks/many_machines.py kill               a worker is killed every 5 s for a minute
    python benchmarks/many_machines.py simulate           100 workers, 100,000 programs: where it stops scaling

- halve: two workers with locks of their own halve the wall time of the verification, within 20 %. Two processors are
  needed. Told is the session's own time from the first worker to the last result, as the ratio of one to two;
- kill: nothing is lost and nothing is there twice, whatever dies in the middle of a block;
- simulate: the dispatcher itself, the making of what is sent and the keeping of what comes back are run and timed;
  what workers do takes the times of RESULTS (``--results``, a benchmark file), or else ten seconds a program. The
  scheduler of Dask is measured on its own, with blocks that do nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import heapq
import importlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from small_tasks import DOUBLE

from refinery_plugin._cluster.block_request import BlockRequest, pickled
from refinery_plugin._cluster.blocks import Block, blocks_of
from refinery_plugin._cluster.dask_engine import DaskEngine
from refinery_plugin._cluster.dispatch import Dispatcher, DispatchPlan
from refinery_plugin._cluster.ports import Note, Seen, Work, WorkResult
from refinery_plugin._sandbox import Limits
from refinery_plugin._timing.journal import Journal
from refinery_plugin._timing.session import Outstanding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from refinery_plugin._cluster.ports import Event

CONFTEST = """
from refinery_plugin import Task

def pytest_refinery_tasks():
    return [Task(
        name="triple", prompt="Triple a number.", signature="def triple(number: int) -> int", result_type=int,
        reference="def triple(number):\\n    return 3 * number\\n", examples=[((n,), 3 * n) for n in range(8)],
    )]
"""
STUDY = """
[tool.refinery]
name = "many"
task = "triple"
replicates = {replicates}
[tool.refinery.factors]
agents = [1, 2]
"""
PROGRAM = "def triple(number):\n    return 3 * number  # {number}\n"
SLOW = "import time\n\n\ndef triple(number):\n    time.sleep(0.05)\n    return 3 * number  # {number}\n"
SUITE = Path(__file__).resolve().parents[1] / "tests" / "test_generated" / "test_programs.py"


_AT_ONCE = 20
"""Workers of the scheduler that is measured: more would wait for each other here. Its list grows with their number."""


class Lab:
    """A study of pass-only programs, a scheduler, and workers that count as machines: each has a lock of its own."""

    def __init__(self, root: Path, programs: int, source: str) -> None:
        self.root = root
        (root / "programs").mkdir()
        (root / "conftest.py").write_text(CONFTEST)
        (root / "pyproject.toml").write_text(STUDY.format(replicates=-(-programs // 2)))
        (root / "test_programs.py").write_text(SUITE.read_text())
        for number in range(programs):
            path = root / "programs" / f"{number % 2 + 1}_{number // 2 + 1}.py"
            path.write_text(source.format(number=number))
        self._scheduler = root / "scheduler.json"
        self._started = contextlib.ExitStack()
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._start("scheduler", "--port", "0", "--host", "127.0.0.1", where=self.root / "scheduler")
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()

    def add_worker(self) -> None:
        """Start a worker on a machine of its own."""
        name = f"machine{len(self.workers) + 1}"
        options = ("--nthreads", "1", "--no-nanny", "--resources", "timing=1", "--name", name)
        self.workers.append(self._start("worker", *options, where=self.root / name))

    def _start(self, what: str, *options: str, where: Path) -> subprocess.Popen[bytes]:
        where.mkdir()
        with (where / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", f"distributed.cli.dask_{what}", *options, "--no-dashboard"),
                    *("--scheduler-file", str(self._scheduler)),
                ],
                env={**os.environ, "TMPDIR": str(where), "REFINERY_MACHINE": where.name},
                stdout=log,
                stderr=log,
            )
        self._started.callback(process.wait)
        self._started.callback(process.kill)
        return process

    def session(self) -> subprocess.Popen[str]:
        """Begin a session of all programs."""
        while not self._scheduler.exists():
            time.sleep(0.1)
        address = json.loads(self._scheduler.read_text())["address"]
        options = ("--benchmark-only", "--refinery-programs=programs", "--benchmark-json=out.json")
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, f"--refinery-cluster={address}"],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def refinery(self) -> Any:  # noqa: ANN401 - JSON
        """Return what the session's file tells."""
        return json.loads((self.root / "out.json").read_text())["refinery"]


def halve(programs: int) -> None:
    """Time the same programs on one machine and on two."""
    seconds: dict[int, list[float]] = {}
    for machines in (1, 2, 1, 2):
        with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), programs, PROGRAM) as lab:
            for _ in range(machines):
                lab.add_worker()
            time.sleep(5)  # they are there before the session is, as those of a cluster are
            began = ended = time.perf_counter()
            with lab.session() as session:
                for line in session.stdout or ():
                    if "is on machine" in line and began == ended:
                        began = time.perf_counter()
                    if "test_programs.py" in line:
                        break
                ended = time.perf_counter()
                session.communicate()
            judged = lab.refinery()["programs"]
            good = sum(entry["verdict"] == "correct" for entry in judged)
            seconds.setdefault(machines, []).append(ended - began)
            print(f"{machines} machine(s): {good} of {programs} correct in {ended - began:.1f} s", flush=True)
    ratio = min(seconds[1]) / min(seconds[2])
    print(f"one / two: {ratio:.2f} (2 is the ideal; at least 1.67 is asked for)")


def kill(programs: int, every: float, during: float) -> None:
    """Kill a worker now and then, and start another in its place."""
    with tempfile.TemporaryDirectory() as folder, Lab(Path(folder), programs, SLOW) as lab:
        for _ in range(2):
            lab.add_worker()
        time.sleep(3)
        killed, began = 0, time.monotonic()
        with lab.session() as session, (Path(folder) / "said").open("w") as said:
            reader = subprocess.Popen(["cat"], stdin=session.stdout, stdout=said)
            while session.poll() is None and time.monotonic() - began < during:
                time.sleep(every)
                lab.workers[killed].kill()
                killed += 1
                lab.add_worker()
            session.wait()
            reader.wait()
        text = (Path(folder) / "said").read_text()
        refinery = lab.refinery()
    correct = sum(entry["verdict"] == "correct" for entry in refinery["programs"])
    ids = {entry["file"] for entry in refinery["programs"]}
    in_blocks = sum(block["programs"] for block in refinery["blocks"])
    print(
        f"{killed} workers killed; exit code {session.returncode}; {text.count('done again')} blocks done again"
    )
    print(
        f"{programs} programs: {len(refinery['programs'])} in the file, {len(ids)} different, {correct} correct, "
        f"{in_blocks} in blocks"
    )
    if not programs == len(refinery["programs"]) == len(ids) == correct == in_blocks:
        raise SystemExit("something was lost or is there twice")


class Virtual:
    """Time that jumps to the next event, plus what was really spent meanwhile."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        """Return the seconds since some moment."""
        return self.skipped + time.perf_counter()


@dataclasses.dataclass
class SimulatedEngine:
    """Workers that take recorded times for a block, and tell of each program as real ones do."""

    clock: Virtual
    count: int
    scheduler: Scheduler
    seconds: Iterator[float]
    result: Mapping[str, Any]
    queue: list[tuple[float, int, Event]] = dataclasses.field(default_factory=list)
    numbers: Iterator[int] = dataclasses.field(default_factory=itertools.count)
    worked: float = 0.0
    given: int = 0
    listed: int = 0

    def __post_init__(self) -> None:
        self._seen = {f"tcp://worker{number}": Seen(name=f"worker{number}") for number in range(self.count)}

    def workers(self) -> Mapping[str, Seen]:
        """Return them all; it takes as long as the scheduler's list does."""
        self.listed += 1
        self.clock.skipped += self.scheduler.listing
        return self._seen

    def start(self, worker: str, work: Work, ticket: str) -> None:
        """Take note of when a block will have been done, and of what is told meanwhile."""
        del worker
        self.clock.skipped += self.scheduler.block
        now = self.clock()
        if work.header["kind"] == "check":
            shown = {"machine": {"name": "m"}, "sandbox": "bwrap", "versions": {}}
            self._at(now + 1.0, WorkResult(ticket=ticket, value={"result": shown}))
            return
        names = work.header["programs"]
        self.given += len(work.payload)
        for done in range(len(names)):
            self._at(now, Note(ticket=ticket, what={"done": done, "of": len(names)}))
            took = next(self.seconds)
            self.worked += took
            now += took
        result = {**self.result, "programs": names, "seconds": now - self.clock()}
        self._at(now, WorkResult(ticket=ticket, value={"result": result}))

    def _at(self, when: float, event: Event) -> None:
        heapq.heappush(self.queue, (when, next(self.numbers), event))

    def events(self, seconds: float) -> Sequence[Event]:
        """Jump to what happens next."""
        idle = max(0.0, self.queue[0][0] - self.clock())
        self.listed += int(idle / seconds)  # looks around that find nothing new
        self.clock.skipped += idle
        found = []
        now = self.clock()
        while self.queue and self.queue[0][0] <= now:
            found.append(heapq.heappop(self.queue)[2])
        return found

    def drop(self, ticket: str) -> None:
        """Nothing is ever lost here."""

    def close(self) -> None:
        """Nothing is open."""


def simulate(workers: int, programs: int, results: Path | None) -> None:
    """Have a study of so many programs dispatched to so many workers, and say what it would have taken."""
    times = _recorded(results)
    print(
        f"{len(times)} recorded programs with {statistics.fmean(times):.1f} s each with their reference (mean); "
        f"study of {programs} programs"
    )
    measured = _scheduler(_AT_ONCE)
    print(
        f"Dask's scheduler with {_AT_ONCE} workers, all on this machine: {1000 * measured.listing:.1f} ms to list "
        f"them, {1000 * measured.block:.1f} ms for a block that does nothing"
    )
    print("workers  hours  ideal  efficiency  busy here  ms a block to make and keep")
    for count in (workers, 4 * workers, 16 * workers):
        each = Scheduler(listing=measured.listing * count / _AT_ONCE, block=measured.block)
        print(_simulated(count, programs, times, each), flush=True)


def _recorded(results: Path | None) -> list[float]:
    if results is None:
        return [10.0]
    refinery = json.loads(results.read_text())["refinery"]
    found = [
        block["seconds"] / block["programs"] for block in refinery.get("blocks", ()) if block.get("seconds")
    ]
    if not found:
        raise SystemExit(f"{results}: no blocks; make it with --refinery-cluster")
    return found


def _simulated(count: int, programs: int, times: Sequence[float], scheduler: Scheduler) -> str:
    outstanding = [
        Outstanding(task="double-all", key=f"p{number}", source=b"x" * 2000) for number in range(programs)
    ]
    blocks = blocks_of(outstanding, is_timed=lambda _: True)
    clock = Virtual()
    # A result as a worker sends it, of about the size that ten timed programs have.
    part = {
        "kind": "run",
        "program": "p" * 64,
        "run": {"list": 1, "seconds": [0.1] * 4, "waiting": {"seconds": 0.0}},
    }
    engine = SimulatedEngine(
        clock=clock,
        count=count,
        scheduler=scheduler,
        seconds=itertools.cycle(times),
        result={"parts": [part] * 60, "machine": {"name": "m"}},
    )
    spent = 0.0
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.create(Path(folder), {})

        def request(block: Block, number: int) -> Work:
            nonlocal spent
            began = time.perf_counter()
            wanted = BlockRequest(
                number=number,
                session="s",
                task=DOUBLE,
                programs=tuple((one.key, one.source) for one in block.programs),
                list_seeds=(1, 2),
                verify_seed=1,
                runs=2,
                limits=Limits(),
                time_factor=10,
                sandbox="auto",
                packages=("numpy",),
            )
            payload = pickled(wanted)
            spent += time.perf_counter() - began
            names = tuple(one.key for one in block.programs)
            return Work(header={"kind": "block", "programs": names}, payload=payload)

        def take(block: Block, number: int, worker: str, result: Mapping[str, Any]) -> str:
            nonlocal spent
            del block, number, worker
            began = time.perf_counter()
            journal.reserve()
            journal.append(result)
            spent += time.perf_counter() - began
            return ""

        plan = DispatchPlan(
            blocks=blocks,
            check=Work(header={"kind": "check"}),
            request=request,
            admit=lambda _: "",
            take=take,
            say=lambda _: None,
        )
        began, real = clock(), time.perf_counter()
        Dispatcher(engine, plan, clock=clock).run()
        took, busy = clock() - began, time.perf_counter() - real
        busy += engine.listed * scheduler.listing
        journal.close()
    ideal = engine.worked / count
    return (
        f"{count:7}  {took / 3600:5.1f}  {ideal / 3600:5.1f}  {ideal / took:10.2f}  {busy / took:9.1%}  "
        f"{1000 * spent / len(blocks):.2f}, {engine.given / len(blocks) / 1024:.1f} KiB sent"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scheduler:
    """What Dask itself takes, in seconds: for a list of its workers, and for a block that does nothing."""

    listing: float
    block: float


def _scheduler(workers: int, blocks: int = 300) -> Scheduler:
    """Measure a real scheduler whose workers are threads of this process."""
    distributed: Any = importlib.import_module("distributed")
    with distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=50
    ) as cluster:
        engine = DaskEngine(distributed.Client(cluster, set_as_default=False))
        addresses = list(engine.workers())
        began = time.perf_counter()
        for _ in range(20):
            engine.workers()
        listing = (time.perf_counter() - began) / 20
        client = distributed.Client(cluster, set_as_default=False)
        began = time.perf_counter()
        futures = [
            client.submit(len, bytes(5000 + number), workers=[addresses[number % workers]], pure=False)
            for number in range(blocks)
        ]
        client.gather(futures)
        block = (time.perf_counter() - began) / blocks
        client.close()
        engine.close()
    return Scheduler(listing=listing, block=block)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["halve", "kill", "simulate"])
    parser.add_argument("--programs", type=int)
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills")
    parser.add_argument("--during", type=float, default=60.0, help="seconds in which workers are killed")
    parser.add_argument("--results", type=Path, help="benchmark file of a session with --refinery-cluster")
    given = parser.parse_args()
    if given.what == "halve":
        halve(given.programs or 200)
    elif given.what == "kill":
        kill(given.programs or 1000, given.every, given.during)
    else:
        simulate(given.workers, given.programs or 100_000, given.results)


if __name__ == "__main__":
    main()
