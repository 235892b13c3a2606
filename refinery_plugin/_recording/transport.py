"""The transport under the ``openai`` client: plays from a tape, or calls and appends to it."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

import httpx2

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError

if TYPE_CHECKING:
    from refinery_plugin._recording.attempts import Caller
    from refinery_plugin._recording.call import Call
    from refinery_plugin._recording.disk import Disk
    from refinery_plugin._recording.tape import Recorded

BASE_PATH = "/v1"
"""Where every recorded endpoint is, whatever path the real one has."""

CURRENT: contextvars.ContextVar[Call] = contextvars.ContextVar("refinery_call")
"""The call that the running task makes: all trajectories share one client."""


class MissingRecordingError(GenerationStopError):
    """Nothing is recorded and nothing may be called."""


class TapeTransport(httpx2.AsyncBaseTransport):
    """Answers each request from the tape of the current ``Call``, or calls.

    Parameters
    ----------
    caller : the live side, or a sentence that says why nothing may be called and what to do.
    disk : where new recordings go.
    """

    def __init__(self, caller: Caller | str, disk: Disk) -> None:
        self._caller, self._disk = caller, disk

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request; the call tells what the response was, a cut among them."""
        call = CURRENT.get()
        body = await request.aread()
        call.recorded = call.tape.play(request.method, request.url.path, body)
        if call.recorded is None:
            call.recorded = await self._record(call, request, body)
        content = b"{}" if call.recorded.body is None else call.recorded.body
        headers = {"content-type": "application/json"}
        return httpx2.Response(200, content=content, headers=headers, request=request)

    async def _record(self, call: Call, request: httpx2.Request, body: bytes) -> Recorded:
        tape, sent = call.tape, (request.method, request.url.path, body)
        if isinstance(self._caller, str):
            if (reason := tape.failure(*sent)) is not None:
                raise ChatFailedError(reason)
            raise MissingRecordingError(f"{tape.path}: turn {tape.turn} is not recorded. {self._caller}")
        call.replayed = False
        try:
            recorded = await self._caller.answer(call, request.url.path.removeprefix(BASE_PATH), body)
        except ChatFailedError as exc:
            tape.fail(*sent, str(exc))
            await self._disk.save(tape)
            raise
        tape.append(*sent, recorded)
        await self._disk.save(tape)
        return recorded
