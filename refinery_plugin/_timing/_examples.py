"""Draw short inputs with Hypothesis, and shrink one that shows a fault."""

from __future__ import annotations

import functools
import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis import settings
    from hypothesis.strategies import SearchStrategy

    from refinery_plugin._task import Arguments
    from refinery_plugin._timing._verdict import Judgement

EXAMPLES = 60
"""Inputs drawn for a session."""
_MOST_CALLS = 400
"""Calls of the program that shrinking may cost."""
_READABLE = 200
"""Characters of an input that a reason shows in full with ease."""


def draw(strategy: SearchStrategy[Arguments], *, seed: int) -> list[Arguments]:
    """Return the inputs that a seed stands for, each once."""
    drawn: dict[str, Arguments] = {}

    def collect(arguments: Arguments) -> None:
        drawn.setdefault(repr(arguments), arguments)

    _explore(strategy, collect, seed=seed, examples=EXAMPLES, shrink=False)
    return list(drawn.values())


class _WrongError(Exception):
    """Tells Hypothesis that an input shows the fault."""


def smallest(
    strategy: SearchStrategy[Arguments],
    check: Callable[[Arguments], Judgement],
    *,
    seed: int,
    like: Judgement,
    seconds: float,
) -> Judgement:
    """Return the judgement of the smallest input that shows the same kind of fault as ``like``.

    Readable inputs are searched first: a fault first seen on a long one is often on a short one too, where shrinking
    alone might not lead. Answers are remembered, so that a program which answers at random does not lead the
    search astray; once the calls or seconds are spent, inputs not seen yet count as correct.
    """
    known: dict[str, Judgement | None] = {}
    found: list[Judgement] = []
    deadline = time.monotonic() + seconds

    def probe(arguments: Arguments, *, longest: float) -> None:
        key = repr(arguments)
        if len(key) > longest:
            return
        if key not in known:
            spent = len(known) >= _MOST_CALLS or time.monotonic() > deadline
            known[key] = None if spent else check(arguments)
        judgement = known[key]
        if judgement is not None and (judgement.verdict, judgement.error_type) == (
            like.verdict,
            like.error_type,
        ):
            found.append(judgement)
            raise _WrongError

    for longest, examples in ((_READABLE, 4 * EXAMPLES), (math.inf, EXAMPLES)):
        try:
            # The same seed and number of examples draw the same inputs as the session's.
            test = functools.partial(probe, longest=longest)
            _explore(strategy, test, seed=seed, examples=examples, shrink=True)
        except _WrongError:
            return found[-1]
    return like


def _explore(
    strategy: SearchStrategy[Arguments],
    test: Callable[[Arguments], None],
    *,
    seed: int,
    examples: int,
    shrink: bool,
) -> None:
    import hypothesis  # noqa: PLC0415 - takes long to import, and not every session verifies

    @hypothesis.seed(seed)
    @_settings(examples=examples, shrink=shrink)
    @hypothesis.given(strategy)
    def run(arguments: Arguments) -> None:
        test(arguments)

    run()


def _settings(*, examples: int, shrink: bool) -> settings:
    from hypothesis import HealthCheck, Phase, Verbosity, settings  # noqa: PLC0415

    return settings(
        max_examples=examples,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
