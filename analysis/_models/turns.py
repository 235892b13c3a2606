"""What the turns of trajectories did: ratios and passing by turn, transitions, credit, invented names."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np

from .pass_rates import is_invented, wilson
from .students_t import critical_t

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .._reading.judged_turns import JudgedTrajectory, JudgedTurn

_CORRECT: Final = "correct"
_RESAMPLES: Final = 4_999
_SEED: Final = 20250302
KINDS: Final = ("mended", "broke", "faster", "slower", "unchanged", "undone", "no_program")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RatioAtTurn:
    """Geometric mean of the ratio to the reference of the n programs of this turn that were correct and timed.

    ``survivors`` is True where trajectories that were judged at this turn are missing: those that failed.
    """

    turn: int
    estimate: float
    ci_low: float | None
    ci_high: float | None
    n: int
    survivors: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassedAtTurn:
    """Share of the programs judged at this turn that were correct, with Wilson's interval."""

    turn: int
    passed: int
    programs: int
    estimate: float
    ci_low: float
    ci_high: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """What an agent's turns made of the program that they were given; the kinds add up to ``turns``."""

    treatment: str
    agent: int
    mended: int
    broke: int
    faster: int
    slower: int
    unchanged: int
    undone: int
    no_program: int
    turns: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """An agent's mean share of the log ratio of its trajectories, with a bootstrap interval over trajectories."""

    treatment: str
    agent: int
    log_ratio: float
    ci_low: float | None
    ci_high: float | None
    trajectories: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InventedNames:
    """How many judged turns failed for a module, attribute, name or argument that does not exist."""

    treatment: str
    turns: int
    count: int
    rate: float
    ci_low: float
    ci_high: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InventedAtTurn:
    """The same by turn, whatever the treatment."""

    turn: int
    turns: int
    count: int
    rate: float
    ci_low: float
    ci_high: float


def by_treatment(trajectories: Sequence[JudgedTrajectory]) -> Mapping[str, list[JudgedTrajectory]]:
    """Group trajectories by their treatment's levels, in words."""
    groups: dict[str, list[JudgedTrajectory]] = {}
    for one in trajectories:
        groups.setdefault(name_of(one), []).append(one)
    return groups


def name_of(trajectory: JudgedTrajectory) -> str:
    """Return the treatment in words: ``team trio, feedback time``."""
    return ", ".join(f"{name} {level}" for name, level in trajectory.treatment.items()) or "all"


def ratios(trajectories: Sequence[JudgedTrajectory], *, alpha: float) -> Iterator[RatioAtTurn]:
    """Describe times by turn."""
    for number, turns in _by_turn(trajectories).items():
        logs = np.asarray([log for turn in turns if (log := log_ratio(turn)) is not None])
        if not logs.size:
            continue
        mean, half = float(logs.mean()), None
        if logs.size > 1:
            half = critical_t(alpha, logs.size - 1) * float(logs.std(ddof=1)) / math.sqrt(logs.size)
        yield RatioAtTurn(
            turn=number,
            estimate=math.exp(mean),
            ci_low=None if half is None else math.exp(mean - half),
            ci_high=None if half is None else math.exp(mean + half),
            n=int(logs.size),
            survivors=logs.size < len(trajectories),
        )


def passing(trajectories: Sequence[JudgedTrajectory], *, alpha: float) -> Iterator[PassedAtTurn]:
    """Describe passing by turn."""
    for number, turns in _by_turn(trajectories).items():
        judged = [turn for turn in turns if turn.verdict is not None]
        if judged:
            good = sum(turn.verdict == _CORRECT for turn in judged)
            low, high = wilson(good, len(judged), alpha)
            yield PassedAtTurn(
                turn=number,
                passed=good,
                programs=len(judged),
                estimate=good / len(judged),
                ci_low=low,
                ci_high=high,
            )


def _by_turn(trajectories: Iterable[JudgedTrajectory]) -> Mapping[int, list[JudgedTurn]]:
    by_turn: dict[int, list[JudgedTurn]] = {}
    for one in trajectories:
        for turn in one.turns:
            by_turn.setdefault(turn.number, []).append(turn)
    return dict(sorted(by_turn.items()))


def log_ratio(turn: JudgedTurn) -> float | None:
    """Return the log of the turn's ratio, where its program is correct and was timed."""
    return math.log(turn.ratio) if turn.verdict == _CORRECT and turn.ratio is not None else None


# -- transitions


def transitions(trajectories: Sequence[JudgedTrajectory], *, noise: float) -> Iterator[Transitions]:
    """Count what turns made of the programs that they were given, first turns left out.

    Parameters
    ----------
    noise : log ratios that differ by no more are the same.
    """
    for name, group in by_treatment(trajectories).items():
        counts: dict[int, Counter[str]] = {}
        for one in group:
            for agent, kind in _kinds(one, noise):
                counts.setdefault(agent, Counter())[kind] += 1
        for agent, of in sorted(counts.items()):
            yield Transitions(
                treatment=name, agent=agent, **{kind: of[kind] for kind in KINDS}, turns=sum(of.values())
            )


def _kinds(trajectory: JudgedTrajectory, noise: float) -> Iterator[tuple[int, str]]:
    best = trajectory.settings.get("selection") == "best"
    for chain in chains(trajectory):
        given: JudgedTurn | None = None
        seen: list[str] = []
        for turn in chain:
            if given is not None:
                yield turn.agent, _kind(given, turn, seen, noise)
            if turn.source is not None:
                seen.append(turn.source)
                given = _better(given, turn) if best and given is not None else turn


def chains(trajectory: JudgedTrajectory) -> Sequence[Sequence[JudgedTurn]]:
    """Return the turns that build on each other: all of them, or each agent's where they work independently."""
    if trajectory.settings.get("protocol") != "independent":
        return (trajectory.turns,)
    agents = sorted({turn.agent for turn in trajectory.turns})
    return tuple(tuple(turn for turn in trajectory.turns if turn.agent == agent) for agent in agents)


def _better(given: JudgedTurn, turn: JudgedTurn) -> JudgedTurn:
    """Return which program the next turn gets where the best one is kept."""
    before, after = log_ratio(given), log_ratio(turn)
    if after is not None:
        return turn if before is None or after < before else given
    return given if given.verdict == _CORRECT else turn


def _kind(given: JudgedTurn, turn: JudgedTurn, seen: Sequence[str], noise: float) -> str:
    if turn.source is None:
        return "no_program"
    if turn.source == given.source:
        return "unchanged"
    if turn.source in seen:
        return "undone"
    was, now = given.verdict == _CORRECT, turn.verdict == _CORRECT
    if was != now:
        return "mended" if now else "broke"
    before, after = log_ratio(given), log_ratio(turn)
    if before is None or after is None or abs(after - before) <= noise:
        return "unchanged"
    return "faster" if after < before else "slower"


# -- credit


def of_trajectory(trajectory: JudgedTrajectory) -> Mapping[int, float] | None:
    """Return each agent's part of the log ratio of the program that a trajectory ends with; they add up to it.

    The first correct program is credited with its log ratio to the reference, each later one with what it changed of
    the one before (under ``selection = "best"`` of the best so far). A turn that breaks the program is credited with
    nothing; whoever mends it with what is then different from the last correct one. None where the last program is not
    correct or was not timed.
    """
    final = next((turn for turn in trajectory.turns if turn.number == _final(trajectory)), None)
    total = None if final is None else log_ratio(final)
    if final is None or total is None:
        return None
    chain = next(chain for chain in chains(trajectory) if final in chain)
    best = trajectory.settings.get("selection") == "best"
    parts: dict[int, list[float]] = {turn.agent: [] for turn in trajectory.turns}
    standing = 0.0
    has = False
    for turn in chain:
        if turn.number > final.number:
            break
        log = log_ratio(turn)
        # The last program counts whatever its ratio: it is what the trajectory ends with.
        if log is None or (best and has and log >= standing and turn is not final):
            continue
        parts[turn.agent] += [log, -standing]
        standing, has = log, True
    return _adding_up({agent: math.fsum(of) for agent, of in sorted(parts.items())}, total)


def _final(trajectory: JudgedTrajectory) -> int | None:
    if trajectory.final_turn is not None:
        return trajectory.final_turn
    return max((turn.number for turn in trajectory.turns if turn.source is not None), default=None)


def _adding_up(parts: dict[int, float], total: float) -> dict[int, float]:
    """Move what rounding left to the finest part that can hold it: the parts add up to the last digit of a float."""
    for agent in sorted((a for a in parts if parts[a] != 0), key=lambda a: abs(parts[a])):
        left = total - math.fsum(parts.values())
        if left == 0:
            break
        parts[agent] += left
    return parts


def credits(trajectories: Sequence[JudgedTrajectory], *, alpha: float) -> Iterator[Credit]:  # noqa: A001
    """Average the agents' parts over the trajectories of each treatment; they add up to the mean log ratio."""
    for name, group in by_treatment(trajectories).items():
        known = [parts for one in group if (parts := of_trajectory(one)) is not None]
        if not known:
            continue
        agents = sorted({agent for parts in known for agent in parts})
        values = np.asarray([[parts.get(agent, 0.0) for agent in agents] for parts in known])
        total = math.fsum(math.fsum(parts.values()) for parts in known) / len(known)
        means = _adding_up(
            {agent: math.fsum(values[:, i].tolist()) / len(known) for i, agent in enumerate(agents)}, total
        )
        low, high = _bootstrap(values, alpha)
        for i, agent in enumerate(agents):
            yield Credit(
                treatment=name,
                agent=agent,
                log_ratio=means[agent],
                ci_low=None if low is None else float(low[i]),
                ci_high=None if high is None else float(high[i]),
                trajectories=len(known),
            )


def _bootstrap(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], alpha: float
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None, ...]:
    """Return the limits of bootstrap-t intervals over trajectories, shape (agents,); None for a single one."""
    n = len(values)
    if n < 3:  # noqa: PLR2004 - resamples of two have no spread in half of the cases
        return None, None
    mean, se = values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(n)
    picks = np.random.default_rng(_SEED).integers(0, n, (_RESAMPLES, n))
    drawn = values[picks]
    spread = drawn.std(axis=1, ddof=1) / math.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(spread > 0, (drawn.mean(axis=1) - mean) / spread, 0.0)
    # Never narrower than Student's: few trajectories repeat themselves in resamples.
    student = critical_t(alpha, n - 1)
    upper = np.maximum(np.quantile(t, 1 - alpha / 2, axis=0), student)
    lower = np.minimum(np.quantile(t, alpha / 2, axis=0), -student)
    return mean - upper * se, mean - lower * se


# -- invented names


def invented_names(trajectories: Sequence[JudgedTrajectory], *, alpha: float) -> Iterator[InventedNames]:
    """Count turns of each treatment whose program uses what does not exist."""
    for name, group in by_treatment(trajectories).items():
        counted = _invented([turn for one in group for turn in one.turns], alpha)
        if counted is not None:
            yield InventedNames(treatment=name, **counted)


def invented_by_turn(trajectories: Sequence[JudgedTrajectory], *, alpha: float) -> Iterator[InventedAtTurn]:
    """Count programs of each turn that use what does not exist."""
    for number, turns in _by_turn(trajectories).items():
        counted = _invented(turns, alpha)
        if counted is not None:
            yield InventedAtTurn(turn=number, **counted)


class _Invented(TypedDict):
    turns: int
    count: int
    rate: float
    ci_low: float
    ci_high: float


def _invented(turns: Sequence[JudgedTurn], alpha: float) -> _Invented | None:
    """Count, of the turns that were judged, those that use what does not exist; limits of their share are Wilson's."""
    judged = [turn for turn in turns if turn.verdict is not None]
    if not judged:
        return None
    count = sum(turn.verdict != _CORRECT and is_invented(turn.error_type, turn.reason) for turn in judged)
    low, high = wilson(count, len(judged), alpha)
    return _Invented(turns=len(judged), count=count, rate=count / len(judged), ci_low=low, ci_high=high)
