"""A folder of cassettes and the client that plays and records them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

import httpx2
import openai

from refinery_plugin._chat import Chat, ChatFailedError, ChatRequest, Cut, Reply
from refinery_plugin._recording._ledger import Ledger, most_prompt_tokens
from refinery_plugin._recording._retry import RetryPolicy
from refinery_plugin._recording._secret import Secrets
from refinery_plugin._recording._tape import Tape
from refinery_plugin._recording._transport import CURRENT, Call, TapeTransport, Wire, usage_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from pathlib import Path

    from openai.types.chat import ChatCompletionMessageParam

    from refinery_plugin._pricing import Price

_REPLAY_URL = "http://recorded.invalid/v1"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where live requests go. ``key`` gives the key when it is needed, so that no value of ours holds it."""

    base_url: str
    key: Callable[[], str]
    secrets: Secrets


class CassetteStore:
    """Opens one cassette a trajectory, all behind one client.

    Parameters
    ----------
    directory : the study's cassettes.
    afresh : record everything again.
    endpoint : where to call; ``None`` where only recordings may be used, then ``why_not`` says why and what to do.
    price_of : a model's price.
    cap : USD that live requests of this store may cost at most.
    """

    def __init__(
        self,
        directory: Path,
        *,
        afresh: bool = False,
        endpoint: Endpoint | None = None,
        why_not: str | None = None,
        price_of: Callable[[str], Price | None] = lambda _model: None,
        cap: Decimal | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.directory = directory
        self.price_of = price_of
        self._afresh = afresh
        self._endpoint = endpoint
        self._why_not = why_not
        self._policy = policy or RetryPolicy()
        self._tapes: dict[str, Tape] = {}
        self._client: openai.AsyncOpenAI | None = None
        self.ledger = Ledger(cap)

    def path(self, name: str) -> Path:
        """Return the file of a trajectory's cassette."""
        return self.directory / f"{name}.json"

    def chat(self, name: str) -> Chat:
        """Open a trajectory's cassette.

        Raises
        ------
        CassetteError : when it is damaged.
        """
        tape = self._tapes[name] = Tape(self.path(name), afresh=self._afresh)
        if self._client is None:
            # Made inside the event loop that uses it.
            self._client = self._make_client()
        return _TapeChat(self._client, tape, self.price_of)

    async def finish(self, name: str) -> None:
        """Say that a trajectory is complete; its cassette takes no more turns."""
        self._tapes.pop(name).finish()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _make_client(self) -> openai.AsyncOpenAI:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
        wire = Wire(
            inner=httpx2.AsyncHTTPTransport(limits=limits, trust_env=True),
            ledger=self.ledger,
            policy=self._policy,
            secrets=Secrets() if self._endpoint is None else self._endpoint.secrets,
            why_not=self._why_not,
        )
        return openai.AsyncOpenAI(
            api_key="replay" if self._endpoint is None else self._endpoint.key(),
            base_url=_REPLAY_URL if self._endpoint is None else self._endpoint.base_url,
            http_client=httpx2.AsyncClient(transport=TapeTransport(wire), timeout=None),
            max_retries=0,  # the transport retries, so that a tape sees one exchange a turn
            timeout=None,
        )


class _TapeChat:
    """One trajectory's line to a model, through its tape."""

    def __init__(
        self, client: openai.AsyncOpenAI, tape: Tape, price_of: Callable[[str], Price | None]
    ) -> None:
        self._client, self._tape, self._price_of = client, tape, price_of

    async def ask(self, request: ChatRequest, *, remaining_ms: int | None) -> Reply | Cut:
        messages: list[dict[str, str]] = [{"role": m.role, "content": m.content} for m in request.messages]
        price = self._price_of(request.model)
        call = Call(
            tape=self._tape,
            remaining_ms=remaining_ms,
            price=price,
            most_prompt_tokens=most_prompt_tokens(messages),
        )
        token = CURRENT.set(call)
        try:
            completion = await self._client.chat.completions.create(
                model=request.model,
                messages=_params(messages),
                temperature=request.temperature,
                max_tokens=request.max_tokens,
                seed=request.seed,
            )
        except openai.APIConnectionError:
            return self._after_transport_error(call, request)
        except openai.OpenAIError as exc:
            raise ChatFailedError(f"the client cannot read the answer ({type(exc).__name__})") from None
        finally:
            CURRENT.reset(token)
        if remaining_ms is not None and call.latency_ms >= remaining_ms:
            return _cut(call, request)
        choice = completion.choices[0]
        tokens = usage_of(completion.model_dump(mode="python")) or (
            call.most_prompt_tokens,
            request.max_tokens,
        )
        return Reply(
            text=choice.message.content or "",
            finish_reason=choice.finish_reason,
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            cost_usd=None if price is None else price.cost(*tokens),
            latency_ms=call.latency_ms,
            replayed=call.replayed,
        )

    @staticmethod
    def _after_transport_error(call: Call, request: ChatRequest) -> Cut:
        if call.error is not None:
            raise call.error
        if call.cut:
            return _cut(call, request)
        raise ChatFailedError("the client gave up before it sent the request")


def _params(messages: list[dict[str, str]]) -> list[ChatCompletionMessageParam]:
    # The client has one type per role; what is sent is the same.
    return cast("list[ChatCompletionMessageParam]", messages)


def _cut(call: Call, request: ChatRequest) -> Cut:
    price = call.price
    return Cut(
        latency_ms=call.latency_ms if call.remaining_ms is None else call.remaining_ms,
        # Servers do not say what a cancelled request cost: the most that it can have been.
        cost_usd=None if price is None else price.cost(call.most_prompt_tokens, request.max_tokens),
        replayed=call.replayed,
    )
