"""Running asynchronous work to its end, wherever it is asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from anyio.from_thread import start_blocking_portal

from refinery_plugin._sockets import own_sockets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Value = TypeVar("Value")


def run_to_end(work: Callable[[], Awaitable[Value]]) -> Value:
    """Run some work in an event loop of its own, and return what it comes to.

    Where a loop runs in this thread already (a cell of a notebook), the work goes to another thread. Ctrl-C cancels it
    in both.
    """

    async def whole() -> Value:
        return await work()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            return runner.run(whole())
    with start_blocking_portal("asyncio", {"loop_factory": _new_loop}) as portal:
        return portal.call(whole)


def _new_loop() -> asyncio.AbstractEventLoop:
    with own_sockets():
        return asyncio.new_event_loop()
