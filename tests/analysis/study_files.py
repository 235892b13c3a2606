"""Files of results to try the analysis on: whole ones, small ones, degenerate ones, damaged ones."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

Document = dict[str, Any]

VERDICTS = ("wrong_answer", "error", "timeout", "memory", "no_program", "tampering")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made:
    """What one program of a made study is like."""

    treatment: dict[str, Any]
    replicate: int
    seconds: Sequence[Sequence[float]]  # by list, by run
    verdict: str = "correct"


def benchmark_json(
    programs: Sequence[Made],
    *,
    node: str = "one",
    shared: bool = False,
    reference: bool = True,
    cost: bool = True,
) -> Document:
    """Return a whole document; with ``shared`` the programs are the same on every machine."""
    benchmarks = []
    entries = []
    for program in programs:
        sha = f"{program.treatment}{program.replicate}" + ("" if shared else node)
        known = {"treatment": program.treatment, "replicate": program.replicate, "verdict": program.verdict}
        entries.append({**known, "sha256": sha, "turns": 3, "calls": 3, "cost_usd": 0.01 if cost else None})
        if program.verdict != "correct":
            entries[-1] |= {
                "reason": "it broke",
                "error_type": "NameError" if program.verdict == "error" else None,
            }
            continue
        for number, data in enumerate(program.seconds, start=1):
            extra = {**known, "study": "made", "task": "t", "sha256": sha, "list": number, "block": 1}
            extra |= {"session": "s", "limit_seconds": 60.0, "cpu_seconds": list(data)}
            extra["contaminated"] = [i == 1 for i in range(len(data))]
            name = f"test_time[{sha}-{number}]"
            stats = {"data": list(data), "mean": sum(data) / len(data), "rounds": len(data)}
            benchmarks.append({"name": name, "fullname": name, "extra_info": extra, "stats": stats})
    told = [{"block": 1, "session": "s", "list": n, "seconds": [0.9, 1.1]} for n in (1, 2, 3)]
    return {
        "machine_info": {"node": node},
        "commit_info": {},
        "benchmarks": benchmarks,
        "datetime": "2026-01-01T00:00:00",
        "version": "5.3.1",
        "refinery": {
            "schema": 1,
            "study": {"name": "made"},
            "programs": entries,
            **({"reference": told} if reference else {}),
        },
    }


def small(*, node: str = "one", shared: bool = False) -> Document:
    """Return a 2 x 2 study with two replicates, two lists and two runs."""
    programs = [
        Made(
            treatment={"agents": agents, "optimization": budget},
            replicate=replicate,
            seconds=[
                [agents + 0.1 * replicate + 0.01 * run + len(budget) / 20 for run in range(2)]
                for _ in range(2)
            ],
        )
        for agents, budget, replicate in itertools.product((1, 3), ("3 iterations", "60 s"), (1, 2))
    ]
    return benchmark_json(programs, node=node, shared=shared)


def write(path: Path, document: Document) -> Path:
    """Write a document, also one with values that JSON has no words for."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


# -- strategies

_LEVELS: dict[str, Sequence[Any]] = {
    "agents": (1, 2, 3),
    "optimization": ("3 iterations", "8 iterations", "60 s", "120 s"),
    "temperature": (0.0, 0.7, 1.0),
    "model": ("gpt-4o", "o3-mini"),
    "hints": (True, False),
    "one of a kind": ("only",),
}
_TIMES: tuple[Callable[[float], float], ...] = (
    lambda u: 1.0 + u,
    lambda _: 1.0,  # all alike
    lambda u: 1.0 + round(u),  # ties
    lambda u: 1e-9 * (1 + u),
    lambda u: 1e9 * (1 + u),
    lambda u: 1.0 + 1e-14 * u,  # alike but for rounding
    lambda u: 10 ** (6 * u),
)


@st.composite
def studies(draw: st.DrawFn) -> list[Document]:
    """Draw one or two files of a study: any size from one program up, any share of failures, odd times."""
    names = draw(st.lists(st.sampled_from(sorted(_LEVELS)), min_size=1, max_size=3, unique=True))
    levels = {name: draw(st.integers(1, len(_LEVELS[name]))) for name in names}
    cells = list(itertools.product(*(_LEVELS[name][:count] for name, count in levels.items())))
    time = draw(st.sampled_from(_TIMES))
    lists, runs, most = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    ragged, fails = draw(st.booleans()), draw(st.sampled_from((0.0, 0.3, 1.0)))
    rng = draw(st.randoms(use_true_random=False))
    programs = []
    for cell, replicate in itertools.product(cells, range(1, most + 1)):
        if ragged and rng.random() < 0.3:
            continue
        base = rng.random()
        seconds = [
            [time(0.9 * base + 0.1 * rng.random()) for _ in range(rng.randint(1, runs) if ragged else runs)]
            for _ in range(rng.randint(1, lists) if ragged else lists)
        ]
        verdict = rng.choice(VERDICTS) if rng.random() < fails else "correct"
        treatment = dict(zip(names, cell, strict=True))
        programs.append(Made(treatment=treatment, replicate=replicate, seconds=seconds, verdict=verdict))
    reference, cost, shared = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    nodes = ("one", "two")[: draw(st.integers(1, 2))]
    return [benchmark_json(programs, node=n, shared=shared, reference=reference, cost=cost) for n in nodes]


_ODD: tuple[Any, ...] = (
    None,
    -1,
    0,
    1.5,
    "",
    "x",
    [],
    {},
    True,
    float("nan"),
    float("inf"),
    10**400,
    "\ud800",
    [[]],
)


@st.composite
def damaged(draw: st.DrawFn) -> Document:
    """Draw a small study in which up to three values are gone or have become something else."""
    document = copy.deepcopy(small())
    for _ in range(draw(st.integers(1, 3))):
        paths = list(_paths(document))
        *way, last = draw(st.sampled_from(paths))
        holder: Any = document
        for step in way:
            holder = holder[step]
        if draw(st.booleans()):
            holder[last] = copy.deepcopy(draw(st.sampled_from(_ODD)))
        else:
            del holder[last]
    return document


def _paths(value: object, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*way, key)
        yield from _paths(inner, (*way, key))
