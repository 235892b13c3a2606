"""Who does which block: one at a time for each worker, lost ones again elsewhere, each result once (pure).

An engine's own scheduling is not used: a block on the wrong machine would be measured there.
"""

from __future__ import annotations

import dataclasses
import enum
import itertools
from collections import deque
from typing import TYPE_CHECKING, Any

from refinery_plugin._cluster.ports import ClusterError, Work, WorkResult
from refinery_plugin._words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from refinery_plugin._cluster.blocks import Block
    from refinery_plugin._cluster.ports import Engine, Event

MOST_STRIKES = 3
"""So many blocks in a row that a worker does not get done, and it is excluded."""
MOST_LOSSES = 20
"""So often a block may be lost, and then something is wrong with the block itself."""
_POLL = 0.5
_MOST_NAMED = 8


class Standing(enum.Enum):
    """Where a worker stands."""

    CHECKED = "is being looked at"
    IDLE = "is idle"
    BUSY = "works"
    EXCLUDED = "is excluded"
    GONE = "is gone"


@dataclasses.dataclass(slots=True, kw_only=True)
class ClusterWorker:
    """What is known of a worker, and what it did."""

    name: str
    address: str
    standing: Standing = Standing.CHECKED
    machine: str = ""
    ticket: str | None = None
    block: Block | None = None
    number: int = 0
    doing: str = ""
    strikes: int = 0
    blocks: int = 0
    programs: int = 0
    lost: int = 0
    seconds: float = 0.0
    why: str = ""

    def __str__(self) -> str:
        known = self.name if self.name == self.address else f"{self.name} ({self.address})"
        return f"worker {known}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPlan:
    """What a dispatcher is to do, and what it asks of those who started it.

    Parameters
    ----------
    check : the work by which a worker shows what it is.
    request : returns the work that a block is, under a number of its own.
    admit : is told what a worker shows, and says why it cannot be used; nothing where it can.
    take : keeps what came of a block, and says why it cannot be used; nothing where it can.
    say : tells people something at once.
    patience : seconds that a worker may be silent.
    wait : seconds for which there may be no worker at all.
    tells_every : seconds between two lines on how far it is.
    """

    blocks: Sequence[Block]
    check: Work
    request: Callable[[Block, int], Work]
    admit: Callable[[Mapping[str, Any]], str]
    take: Callable[[Block, int, str, Mapping[str, Any]], str]
    say: Callable[[str], None]
    patience: float = 60.0
    wait: float = 600.0
    tells_every: float = 15.0


class Dispatcher:
    """Has blocks done by workers that come and go.

    Parameters
    ----------
    clock : seconds that go by.
    """

    def __init__(self, engine: Engine, plan: DispatchPlan, *, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._plan = plan
        self._clock = clock
        self._waiting = deque(plan.blocks)
        self._losses: dict[int, int] = {}
        self._numbers = itertools.count()
        self._tickets = itertools.count(1)
        self._done = 0
        self._began = self._last_told = self._last_alive = clock()
        self._is_waiting = False
        self._next_look = self._began
        self.workers: list[ClusterWorker] = []
        """All that were ever seen; one that comes back under its old address is another one."""

    def run(self) -> None:
        """Have all blocks done.

        Raises
        ------
        ClusterError : no worker can go on; what is done is kept.
        RefineryError : what came back cannot be kept.
        """
        while self._done < len(self._plan.blocks):
            self._look_around()
            self._hand_out()
            self._require_workers()
            for event in self._engine.events(_POLL):
                self._heed(event)
            self._tell_now_and_then()

    # Workers ----------------------------------------------------------------------------------------------------

    def _present(self) -> list[ClusterWorker]:
        return [worker for worker in self.workers if worker.standing is not Standing.GONE]

    def _usable(self) -> list[ClusterWorker]:
        return [worker for worker in self._present() if worker.standing is not Standing.EXCLUDED]

    def _look_around(self) -> None:
        """See who is there, now and then: the list of a hundred workers takes a scheduler some time."""
        now = self._clock()
        if now < self._next_look:
            return
        self._next_look = now + _POLL
        seen = self._engine.workers()
        for worker in self._present():
            present = seen.get(worker.address)
            if present is None:
                self._part_with(worker, Standing.GONE, "it is gone")
            elif present.silent_seconds > self._plan.patience and worker.standing is not Standing.EXCLUDED:
                silent = f"nothing was heard of it for {present.silent_seconds:.0f} s"
                self._part_with(worker, Standing.EXCLUDED, silent)
        known = {worker.address for worker in self._present()}
        for address, new in seen.items():
            if address not in known:
                worker = ClusterWorker(name=new.name, address=address)
                self.workers.append(worker)
                if not new.has_slot:
                    self._plan.say(
                        f"{worker} has no resource timing=1, by which other clients of its scheduler would be kept "
                        "away while it measures; start workers with: dask worker --resources timing=1"
                    )
                self._start(worker, self._plan.check)

    def _part_with(self, worker: ClusterWorker, standing: Standing, why: str) -> None:
        """Have nothing more to do with a worker; its block goes to another."""
        idle = worker.standing in (Standing.IDLE, Standing.EXCLUDED)
        worker.standing, worker.why = standing, why
        if standing is Standing.EXCLUDED or not idle:
            does = " and is used no more" if standing is Standing.EXCLUDED else ""
            again = "; its block is done again elsewhere" if worker.block is not None else ""
            self._plan.say(f"{worker}: {why}{does}{again}")
        self._take_back(worker)

    def _take_back(self, worker: ClusterWorker) -> None:
        """Give up what a worker is doing."""
        if worker.ticket is not None:
            self._engine.drop(worker.ticket)
            worker.ticket = None
        block, worker.block, worker.doing = worker.block, None, ""
        if block is None:
            return
        worker.lost += 1
        losses = self._losses[id(block)] = self._losses.get(id(block), 0) + 1
        if losses >= MOST_LOSSES:
            which = ", ".join(one.key for one in block.programs[:3])
            raise ClusterError(
                f"a block of task {block.task} ({f'{which} and so on' if which else 'its size'}) was lost "
                f"{losses} times, last by {worker}: {worker.why}. What is done is kept: mend that, and go on with "
                "--refinery-resume"
            )
        self._waiting.appendleft(block)

    def _require_workers(self) -> None:
        now = self._clock()
        if self._usable():
            self._last_alive, self._is_waiting = now, False
            return
        present = self._present()
        excluded = "; ".join(f"{worker}: {worker.why}" for worker in present)
        if present and all(worker.standing is Standing.EXCLUDED for worker in self.workers):
            raise ClusterError(
                f"no worker can be used ({excluded}). What is done is kept (--refinery-resume)"
            )
        if now - self._last_alive > self._plan.wait:
            others = f" that can be used ({excluded})" if excluded else ""
            raise ClusterError(
                f"there was no worker{others} for {self._plan.wait:.0f} s. What is done is kept: start workers, and go "
                "on with --refinery-resume"
            )
        if not self._is_waiting:
            self._is_waiting = True
            self._plan.say(f"there is no worker: waiting {self._plan.wait:.0f} s for one (Ctrl-C to give up)")

    # Work -------------------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        for worker in self.workers:
            if not self._waiting:
                return
            if worker.standing is Standing.IDLE:
                worker.block, worker.number = self._waiting.popleft(), next(self._numbers)
                worker.standing = Standing.BUSY
                self._start(worker, self._plan.request(worker.block, worker.number))

    def _start(self, worker: ClusterWorker, work: Work) -> None:
        worker.ticket = f"{next(self._tickets)}"
        self._engine.start(worker.address, work, worker.ticket)

    def _heed(self, event: Event) -> None:
        worker = next((one for one in self.workers if one.ticket == event.ticket), None)
        if worker is None:  # given up meanwhile: nothing is counted twice
            return
        if not isinstance(event, WorkResult):
            self._heed_note(worker, event.what)
            return
        worker.ticket = None
        value = event.value or {}
        if "result" not in value:
            self._heed_fault(worker, event.error or str(value.get("text", "")), str(value.get("fault", "")))
        elif worker.block is None:
            self._heed_check(worker, value["result"])
        else:
            self._heed_result(worker, worker.block, value["result"])

    def _heed_note(self, worker: ClusterWorker, what: Mapping[str, Any]) -> None:
        if "done" in what and worker.block is not None:
            worker.doing = f"{worker.block.task} {what['done']}/{what['of']}"
        elif what.get("doing") == "waits":
            if worker.doing != "waits" and not worker.blocks:
                self._plan.say(f"{worker} waits: {what.get('why')}")
            worker.doing = "waits"

    def _heed_check(self, worker: ClusterWorker, shown: Mapping[str, Any]) -> None:
        why = self._plan.admit(shown)
        worker.machine = str(shown["machine"]["name"])
        if why:
            self._part_with(worker, Standing.EXCLUDED, why)
            return
        worker.standing = Standing.IDLE
        self._plan.say(f"{worker} is on {worker.machine}, sandbox {shown['sandbox']}")

    def _heed_result(self, worker: ClusterWorker, block: Block, result: Mapping[str, Any]) -> None:
        why = self._plan.take(block, worker.number, worker.name, result)
        if why:
            self._part_with(worker, Standing.EXCLUDED, why)
            return
        worker.standing, worker.block, worker.doing, worker.strikes = Standing.IDLE, None, "", 0
        worker.blocks += 1
        worker.programs += len(block.programs)
        worker.seconds += float(result["seconds"])
        self._done += 1

    def _heed_fault(self, worker: ClusterWorker, text: str, kind: str) -> None:
        if kind == "task":
            raise ClusterError(text)
        worker.strikes += 1
        if worker.block is None or kind == "set-up" or worker.strikes >= MOST_STRIKES:
            self._part_with(worker, Standing.EXCLUDED, text)
            return
        worker.why = text
        self._plan.say(f"{worker}: {text}; its block is done again")
        self._take_back(worker)
        worker.standing = Standing.IDLE

    # Telling ----------------------------------------------------------------------------------------------------

    def _tell_now_and_then(self) -> None:
        now = self._clock()
        if now - self._last_told >= self._plan.tells_every and self._done:
            self._last_told = now
            self._plan.say(self.progress())

    def progress(self) -> str:
        """Say how far it is, worker by worker."""
        blocks = self._plan.blocks
        programs = sum(worker.programs for worker in self.workers)
        left = (self._clock() - self._began) * (len(blocks) - self._done) / max(1, self._done)
        busy = [worker for worker in self.workers if worker.blocks or worker.block is not None]
        named = [
            f"worker {worker.name}: {count(worker.programs, 'program')}{f' ({worker.doing})' if worker.doing else ''}"
            for worker in busy[:_MOST_NAMED]
        ]
        if len(busy) > _MOST_NAMED:
            named.append(f"and {len(busy) - _MOST_NAMED} more workers")
        return (
            f"{self._done} of {count(len(blocks), 'block')}, {count(programs, 'program')}, about {left:.0f} s left; "
            f"{', '.join(named)}"
        )

    def summary(self) -> list[str]:
        """Say what each worker did, one line a worker."""
        lines = []
        for worker in self.workers:
            lost = f", {count(worker.lost, 'block')} lost" if worker.lost else ""
            why = f"; {worker.standing.value}: {worker.why}" if worker.why else ""
            lines.append(
                f"{worker}: {count(worker.blocks, 'block')}, {count(worker.programs, 'program')} in "
                f"{worker.seconds:.0f} s{lost}{why}"
            )
        return lines
