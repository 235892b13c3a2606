"""The study: what varies, how often each treatment is repeated, and what follows from that alone."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from types import MappingProxyType
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.levels import MAX_TURNS, Budget, Scalar, show, slug
from refinery_plugin._study.named_levels import NamedLevel
from refinery_plugin._study.request_settings import NO_TABLE, RequestTable
from refinery_plugin._study.settings import Settings, resolve
from refinery_plugin._study.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from refinery_plugin._study.pricing import Price

_SLOTS = 2**21  # a request seed is slot * 1024 + turn: below 2**31, which every server takes
_TURNS = 1024
_PILOT_FACTORS = frozenset({"agents", "optimization"})
if MAX_TURNS >= _TURNS:  # pragma: no cover - a guard for whoever changes one of the two
    raise AssertionError("a trajectory's turns must fit its range of seeds")


class StudyError(RefineryError):
    """A study is not declared as it should be; the message names the key, the value and what is allowed."""


@dataclasses.dataclass(frozen=True, kw_only=True)  # no slots: cached properties need a place
class Treatment:
    """One combination of levels.

    ``levels`` has, for each factor in the study's order, the level as it is shown and stored: budgets in their
    normal form (``"120 s"`` for ``"2 min"``), tables by their name, everything else as in the study.
    """

    levels: Mapping[str, Scalar]
    settings: Settings

    @functools.cached_property
    def id(self) -> str:
        """Short text without white space, such as ``agents=2-optimization=60s``; unique in a study."""
        return "-".join(f"{slug(name)}={slug(level)}" for name, level in self.levels.items())

    def __str__(self) -> str:
        return (
            ", ".join(f"{name} {show(level)}" for name, level in self.levels.items()) or "the only treatment"
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProgramLimits:
    """What a program may use inside the sandbox; the same for all programs and for the reference.

    ``time_factor`` is the limit of one call in multiples of the reference's time on a full-size input.
    """

    memory_mb: int = 2048
    processes: int = 64
    file_mb: int = 64
    tmp_mb: int = 64
    load_seconds: int = 30
    time_factor: int = 10


@dataclasses.dataclass(frozen=True, kw_only=True)  # no slots: cached properties need a place
class Study:
    """One designed experiment.

    Parameters
    ----------
    name : also names the folder of its cassettes.
    tasks : names of the tasks, in order; every treatment gets every one.
    factors : levels of each factor, parsed, in order.
    constants : settings that are the same for all programs, parsed.
    replicates : independent programs of each treatment.
    seed : all request seeds and list seeds follow from it.
    lists : seeded inputs.
    runs : timed calls of each program on each list.
    prices : USD per million tokens by model; the key ``"*"`` is for every model without a known price.
    packages : what programs may import besides the standard library.
    limits : what a program may use.
    request : how requests differ from ours.
    names_model : whether the study names a model; else the default is asked, if anything is generated at all.
    by_task : whether it is a study of several tasks: then ids and files of its programs begin with the task.
    primary : the response that its question is about, ``"time"`` or ``"passed"``.
    size : of the inputs of tasks that leave it open, for all of them or by task; those without one are found.
    """

    name: str
    tasks: tuple[str, ...]
    factors: Mapping[str, tuple[object, ...]]
    constants: Mapping[str, object]
    replicates: int
    seed: int
    lists: int
    runs: int
    prices: Mapping[str, Price]
    packages: tuple[str, ...]
    limits: ProgramLimits
    request: RequestTable = NO_TABLE
    names_model: bool = True
    by_task: bool = False
    primary: str = "time"
    size: int | Mapping[str, int] | None = None

    def size_of(self, task: str) -> int | None:
        """Return what the study says of the size of a task's inputs."""
        if self.size is None or isinstance(self.size, int):
            return self.size
        return self.size.get(task)

    @property
    def task(self) -> str | None:
        """Name of the only task; ``None`` in a study of several."""
        return None if self.by_task else self.tasks[0]

    @functools.cached_property
    def treatments(self) -> tuple[Treatment, ...]:
        """The full crossing of the levels; the last factor changes fastest."""
        return tuple(
            self.treatment(dict(zip(self.factors, levels, strict=True)))
            for levels in itertools.product(*self.factors.values())
        )

    def treatment(self, levels: Mapping[str, object]) -> Treatment:
        """Return the treatment of some parsed levels, also of levels that this study does not vary."""
        return Treatment(
            levels=MappingProxyType({name: _stored(level) for name, level in levels.items()}),
            settings=resolve({**self.constants, **_set_by(levels)}),
        )

    @functools.cached_property
    def is_like_the_pilot(self) -> bool:
        """Whether agents, turns, seconds and the replicate tell its programs apart."""
        return set(self.factors) <= _PILOT_FACTORS and all(
            treatment.settings.optimization.is_of_turns_and_seconds for treatment in self.treatments
        )

    def replicate_numbers(self) -> range:
        """Return the numbers of the replicates, from 1."""
        return range(1, self.replicates + 1)

    @property
    def programs(self) -> int:
        """How many programs the study asks for."""
        return len(self.tasks) * len(self.treatments) * self.replicates

    @functools.cached_property
    def _slots(self) -> dict[str | None, Mapping[tuple[str, int], int]]:
        return {}

    def _slots_of(self, task: str | None) -> Mapping[tuple[str, int], int]:
        # Each task by itself, replicates outermost: a study that gains either keeps the seeds that it had.
        if task not in self._slots:
            order = ((t.id, r) for r in self.replicate_numbers() for t in self.treatments)
            parts = (self.seed,) if task is None else (self.seed, task)
            self._slots[task] = dict(_probe(order, parts))
        return self._slots[task]

    def request_seed(
        self, treatment: Treatment, replicate: int, turn: int, *, task: str | None = None
    ) -> int:
        """Return the seed of one request, from 0 to 2**31 - 1; no two requests of a task share one.

        A hash of study seed, task, treatment and replicate picks a range of 1,024 seeds (a taken range gives way to
        the next free one), the turn picks one in it.

        Parameters
        ----------
        task : in a study of several tasks, the one that is asked about; ``None`` in a study of one.
        """
        if not 1 <= turn <= MAX_TURNS:
            raise ValueError(f"turn must be from 1 to {MAX_TURNS}, got {turn}")
        return self._slots_of(task)[treatment.id, replicate] * _TURNS + turn

    def list_seed(self, number: int) -> int:
        """Return the seed of timed list ``number`` (from 1) of every task, from 0 to 2**63 - 1."""
        return int.from_bytes(_digest(self.seed, "list", number)[:8], "big") >> 1


def _set_by(levels: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that levels set: a plain one its factor's, a named one those of its table."""
    values: dict[str, object] = {}
    for name, level in levels.items():
        values |= level.settings if isinstance(level, NamedLevel) else {name: level}
    return values


def _stored(level: object) -> Scalar:
    if isinstance(level, Budget | Wording | NamedLevel):
        return str(level)
    if not isinstance(level, (bool, int, float, str)):
        raise TypeError(f"a level must be a scalar, got {level!r}")
    return level


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()


def _probe(
    order: Iterator[tuple[str, int]], parts: tuple[object, ...]
) -> Iterator[tuple[tuple[str, int], int]]:
    taken: set[int] = set()
    for treatment, replicate in order:
        slot = int.from_bytes(_digest(*parts, treatment, replicate)[:8], "big") % _SLOTS
        while slot in taken:
            slot = (slot + 1) % _SLOTS
        taken.add(slot)
        yield (treatment, replicate), slot


def crossing_size(factors: Mapping[str, Sequence[object]]) -> int:
    """Return the number of treatments without making them."""
    size = 1
    for levels in factors.values():
        size *= len(levels)
    return size
