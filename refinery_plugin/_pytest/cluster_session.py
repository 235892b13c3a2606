"""A session whose programs run on the workers of an engine: before the tests, which then find everything done."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from refinery_plugin._cluster.block_request import BlockRequest, pickled
from refinery_plugin._cluster.blocks import Block, blocks_of
from refinery_plugin._cluster.dask_engine import DaskEngine
from refinery_plugin._cluster.dispatch import Dispatcher, DispatchPlan
from refinery_plugin._cluster.ports import Work
from refinery_plugin._pytest.session import refinery_of
from refinery_plugin._timing.fingerprint import ResumeError, versions_with
from refinery_plugin._timing.journal import JournalError
from refinery_plugin._timing.records import BlockRecord, from_json
from refinery_plugin._timing.session import limits_of
from refinery_plugin._words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pytest

    from refinery_plugin._study.units import Unit
    from refinery_plugin._timing.session import MeasuringSession


class Elsewhere:
    """What workers are sent, and what becomes of their answers.

    Parameters
    ----------
    measuring : keeps what came of it.
    say : tells the user something at once.
    """

    def __init__(
        self, config: pytest.Config, measuring: MeasuringSession, *, say: Callable[[str], None]
    ) -> None:
        self._config = config
        self._refinery = refinery_of(config)
        self._measuring = measuring
        self._say = say
        self._versions: dict[str, str] = {}
        self._is_open = False
        self._dispatcher: Dispatcher | None = None

    def run(self, units: Iterable[Unit]) -> None:
        """Have programs done, but for those that are done already.

        Raises
        ------
        RefineryError : when they cannot be; what is done is kept.
        """
        programs = self._measuring.outstanding(units)
        blocks = blocks_of(programs, is_timed=lambda name: self._measuring.task(name).is_timed)
        if not blocks:
            return
        packages = self._refinery.study.packages
        self._versions = versions_with(packages)
        where: str = self._config.getoption("refinery_cluster")
        quiet = self._config.get_verbosity() < 0
        engine = DaskEngine.connect(where)
        try:
            self._tell(f"{count(len(programs), 'program')} in {count(len(blocks), 'block')} for {where}")
            check = Work(header={"kind": "check", "sandbox": self._sandbox, "packages": list(packages)})
            plan = DispatchPlan(
                blocks=blocks,
                check=check,
                request=self._request,
                admit=self._admit,
                take=self._take,
                say=(lambda _: None) if quiet else self._tell,
            )
            unsized = self._measuring.unsized(sorted({block.task for block in blocks}))
            if unsized:  # on one of the machines, and then all take the same
                finding = dataclasses.replace(
                    plan,
                    blocks=[Block(task=name, programs=()) for name in unsized],
                    request=self._size_request,
                    take=self._take_size,
                )
                Dispatcher(engine, finding, clock=time.monotonic).run()
            self._dispatcher = Dispatcher(engine, plan, clock=time.monotonic)
            self._dispatcher.run()
        finally:
            engine.close()

    def summary(self) -> list[str]:
        """Say what each worker did."""
        return [] if self._dispatcher is None else self._dispatcher.summary()

    def _tell(self, text: str) -> None:
        self._say(f"refinery: {text}")

    @property
    def _sandbox(self) -> str:
        name: str = self._config.getoption("refinery_sandbox")
        return name

    def _request(self, block: Block, number: int) -> Work:
        return self._work("block", block, number)

    def _size_request(self, block: Block, number: int) -> Work:
        return self._work("size", block, number)

    def _work(self, kind: str, block: Block, number: int) -> Work:
        study, measuring = self._refinery.study, self._measuring
        request = BlockRequest(
            number=number,
            session=measuring.id,
            task=measuring.task(block.task),
            programs=tuple((program.key, program.source) for program in block.programs),
            list_seeds=tuple(measuring.list_seeds(block.task)),
            verify_seed=measuring.verify_seed,
            runs=study.runs,
            limits=limits_of(study),
            time_factor=study.limits.time_factor,
            sandbox=self._sandbox,
            packages=tuple(study.packages),
        )
        return Work(header={"kind": kind}, payload=pickled(request))

    def _admit(self, shown: Mapping[str, Any]) -> str:
        """Hold a worker to the versions of this session, and to the sandbox of those before it."""
        differing = [
            f"{name} {shown['versions'].get(name, 'none')} instead of {version}"
            for name, version in self._versions.items()
            if shown["versions"].get(name) != version
        ]
        if differing:
            return f"it has other versions than this session ({', '.join(differing)})"
        if self._measuring.sandbox_name not in (None, shown["sandbox"]):
            return (
                f"its sandbox is {shown['sandbox']}, and this session's is {self._measuring.sandbox_name} "
                "(--refinery-sandbox chooses one for all)"
            )
        if not self._is_open:
            self._measuring.begin_elsewhere(shown["sandbox"])
            self._is_open = True
        self._versions = dict(shown["versions"])
        return ""

    def _take_size(self, block: Block, number: int, worker: str, result: Mapping[str, Any]) -> str:
        """Keep the size that a worker found, for all."""
        del number
        size = int(result["size"])
        self._measuring.size(block.task, size)
        self._tell(
            f"task {block.task} has size {size:,}, found by worker {worker} on {result['machine']['name']}"
        )
        return ""

    def _take(self, block: Block, number: int, worker: str, result: Mapping[str, Any]) -> str:
        """Keep what came of a block, if it is all of it."""
        if tuple(result["programs"]) != tuple(program.key for program in block.programs):
            return "it did other programs than those of its block"
        try:
            parts = tuple(from_json(part) for part in result["parts"])
        except JournalError as exc:
            return f"its results cannot be read ({exc})"
        record = BlockRecord(
            number=number,
            session=self._measuring.id,
            task=block.task,
            machine=result["machine"],
            worker=worker,
            programs=tuple(result["programs"]),
            seconds=float(result["seconds"]),
            parts=tuple(part for part in parts if not isinstance(part, BlockRecord)),
        )
        try:
            self._measuring.take(record)
        except ResumeError as exc:
            return str(exc)
        return ""
