"""Variance components by REML: programs, lists, programs by lists, runs."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Variances of response ~ treatment + (1|program) + (1|list) + (1|program:list), in squared units.

    None where the data can't tell a component from another (``notes``). ``method`` is ``"closed form"`` or
    ``"numerical"``; ``singular`` says that some component is at its bound of zero.
    """

    program: float | None
    list: float | None
    program_list: float | None
    run: float | None
    method: str
    singular: bool
    notes: tuple[str, ...]
