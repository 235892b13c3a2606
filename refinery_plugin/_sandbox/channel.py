"""The parent's ends of a run's pipes: one frame out, one frame in, everything else drained and capped."""

from __future__ import annotations

import os
import time
from select import POLLIN, POLLOUT, poll
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.inside.protocol import HEADER_BYTES, KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CHUNK = 1 << 18
_KEPT = 8 << 10
_WATCH_SECONDS = 0.025
_WATCH_SHARE = 20
_PUNCTUAL_SECONDS = 0.05
"""The parent may wake so much later than it wanted to: that is still counted."""
_MOST_MISSED_SECONDS = 30.0


class Broken(Exception):  # noqa: N818 - a signal between two modules, never shown
    """The frame that is due will not come: ``kind`` is "timeout", "ended", "tampering" or what the watch said.

    ``details`` of the reason may hold what the program sent.
    """

    def __init__(self, kind: str, reason: str = "", details: str = "") -> None:
        super().__init__(reason)
        self.kind, self.reason, self.details = kind, reason, details


class Channel:
    """Talks to one worker. Everything that it reads is untrusted.

    Parameters
    ----------
    command, reply, output, errors : the parent's descriptors; closed by :meth:`close`.
    watch : called every few hundredths of a second while waiting; raises :class:`Broken` when a limit is passed.
    """

    def __init__(self, command: int, reply: int, output: int, errors: int, watch: Callable[[], None]) -> None:
        self._command, self._reply, self._output, self._errors = command, reply, output, errors
        self._watch = watch
        self._ends: set[int] = set()
        self._buffer = bytearray()
        self._tail = bytearray()
        self._interval = _WATCH_SECONDS
        self._next_watch = self._watched = self._missed = 0.0
        self._poll = poll()
        for fd in (reply, output, errors):
            self._poll.register(fd, POLLIN)

    def ends_with(self, pidfd: int) -> None:
        """Take the end of this process for the end of the worker."""
        self._ends.add(pidfd)
        self._poll.register(pidfd, POLLIN)

    @property
    def tail(self) -> bytes:
        """The last bytes of the program's standard error."""
        return bytes(self._tail)

    def clock(self) -> float:
        """Return the seconds by which deadlines are told: they do not pass while the parent was kept from waking.

        Where the machine stood still, or others had all of its processors, the program may have had none either. A
        program that keeps the parent from waking gains half a minute in all, and no time that is measured.
        """
        return time.perf_counter() - self._missed

    def demand_silence(self) -> None:
        """Raise if a byte can be read now that nobody asked for."""
        if not self._buffer:
            for fd, _ in self._poll.poll(0):
                if fd == self._reply:
                    self._buffer += os.read(fd, _CHUNK)
        if self._buffer:
            raise Broken("tampering", "it wrote to the reply channel when nothing was due")

    def watch_now(self) -> None:
        """Watch if that is due, so that it need not be soon.

        Raises
        ------
        Broken : a limit is passed.
        """
        now = time.perf_counter()
        if now >= self._watched + self._interval:
            self._look(now)

    def watch_later(self) -> None:
        """Let a whole interval pass before the next watch, which takes longer than a short call does."""
        self._next_watch = time.perf_counter() + self._interval

    def send(self, data: bytes, deadline: float) -> None:
        """Write all of ``data`` before ``deadline`` by :meth:`clock`; nobody who does not read can hold us."""
        view = memoryview(data)
        try:
            view = view[os.write(self._command, view) :]
        except BlockingIOError:
            pass
        except OSError:
            raise Broken("ended") from None
        if not view:
            return
        self._poll.register(self._command, POLLOUT)
        try:
            while view:
                self._wait(deadline, early=True)
                try:
                    view = view[os.write(self._command, view[:_CHUNK]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise Broken("ended") from None
        finally:
            self._poll.unregister(self._command)

    def receive(
        self, bounds: Mapping[bytes, int], key: bytes, deadline: float, *, more: bool = False
    ) -> tuple[bytes, bytes]:
        """Wait for the frame that is due; give its kind and body.

        Parameters
        ----------
        bounds : the kinds that may come and how long their bodies may be.
        key : what the frame must prove to know.
        deadline : by :meth:`clock`. What is there when the parent looks at last counts as come in time.
        more : another frame may follow at once, and is kept for the next call.
        """
        buffer = self._buffer
        while True:
            if len(buffer) >= HEADER_BYTES:
                kind, bound = bytes(buffer[:1]), bounds.get(bytes(buffer[:1]))
                size = int.from_bytes(buffer[1 + KEY_BYTES : HEADER_BYTES], "little")
                if bound is None or buffer[1 : 1 + KEY_BYTES] != key or size > bound:
                    raise Broken(
                        "tampering",
                        "its reply has not the form that ours has: it wrote to the channel itself",
                    )
                end = HEADER_BYTES + size
                if len(buffer) > end and not more:
                    raise Broken("tampering", "it wrote more than one reply")
                if len(buffer) >= end:
                    body = bytes(buffer[HEADER_BYTES:end])
                    del buffer[:end]
                    return kind, body
            self._wait(deadline)

    def rest(self) -> bytes:
        """Read what can still be read, now that every process has ended; drains the program's errors too."""
        received = bytes(self._buffer)
        for fd in (self._reply, self._errors):
            os.set_blocking(fd, False)
            for _ in range(64):
                try:
                    part = os.read(fd, _CHUNK)
                except OSError:
                    break
                if not part:
                    break
                if fd == self._errors:
                    self._keep(part)
                else:
                    received += part[:1]
        return received

    def close(self) -> None:
        """Close the pipes."""
        for fd in (self._command, self._reply, self._output, self._errors):
            os.close(fd)

    def _keep(self, part: bytes) -> None:
        self._tail += part[-_KEPT:]
        if len(self._tail) > 2 * _KEPT:
            del self._tail[:-_KEPT]

    def _wait(self, deadline: float, *, early: bool = False) -> None:
        """Wait for something to happen and take it in; ``early``: a reply may not come yet."""
        now = time.perf_counter()
        if now >= self._next_watch:
            self._look(now)
        left = deadline - (now - self._missed)
        # At the deadline too: the parent may be late, and what came meanwhile came in time.
        events = self._poll.poll(0) if left <= 0 else self._sleep(min(left, self._next_watch - now))
        ended = False
        for fd, event in events:
            if fd == self._reply:
                part = os.read(fd, _CHUNK) if event & POLLIN else b""
                self._buffer += part
                if not part:
                    self._poll.unregister(fd)
                    raise Broken("ended")
                if early:
                    raise Broken("tampering", "it replied before it had all of its data")
                return
            if fd in (self._output, self._errors):
                self._drain(fd)
            elif fd in self._ends:
                ended = True
        if ended:
            raise Broken("ended")
        if left <= 0:
            raise Broken("timeout")

    def _sleep(self, seconds: float) -> list[tuple[int, int]]:
        """Wait for something to happen, not much longer than ``seconds``; by :meth:`clock` no more than that passes."""
        asked = int(max(0.0, seconds) * 1000) + 1  # milliseconds, rounded up: 0 would spin
        began = time.perf_counter()
        events = self._poll.poll(asked)
        late = time.perf_counter() - began - asked / 1000 - _PUNCTUAL_SECONDS
        self._missed = min(_MOST_MISSED_SECONDS, self._missed + max(0.0, late))
        return events

    def _drain(self, fd: int) -> None:
        part = os.read(fd, _CHUNK)
        if not part:
            self._poll.unregister(fd)
        elif fd == self._errors:
            self._keep(part)

    def _look(self, now: float) -> None:
        if self._next_watch:  # not before a first, unhurried interval: most steps are over by then
            self._watch()
            self._interval = max(_WATCH_SECONDS, _WATCH_SHARE * (time.perf_counter() - now))
        self._watched = time.perf_counter()
        self._next_watch = self._watched + self._interval
