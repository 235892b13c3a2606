"""How long a program might have run: time limits, of programs too whose own is not on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from .._arrays import Floats, Integers


def time_limits(programs: pd.DataFrame) -> Floats:
    """Return the time limit of each program in seconds; NaN for all where none is on record.

    A program that failed may never have been timed, and has no limit of its own then. Each task has its limits on each
    machine: it had at least the smallest one that is known there, else of its task, else of all.
    """
    limits = programs["limit_seconds"].to_numpy(dtype=np.float64)
    task, machine = (programs[name].factorize(use_na_sentinel=False)[0] for name in ("task", "machine"))
    for group in (task * (int(machine.max(initial=0)) + 1) + machine, task, np.zeros_like(task)):
        limits = _filled(limits, group)
    return limits


def _filled(limits: Floats, group: Integers) -> Floats:
    """Put the smallest limit of its group where there is none."""
    known = np.isfinite(limits)
    least = np.full(int(group.max(initial=0)) + 1, np.inf)
    np.minimum.at(least, group[known], limits[known])
    of_group = least[group]
    return np.where(known, limits, np.where(np.isfinite(of_group), of_group, np.nan))
