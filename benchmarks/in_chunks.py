"""Many simulated studies: in chunks, on several processes, going on where a killed run stopped.

A chunk is a number of studies of one scenario with a seed of its own, so counts depend neither on which process does a
chunk nor on the order. Every chunk that is done is a line of JSON in the file that ``--checkpoint`` names; what is
found there is not done again. Such a file belongs to one state of the code: begin another after a change.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import functools
import json
import os
import time
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Scenarios(Protocol):
    """Simulate studies of a scenario, by its number; a function of a module, as other processes look it up."""

    def __call__(self, scenario: int, studies: int, rng: np.random.Generator, /) -> Mapping[str, int]:
        """Return how many of the studies have something, by its name."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What the user wants: studies of each scenario, which scenarios (None: all), and how they are done."""

    studies: int
    chunk: int
    only: tuple[int, ...] | None
    jobs: int
    seed: int
    checkpoint: Path | None
    finished: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counts:
    """What was counted in the studies of a scenario, and the CPU seconds that they took."""

    scenario: int
    studies: int
    found: collections.Counter[str]
    seconds: float

    def rate(self, name: str) -> float:
        """Return the share of studies."""
        return self.found[name] / self.studies


def asked(description: str | None, *, studies: int, scenarios: int, chunk: int = 500) -> Asked:
    """Read the command line; ``studies`` is the default, ``chunk`` how many are done between two lines of the file."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument(
        "--studies", type=int, default=studies, help="of each scenario (default: %(default)s)"
    )
    parser.add_argument(
        "--scenario", type=int, action="append", choices=range(scenarios), help="its number (default: all)"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="processes (default: one a processor)"
    )
    parser.add_argument("--seed", type=int, default=20261126, help="default: %(default)s")
    parser.add_argument("--checkpoint", type=Path, help="file that keeps what is done, and is gone on with")
    parser.add_argument(
        "--finished", action="store_true", help="show what the checkpoint file has, and simulate nothing"
    )
    given = parser.parse_args()
    if given.finished and given.checkpoint is None:
        parser.error("--finished shows what a file has; name it with --checkpoint")
    return Asked(
        studies=given.studies,
        chunk=chunk,
        only=None if given.scenario is None else tuple(given.scenario),
        jobs=max(1, given.jobs),
        seed=given.seed,
        checkpoint=given.checkpoint,
        finished=given.finished,
    )


def counted(run: Scenarios, names: Sequence[str], wanted: Asked) -> Iterator[Counts]:
    """Yield the counts of one scenario after the other, each as soon as all of its studies are done."""
    done = _kept(wanted.checkpoint, wanted.seed)
    of_scenario = {number: names[number] for number in wanted.only or range(len(names))}
    with futures.ProcessPoolExecutor(wanted.jobs) as pool:
        waiting = {} if wanted.finished else _submitted(pool, run, of_scenario, wanted, done)
        for number, name in of_scenario.items():
            for future in futures.as_completed(waiting.pop(number, ())):
                line = future.result()
                line["name"] = name
                done.append(line)
                _keep(wanted.checkpoint, line)
            known = [line for line in done if line["name"] == name]
            if known:
                yield _summed(number, known)


def _submitted(
    pool: futures.Executor,
    run: Scenarios,
    of_scenario: Mapping[int, str],
    wanted: Asked,
    done: Sequence[Mapping[str, Any]],
) -> dict[int, list[futures.Future[dict[str, Any]]]]:
    """Hand out the chunks that are not done yet, in the order of the scenarios."""
    known = {(line["name"], line["chunk"], line["studies"]) for line in done}
    waiting = {}
    for number, name in of_scenario.items():
        starts = range(0, wanted.studies, wanted.chunk)
        chunks = [(chunk, min(wanted.chunk, wanted.studies - start)) for chunk, start in enumerate(starts)]
        waiting[number] = [
            pool.submit(functools.partial(_chunk, run), number, chunk, studies, wanted.seed)
            for chunk, studies in chunks
            if (name, chunk, studies) not in known
        ]
    return waiting


def _chunk(run: Scenarios, scenario: int, chunk: int, studies: int, seed: int) -> dict[str, Any]:
    started = time.process_time()
    # Their number is part of the seed: no study is counted twice where another run asked for fewer.
    found = run(scenario, studies, np.random.default_rng([seed, scenario, chunk, studies]))
    seconds = time.process_time() - started
    return {
        "seed": seed,
        "chunk": chunk,
        "studies": studies,
        "found": dict(found),
        "seconds": round(seconds, 3),
    }


def _kept(path: Path | None, seed: int) -> list[dict[str, Any]]:
    """Return the chunks that a file has; half a line, which a killed run may have left, is cut off."""
    if path is None or not path.exists():
        return []
    *whole, half = path.read_text(encoding="utf-8").split("\n")
    if half:
        path.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
    return [line for line in map(json.loads, whole) if line["seed"] == seed]


def _keep(path: Path | None, line: Mapping[str, Any]) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(line)}\n")


def _summed(scenario: int, lines: Sequence[Mapping[str, Any]]) -> Counts:
    found: collections.Counter[str] = collections.Counter()
    for line in lines:
        found.update(line["found"])
    return Counts(
        scenario=scenario,
        studies=sum(line["studies"] for line in lines),
        found=found,
        seconds=sum(line["seconds"] for line in lines),
    )
