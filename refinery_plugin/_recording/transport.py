"""The transport under the ``openai`` client: plays from a tape, or calls and appends to it."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

import httpx2

from refinery_plugin._recording.unrecorded import Sent

if TYPE_CHECKING:
    from refinery_plugin._recording.call import Call
    from refinery_plugin._recording.unrecorded import Unrecorded

BASE_PATH = "/v1"
"""Where every recorded endpoint is, whatever path the real one has."""

CURRENT: contextvars.ContextVar[Call] = contextvars.ContextVar("refinery_call")
"""The call that the running task makes: all trajectories share one client."""


class TapeTransport(httpx2.AsyncBaseTransport):
    """Answers each request from the tape of the current ``Call``.

    Parameters
    ----------
    unrecorded : answers what is not on it.
    """

    def __init__(self, unrecorded: Unrecorded) -> None:
        self._unrecorded = unrecorded

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request; the call tells what the response was, a cut among them."""
        call = CURRENT.get()
        body = await request.aread()
        call.recorded = call.tape.play(request.method, request.url.path, body)
        if call.recorded is None:
            path = request.url.path.removeprefix(BASE_PATH)
            sent = Sent(method=request.method, base=BASE_PATH, path=path, body=body)
            call.recorded = await self._unrecorded.answer(call, sent)
        content = b"{}" if call.recorded.body is None else call.recorded.body
        headers = {"content-type": "application/json"}
        return httpx2.Response(200, content=content, headers=headers, request=request)
