"""Running asynchronous work to its end, wherever it is asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from anyio.from_thread import start_blocking_portal

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
        return asyncio.run(whole())
    with start_blocking_portal("asyncio") as portal:
        return portal.call(whole)
