"""One attempt at a live request: whatever happens on the wire becomes a value."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import ssl
from typing import TYPE_CHECKING

import anyio
import httpx2

from refinery_plugin._generation.chat import GenerationStopError
from refinery_plugin._recording.answer import Answer, AnswerError, read_answer
from refinery_plugin._recording.endpoint import DiscreetLogs
from refinery_plugin._recording.final_refusals import Refusal, last_word
from refinery_plugin._recording.refusal_text import read_refusal
from refinery_plugin._recording.retry import retry_after_seconds
from refinery_plugin._sockets import are_forbidden
from refinery_plugin._study.request_settings import NO_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._errors import RefineryError
    from refinery_plugin._recording.endpoint import Endpoint
    from refinery_plugin._study.request_settings import RequestRules

LARGEST_BODY = 32 * 2**20
_TOLD = 300
_OK = 200
_TOO_MANY = 429
_SERVER_FAULT = 500
_GAVE_UP_WAITING = {504, 524}  # a gateway: the model behind it may have done the work, and billed it
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_FORBIDDEN = (
    "{} can't be asked, since {}. Something in this session forbids them (--disable-socket, a conftest.py): "
    "run without it to record; what is recorded can be replayed with it"
)
_BROKEN = (
    httpx2.HTTPError,
    httpx2.StreamError,
    ssl.SSLError,
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    OSError,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """A whole chat completion, secrets removed."""

    body: bytes
    answer: Answer


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed attempt.

    Parameters
    ----------
    outcome : in a few words, fit for a file.
    wording : the same with what the server said, for people; secrets removed.
    paid : it may have cost all that was reserved for it.
    silent : there was no whole answer in time.
    reached : something did answer.
    retry_after : seconds that the server asks to wait.
    limited : it was one request too many.
    usage : prompt and completion tokens, where the server counted them all the same.
    final : the error, where another attempt makes no sense.
    """

    outcome: str
    wording: str
    paid: bool
    silent: bool = False
    reached: bool = True
    retry_after: float | None = None
    limited: bool = False
    usage: tuple[int, int] | None = None
    final: RefineryError | None = None


class Wire:
    """The live side: one client, whose requests carry the key."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._endpoint = endpoint
        self._secrets = endpoint.secrets
        self._client = endpoint.client()
        self._logs = DiscreetLogs(endpoint.secrets)

    async def aclose(self) -> None:
        """Close the connections."""
        self._logs.close()
        await self._client.aclose()

    async def send(
        self, path: str, body: bytes, *, limit: float, rules: RequestRules = NO_RULES
    ) -> Success | Failure:
        """Send one request, relative to the endpoint, and read the whole answer within ``limit`` seconds."""
        try:
            async with asyncio.timeout(limit):
                response, data = await self._exchange(path, body, self._endpoint.headers(rules))
        except TimeoutError:
            text = f"no whole answer within {limit:g} s"
            return Failure(outcome=text, wording=text, paid=True, silent=True)
        except _NEVER_SENT as exc:
            return self._broken("no connection", exc, paid=False, reached=False)
        except _BROKEN as exc:
            return self._broken("the connection broke", exc, paid=True, reached=True)
        except asyncio.CancelledError as exc:
            # The frames of the HTTP library hold the key; no traceback shall lead there.
            raise exc.with_traceback(None) from None
        except Exception as exc:  # whoever forbids sockets raises what it likes
            if not are_forbidden():
                raise
            failed = self._broken("sockets are forbidden here", exc, paid=False, reached=False)
            final = GenerationStopError(_FORBIDDEN.format(self.name, failed.wording.rstrip(".")))
            return dataclasses.replace(failed, final=final)
        return self._judge(response, data, json.loads(body), rules)

    async def _exchange(
        self, path: str, body: bytes, more: Mapping[str, str]
    ) -> tuple[httpx2.Response, bytes | None]:
        headers = {"content-type": "application/json", "accept": "application/json", **more}
        async with self._client.stream("POST", path, content=body, headers=headers) as response:
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > LARGEST_BODY:
                    return response, None
            return response, bytes(data)

    def _broken(self, what: str, exc: Exception, *, paid: bool, reached: bool) -> Failure:
        while isinstance(exc, ExceptionGroup):  # a connection is tried in several ways at once
            exc = exc.exceptions[0]
        said = self._secrets.scrub(" ".join(str(exc).split()))[:_TOLD]
        reason = f"{what}: {said or type(exc).__name__}"
        return Failure(outcome=type(exc).__name__, wording=reason, paid=paid, reached=reached)

    def _judge(
        self, response: httpx2.Response, data: bytes | None, sent: Mapping[str, object], rules: RequestRules
    ) -> Success | Failure:
        if cookies := _cookies(response):
            self._secrets = self._secrets.with_more(cookies)
        if data is None:
            text = f"an answer of more than {LARGEST_BODY >> 20} MiB"
            return Failure(outcome=text, wording=text, paid=True)
        if response.status_code != _OK:
            return self._refused(response, data, sent, rules)
        body = self._secrets.clean(data)
        try:
            return Success(body=body, answer=read_answer(body))
        except AnswerError as exc:
            if exc.is_error:
                return self._refused(response, data, sent, rules, usage=exc.usage)
            return Failure(outcome=str(exc), wording=str(exc), paid=True, usage=exc.usage)

    def _refused(
        self,
        response: httpx2.Response,
        data: bytes,
        sent: Mapping[str, object],
        rules: RequestRules,
        *,
        usage: tuple[int, int] | None = None,
    ) -> Failure:
        said = read_refusal(data)
        text = self._secrets.scrub(said.text)[:_TOLD]
        status, outcome = response.status_code, f"HTTP {response.status_code}"
        if status == _OK:  # an error under the wrong status, which it may name
            status = said.status or _SERVER_FAULT
            outcome = f"{outcome} with an error"
        reason = f"{outcome}: {text}" if text else outcome
        delay = _retry_after(response.headers)
        return Failure(
            outcome=outcome,
            wording=reason,
            paid=usage is not None or status in _GAVE_UP_WAITING,
            retry_after=said.delay if delay is None else delay,
            limited=status == _TOO_MANY,
            usage=usage,
            final=last_word(
                Refusal(where=self.name, status=status, said=said, wording=reason, sent=sent, rules=rules)
            ),
        )


def _retry_after(headers: httpx2.Headers) -> float | None:
    # Some servers also say it in milliseconds.
    milliseconds = retry_after_seconds(headers.get("retry-after-ms"), dt.datetime.now(dt.UTC))
    if milliseconds is not None:
        return milliseconds / 1000
    return retry_after_seconds(headers.get("retry-after"), dt.datetime.now(dt.UTC))


def _cookies(response: httpx2.Response) -> list[str]:
    pairs = (header.partition(";")[0].partition("=") for header in response.headers.get_list("set-cookie"))
    return [value for _, _, value in pairs]
