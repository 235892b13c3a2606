"""Blocks on workers that come and go: a scripted engine, and a clock that jumps."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from refinery_plugin._cluster.blocks import Block, blocks_of
from refinery_plugin._cluster.dispatch import MOST_LOSSES, MOST_STRIKES, Dispatcher, DispatchPlan
from refinery_plugin._cluster.ports import ClusterError, Note, Seen, Work, WorkResult
from refinery_plugin._timing.session import Outstanding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from refinery_plugin._cluster.ports import Event

SHOWN = {"machine": {"name": "here"}, "sandbox": "bwrap", "versions": {}}
CHECK = Work(header={"kind": "check"})
Reply = dict[str, Any] | None
"""A worker's answer; nothing where it never answers."""


def done(names: list[str]) -> dict[str, Any]:
    return {"result": {"programs": names, "seconds": 1.0, "parts": []}}


@dataclasses.dataclass
class ScriptedEngine:
    """Answers as ``reply`` says, which is told the worker, the work, and how much that worker was given before."""

    reply: Callable[[str, Work, int], Reply]
    present: dict[str, Seen]
    events_left: list[Event] = dataclasses.field(default_factory=list)
    given: list[tuple[str, Work]] = dataclasses.field(default_factory=list)
    dropped: list[str] = dataclasses.field(default_factory=list)
    on_events: Callable[[ScriptedEngine], None] = lambda _: None

    def workers(self) -> Mapping[str, Seen]:
        return dict(self.present)

    def start(self, worker: str, work: Work, ticket: str) -> None:
        before = sum(one == worker for one, _ in self.given)
        self.given.append((worker, work))
        reply = self.reply(worker, work, before)
        if reply is not None:
            self.events_left.append(WorkResult(ticket=ticket, **reply))

    def events(self, seconds: float) -> list[Event]:
        del seconds
        self.on_events(self)
        found, self.events_left = self.events_left, []
        return found

    def drop(self, ticket: str) -> None:
        self.dropped.append(ticket)

    def close(self) -> None:
        """Nothing is open."""


@dataclasses.dataclass
class Taken:
    """What the plan was told."""

    results: list[tuple[str, int, str]] = dataclasses.field(default_factory=list)
    said: list[str] = dataclasses.field(default_factory=list)

    def plan(self, blocks: int, **settings: Any) -> DispatchPlan:  # noqa: ANN401 - the plan's own
        def take(block: Block, number: int, worker: str, result: Mapping[str, Any]) -> str:
            del result
            self.results.append((block.programs[0].key, number, worker))
            return ""

        given: dict[str, Any] = {
            "blocks": [Block(task="t", programs=(one(f"p{number}"),)) for number in range(blocks)],
            "check": CHECK,
            "request": lambda block, number: Work(
                header={"kind": "block", "key": block.programs[0].key, "n": number}
            ),
            "admit": lambda shown: str(shown.get("refused", "")),
            "take": take,
            "say": self.said.append,
        }
        return DispatchPlan(**{**given, **settings})

    @property
    def keys(self) -> list[str]:
        return sorted(key for key, _, _ in self.results)


def one(key: str, task: str = "t") -> Outstanding:
    return Outstanding(task=task, key=key, source=b"")


def well(worker: str, work: Work, before: int) -> Reply:
    del worker, before
    return {"value": {"result": SHOWN} if work is CHECK else done([work.header["key"]])}


def run(engine: ScriptedEngine, plan: DispatchPlan, *, step: float = 1.0) -> Dispatcher:
    ticks = itertools.count()
    dispatcher = Dispatcher(engine, plan, clock=lambda: step * next(ticks))
    dispatcher.run()
    return dispatcher


def two() -> dict[str, Seen]:
    return {"a": Seen(name="a"), "b": Seen(name="b")}


def test_every_block_is_done_once_under_a_number_of_its_own() -> None:
    """Two workers share the blocks, one each at a time; the summary has a line for each worker."""
    taken = Taken()
    dispatcher = run(ScriptedEngine(well, two()), taken.plan(6))
    assert taken.keys == [f"p{number}" for number in range(6)]
    assert sorted(number for _, number, _ in taken.results) == list(range(6))
    assert {worker for _, _, worker in taken.results} == {"a", "b"}
    assert len(dispatcher.summary()) == 2
    assert "6 of 6 blocks, 6 programs" in dispatcher.progress()


def test_the_block_of_a_lost_worker_is_done_elsewhere_under_a_new_number() -> None:
    """It is told, and what the lost worker still sends counts for nothing."""
    taken = Taken()
    late: list[Event] = []

    def reply(worker: str, work: Work, before: int) -> Reply:
        return None if worker == "a" and work is not CHECK else well(worker, work, before)

    def leave(engine: ScriptedEngine) -> None:
        if "a" in engine.present and any(
            worker == "a" and work is not CHECK for worker, work in engine.given
        ):
            del engine.present["a"]
            late.append(WorkResult(ticket="3", value=done(["p0"])))
        elif late:
            engine.events_left.append(late.pop())

    engine = ScriptedEngine(reply, two(), on_events=leave)
    run(engine, taken.plan(4))
    assert taken.keys == ["p0", "p1", "p2", "p3"]
    assert {worker for _, _, worker in taken.results} == {"b"}
    numbers = [work.header["n"] for _, work in engine.given if work is not CHECK]
    assert numbers == list(range(5))
    assert any("its block is done again elsewhere" in said for said in taken.said)


def test_a_silent_worker_is_used_no_more() -> None:
    """It is still there, but nothing was heard of it: its block goes elsewhere."""
    taken = Taken()

    def reply(worker: str, work: Work, before: int) -> Reply:
        return None if worker == "a" and work is not CHECK else well(worker, work, before)

    def fall_silent(engine: ScriptedEngine) -> None:
        engine.present["a"] = Seen(name="a", silent_seconds=100)

    engine = ScriptedEngine(reply, two(), on_events=fall_silent)
    run(engine, taken.plan(3))
    assert taken.keys == ["p0", "p1", "p2"]
    assert any("nothing was heard of it for 100 s and is used no more" in said for said in taken.said)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            {"value": {"fault": "set-up", "text": "no sandbox here"}}, "no sandbox here", id="sandbox"
        ),
        pytest.param(
            {"value": {"result": {**SHOWN, "refused": "another Python"}}}, "another Python", id="python"
        ),
        pytest.param({"error": "ModuleNotFoundError: no module"}, "ModuleNotFoundError", id="nothing-there"),
    ],
)
def test_a_worker_that_cannot_be_used_is_told_and_gets_no_block(answer: Reply, told: str) -> None:
    """The others do its share."""
    taken = Taken()
    engine = ScriptedEngine(lambda *of: answer if of[0] == "a" else well(*of), two())
    run(engine, taken.plan(3))
    assert {worker for _, _, worker in taken.results} == {"b"}
    assert any(told in said for said in taken.said)
    with pytest.raises(ClusterError, match=r"no worker can be used"):
        run(ScriptedEngine(lambda *_: answer, {"a": Seen(name="a")}), taken.plan(1))


def test_a_worker_that_fails_again_and_again_is_excluded() -> None:
    """One failure may be chance; after three in a row it gets no block any more, and none is lost."""
    taken = Taken()

    def reply(worker: str, work: Work, before: int) -> Reply:
        if worker == "b" or work is CHECK:
            return well(worker, work, before)
        return {"value": {"fault": "trouble", "text": "its process was ended by signal 9"}}

    engine = ScriptedEngine(reply, two())
    run(engine, taken.plan(20))
    assert taken.keys == sorted(f"p{number}" for number in range(20))
    assert sum(worker == "a" and work is not CHECK for worker, work in engine.given) == MOST_STRIKES


def test_a_broken_task_ends_the_session() -> None:
    """No other worker can mend it."""
    broken = {"value": {"fault": "task", "text": "the reference does not pass its own examples"}}
    engine = ScriptedEngine(lambda *of: well(*of) if of[1] is CHECK else broken, two())
    with pytest.raises(ClusterError, match="does not pass its own examples"):
        run(engine, Taken().plan(2))


def test_a_block_that_is_lost_again_and_again_ends_the_session() -> None:
    """Each time with a new worker: then it is the block, which is named."""
    names = itertools.count()

    def renew(engine: ScriptedEngine) -> None:
        if any(work is not CHECK and worker in engine.present for worker, work in engine.given):
            engine.present = {f"w{next(names)}": Seen(name="w")}

    def reply(worker: str, work: Work, before: int) -> Reply:
        return well(worker, work, before) if work is CHECK else None

    engine = ScriptedEngine(reply, {"first": Seen(name="w")}, on_events=renew)
    with pytest.raises(ClusterError, match=rf"\(p0 and so on\) was lost {MOST_LOSSES} times"):
        run(engine, Taken().plan(1))


def test_where_there_is_no_worker_it_waits_for_a_while() -> None:
    """It is told once; after that the session ends with what is done."""
    taken = Taken()
    with pytest.raises(ClusterError, match="there was no worker for 600 s"):
        run(ScriptedEngine(well, {}), taken.plan(1), step=10)
    assert sum("there is no worker" in said for said in taken.said) == 1


def test_workers_that_come_later_are_used() -> None:
    """A queue gives nodes one by one."""
    taken = Taken()

    def come(engine: ScriptedEngine) -> None:
        engine.present.setdefault("a", Seen(name="a"))

    run(ScriptedEngine(well, {}, on_events=come), taken.plan(2))
    assert taken.keys == ["p0", "p1"]


def test_progress_is_told_by_worker_and_waiting_with_its_reason() -> None:
    """Notes of workers show in the lines; that one waits for its machine's lock is told once."""
    taken = Taken()
    notes = itertools.count()

    def note(engine: ScriptedEngine) -> None:
        if next(notes) == 1:
            engine.events_left.insert(0, Note(ticket="2", what={"done": 1, "of": 4}))
            engine.events_left.insert(0, Note(ticket="2", what={"doing": "waits", "why": "another session"}))

    run(
        ScriptedEngine(well, {"a": Seen(name="a", has_slot=False)}, on_events=note),
        taken.plan(4, tells_every=0.0),
    )
    assert any("worker a waits: another session" in said for said in taken.said)
    assert any("of 4 blocks" in said and "worker a" in said for said in taken.said)
    assert any("--resources timing=1" in said for said in taken.said)


def test_blocks_are_of_one_task() -> None:
    """About ten programs where they are timed, up to 25 where not; all are there, in order."""
    programs = [one(f"a{number}", "a") for number in range(24)] + [
        one(f"b{number}", "b") for number in range(51)
    ]
    blocks = blocks_of(programs, is_timed=lambda task: task == "a")
    assert [len(block.programs) for block in blocks] == [12, 12, 17, 17, 17]
    assert [program for block in blocks for program in block.programs] == programs
    assert all({program.task for program in block.programs} == {block.task} for block in blocks)
