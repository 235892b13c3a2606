"""Draw short inputs with Hypothesis, and shrink one that shows a fault."""

from __future__ import annotations

import functools
import math
import threading
import time
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis import settings
    from hypothesis.strategies import SearchStrategy

    from refinery_plugin._study.task import Arguments
    from refinery_plugin._verification.verdict import Judgement

EXAMPLES = 60
"""Inputs drawn for a session."""
_MOST_CALLS = 400
"""Calls of the program that shrinking may cost."""
_one_at_a_time = threading.RLock()
"""Hypothesis was not made for several threads before its version 6.136."""
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
    alone might not lead. Once the calls or seconds are spent, inputs not seen yet count as correct.

    Raises
    ------
    RefineryError : what ``check`` raised, for a fault that is not the program's.
    """
    search = _Search(check, like=like, seconds=seconds)
    for longest, examples in ((_READABLE, 4 * EXAMPLES), (math.inf, EXAMPLES)):
        try:
            # The same seed and number of examples draw the same inputs as the session's.
            test = functools.partial(search.probe, longest=longest)
            _explore(strategy, test, seed=seed, examples=examples, shrink=True)
        except _WrongError:
            break
    if search.fault is not None:
        raise search.fault
    return search.simplest


class _Search:
    """Answers are remembered, so that a program which answers at random does not lead Hypothesis astray."""

    def __init__(self, check: Callable[[Arguments], Judgement], *, like: Judgement, seconds: float) -> None:
        self.simplest = like
        self.fault: RefineryError | None = None
        self._check = check
        self._kind = (like.verdict, like.error_type)
        self._deadline = time.monotonic() + seconds
        self._known: dict[str, Judgement | None] = {}

    def probe(self, arguments: Arguments, *, longest: float) -> None:
        """Fail, in the eyes of Hypothesis, on an input that shows the fault."""
        key = repr(arguments)
        if len(key) > longest:
            return
        if key not in self._known:
            self._known[key] = self._judge(arguments)
        judgement = self._known[key]
        if judgement is not None and (judgement.verdict, judgement.error_type) == self._kind:
            self.simplest = judgement
            raise _WrongError

    def _judge(self, arguments: Arguments) -> Judgement | None:
        if self.fault is not None or len(self._known) >= _MOST_CALLS or time.monotonic() > self._deadline:
            return None
        try:
            return self._check(arguments)
        except RefineryError as exc:  # Hypothesis would take it for the program's fault, and shrink it
            self.fault = exc
            return None


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

    with _one_at_a_time:
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
