"""Putting tapes on disk from an event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refinery_plugin._recording.cassette import TrajectoryCassette

_THREADS = 64


class DiskWriter:
    """Saves tapes in threads: waiting for the disk must not hold up the clocks of the other trajectories.

    Many threads, since file systems bring many waiting files to the disk in the time of one.
    """

    def __init__(self) -> None:
        self._threads = concurrent.futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="refinery-disk")

    async def save(self, tape: TrajectoryCassette) -> None:
        """Save a tape; what has begun to be written is written, also when the run is stopped meanwhile.

        Raises
        ------
        CassetteError : when it cannot be written.
        """
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads, tape.save))

    def close(self) -> None:
        """Wait for what is being written."""
        self._threads.shutdown()
