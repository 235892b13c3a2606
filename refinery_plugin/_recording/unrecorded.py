"""What becomes of a request that no cassette holds: it is called and recorded, or refused."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError

if TYPE_CHECKING:
    from refinery_plugin._recording.attempts import Caller
    from refinery_plugin._recording.call import Call
    from refinery_plugin._recording.cassette import Recorded
    from refinery_plugin._recording.disk_writer import DiskWriter


class MissingRecordingError(GenerationStopError):
    """Nothing is recorded and nothing may be called."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as a cassette knows it; ``path`` is below the endpoint's base."""

    method: str
    base: str
    path: str
    body: bytes

    @property
    def key(self) -> tuple[str, str, bytes]:
        """What cassettes match on."""
        return self.method, self.base + self.path, self.body


class Unrecorded(Protocol):
    """Answers requests that are not recorded, or refuses to."""

    async def answer(self, call: Call, sent: Sent) -> Recorded:
        """Return the answer.

        Raises
        ------
        ChatFailedError : when this request has none.
        GenerationStopError : when no request will get one.
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Recorder:
    """Calls, and keeps what comes of it before anybody sees it.

    Parameters
    ----------
    caller : the live side.
    disk : where recordings go.
    """

    caller: Caller
    disk: DiskWriter

    async def answer(self, call: Call, sent: Sent) -> Recorded:
        """Return the answer, which is on disk by then; so is the reason of a failure that replaces no recording."""
        tape = call.tape
        call.replayed = False
        try:
            recorded = await self.caller.answer(call, sent.path, sent.body)
        except ChatFailedError as exc:
            if not tape.would_replace:  # answers that were paid for do not give way to none
                tape.fail(*sent.key, str(exc))
                await self.disk.save(tape)
            raise
        tape.append(*sent.key, recorded)
        await self.disk.save(tape)
        return recorded


@dataclasses.dataclass(frozen=True, slots=True)
class ReplayOnly:
    """Calls nothing.

    Parameters
    ----------
    reason : why nothing may be called and what to do, in sentences.
    """

    reason: str

    async def answer(self, call: Call, sent: Sent) -> Recorded:
        """Say how the request failed when it was recorded, or that it never was."""
        tape = call.tape
        if (failure := tape.failure(*sent.key)) is not None:
            raise ChatFailedError(failure)
        raise MissingRecordingError(f"{tape.path}: turn {tape.turn} is not recorded. {self.reason}")
