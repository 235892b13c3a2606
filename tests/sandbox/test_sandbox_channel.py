"""When the parent looks at what a sandbox uses: often enough, and never while a short call is on the clock."""

from __future__ import annotations

import os
import select
import types
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._sandbox import channel as module
from refinery_plugin._sandbox.channel import Broken, Channel
from refinery_plugin._sandbox.inside.protocol import KEY_BYTES, READY

if TYPE_CHECKING:
    from collections.abc import Iterator

LATE = 1e6
KEY = b"k" * KEY_BYTES
FRAME = READY + KEY + bytes(8)


class Line:
    """A channel with a watch that counts, and the worker's end of its replies."""

    def __init__(self) -> None:
        self.watches = 0
        self.found = ""
        self._pipes = [os.pipe() for _ in range(4)]
        (_, command), (reply, self._answers), (output, self._prints), (errors, _) = self._pipes
        self.channel = Channel(command, reply, output, errors, self._watch)

    def _watch(self) -> None:
        self.watches += 1
        if self.found:
            raise Broken("memory", self.found)

    def answer(self) -> None:
        """Reply, as the worker does."""
        os.write(self._answers, FRAME)

    def print(self) -> None:
        """Write what nobody reads."""
        os.write(self._prints, b"here I am\n")

    def receive(self, deadline: float = LATE) -> None:
        """Have a reply taken in."""
        self.channel.receive({READY: 0}, KEY, deadline)

    def close(self) -> None:
        """Close all ends."""
        self.channel.close()
        for pair, own in zip(self._pipes, (0, 1, 1, 1), strict=True):
            os.close(pair[own])


class Clock:
    """Stands still but where a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def pass_by(self) -> None:
        """Let more than an interval pass."""
        self.now += 1.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Put the channel's clock into the test's hand: machines are shared, and any of them may stall."""
    clock = Clock()
    monkeypatch.setattr(module, "time", types.SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


@pytest.fixture
def line(clock: Clock) -> Iterator[Line]:
    """Make a line whose first, unhurried interval is over."""
    line = Line()
    line.answer()
    line.receive()
    clock.pass_by()
    yield line
    line.close()


def test_a_watch_that_is_due_comes_before_the_reply_is_taken_in(line: Line) -> None:
    """As for a long call."""
    line.answer()
    line.receive()
    assert line.watches == 1


def test_a_watch_that_was_put_off_does_not_keep_a_reply_waiting(line: Line) -> None:
    """It would be charged to the call."""
    line.channel.watch_later()
    line.answer()
    line.receive()
    assert line.watches == 0


def test_putting_off_again_and_again_does_not_end_the_watch(line: Line, clock: Clock) -> None:
    """Calls that follow each other are watched between them, each due time once."""
    for _ in range(4):
        line.channel.watch_now()
        line.channel.watch_now()
        line.channel.watch_later()
        line.answer()
        line.receive()
        clock.pass_by()
    assert line.watches == 4


def test_what_the_watch_finds_ends_the_wait(line: Line, clock: Clock) -> None:
    """A limit that was passed is told as what it is, before the call and while it runs."""
    line.found = "too much"
    with pytest.raises(Broken, match="too much"):
        line.channel.watch_now()
    clock.pass_by()
    with pytest.raises(Broken, match="too much"):
        line.receive()


def test_what_has_come_when_the_deadline_is_over_has_come_in_time(line: Line, clock: Clock) -> None:
    """The parent may be late to look, and nobody knows since when the reply has been there."""
    line.answer()
    line.receive(clock.now - 1.0)


@pytest.mark.parametrize("talks", [False, True])
def test_a_reply_that_has_not_come_when_the_deadline_is_over_is_too_late(
    line: Line, clock: Clock, *, talks: bool
) -> None:
    """Whatever else the program prints."""
    if talks:
        line.print()
    with pytest.raises(Broken) as raised:
        line.receive(clock.now - 1.0)
    assert raised.value.kind == "timeout"


def test_no_time_passes_while_the_machine_stands_still(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock of deadlines: a program that had no processor was not slow. What it gains so has an end."""

    class Standstill:
        """The kernel's poll; each time five seconds too late."""

        def __init__(self) -> None:
            self._poll = select.poll()
            self.register, self.unregister = self._poll.register, self._poll.unregister

        def poll(self, milliseconds: int) -> list[tuple[int, int]]:
            events = self._poll.poll(milliseconds)
            clock.now += 5.0
            return events

    monkeypatch.setattr(module, "poll", Standstill)
    line, began = Line(), clock.now
    with pytest.raises(Broken) as raised:
        line.receive(line.channel.clock() + 0.5)
    passed, counted = clock.now - began, line.channel.clock() - began
    line.close()
    assert raised.value.kind == "timeout"
    assert passed > 30.0
    assert 0.5 <= counted < passed - 25.0
