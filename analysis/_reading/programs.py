"""The programs of one file as columns: there may be hundreds of thousands, of a few treatments."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Column: TypeAlias = np.ndarray[tuple[int], np.dtype[Any]]

Levels = tuple[tuple[str, str], ...]
"""(factor, level) pairs in the order of the study."""

TEXTS = ("reason", "error_type", "llm", "cut_short")
AMOUNTS = (
    "turns",
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "load_seconds",
    "verify_seconds",
)
"""What an entry of ``refinery.programs`` tells in numbers."""
NUMBERS = (*AMOUNTS, "limit_seconds")


class RawProgram(NamedTuple):
    """One program as one file tells it, before it is a row of columns; ``info`` has the rest of PROGRAM_COLUMNS.

    Programs of one treatment share one and the same ``levels``.
    """

    levels: Levels
    replicate: int
    verdict: str
    sha256: str | None
    info: dict[str, Any]
    where: str
    task: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Columns of equal length, one row per program.

    Attributes
    ----------
    levels : the treatments, by the levels of each; ``treatment`` is an index into them. Two may be the same treatment,
        told in another order of its factors.
    replicate : whole numbers.
    verdict, task : texts; ``task`` is empty where the file has one task.
    sha256 : texts, None where unknown.
    info : TEXTS (None where the file does not tell) and NUMBERS (NaN where it does not).
    where : the entry of the file that tells of each.
    """

    levels: tuple[Levels, ...]
    treatment: Column
    replicate: Column
    verdict: Column
    sha256: Column
    task: Column
    info: dict[str, Column]
    where: Sequence[str]

    @classmethod
    def of(cls, rows: Sequence[RawProgram]) -> Programs:
        """Return the columns of programs that were read one by one."""
        levels = {id(row.levels): row.levels for row in rows}
        place = {key: number for number, key in enumerate(levels)}
        infos = [row.info for row in rows]
        return cls(
            levels=tuple(levels.values()),
            treatment=np.asarray([place[id(row.levels)] for row in rows], dtype=np.intp),
            replicate=np.asarray([row.replicate for row in rows], dtype=np.int64),
            verdict=objects([row.verdict for row in rows]),
            sha256=objects([row.sha256 for row in rows]),
            task=objects([row.task for row in rows]),
            info={
                **{name: objects([info.get(name) for info in infos]) for name in TEXTS},
                **{
                    name: np.asarray([info.get(name, math.nan) for info in infos], dtype=np.float64)
                    for name in NUMBERS
                },
            },
            where=[row.where for row in rows],
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.treatment)

    def __iter__(self) -> Iterator[RawProgram]:
        """Yield them one by one, for files that are joined program by program."""
        infos: Iterator[tuple[Any, ...]] = zip(*(of.tolist() for of in self.info.values()), strict=True)
        for treatment, replicate, verdict, sha256, task, info, where in zip(
            self.treatment.tolist(),
            self.replicate.tolist(),
            self.verdict.tolist(),
            self.sha256.tolist(),
            self.task.tolist(),
            infos,
            self.where,
            strict=True,
        ):
            known = dict(zip(self.info, info, strict=True))
            yield RawProgram(self.levels[treatment], replicate, verdict, sha256, known, where, task)

    def first_of_each(self) -> Iterator[tuple[Levels, str]]:
        """Yield the treatments in the order in which they appear, and the entry that has each first."""
        for row in np.sort(np.unique(self.treatment, return_index=True)[1]).tolist():
            yield self.levels[self.treatment[row]], self.where[row]


def objects(values: Sequence[object]) -> Column:
    """Return an array of texts and None, whatever they look like."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
