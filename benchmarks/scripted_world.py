"""How often a report says "different" in a scripted world where treatments make no difference.

Run by hand: ``python benchmarks/scripted_world.py > benchmarks/scripted_world.txt`` (250 studies in each of 8 worlds;
``--checkpoint FILE`` lets a killed run go on). Every study is made as real ones
are: trajectories of a few turns write, mend and break programs (often the very same one), programs pass, fail or run
into the time limit, and those that pass are timed beside a reference on a machine that drifts, in blocks of mixed
order, with runs that are hit by other work. The result is written as benchmark JSON, read, and analysed as a user's
file is. What is varied (agents, budgets) changes nothing that is asked about: in half of the worlds all treatments are
alike in everything; in the other half they spread differently around the same mean of logarithms.

A study counts where any conclusion of its document, first or last, on times, passing, time-outs or trends, is
"different". At most 5.5 % may.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import itertools
import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import in_chunks
import numpy as np
from refinery_analysis import analyse, document, read_results

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 0.055
ANY = "any"
LISTS, RUNS, BLOCK = 2, 2, 10
LIMIT = 20.0
"""Seconds."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class World:
    """What studies vary, programs of each treatment, and whether treatments spread differently."""

    name: str
    agents: tuple[int, ...]
    budgets: tuple[str, ...]
    replicates: int
    spreads: tuple[float, ...] = ()
    skill: float = 0.7


WORLDS = (
    World(name="2 teams of 8", agents=(1, 3), budgets=("3 iterations",), replicates=8),
    World(name="3 teams of 6", agents=(1, 2, 3), budgets=("3 iterations",), replicates=6, skill=0.5),
    World(name="2 x 2 of 4", agents=(1, 3), budgets=("3 iterations", "60 s"), replicates=4),
    World(
        name="3 x 4 of 2",
        agents=(1, 2, 3),
        budgets=("3 iterations", "8 iterations", "60 s", "120 s"),
        replicates=2,
    ),
    World(
        name="2 teams of 10, spread 1 v 0.2",
        agents=(1, 3),
        budgets=("3 iterations",),
        replicates=10,
        spreads=(1.0, 0.2),
    ),
    World(
        name="3 teams of 8, spread 1 : 0.5 : 0.2",
        agents=(1, 2, 3),
        budgets=("3 iterations",),
        replicates=8,
        spreads=(1.0, 0.5, 0.2),
    ),
    World(
        name="2 x 2 of 6, spread 1 v 0.3",
        agents=(1, 3),
        budgets=("3 iterations", "60 s"),
        replicates=6,
        spreads=(1.0, 0.3),
        skill=0.5,
    ),
    World(
        name="2 x 4 of 3, spread 0.8 v 0.3",
        agents=(1, 3),
        budgets=("3 iterations", "8 iterations", "60 s", "120 s"),
        replicates=3,
        spreads=(0.8, 0.3),
    ),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Program:
    """What a trajectory ended with: its text's checksum, what it truly takes (a log), and its verdict."""

    treatment: dict[str, Any]
    replicate: int
    sha256: str
    log_seconds: float
    verdict: str
    turns: int


def generate(world: World, treatment: dict[str, Any], replicate: int, rng: np.random.Generator) -> Program:
    """Let a trajectory write and change programs: a better algorithm, the same again, a mistake, its repair."""
    spread = world.spreads[world.agents.index(treatment["agents"])] if world.spreads else None
    turns = 3
    algorithm, style, right = 0, 0, rng.random() < world.skill
    for _ in range(turns - 1):
        step = rng.random()
        if step < 0.3:
            algorithm = max(algorithm, int(rng.integers(3)))
        elif step < 0.6:
            style = int(rng.integers(4))
        right = rng.random() < (0.95 if right else 0.4 * world.skill)
    if spread is None:
        # Few programs are written again and again; what a program takes depends on its text alone.
        text = f"{algorithm}-{style}"
        log = -0.5 * algorithm + 0.08 * style + 0.5
    else:
        text = f"{treatment}-{replicate}"
        log = 0.5 + spread * float(rng.standard_normal())
    verdict = "correct" if right else ("wrong_answer", "error")[int(rng.integers(2))]
    if right and math.exp(log) > LIMIT:
        verdict = "timeout"
    return Program(
        treatment=treatment,
        replicate=replicate,
        sha256=hashlib.sha256(f"{text} {right}".encode()).hexdigest(),
        log_seconds=log,
        verdict=verdict,
        turns=turns,
    )


def timed(programs: list[Program], rng: np.random.Generator) -> tuple[list[Any], list[Any]]:
    """Time what passed, in blocks of mixed order on a machine that drifts; return benchmarks and the reference."""
    benchmarks, reference = [], []
    passed = [program for program in programs if program.verdict == "correct"]
    block, drift = 0, 0.0
    for where in range(1, LISTS + 1):
        of_list = 0.1 * float(rng.standard_normal())
        order = rng.permutation(len(passed))
        for start in range(0, len(order), BLOCK):
            block, drift = block + 1, 0.9 * drift + 0.02 * float(rng.standard_normal())
            told = {"session": "s", "block": block, "list": where}
            reference.append({**told, "seconds": _runs(of_list + drift, rng)[0], "task": "t"})
            benchmarks += [
                _benchmark(passed[i], told, _runs(passed[i].log_seconds + of_list + drift, rng))
                for i in order[start : start + BLOCK]
            ]
    return benchmarks, reference


def _runs(log: float, rng: np.random.Generator) -> tuple[list[float], list[bool]]:
    """Return the runs of one program on one list, and which of them were hit by other work."""
    hit = rng.random(RUNS) < 0.03
    values = np.exp(log + 0.01 * rng.standard_normal(RUNS) + hit * rng.exponential(0.2, RUNS))
    return values.tolist(), hit.tolist()


def _benchmark(
    program: Program, told: dict[str, Any], runs: tuple[list[float], list[bool]]
) -> dict[str, Any]:
    seconds, hit = runs
    extra = {"treatment": program.treatment, "replicate": program.replicate, "verdict": program.verdict}
    extra |= {"study": "world", "task": "t", "limit_seconds": LIMIT, "contaminated": hit, **told}
    name = f"{program.treatment}-r{program.replicate}-{told['list']}"
    return {
        "name": name,
        "fullname": name,
        "extra_info": extra,
        "stats": {"data": seconds, "mean": sum(seconds) / len(seconds), "rounds": len(seconds)},
    }


def study(world: World, rng: np.random.Generator) -> dict[str, Any]:
    """Return the benchmark JSON of one study in which treatments make no difference."""
    programs = [
        generate(world, {"agents": agents, "optimization": budget}, replicate, rng)
        for agents, budget in itertools.product(world.agents, world.budgets)
        for replicate in range(1, world.replicates + 1)
    ]
    benchmarks, reference = timed(programs, rng)
    entries = [
        {
            "treatment": program.treatment,
            "replicate": program.replicate,
            "verdict": program.verdict,
            "task": "t",
            "sha256": program.sha256,
            "turns": program.turns,
            "reason": None if program.verdict == "correct" else "scripted",
        }
        for program in programs
    ]
    return {
        "machine_info": {"node": "scripted"},
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": "2026-01-01T00:00:00",
        "version": "5.3.1",
        "refinery": {"schema": 1, "study": {"name": "world"}, "programs": entries, "reference": reference},
    }


def false_claims(path: Path) -> list[str]:
    """Analyse a file as users do, and return what its document says to be different."""
    told = document(analyse(read_results([path])))
    return [
        f"{one['question']} ({one['response']})"
        for one in told["conclusions"]
        if one["answer"] == "different"
    ]


def count(scenario: int, studies: int, rng: np.random.Generator) -> Mapping[str, int]:
    """Return how many reports of a world have a false answer (``any``), and how often each was given."""
    found: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.json"
        for _ in range(studies):
            path.write_text(json.dumps(study(WORLDS[scenario], rng)), encoding="utf-8")
            claimed = set(false_claims(path))
            found.update([*claimed, ANY] if claimed else claimed)
    return found


def main() -> int:
    """Print one line a world, and what was claimed; 1 where reports are false too often."""
    wanted = in_chunks.asked(__doc__, studies=250, scenarios=len(WORLDS), chunk=50)
    studies = 0
    found: collections.Counter[str] = collections.Counter()
    print("Studies in which nothing differs; reports with a false answer\n")
    for counts in in_chunks.counted(count, [world.name for world in WORLDS], wanted):
        studies, found = studies + counts.studies, found + counts.found
        print(f"{WORLDS[counts.scenario].name:38}{counts.found[ANY]:5} of {counts.studies:6,}", flush=True)
    share = found[ANY] / max(studies, 1)
    error = math.sqrt(max(share * (1 - share), 1e-9) / max(studies, 1))
    print(f"{'all':38}{found[ANY]:5} of {studies:6,}: {share:.2%} +- {error:.2%} (at most {MOST:.1%})")
    for claim, times in found.most_common():
        if claim != ANY:
            print(f"    {times:4} {claim}")
    return int(share > MOST)


if __name__ == "__main__":
    raise SystemExit(main())
