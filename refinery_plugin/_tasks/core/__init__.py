"""Small tasks of many kinds, a module each: what a study takes that is not about one problem only."""

from __future__ import annotations

from refinery_plugin._tasks.core import (
    cells,
    cheapest_routes,
    companions,
    coprime_pairs,
    coverage,
    density,
    edit_distance,
    inversions,
    matrix_product,
    repeated_text,
    schedule,
    skyline,
    unfold,
)

__all__ = ["CORE_TASKS"]

CORE_TASKS = tuple(
    module.TASK
    for module in (
        repeated_text,
        coprime_pairs,
        inversions,
        density,
        skyline,
        companions,
        cheapest_routes,
        edit_distance,
        unfold,
        coverage,
        cells,
        matrix_product,
        schedule,
    )
)
