"""What a generation came to, added up from one row a program, which a worker of pytest-xdist can hand over."""

from __future__ import annotations

import collections
import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, cast

from refinery_plugin._generation.trajectory import sha256
from refinery_plugin._words import count, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from refinery_plugin._generation.many_trajectories import Generated

_MOST_REASONS = 10

Plain: TypeAlias = dict[str, str | int | None]
"""A row as it goes from one process to another."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is told of one generated program.

    Parameters
    ----------
    id : what stands in the brackets of its node id.
    sha256 : of the program; ``None`` where there is none.
    reason : why there is none.
    turns, live : how many turns, and how many of them were not replayed.
    prompt_tokens, completion_tokens : over all turns.
    cost_usd : over all turns, at the price when recorded, as decimal text; ``None`` if some turn has no price.
    cut_short : why the trajectory ended before its budget, where it has a program all the same.
    spent_usd : the same over the live turns alone, without those that have no price.
    beyond_tokens : what it took beyond a budget in tokens; ``None`` without one.
    beyond_usd : the same of a budget in dollars, as decimal text.
    """

    id: str
    sha256: str | None
    reason: str | None
    turns: int
    live: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: str | None
    spent_usd: str
    cut_short: str | None = None
    beyond_tokens: int | None = None
    beyond_usd: str | None = None

    @classmethod
    def of(cls, one: Generated) -> Row:
        """Sum up one trajectory."""
        trajectory = one.trajectory
        live = [turn for turn in trajectory.turns if not turn.replayed]
        beyond = trajectory.overshoot or {}
        return cls(
            id=one.unit.id,
            sha256=None if trajectory.program is None else sha256(trajectory.program),
            reason=trajectory.no_program_reason,
            turns=len(trajectory.turns),
            live=len(live),
            prompt_tokens=trajectory.prompt_tokens,
            completion_tokens=trajectory.completion_tokens,
            cost_usd=None if trajectory.cost_usd is None else str(trajectory.cost_usd),
            spent_usd=str(sum((turn.cost_usd or Decimal(0) for turn in live), Decimal(0))),
            cut_short=trajectory.cut_short,
            beyond_tokens=int(beyond["tokens"]) if "tokens" in beyond else None,
            beyond_usd=str(beyond["usd"]) if "usd" in beyond else None,
        )

    def plain(self) -> Plain:
        """Return what ``from_plain`` reads."""
        return dataclasses.asdict(self)

    @classmethod
    def from_plain(cls, plain: Plain) -> Row:
        """Read a row that another process made."""
        return cls(**cast("dict[str, str]", plain))  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over programs.

    ``identical`` counts the programs that are byte for byte the same as another one that came before. ``cost_usd``
    and ``spent_usd`` are the sums of the known costs, ``unpriced`` says that some turn had no price.
    """

    programs: int
    without_program: int
    identical: int
    turns: int
    live: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    spent_usd: Decimal
    unpriced: bool


def total(rows: Sequence[Row]) -> Totals:
    """Add up a generation."""
    copies = collections.Counter(row.sha256 for row in rows if row.sha256 is not None)
    return Totals(
        programs=sum(copies.values()),
        without_program=sum(row.sha256 is None for row in rows),
        identical=sum(copies.values()) - len(copies),
        turns=sum(row.turns for row in rows),
        live=sum(row.live for row in rows),
        prompt_tokens=sum(row.prompt_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
        cost_usd=_sum(row.cost_usd for row in rows),
        spent_usd=_sum(row.spent_usd for row in rows),
        unpriced=any(row.cost_usd is None for row in rows),
    )


def _sum(amounts: Iterable[str | None]) -> Decimal:
    return sum((Decimal(amount) for amount in amounts if amount is not None), Decimal(0))


def lines(rows: Sequence[Row], *, where: str) -> list[str]:
    """Say what was generated into which directory, what it cost, and what gave no program and why."""
    totals = total(rows)
    without = (
        f", {count(totals.without_program, 'trajectory', 'trajectories')} without one"
        if totals.without_program
        else ""
    )
    identical = f", {totals.identical} identical to another" if totals.identical else ""
    turns = f"{count(totals.turns, 'turn')} ({totals.live} live, {totals.turns - totals.live} replayed)"
    tokens = f"{totals.prompt_tokens:,} prompt + {totals.completion_tokens:,} completion tokens"
    sentences = [
        f"{count(totals.programs, 'program')} in {where}{without}{identical}",
        f"{turns}, {tokens}",
        _money(totals),
    ]
    sentences += _beyond(rows)
    failed = [row for row in rows if row.sha256 is None]
    sentences += [f"no program: {row.id}: {row.reason}" for row in failed[:_MOST_REASONS]]
    if len(failed) > _MOST_REASONS:
        sentences.append(f"no program: {len(failed) - _MOST_REASONS} more; their files say why")
    cut = [row for row in rows if row.cut_short is not None]
    sentences += [f"cut short, last program kept: {row.id}: {row.cut_short}" for row in cut[:_MOST_REASONS]]
    if len(cut) > _MOST_REASONS:
        sentences.append(
            f"cut short, last program kept: {len(cut) - _MOST_REASONS} more; their files say why"
        )
    return sentences


def _beyond(rows: Sequence[Row]) -> list[str]:
    """Say how far last turns went beyond budgets of equal cost, so that nobody takes them for exactly equal."""
    tokens = [row.beyond_tokens for row in rows if row.beyond_tokens is not None]
    usd = [Decimal(row.beyond_usd) for row in rows if row.beyond_usd is not None]
    sentences = []
    if tokens:
        sentences.append(
            f"last turns went {sum(tokens) / len(tokens):,.0f} tokens beyond their budgets, {max(tokens):,} at most"
        )
    if usd:
        mean, most = dollars(float(sum(usd) / len(usd))), dollars(float(max(usd)))
        sentences.append(f"last turns went {mean} beyond their budgets, {most} at most")
    return sentences


def _money(totals: Totals) -> str:
    if totals.unpriced and not totals.cost_usd:
        return "cost: unknown, since no price is known (a study may give one)"
    text = f"cost: {dollars(float(totals.cost_usd))} when recorded"
    if totals.live:
        text += f", {dollars(float(totals.spent_usd))} of it now"
    return text + (", and turns without a known price" if totals.unpriced else "")
