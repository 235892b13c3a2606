"""Whole studies of normal programs, tested by the project's own tests: what powers and levels are checked against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from refinery_analysis._inference.registry import COMPARING
from refinery_analysis._inference.rowwise import DataSets, contrast_test

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

SEED = 20250302


def experiments(
    counts: Sequence[int],
    *,
    sigma: float,
    means: Sequence[float] | None = None,
    contrasts: Mapping[str, npt.NDArray[np.float64]] | None = None,
    simulations: int = 10_000,
    seed: int = SEED,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return p values, shape (simulations,), of every test that can be done, and of Student's t of the contrasts.

    Parameters
    ----------
    counts : programs per treatment, shape (k,), none zero.
    sigma : SD between programs of one treatment.
    means : of the treatments, shape (k,); all equal by default.
    contrasts : weights (k,) by name.
    simulations, seed : how many studies, and where their random numbers start.
    """
    n = np.asarray(counts, dtype=np.intp)
    centre = np.repeat(np.zeros(n.size) if means is None else np.asarray(means, dtype=np.float64), n)
    rng = np.random.default_rng(seed)
    data = DataSets(counts=n, y=centre + sigma * rng.standard_normal((simulations, centre.size)))
    p = {test.name: test.figures(data).p for test in COMPARING if test.impossible(n) is None}
    return {**p, **{name: contrast_test(data, weights) for name, weights in (contrasts or {}).items()}}
