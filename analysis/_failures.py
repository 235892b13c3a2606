"""Failed programs: how many, of which kind, and what leaving them out would do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassRate:
    """Programs that passed, with Wilson's interval (1 - alpha). ``factor`` is ``"treatment"``, ``"all"`` or a factor."""

    factor: str
    level: str
    programs: int
    passed: int
    rate: float
    ci_low: float
    ci_high: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassTest:
    """Do the pass rates of the treatments differ? ``method`` names the test, in full words."""

    method: str
    p: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Par2:
    """Mean seconds with each failed program counted as twice its time limit, and the omnibus test over treatments.

    ``by_treatment`` has the PAR2 mean of each treatment; ``limit`` says where the limit came from.
    """

    by_treatment: Mapping[str, float]
    penalty: float | None
    limit: str
    f: float | None
    p: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FailureKind:
    """How many programs of a treatment failed in one way; ``invented`` marks names that do not exist.

    ``kind`` is the verdict, with the type of the exception where there was one (``"error: NameError"``).
    """

    treatment: str
    kind: str
    invented: bool
    programs: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """``sentence`` says plainly which way dropping failures moved the answer."""

    failed: int
    rates: tuple[PassRate, ...]
    test: PassTest
    given_success: Mapping[str, float]
    par2: Par2
    kinds: tuple[FailureKind, ...]
    sentence: str
