"""Protocols of teams: who speaks next, what is seen, and what is taken, from the turns so far (pure)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from refinery_plugin._generation.turn_judgement import Judged


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PastTurn:
    """A finished turn as a protocol sees it.

    Parameters
    ----------
    writes : whether a program was asked for; else the answer is words about one.
    text : the answer.
    program : the code that was taken from it.
    judged : what was found of the program, where that was asked for.
    """

    number: int
    agent: int
    writes: bool
    text: str
    program: str | None
    judged: Judged | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a protocol decides by.

    Parameters
    ----------
    agents : how many there are, numbered from 1.
    turns : all finished turns, in order.
    may_speak : the agents whose budget is not used up; never empty where the next turn is asked for.
    selection : ``last`` or ``best``, as the study says.
    """

    agents: int
    turns: tuple[PastTurn, ...]
    may_speak: tuple[int, ...]
    selection: str = "last"

    def of(self, agent: int) -> tuple[int, ...]:
        """Return the numbers of an agent's own turns."""
        return tuple(turn.number for turn in self.turns if turn.agent == agent)

    def current(self, seen: Iterable[int] | None = None) -> PastTurn | None:
        """Return the turn of the current program, by the study's selection; of the turns that are seen, if given."""
        wanted = None if seen is None else frozenset(seen)
        given = [
            turn
            for turn in self.turns
            if turn.program is not None and (wanted is None or turn.number in wanted)
        ]
        best = fastest(given) if self.selection == "best" else None
        return best or (given[-1] if given else None)


def fastest(turns: Iterable[PastTurn]) -> PastTurn | None:
    """Return the turn with the fastest correct program, the first of equals; ``None`` where none is correct."""
    correct = [turn for turn in turns if turn.judged is not None and turn.judged.correct]
    return min(correct, key=lambda turn: (turn.judged.ratio_or_infinity, turn.number), default=None)  # type: ignore[union-attr]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NextTurn:
    """What a protocol decides on.

    Parameters
    ----------
    agent : who speaks, from 1.
    sees : numbers of the turns that count for it: their programs, and their words where the memory has them; ``None``
        for all.
    writes : whether it writes a program; else it is asked for criticism of the current one, in words.
    request : words in place of ours that ask for the program, or for criticism.
    """

    agent: int
    sees: tuple[int, ...] | None = None
    writes: bool = True
    request: str | None = None


def current_only(situation: Situation) -> tuple[int, ...]:
    """Take the current program of all turns."""
    current = situation.current()
    return () if current is None else (current.number,)


def no_words(_next: NextTurn, _agents: int) -> str:
    """Tell nothing of a team."""
    return ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TeamProtocol:
    """How the agents of a trajectory work together.

    Parameters
    ----------
    name : what a study calls it.
    next_turn : decides on the next turn; ``None`` ends the trajectory before its budget.
    takes : numbers of the turns whose programs may be the end. Of several, verification finds the fastest correct one,
        the first of equals; where none is correct, the last one given is taken.
    introduces : from the turn and the number of agents (2 or more) to the sentences of the system message that say who
        speaks in what team.
    alone : each agent works on an even share of the budget, and is told of no others.
    """

    name: str
    next_turn: Callable[[Situation], NextTurn | None]
    takes: Callable[[Situation], tuple[int, ...]] = current_only
    introduces: Callable[[NextTurn, int], str] = no_words
    alone: bool = False


class ProtocolError(RefineryError):
    """A protocol decides on what cannot be, or fails; the message names it."""


def decide(protocol: TeamProtocol, situation: Situation) -> NextTurn | None:
    """Return the next turn that a protocol decides on; ``None`` where it ends the trajectory.

    Raises
    ------
    ProtocolError : when it fails, or names an agent that there is not or whose budget is used up.
    """
    try:
        following = protocol.next_turn(situation)
    except Exception as exc:
        raise _failed(protocol, "next_turn", exc) from exc
    if following is None:
        return None
    if not isinstance(following, NextTurn):
        raise ProtocolError(
            f"protocol {protocol.name!r}: next_turn must return a NextTurn or None, got {following!r}"
        )
    if following.agent not in range(1, situation.agents + 1):
        raise ProtocolError(
            f"protocol {protocol.name!r}: there is no agent {following.agent!r} for turn {len(situation.turns) + 1}; "
            f"they are numbered from 1 to {situation.agents}"
        )
    if following.agent not in situation.may_speak:
        raise ProtocolError(
            f"protocol {protocol.name!r}: the budget of agent {following.agent} is used up; choose one of "
            f"situation.may_speak, here {situation.may_speak}"
        )
    return following


def takes(protocol: TeamProtocol, situation: Situation) -> tuple[PastTurn, ...]:
    """Return the turns whose programs may be the end, as a protocol decides; those without a program are left out.

    Raises
    ------
    ProtocolError : when it fails, or returns no numbers of turns.
    """
    try:
        numbers = frozenset(protocol.takes(situation))
    except Exception as exc:
        raise _failed(protocol, "takes", exc) from exc
    return tuple(turn for turn in situation.turns if turn.number in numbers and turn.program is not None)


def introduce(protocol: TeamProtocol, turn: NextTurn, agents: int) -> str:
    """Return the sentences that say who speaks in what team.

    Raises
    ------
    ProtocolError : when it fails, or returns no text.
    """
    try:
        words = protocol.introduces(turn, agents)
    except Exception as exc:
        raise _failed(protocol, "introduces", exc) from exc
    if not isinstance(words, str):
        raise ProtocolError(f"protocol {protocol.name!r}: introduces must return a text, got {words!r}")
    return words


def _failed(protocol: TeamProtocol, what: str, exc: Exception) -> ProtocolError:
    return ProtocolError(f"protocol {protocol.name!r}: its {what} failed with {type(exc).__name__}: {exc}")


def _take_turns(situation: Situation) -> NextTurn:
    return NextTurn(agent=len(situation.turns) % situation.agents + 1)


def _rotating(turn: NextTurn, agents: int) -> str:
    return (
        f"You are agent {turn.agent} of a team of {agents} agents. The agents take turns: each turn one agent leads "
        "and improves the team's program. In this turn you lead."
    )


def _alone(situation: Situation) -> NextTurn:
    """Let the agents that have budget left go round, each with its own turns before its eyes."""
    last = situation.turns[-1].agent if situation.turns else 0
    agent = min(situation.may_speak, key=lambda number: (number - last - 1) % situation.agents)
    return NextTurn(agent=agent, sees=situation.of(agent))


def _best_of_each(situation: Situation) -> tuple[int, ...]:
    ends = (situation.current(situation.of(agent)) for agent in range(1, situation.agents + 1))
    return tuple(sorted(end.number for end in ends if end is not None))


def _review(situation: Situation) -> NextTurn:
    """Let the first agent write; after each program of its the next of the others criticises."""
    last = situation.turns[-1] if situation.turns else None
    if last is None or last.program is None:
        return NextTurn(agent=1)
    critics = situation.agents - 1
    spoken = sum(not turn.writes for turn in situation.turns)
    return NextTurn(agent=2 + spoken % critics if critics else 1, writes=False)


def _reviewing(turn: NextTurn, agents: int) -> str:
    others = "agent 2 criticises" if agents == 2 else "the others criticise"  # noqa: PLR2004
    return (
        f"You are agent {turn.agent} of a team of {agents} agents. Agent 1 writes the program, {others} it, and "
        f"agent 1 revises it. In this turn you {'write' if turn.writes else 'criticise'}."
    )


ROTATE = TeamProtocol(name="rotate", next_turn=_take_turns, introduces=_rotating)
INDEPENDENT = TeamProtocol(name="independent", next_turn=_alone, takes=_best_of_each, alone=True)
REVIEW = TeamProtocol(name="review", next_turn=_review, introduces=_reviewing)

OWN_PROTOCOLS: tuple[TeamProtocol, ...] = (ROTATE, INDEPENDENT, REVIEW)
"""The protocols that come with the plugin."""
