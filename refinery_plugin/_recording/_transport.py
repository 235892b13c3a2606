"""The transport under the ``openai`` client: plays from a tape, or calls, retries and appends to it."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import datetime as dt
import json
import random
import time
from typing import TYPE_CHECKING, Any

import httpx2

from refinery_plugin._chat import ChatFailedError, GenerationStopError
from refinery_plugin._errors import RefineryError
from refinery_plugin._recording._retry import RetryPolicy, passes, retry_after_seconds
from refinery_plugin._recording._tape import Recorded, Tape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from refinery_plugin._pricing import Price
    from refinery_plugin._recording._ledger import Ledger
    from refinery_plugin._recording._secret import Secrets

LARGEST_BODY = 32 * 2**20
_OK = 200
_CUT_STATUS = 499  # what servers log for a client that went away
_TOLD = 300


class MissingRecordingError(GenerationStopError):
    """Nothing is recorded and nothing may be called."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Call:
    """One request on its way through the client: what the transport needs to know, and what it found out."""

    tape: Tape
    remaining_ms: int | None
    price: Price | None
    most_prompt_tokens: int
    latency_ms: int = 0
    replayed: bool = True
    cut: bool = False
    error: RefineryError | None = None


CURRENT: contextvars.ContextVar[Call] = contextvars.ContextVar("refinery_call")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The live side: ``why_not`` says why nothing may be called, where that is so."""

    inner: httpx2.AsyncBaseTransport
    ledger: Ledger
    policy: RetryPolicy
    secrets: Secrets
    why_not: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """A failed attempt. ``paid`` says that it may have cost all that was reserved for it."""

    outcome: str
    paid: bool
    retry_after: float | None = None
    final: RefineryError | None = None


class TapeTransport(httpx2.AsyncBaseTransport):
    """Answers each request from the tape of the current ``Call``, or from the wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._rng = random.Random()  # noqa: S311 - jitter

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request; what goes wrong is left in the call, since the client would wrap it."""
        call = CURRENT.get()
        body = await request.aread()
        try:
            recorded = call.tape.play(request.method, request.url.path, body)
            if recorded is None:
                recorded = await self._record(call, request, body)
        except RefineryError as exc:
            call.error = exc
            raise httpx2.TransportError("see the call's error") from None
        call.latency_ms, call.cut = recorded.latency_ms, recorded.cut
        if recorded.cut:
            raise httpx2.TransportError("cut at the deadline")
        return httpx2.Response(recorded.status, json=json.loads(recorded.body), request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.inner.aclose()

    async def _record(self, call: Call, request: httpx2.Request, body: bytes) -> Recorded:
        if self._wire.why_not is not None:
            raise MissingRecordingError(
                f"{call.tape.path}: turn {len(call.tape) + 1} is not recorded. {self._wire.why_not}"
            )
        call.replayed = False
        attempts: list[dict[str, object]] = []
        started = time.perf_counter()
        limit = None if call.remaining_ms is None else call.remaining_ms / 1000
        try:
            async with asyncio.timeout(limit) as deadline:
                answer = await self._until_answered(call, request, body, attempts)
        except TimeoutError:
            if limit is None or not deadline.expired():
                raise
            recorded = Recorded(status=_CUT_STATUS, body=b"", latency_ms=call.remaining_ms or 0, cut=True)
        else:
            latency_ms = round((time.perf_counter() - started) * 1000)
            recorded = Recorded(status=_OK, body=answer, latency_ms=latency_ms, cut=False)
        call.tape.append(request.method, request.url.path, body, recorded, attempts)
        return recorded

    async def _until_answered(
        self, call: Call, request: httpx2.Request, body: bytes, attempts: list[dict[str, object]]
    ) -> bytes:
        policy = self._wire.policy
        while True:
            started = time.perf_counter()
            answer = await self._paid_attempt(call, request, body)
            if isinstance(answer, bytes):
                return answer
            attempts.append({"outcome": answer.outcome, "ms": round((time.perf_counter() - started) * 1000)})
            if answer.final is not None:
                raise answer.final
            if len(attempts) >= policy.attempts:
                raise ChatFailedError(f"{len(attempts)} attempts failed, the last with: {answer.outcome}")
            pause = policy.pause(len(attempts), answer.retry_after, self._rng)
            if pause > policy.longest_retry_after:
                raise ChatFailedError(
                    f"the server asks to wait for {pause:.0f} s ({answer.outcome}); that is too long"
                )
            await asyncio.sleep(pause)

    async def _paid_attempt(self, call: Call, request: httpx2.Request, body: bytes) -> bytes | _Failure:
        ledger = self._wire.ledger
        sent = json.loads(body)
        reserved = ledger.reserve(call.price, sent["model"], call.most_prompt_tokens, sent["max_tokens"])
        cost = reserved  # the worst, unless the server says otherwise
        try:
            answer = await self._attempt(request, body)
            if isinstance(answer, _Failure):
                if not answer.paid:
                    cost = reserved * 0
                return answer
            cost = _cost(answer, call, reserved)
            return answer
        finally:
            ledger.settle(reserved, cost)

    async def _attempt(self, request: httpx2.Request, body: bytes) -> bytes | _Failure:
        limit = self._wire.policy.request_limit
        fresh = httpx2.Request(
            request.method, request.url, headers=request.headers, content=body, extensions=request.extensions
        )
        try:
            async with asyncio.timeout(limit):
                response = await self._wire.inner.handle_async_request(fresh)
                try:
                    data = await _bounded(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            return _Failure(outcome=f"no answer within {limit:g} s", paid=True)
        except httpx2.ConnectError as exc:
            return _Failure(outcome=f"no connection: {self._tell(exc)}", paid=False)
        except (httpx2.TransportError, httpx2.DecodingError) as exc:
            return _Failure(outcome=f"connection broke: {type(exc).__name__}: {self._tell(exc)}", paid=True)
        if data is None:
            return _Failure(outcome=f"an answer of more than {LARGEST_BODY} bytes", paid=True)
        if response.status_code != _OK:
            return self._refused(response.status_code, response.headers, data, body)
        fault = _fault(data)
        return data if fault is None else _Failure(outcome=fault, paid=True)

    def _tell(self, exc: Exception) -> str:
        return self._wire.secrets.scrub(str(exc))[:_TOLD]

    def _refused(self, status: int, headers: Mapping[str, str], data: bytes, body: bytes) -> _Failure:
        said = self._wire.secrets.scrub(_message(data))[:_TOLD]
        outcome = f"HTTP {status}{f': {said}' if said else ''}"
        model = json.loads(body)["model"]
        final: RefineryError | None = None
        if status in {401, 403}:
            final = GenerationStopError(
                f"the endpoint refuses the key ({outcome}); set OPENAI_API_KEY to a valid one, or "
                "OPENAI_BASE_URL to the endpoint that it is for"
            )
        elif status == 404:  # noqa: PLR2004
            final = GenerationStopError(
                f"the endpoint does not know model {model!r} or the path of OPENAI_BASE_URL ({outcome}); name a model "
                "that it serves with --refinery-model or in the study"
            )
        elif status == 402 or b"insufficient_quota" in data:  # noqa: PLR2004
            final = GenerationStopError(
                f"the account has no credit left ({outcome}); finished turns are recorded"
            )
        elif not passes(status):
            final = ChatFailedError(outcome)
        pause = retry_after_seconds(headers.get("retry-after"), dt.datetime.now(dt.UTC))
        return _Failure(outcome=outcome, paid=False, retry_after=pause, final=final)


async def _bounded(response: httpx2.Response) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _fault(data: bytes) -> str | None:
    """Say what keeps a 200 response from being a chat completion."""
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return "an answer that is not whole JSON"
    choices = document.get("choices") if isinstance(document, dict) else None
    if not isinstance(choices, list) or not choices:
        return "an answer with no choices"
    message = choices[0].get("message") if isinstance(choices[0], dict) else None
    if not isinstance(message, dict) or not isinstance(message.get("content"), (str, type(None))):
        return "an answer with no message"
    return None


def _cost(answer: bytes, call: Call, reserved: Decimal) -> Decimal:
    usage = usage_of(json.loads(answer))
    if call.price is None or usage is None:
        return reserved
    return call.price.cost(*usage)


def usage_of(document: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return prompt and completion tokens as the server counts them; ``None`` where it does not."""
    usage = document.get("usage")
    if not isinstance(usage, dict):
        return None
    counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts):
        return None
    return counts  # type: ignore[return-value]


def _message(data: bytes) -> str:
    """Return the error message of a refused request, or the start of its body, on one line."""
    text = data[:4000].decode("utf-8", "replace")
    try:
        error = json.loads(data).get("error")
        text = error.get("message", text) if isinstance(error, dict) else str(error or text)
    except (ValueError, AttributeError, RecursionError):
        pass
    return " ".join(str(text).split())
