"""What the examination of one program consists of, step by step: each is a value, finished when it is told."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

from refinery_plugin._verification.run_usage import NO_WAITING, RunFigures, Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._verification.verdict import Judgement


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShortInputsJudged:
    """All short inputs were tried, or those up to the first that is wrong."""

    judgement: Judgement
    waiting: Waiting


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HiddenListPassed:
    """The answer to a verification list, counted from 0, was right."""

    index: int
    waiting: Waiting


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunAhead:
    """The next that happens is a timed run on a list: whoever wants something timed beside it does it now."""

    number: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunPassed:
    """The answer to a timed list, numbered from 1, was right; ``limit`` seconds were allowed."""

    number: int
    limit: float
    figures: RunFigures
    waiting: Waiting


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The verdict, always the last step; ``waiting`` is of the run that was wrong, if one was."""

    judgement: Judgement
    waiting: Waiting = NO_WAITING


Step: TypeAlias = ShortInputsJudged | HiddenListPassed | RunAhead | RunPassed | Decided


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What need not be done again, since an earlier session did it.

    Parameters
    ----------
    short : what came of the short inputs.
    hidden : verification lists that were passed.
    runs : how many runs on each timed list were passed.
    """

    short: Judgement | None = None
    hidden: frozenset[int] = frozenset()
    runs: Mapping[int, int] = dataclasses.field(default_factory=dict)
