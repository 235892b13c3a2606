"""A model server on the loopback that answers, or misbehaves in every way that servers do.

Use it as a context manager::

    with ModelServer() as server:
        server.script(status(500), drop(), answer("Here it is."))  # in this order, then `server.default`
        ...  # OPENAI_BASE_URL=server.base_url
        assert [request.body["seed"] for request in server.requests] == [1, 1, 1]

It speaks just enough HTTP/1.1, in a thread of its own, with connections that stay open between requests.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    from types import TracebackType

Headers: TypeAlias = Mapping[str, str]

DEFAULT_TEXT = (
    "```python\ndef get_difference(numbers: list[int]) -> int:\n    return max(numbers) - min(numbers)\n```\n"
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it arrived; ``at`` is in seconds of the monotonic clock."""

    method: str
    target: str
    headers: Headers
    raw: bytes
    at: float

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body."""
        parsed: dict[str, Any] = json.loads(self.raw)
        return parsed


@dataclasses.dataclass(slots=True, kw_only=True)
class Exchange:
    """What a behaviour may do to the connection of one request."""

    request: Received
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Write some bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def respond(self, code: int, data: bytes, headers: Headers) -> None:
        """Write a whole response."""
        await self.send(_head(code, {"content-length": str(len(data)), **headers}) + data)

    def hang_up(self) -> None:
        """Close the connection at once, without the end that HTTP wants."""
        self.writer.transport.abort()


Behaviour: TypeAlias = Callable[[Exchange], Awaitable[None]]


def _head(code: int, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {code} Told", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def completion(
    text: str | None = DEFAULT_TEXT,
    *,
    model: str = "served-model",
    finish_reason: str | None = "stop",
    usage: tuple[int, int] | None = (100, 50),
) -> dict[str, Any]:
    """Return a chat completion as servers send it."""
    document: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": finish_reason,
            }
        ],
    }
    if usage is not None:
        document["usage"] = {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": sum(usage),
        }
    return document


def answer(
    text: str | None = DEFAULT_TEXT,
    *,
    after: float = 0.0,
    finish_reason: str | None = "stop",
    usage: tuple[int, int] | None = (100, 50),
    headers: Headers | None = None,
) -> Behaviour:
    """Answer with a text, ``after`` some seconds."""
    document = completion(text, finish_reason=finish_reason, usage=usage)
    return body(json.dumps(document).encode(), after=after, headers=headers)


def body(data: bytes, *, code: int = 200, after: float = 0.0, headers: Headers | None = None) -> Behaviour:
    """Answer with these bytes, whatever they are."""

    async def play(exchange: Exchange) -> None:
        if after:
            await asyncio.sleep(after)
        await exchange.respond(code, data, headers or {})

    return play


def no_choices() -> Behaviour:
    """Answer with a completion that has no choices."""
    return body(json.dumps({**completion(), "choices": []}).encode())


def truncated_json() -> Behaviour:
    """Answer with half of a completion, in a response that is complete as far as HTTP knows."""
    data = json.dumps(completion()).encode()
    return body(data[: len(data) // 2])


def status(
    code: int,
    message: str = "",
    *,
    error: Mapping[str, Any] | None = None,
    headers: Headers | None = None,
    after: float = 0.0,
) -> Behaviour:
    """Answer with an error in OpenAI's form."""
    told = {"message": message or f"status {code}", "type": "error", "code": None, **(error or {})}
    return body(json.dumps({"error": told}).encode(), code=code, headers=headers, after=after)


def drop() -> Behaviour:
    """Close the connection before the first byte of a response."""

    async def play(exchange: Exchange) -> None:
        exchange.hang_up()

    return play


def drop_midway() -> Behaviour:
    """Close the connection in the middle of a response's body."""

    async def play(exchange: Exchange) -> None:
        data = json.dumps(completion()).encode()
        await exchange.send(_head(200, {"content-length": str(len(data))}) + data[:40])
        await asyncio.sleep(0.01)
        exchange.hang_up()

    return play


def silence() -> Behaviour:
    """Never answer."""

    async def play(_exchange: Exchange) -> None:
        await asyncio.Event().wait()

    return play


def held(gate: threading.Event, then: Behaviour) -> Behaviour:
    """Wait until the gate is set, then do the other."""

    async def play(exchange: Exchange) -> None:
        while not gate.is_set():  # noqa: ASYNC110 - the gate is another thread's
            await asyncio.sleep(0.01)
        await then(exchange)

    return play


def endless(*, pause: float = 0.01) -> Behaviour:
    """Send a body that never ends, a little at a time."""

    async def play(exchange: Exchange) -> None:
        await exchange.send(_head(200, {"transfer-encoding": "chunked"}))
        while True:
            await exchange.send(b"10\r\n" + b" " * 16 + b"\r\n")
            await asyncio.sleep(pause)

    return play


def flood(size: int) -> Behaviour:
    """Send a body of about this many bytes as fast as it goes."""

    async def play(exchange: Exchange) -> None:
        await exchange.send(_head(200, {"transfer-encoding": "chunked"}))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        for _ in range(-(-size // 0x10000)):
            await exchange.send(chunk)
        await exchange.send(b"0\r\n\r\n")

    return play


class ModelServer:
    """The server; a context manager.

    ``default`` is what it does when the script is over. ``choose`` may be set to a function from request to
    behaviour; it comes before script and default, and returns ``None`` to leave the choice to them.
    """

    def __init__(self, default: Behaviour | None = None) -> None:
        self.default = default or answer()
        self.choose: Callable[[Received], Behaviour | None] = lambda _request: None
        self.requests: list[Received] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._script: collections.deque[Behaviour] = collections.deque()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model-server", daemon=True)
        self._server: asyncio.Server
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        """What goes into ``OPENAI_BASE_URL``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, *behaviours: Behaviour) -> None:
        """Do these in turn, one a request, before the default."""
        self._script.extend(behaviours)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine: Any) -> Any:  # noqa: ANN401 - whatever it returns
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("asyncio serves connections in tasks")
        self._connections.add(task)
        try:
            while (request := await _read(reader)) is not None:
                await self._serve(request, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(
        self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        behaviour = self.choose(request) or (self._script.popleft() if self._script else self.default)
        playing = asyncio.ensure_future(behaviour(Exchange(request=request, writer=writer)))
        # A client sends nothing while it waits: whatever comes now is the end of its connection.
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({playing, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                raise ConnectionResetError
            await playing
        finally:
            self.in_flight -= 1
            for task in (playing, gone):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await task


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, target, _version = head[0].split(" ")
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in fields}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method=method, target=target, headers=headers, raw=raw, at=time.monotonic())
