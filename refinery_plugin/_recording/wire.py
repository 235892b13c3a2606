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

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError
from refinery_plugin._recording.answer import Answer, AnswerError, read_answer
from refinery_plugin._recording.endpoint import KEY, URL, DiscreetLogs
from refinery_plugin._recording.retry import passes, retry_after_seconds

if TYPE_CHECKING:
    from refinery_plugin._errors import RefineryError
    from refinery_plugin._recording.endpoint import Endpoint

LARGEST_BODY = 32 * 2**20
_TOLD = 300
_OK = 200
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
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
    told : the same with what the server said, for people; secrets removed.
    paid : it may have cost all that was reserved for it.
    silent : there was no whole answer in time.
    reached : something did answer.
    retry_after : seconds that the server asks to wait.
    final : the error, where another attempt makes no sense.
    """

    outcome: str
    told: str
    paid: bool
    silent: bool = False
    reached: bool = True
    retry_after: float | None = None
    final: RefineryError | None = None


class Wire:
    """The live side: one client, whose requests carry the key."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._secrets = endpoint.secrets
        self._client = endpoint.client()
        self._logs = DiscreetLogs(endpoint.secrets)

    async def aclose(self) -> None:
        """Close the connections."""
        self._logs.close()
        await self._client.aclose()

    async def send(self, path: str, body: bytes, *, limit: float) -> Success | Failure:
        """Send one request, relative to the endpoint, and read the whole answer within ``limit`` seconds."""
        try:
            async with asyncio.timeout(limit):
                response, data = await self._exchange(path, body)
        except TimeoutError:
            text = f"no whole answer within {limit:g} s"
            return Failure(outcome=text, told=text, paid=True, silent=True)
        except _NEVER_SENT as exc:
            return self._broken("no connection", exc, paid=False, reached=False)
        except _BROKEN as exc:
            return self._broken("the connection broke", exc, paid=True, reached=True)
        except asyncio.CancelledError as exc:
            # The frames of the HTTP library hold the key; no traceback shall lead there.
            raise exc.with_traceback(None) from None
        return self._judge(response, data, json.loads(body).get("model"))

    async def _exchange(self, path: str, body: bytes) -> tuple[httpx2.Response, bytes | None]:
        headers = {"content-type": "application/json", "accept": "application/json"}
        async with self._client.stream("POST", path, content=body, headers=headers) as response:
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > LARGEST_BODY:
                    return response, None
            return response, bytes(data)

    def _broken(self, what: str, exc: Exception, *, paid: bool, reached: bool) -> Failure:
        said = self._secrets.scrub(" ".join(str(exc).split()))[:_TOLD]
        told = f"{what}: {said or type(exc).__name__}"
        return Failure(outcome=type(exc).__name__, told=told, paid=paid, reached=reached)

    def _judge(self, response: httpx2.Response, data: bytes | None, model: object) -> Success | Failure:
        if cookies := _cookies(response):
            self._secrets = self._secrets.with_more(cookies)
        if data is None:
            text = f"an answer of more than {LARGEST_BODY >> 20} MiB"
            return Failure(outcome=text, told=text, paid=True)
        if response.status_code != _OK:
            return self._refused(response, data, model)
        body = self._secrets.clean(data)
        try:
            return Success(body=body, answer=read_answer(body))
        except AnswerError as exc:
            return Failure(outcome=str(exc), told=str(exc), paid=True)

    def _refused(self, response: httpx2.Response, data: bytes, model: object) -> Failure:
        status = response.status_code
        said, code = _error(data)
        said = self._secrets.scrub(said)[:_TOLD]
        outcome = f"HTTP {status}"
        told = f"{outcome}: {said}" if said else outcome
        return Failure(
            outcome=outcome,
            told=told,
            paid=False,
            retry_after=_retry_after(response.headers),
            final=self._final(status, code, told, model),
        )

    def _final(self, status: int, code: str | None, told: str, model: object) -> RefineryError | None:
        kept = "Every finished turn is recorded; run again to go on"
        if status == 401:  # noqa: PLR2004 - what the server says may well quote the key
            return GenerationStopError(
                f"{self.name} refuses the key (HTTP 401): set {KEY} to one that is valid there, or {URL} to the "
                f"endpoint that it is for. {kept}"
            )
        if status == 403:  # noqa: PLR2004
            return GenerationStopError(
                f"{self.name} does not let this key do that ({told}): use another {KEY}, another model, or ask whoever "
                f"gave the key. {kept}"
            )
        if status == 404:  # noqa: PLR2004
            return GenerationStopError(
                f"{self.name} knows no model {model!r}, or is not where an OpenAI-compatible endpoint is ({told}): "
                f"name a model that it serves, in the study or with --refinery-model, or set {URL}"
            )
        if status == 402 or code in _NO_CREDIT:  # noqa: PLR2004
            return GenerationStopError(f"the account at {self.name} has no credit left ({told}). {kept}")
        if 300 <= status < 400:  # noqa: PLR2004
            return GenerationStopError(
                f"{self.name} only redirects ({told}): set {URL} to where the endpoint is"
            )
        return None if passes(status) else ChatFailedError(told)


def _error(data: bytes) -> tuple[str, str | None]:
    """Return the message of a refused request, or the start of its body, on one line; and the error's code."""
    text, code = data[:4000].decode("utf-8", "replace"), None
    try:
        error = json.loads(data).get("error")
    except (ValueError, AttributeError, RecursionError):
        error = None
    if isinstance(error, dict):
        text = str(error.get("message") or text)
        code = next((str(error[key]) for key in ("code", "type") if error.get(key) in _NO_CREDIT), None)
    elif error is not None:
        text = str(error)
    return " ".join(text.split()), code


def _retry_after(headers: httpx2.Headers) -> float | None:
    # Some servers also say it in milliseconds.
    milliseconds = retry_after_seconds(headers.get("retry-after-ms"), dt.datetime.now(dt.UTC))
    if milliseconds is not None:
        return milliseconds / 1000
    return retry_after_seconds(headers.get("retry-after"), dt.datetime.now(dt.UTC))


def _cookies(response: httpx2.Response) -> list[str]:
    pairs = (header.partition(";")[0].partition("=") for header in response.headers.get_list("set-cookie"))
    return [value for _, _, value in pairs]
