"""How much generation adds to the time that a model takes: three figures, against a server on the loopback.

    python benchmarks/generation.py            all three, about two minutes
    python benchmarks/generation.py replay     one of: small, large, replay

- small: 20 trajectories of 3 turns that take 0.5 s, 20 at once: at most 1.25 times the ideal 1.5 s;
- large: 1,000 trajectories of 3 turns that take 4 s, 200 at once: at least 0.9 of the ideal rate;
- replay: 800 recorded calls play in at most 5 s, first use of the client and writing of programs included.

The server is a process of its own, so that it does not share the interpreter with what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from refinery_plugin._generation.many_trajectories import generate
from refinery_plugin._pytest.progress import Silent
from refinery_plugin._recording.cassette_store import CassetteStore
from refinery_plugin._recording.endpoint import Endpoint, Environment
from refinery_plugin._recording.unrecorded import ReplayOnly
from refinery_plugin._study.toml import load_study
from refinery_plugin._study.units import study_units
from refinery_plugin._tasks import SHIPPED_TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

STUDY = """
name = "benchmark"
task = "digit-sum-difference"
model = "served-model"
replicates = {trajectories}

[factors]
optimization = ["{turns} iterations"]
"""
PROGRAM = (
    "def get_difference(numbers):\n    return 0\n" + 40 * "# a line as long as those of a usual program are\n"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked for: so many trajectories of so many turns of so many seconds, some at once."""

    trajectories: int
    turns: int
    seconds: float
    at_once: int

    @property
    def ideal(self) -> float:
        """Seconds if nothing took time but the model."""
        return self.trajectories * self.turns * self.seconds / self.at_once


def generation(load: Load, directory: Path, target: Endpoint | ReplayOnly) -> float:
    """Generate all trajectories, or replay them; return the seconds."""
    path = directory / "study.toml"
    path.write_text(STUDY.format(trajectories=load.trajectories, turns=load.turns))
    tasks = {task.name: task for task in SHIPPED_TASKS}
    study = load_study(path, tasks)
    units = study_units(study, directory / "programs")

    async def run() -> None:
        store = CassetteStore(directory / "cassettes", target)
        try:
            done = await generate(
                units,
                study=study,
                tasks=tasks,
                line=store,
                concurrency=load.at_once,
                observer=Silent(),
            )
        finally:
            await store.aclose()
        if any(one.trajectory.program is None for one in done):
            raise SystemExit("some trajectory has no program: the figure would mean nothing")

    started = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - started


@contextlib.contextmanager
def served(directory: Path, seconds: float) -> Iterator[Endpoint]:
    """Serve answers that take this long from a process of its own."""
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("a pipe was asked for")
        url = process.stdout.readline().strip()
        (directory / ".env").write_text(f"OPENAI_API_KEY=not-needed\nOPENAI_BASE_URL={url}\n")
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            os.environ.pop(name, None)
        yield Endpoint(Environment(directory))
        process.stdin.close()


def serve(seconds: float) -> None:
    """Serve until standard input ends."""
    from model_server import ModelServer, answer  # noqa: PLC0415 - found through the path above

    with ModelServer(answer(f"```python\n{PROGRAM}```", after=seconds)) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


def live(name: str, load: Load, most: float) -> bool:
    """Measure a live generation against its ideal."""
    with tempfile.TemporaryDirectory() as scratch, served(Path(scratch), load.seconds) as endpoint:
        seconds = generation(load, Path(scratch), endpoint)
    share = seconds / load.ideal
    print(
        f"{name}: {load.trajectories} trajectories of {load.turns} turns of {load.seconds:g} s, {load.at_once} at "
        f"once: {seconds:.2f} s, ideal {load.ideal:.2f} s: {share:.3f} times as long, {1 / share:.3f} of the ideal "
        f"rate (allowed: {most:.3f} times as long)",
        flush=True,
    )
    return share <= most


def replay() -> bool:
    """Measure the replay of 800 calls, 100 trajectories of 8 turns."""
    load = Load(trajectories=100, turns=8, seconds=0.0, at_once=8)
    with tempfile.TemporaryDirectory() as scratch:
        with served(Path(scratch), load.seconds) as endpoint:
            generation(load, Path(scratch), endpoint)
        seconds = generation(load, Path(scratch), ReplayOnly("Nothing is called in a replay"))
    calls = load.trajectories * load.turns
    print(f"replay: {calls} recorded calls in {seconds:.2f} s (allowed: 5 s)", flush=True)
    return seconds <= 5


FIGURES = {
    "small": lambda: live("small", Load(trajectories=20, turns=3, seconds=0.5, at_once=20), 1.25),
    "large": lambda: live("large", Load(trajectories=1000, turns=3, seconds=4.0, at_once=200), 1 / 0.9),
    "replay": replay,
}


def main(arguments: list[str]) -> int:
    """Measure what is asked for; the exit code says whether all figures are as they should be."""
    if arguments[:1] == ["serve"]:
        serve(float(arguments[1]))
        return 0
    passed = [FIGURES[name]() for name in arguments or FIGURES]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
