"""Studies of every shape as benchmark JSON on disk, so that tests go through the real reading and analysis."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PILOT: Mapping[str, Sequence[Any]] = {
    "agents": [1, 2, 3],
    "optimization": ["3 iterations", "8 iterations", "60 s", "120 s"],
}
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\x07\ud800\u202e'\"&</svg></style>{{7*7}}"
)
FAILURES = (
    ("wrong_answer", None, "for [3999, 3999, 12345] it returned 8346, expected 0"),
    ("error", "ModuleNotFoundError", "No module named 'fastdigits'"),
    ("error", "ZeroDivisionError", "division by zero in line 12"),
    ("timeout", None, "longer than 3.1 s"),
    ("no_program", None, "the deadline came before the first answer"),
)


def write_study(
    path: Path,
    *,
    factors: Mapping[str, Sequence[Any]] = PILOT,
    replicates: int = 2,
    lists: int = 2,
    runs: int = 2,
    failing: float = 0.15,
    turns: bool = True,
    reference: bool = True,
    costs: bool = True,
    effect: float = 0.0,
    reason: str | None = None,
    seed: int = 7,
) -> Path:
    """Write the results of a made-up study and return ``path``.

    Parameters
    ----------
    failing : share of programs that fail, in the ways of `FAILURES`.
    effect : log seconds between neighbouring levels of the first factor.
    reason : what every failed program says, in place of an ordinary reason.
    """
    random = np.random.default_rng(seed)
    programs: list[dict[str, Any]] = []
    benchmarks: list[dict[str, Any]] = []
    for treatment in itertools.product(*factors.values()):
        levels = dict(zip(factors, treatment, strict=True))
        rank = list(next(iter(factors.values()))).index(treatment[0])
        for replicate in range(1, replicates + 1):
            number = len(programs)
            failed = number < 1 if failing == 1 else random.random() < failing
            failed = failed or failing == 1
            verdict, kind, why = (
                FAILURES[int(random.integers(len(FAILURES)))] if failed else ("correct", None, None)
            )
            turn_count = int(random.integers(2, 7))
            sha = hashlib.sha256(f"{seed}{number // 2 if number > 20 else number}".encode()).hexdigest()
            program: dict[str, Any] = {
                "treatment": levels,
                "replicate": replicate,
                "verdict": verdict,
                "reason": reason if failed and reason is not None else why,
                "error_type": kind,
                "sha256": sha,
                "turns": turn_count,
                "calls": turn_count,
                "model": "gpt-4o",
                "load_seconds": 0.2,
                "verify_seconds": 1.5,
            }
            if costs:
                program |= {
                    "prompt_tokens": 700 * turn_count,
                    "completion_tokens": 400 * turn_count,
                    "cost_usd": 0.006 * turn_count,
                }
            programs.append(program)
            final = float(np.exp(random.normal(-0.2 + effect * rank, 0.5)))
            way = range(1, turn_count + 1) if turns else [turn_count]
            for turn in way if not failed else way[:-1]:
                value = final * float(
                    np.exp((turn_count - turn) * 0.25 + random.normal(0, 0.1) * (turn < turn_count))
                )
                for number_of_list in range(1, lists + 1):
                    times = [value * float(np.exp(random.normal(0, 0.02))) for _ in range(runs)]
                    extra = {
                        "study": "pilot",
                        "task": "digit-sum-difference",
                        "treatment": levels,
                        "replicate": replicate,
                        "list": number_of_list,
                        "list_seed": 1000 + number_of_list,
                        "block": number // 10,
                        "session": "s1",
                        "sha256": sha,
                        "limit_seconds": 6.2,
                        "verdict": "correct",
                        "sandbox": "bwrap",
                        "cpu_seconds": times,
                        "queue_seconds": [0.0] * runs,
                        "revealed_seconds": times,
                        "contaminated": [number == 5] + [False] * (runs - 1),
                    }
                    if turn < turn_count:
                        extra["turn"] = turn
                    benchmarks.append(
                        {"name": f"test_{number}", "stats": {"data": times}, "extra_info": extra}
                    )
    anchor = [
        {"block": block, "session": "s1", "list": listed, "seconds": random.normal(0.31, 0.004, 2).tolist()}
        for block in range(len(programs) // 10 + 1)
        for listed in range(1, lists + 1)
    ]
    study = {
        "name": "pilot",
        "task": "digit-sum-difference",
        "model": "gpt-4o",
        "replicates": replicates,
        "seed": 20250302,
        "factors": {name: list(levels) for name, levels in factors.items()},
    }
    document = {
        "machine_info": {
            "node": "bench-1",
            "system": "Linux",
            "release": "6.1.0",
            "machine": "x86_64",
            "python_implementation": "CPython",
            "python_version": "3.11.9",
            "cpu": {"brand_raw": "Example CPU @ 3.00GHz", "count": 2},
        },
        "commit_info": {"id": "0f3c2a91", "dirty": False, "branch": "main"},
        "datetime": "2026-11-20T10:11:12+00:00",
        "version": "5.3.0",
        "benchmarks": benchmarks,
        "refinery": {
            "schema": 1,
            "study": study,
            "programs": programs,
            "reference": anchor if reference else [],
            "sandbox": "bwrap",
            "versions": {"pytest-refinery": "0.1.0", "hypothesis": "6.140"},
            "verification_seed": 42,
            "prompts": {"first": "Write a function.\n" + "Given a list of 1,000,000 integers ...\n" * 6},
        },
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def write_trajectories(folder: Path, results: Path, *, agents: Mapping[str, int], seed: int = 3) -> Path:
    """Write six judged turns for each program of `write_study`'s results and return ``folder``.

    Parameters
    ----------
    agents : how many take turns at each level of the factor ``team``.
    """
    random = np.random.default_rng(seed)
    folder.mkdir()
    programs = json.loads(results.read_text(encoding="utf-8"))["refinery"]["programs"]
    for number, program in enumerate(programs):
        team = program["treatment"]["team"]
        log, turns = 0.5, []
        for turn in range(1, 7):
            good = random.random() < 0.5 + 0.08 * turn
            log += random.normal(-0.15, 0.2)
            invented = not good and random.random() < 0.4
            feedback = {
                "verdict": "correct" if good else "error" if invented else "wrong_answer",
                "reason": "module 'x' has no attribute 'y'" if invented else None,
                "error_type": "AttributeError" if invented else None,
                "cpu_ratio": None,
                "told": None,
                "ratio": float(np.exp(log)) if good else None,
            }
            turns.append(
                {
                    "turn": turn,
                    "agent": 1 + (turn - 1) % agents[team],
                    "model": "m",
                    "latency_ms": 1200,
                    "prompt_tokens": 700,
                    "completion_tokens": 50,
                    "cost_usd": 0.0001,
                    "remaining_seconds": None,
                    "outcome": "program",
                    "reason": None,
                    "program": f"def f(x):\n    return {random.integers(5)}\n",
                    "feedback": feedback,
                }
            )
        document = {
            "schema": 1,
            "study": "pilot",
            "task": "digit-sum-difference",
            "treatment": program["treatment"],
            "replicate": program["replicate"],
            "settings": {
                "agents": agents[team],
                "optimization": "6 iterations",
                "selection": "last",
                "protocol": "independent" if team == "by themselves" else "rotate",
                "feedback": "time",
            },
            "sha256": None,
            "reason": None,
            "cost_usd": 0.0004,
            "final_turn": 6,
            "turns": turns,
        }
        (folder / f"p{number:03}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder
