"""Which times are upper bounds: what ran no longer than the instrument can tell."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .._reading.frames import Results
    from .sample import Sample

_HARDLY_MORE = 1.05
"""Within so much of the resolution a time cannot be told from it: as the plugin's own tables say it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What only says "at most", since half of its runs, or of its programs, took no longer than can be told.

    Attributes
    ----------
    programs, treatments : names and labels.
    seconds : the largest resolution of these programs' runs; None where there are none.
    """

    programs: frozenset[str]
    treatments: frozenset[str]
    seconds: float | None


def bounds(results: Results, sample: Sample) -> Bounds:
    """Return the programs, and the treatments, whose times are upper bounds.

    A file that tells no resolution has none.
    """
    runs = results.runs
    resolution = runs["resolution_seconds"].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        short = runs["seconds"].to_numpy(dtype=np.float64) <= _HARDLY_MORE * resolution
    if not short.any():
        return Bounds(programs=frozenset(), treatments=frozenset(), seconds=None)
    number = runs["program"].cat.codes.to_numpy()
    size = len(results.programs)
    bound_runs = np.bincount(number, short, size)
    of_program = (2 * bound_runs >= np.bincount(number, minlength=size)) & (bound_runs > 0)
    names = frozenset(results.programs["program"].to_numpy()[of_program])
    bounded = 2 * np.bincount(sample.cell, of_program[sample.rows], len(sample.treatments)) >= sample.counts
    return Bounds(
        programs=names,
        treatments=frozenset(
            treatment.label
            for treatment, bound, count in zip(sample.treatments, bounded, sample.counts, strict=True)
            if bound and count
        ),
        seconds=float(np.nanmax(resolution[short & of_program[number]], initial=0.0)) or None,
    )
