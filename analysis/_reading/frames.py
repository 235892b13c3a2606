"""The tidy frames: one row per run, one row per program, failed programs included."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .programs import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

RUN_COLUMNS = (
    "program",
    "machine",
    "session",
    "block",
    "list",
    "run",
    "seconds",
    "cpu_seconds",
    "reference_seconds",
    "queue_seconds",
    "revealed_seconds",
    "resolution_seconds",
    "contaminated",
    "passed",
)
"""Columns of ``Results.runs`` beside the factors; what a file does not tell is NaN."""

PROGRAM_COLUMNS = (
    "program",
    "task",
    "treatment",
    "replicate",
    "machine",
    "passed",
    "verdict",
    "reason",
    "error_type",
    "sha256",
    "llm",
    *NUMBERS,
    "cut_short",
    "file",
)
"""Columns of ``Results.programs`` beside the factors; what a file does not tell is NaN or None."""

RESERVED = frozenset({*RUN_COLUMNS, *PROGRAM_COLUMNS, "turn"})
"""Names that no factor may have, since they are columns of the frames."""


@dataclasses.dataclass(frozen=True, slots=True)
class TurnVerdict:
    """What verification found of the program of one turn."""

    verdict: str
    reason: str | None
    error_type: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where some of the results come from, and how they were made.

    Attributes
    ----------
    file : as it was named to us.
    kind : ``"json"`` or ``"csv"``.
    machine : a name that is unique among machines (node, CPU), or the file's name where nothing is known.
    machine_info, commit_info : pytest-benchmark's own records, empty for CSV.
    datetime, version : of the recording and of pytest-benchmark, empty where unknown.
    study : the study as the file keeps it (model, seed, ...), empty where it keeps its name only.
    refinery : everything else of the top-level ``refinery`` object but programs and reference
        (sandbox, versions, sessions, seeds).
    """

    file: str
    kind: str
    machine: str
    machine_info: Mapping[str, Any]
    commit_info: Mapping[str, Any]
    datetime: str
    version: str
    study: Mapping[str, Any]
    refinery: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything that was read from the files of one study.

    Attributes
    ----------
    study, task : names; empty where unknown (CSV), ``task`` also where there are several.
    tasks : names of the tasks that have programs, in the study's order; at most one where nothing tells several apart.
    factors : levels (always text) of each factor in their natural order. The pilot's derived factors ``type`` and
        ``level`` are in here too, after the study's own, and named in ``derived``.
    derived : names of the derived factors.
    runs : one row per timed run of a final program, RUN_COLUMNS and one categorical column per factor;
        ``program`` links to ``programs``.
    programs : one row per program, failed ones included; PROGRAM_COLUMNS and one categorical column per factor.
        ``machine`` is None for programs that were timed on several.
    reference : one row per run of a reference: machine, session, task, block, list, run, seconds.
    turns : one row per run of an intermediate program: program, turn, machine, list, run, seconds, passed.
    turn_verdicts : what verification found of intermediate programs, by program and turn; who failed has no run.
    machines : names; more than one makes the machine a block.
    crossed : the same programs were timed on several machines (then a program's value is its mean over them).
    sources : one per file.
    notes : what a reader must know of the reading (for example columns that were not used).
    """

    study: str
    task: str
    factors: Mapping[str, tuple[str, ...]]
    derived: tuple[str, ...]
    runs: pd.DataFrame
    programs: pd.DataFrame
    reference: pd.DataFrame
    turns: pd.DataFrame
    machines: tuple[str, ...]
    crossed: bool
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    tasks: tuple[str, ...] = ()
    turn_verdicts: Mapping[tuple[str, int], TurnVerdict] = dataclasses.field(default_factory=dict)
