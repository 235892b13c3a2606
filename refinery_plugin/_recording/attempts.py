"""Getting one answer from a server that may fail: attempts, pauses, the deadline and the money."""

from __future__ import annotations

import asyncio
import math
import random
import time
from typing import TYPE_CHECKING

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError
from refinery_plugin._recording.cassette import Attempt, Recorded
from refinery_plugin._recording.endpoint import URL
from refinery_plugin._recording.ledger import UnboundedAnswerError, unbounded_answer
from refinery_plugin._recording.wire import Failure, Success, Wire

if TYPE_CHECKING:
    from decimal import Decimal

    from refinery_plugin._recording.call import Call
    from refinery_plugin._recording.ledger import Ledger
    from refinery_plugin._recording.retry import RetryPolicy

_CUT = "cut at the deadline"


class Caller:
    """Calls for answers, as often as the policy and the ledger let it.

    Parameters
    ----------
    wire : where to.
    ledger : counts the money.
    policy : how to retry.
    """

    def __init__(self, wire: Wire, *, ledger: Ledger, policy: RetryPolicy) -> None:
        self.wire, self.ledger, self.policy = wire, ledger, policy
        self.rng = random.Random()  # noqa: S311 - jitter
        self.reached = False

    async def answer(self, call: Call, path: str, body: bytes) -> Recorded:
        """Return the answer, or the cut.

        Raises
        ------
        ChatFailedError : when there is none to be had.
        GenerationStopError : when there will be none for any other request either.
        """
        return await _Attempts(self, call, path, body).answer()


class _Attempts:
    """All attempts at one request.

    The clock is the sum of the attempts and the pauses between them; waiting for money is not on it.
    """

    def __init__(self, caller: Caller, call: Call, path: str, body: bytes) -> None:
        self._caller, self._call, self._path, self._body = caller, call, path, body
        self._policy = caller.policy
        self._clock_ms = 0.0
        self._failed: list[Attempt] = []
        self._silent = 0

    async def answer(self) -> Recorded:
        while True:
            outcome, ms = await self._attempt()
            if isinstance(outcome, Failure) and outcome.final is not None:
                raise outcome.final
            paid = isinstance(outcome, Success) or outcome.paid
            if self._call.is_late(math.ceil(self._clock_ms)):
                return self._cut(Attempt(outcome=_CUT, ms=ms, paid=paid, usage=_usage(outcome)))
            if isinstance(outcome, Success):
                return self._recorded(outcome.body)
            self._failed.append(Attempt(outcome=outcome.outcome, ms=ms, paid=paid, usage=outcome.usage))
            pause = self._pause_after(outcome)
            if self._call.is_late(self._clock_ms + pause * 1000):
                return self._cut()  # nothing is in flight, so there is nothing to wait for
            await self._sleep(pause)

    def _recorded(self, body: bytes | None) -> Recorded:
        # At least 1 ms, so that the clock of a trajectory always moves.
        latency_ms = max(1, math.ceil(self._clock_ms))
        return Recorded(body=body, latency_ms=latency_ms, attempts=tuple(self._failed))

    def _cut(self, *attempts: Attempt) -> Recorded:
        self._failed += attempts
        remaining_ms = self._call.remaining_ms
        if remaining_ms is None:
            raise RuntimeError("only a deadline cuts")
        return Recorded(body=None, latency_ms=remaining_ms, attempts=tuple(self._failed))

    async def _attempt(self) -> tuple[Success | Failure, int]:
        ledger, call = self._caller.ledger, self._call
        if ledger.cap is not None and not call.is_bounded:
            raise UnboundedAnswerError(unbounded_answer(call.model))
        reserved = await ledger.reserve(call.price, call.model, *call.most_tokens)
        cost = reserved  # the worst, unless something better is known
        started = time.perf_counter()
        try:
            outcome = await self._caller.wire.send(
                self._path, self._body, limit=self._limit(), rules=call.rules
            )
            cost = self._cost(outcome, reserved)
            self._caller.reached |= isinstance(outcome, Success) or outcome.reached
        finally:
            ledger.settle(reserved, cost)
            ms = (time.perf_counter() - started) * 1000
            self._clock_ms += ms
        return outcome, round(ms)

    def _limit(self) -> float:
        if self._call.remaining_ms is None:
            return self._policy.request_limit
        # A little beyond the deadline, so that what ran into it is late by the rule.
        return min(self._policy.request_limit, (self._call.remaining_ms - self._clock_ms + 1) / 1000)

    def _cost(self, outcome: Success | Failure, reserved: Decimal) -> Decimal:
        usage = _usage(outcome)
        if self._call.price is not None and usage is not None:
            return self._call.price.cost(*usage)
        return reserved if isinstance(outcome, Success) or outcome.paid else reserved * 0

    def _pause_after(self, failure: Failure) -> float:
        """Return the seconds to wait before the next attempt, or give up."""
        policy, tried = self._policy, len(self._failed)
        self._silent += failure.silent
        if not self._caller.reached and tried >= policy.unreached_attempts:
            raise GenerationStopError(
                f"nothing answers at {self._caller.wire.name} ({failure.wording}): start the server, or set {URL}"
            )
        if tried >= policy.attempts or self._silent >= policy.silent_attempts:
            raise ChatFailedError(f"{tried} attempts failed, the last with: {failure.wording}")
        pause = policy.pause(tried, failure.retry_after, self._caller.rng, limited=failure.limited)
        if self._clock_ms / 1000 + pause > policy.total_limit:
            raise ChatFailedError(
                f"the next attempt would have to wait for {pause:.0f} s ({failure.wording})"
            )
        return pause

    async def _sleep(self, seconds: float) -> None:
        started = time.perf_counter()
        await asyncio.sleep(seconds)
        self._clock_ms += (time.perf_counter() - started) * 1000


def _usage(outcome: Success | Failure) -> tuple[int, int] | None:
    return outcome.answer.usage if isinstance(outcome, Success) else outcome.usage
