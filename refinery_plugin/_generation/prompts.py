"""The words that are sent to the model; pure functions of the task, the settings and the state of a trajectory."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError
from refinery_plugin._generation.chat import ChatRequest, Message
from refinery_plugin._generation.feedback import NONE, FeedbackKind
from refinery_plugin._generation.protocols import ROTATE, NextTurn, TeamProtocol, introduce
from refinery_plugin._study.levels import show
from refinery_plugin._study.value_types import is_array_form, type_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refinery_plugin._study.settings import Settings
    from refinery_plugin._study.task import Task


_SPEED = "After that only its execution time counts: make it as fast as you can."
_REFINE = (
    "Refine it: write a program that is faster and still returns the right result for every input. If the current "
    "program is wrong, mend it first. If you see no way to make it faster, answer with it as it is."
)

_CRITICISE = (
    "Criticise it, in words and briefly: say what is wrong in it or slow, and what should be done instead. Do not "
    "write the program: its author revises it next and reads what you say."
)


class PromptError(RefineryError):
    """A task's prompt has a place that no setting fills."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What does not change during a trajectory."""

    task: Task
    settings: Settings
    packages: Sequence[str]
    feedback: FeedbackKind = NONE
    protocol: TeamProtocol = ROTATE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Criticism:
    """What an agent said of the current program."""

    agent: int
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The state at the start of one turn.

    ``lead`` and ``author`` are agent numbers from 1; ``author`` wrote the current ``program``, and both are ``None``
    as long as there is none. ``remaining_seconds`` is ``None`` without a time budget. ``writes`` says whether the lead
    agent is asked for a program, or for criticism of the current one; ``asks`` are words in place of ours that ask for
    it. ``feedback`` and ``criticism`` are about the current program.
    """

    lead: int
    author: int | None
    program: str | None
    remaining_seconds: int | None
    writes: bool = True
    asks: str | None = None
    feedback: str | None = None
    criticism: Criticism | None = None


def turn_request(
    brief: Brief, turn: Turn, memory: Sequence[Message], *, seed: int, states_task: bool = True
) -> ChatRequest:
    """Return all that is sent for one turn: who speaks and what is seen are ``turn`` and ``memory``.

    ``memory`` holds the messages that the lead agent sees before this turn's, without the system message;
    ``states_task`` says whether this turn's message begins with the whole task.
    """
    own = task_message(brief, turn) if states_task else follow_up_message(brief, turn)
    messages = (*memory, own)
    system = system_message(brief, turn.lead, writes=turn.writes)
    agent = brief.settings.team[turn.lead - 1]
    return ChatRequest(
        model=agent.model,
        messages=(system, *messages) if system.content else messages,
        temperature=agent.temperature,
        max_tokens=agent.max_tokens,
        seed=seed,
    )


def system_message(brief: Brief, lead: int, *, writes: bool = True) -> Message:
    """Tell the lead agent who it is, and its own instructions; a team of one is told of no team."""
    if (own := brief.settings.prompts.system) is not None:
        turn = Turn(lead=lead, author=None, program=None, remaining_seconds=None)
        text = _filled(own, brief, turn).strip()
    else:
        text = "You are an expert Python programmer who writes correct and very fast code."
        if (size := brief.settings.agents) > 1:
            team = introduce(brief.protocol, NextTurn(agent=lead, writes=writes), size)
            text = " ".join(filter(None, (text, team)))
    instructions = brief.settings.team[lead - 1].instructions.strip()
    return Message(role="system", content=" ".join(filter(None, (text, instructions))))


def task_message(brief: Brief, turn: Turn) -> Message:
    """State the whole task and, where there is a program already, ask for a faster one."""
    own = brief.settings.prompts.task
    whole = [_statement(brief), *_rules(brief)] if own is None else [_filled(own, brief, turn)]
    if own is not None and turn.program is None:
        return _user(whole)
    return _user([*whole, *_request(brief, turn)])


def follow_up_message(brief: Brief, turn: Turn) -> Message:
    """Ask for the next program in a conversation that already holds the task."""
    return _user(_request(brief, turn))


def prompt_sha256(brief: Brief) -> str:
    """Return the SHA-256 of what the first request of a trajectory says: an edited prompt has another one."""
    turn = Turn(lead=1, author=None, program=None, remaining_seconds=None)
    messages = (system_message(brief, 1), task_message(brief, turn))
    return hashlib.sha256("\0".join(message.content for message in messages).encode()).hexdigest()


def _user(parts: Sequence[str]) -> Message:
    return Message(role="user", content="\n\n".join(parts))


def _filled(text: str, brief: Brief, turn: Turn) -> str:
    """Fill the places of a study's own text; what is filled in is not looked at for places again."""
    task = brief.task
    seconds = turn.remaining_seconds
    return text.format(
        prompt=_statement(brief),
        signature=task.signature.rstrip().rstrip(":") + ":",
        entry_point=task.entry_point,
        packages=_packages(brief),
        result_type=_type_name(task),
        instructions=brief.settings.instructions.strip(),
        program=(turn.program or "").rstrip(),
        agent=turn.lead,
        agents=brief.settings.agents,
        author=turn.author or "",
        seconds="" if seconds is None else seconds,
        feedback=turn.feedback or "",
        criticism=_criticism(turn),
    )


def _packages(brief: Brief) -> str:
    return " and ".join(["the standard library", *brief.packages])


def _type_name(task: Task) -> str:
    return "" if task.result_type is Any else type_name(task.result_type)


def _statement(brief: Brief) -> str:
    # A study of several tasks has the settings of all of them.
    own = brief.task.settings
    places = {name: show(value) for name, value in brief.settings.extra.items() if name in own}
    if not places:
        return brief.task.prompt.strip()
    try:
        return brief.task.prompt.strip().format(**places)
    except (KeyError, IndexError, ValueError) as exc:
        raise PromptError(
            f"task {brief.task.name!r}: its prompt has a place that no setting fills: {exc}; "
            f"its settings are {', '.join(places)}; write literal braces twice"
        ) from exc


def _rules(brief: Brief) -> list[str]:
    task = brief.task
    allowed = _packages(brief)
    signature = task.signature.rstrip().rstrip(":")
    rules = [
        f"Write a Python function with exactly this signature:\n\n```python\n{signature}:\n```",
        f"It must return {_result(task, has_numpy='numpy' in brief.packages)}.",
        f"{_SPEED} You may use {allowed}.",
    ]
    extra = brief.settings.instructions.strip()
    return [*rules, extra] if extra else rules


def _result(task: Task, *, has_numpy: bool) -> str:
    """Tell what is accepted as a result: which values, of which types, how near."""
    form, name = task.result_type, _type_name(task)
    right = "a right result" if task.check is not None else "the right result"
    rule = f"{right} for every such input"
    if form in {int, float, bool}:
        rule += f", as a plain Python `{name}`"
        rule += f" (turn NumPy numbers into it with `{name}(...)`)" if has_numpy else ""
    elif form in {str, bytes, None, type(None)}:
        rule += f", as a plain Python `{name}`"
    elif is_array_form(form):
        rule += ", as a `numpy.ndarray` of the right shape; " + (
            "its dtype must be the right one, too"
            if task.equality == "exact"
            else "its dtype does not matter, its numbers do"
        )
    else:
        rule += f", as plain Python values of the type `{name}`" if name else ", as plain Python values"
        rule += _inner_numbers(task, has_numpy=has_numpy)
    return rule + _nearness(task)


def _inner_numbers(task: Task, *, has_numpy: bool) -> str:
    if not has_numpy:
        return ""
    if task.equality == "exact":
        return " (turn NumPy numbers and arrays in it into plain ones, with `.item()` and `.tolist()`)"
    if "ndarray" in _type_name(task):
        return " (NumPy numbers in it count as the numbers that they hold)"
    return (
        " (NumPy numbers in it count as the numbers that they hold; turn arrays into lists with `.tolist()`)"
    )


def _nearness(task: Task) -> str:
    close = task.close
    if close is None:
        return ""
    parts = [
        f"{close.rtol:g} times the right one" if close.rtol else "",
        f"{close.atol:g}" if close.atol else "",
    ]
    return f". A float in it may differ from the right one by {' plus '.join(filter(None, parts))}"


def _request(brief: Brief, turn: Turn) -> list[str]:
    form = (
        f"Answer with the complete program in one Python code block. It only imports and defines: it must not call "
        f"`{brief.task.entry_point}`, print, or contain examples or tests."
    )
    if turn.program is None:
        return [*filter(None, (turn.asks,)), *_time_left(turn), form]
    if turn.writes and (own := brief.settings.prompts.refine) is not None:
        return [_filled(own, brief, turn), *_not_placed(own, turn)]
    return [
        f"{_whose(brief, turn)}\n\n```python\n{turn.program.rstrip()}\n```",
        *filter(None, (turn.feedback, _criticism(turn))),
        turn.asks or (_REFINE if turn.writes else _CRITICISE),
        *_time_left(turn),
        *((form,) if turn.writes else ()),
    ]


def _criticism(turn: Turn) -> str:
    said = turn.criticism
    if said is None or not said.text:
        return ""
    who = "You criticised" if said.agent == turn.lead else f"Agent {said.agent} criticised"
    return f"{who} it:\n\n{said.text}"


def _not_placed(text: str, turn: Turn) -> list[str]:
    """Return what a study's own text has no place for, and has to be told all the same."""
    to_place = {"{feedback}": turn.feedback or "", "{criticism}": _criticism(turn)}
    return [words for place, words in to_place.items() if words and place not in text]


def _whose(brief: Brief, turn: Turn) -> str:
    if brief.settings.agents == 1 or brief.protocol.alone:
        return "This is your current program:"
    if turn.author == turn.lead:
        return "This is the team's current program, which you wrote yourself:"
    return f"This is the team's current program, which agent {turn.author} wrote:"


def _time_left(turn: Turn) -> list[str]:
    seconds = turn.remaining_seconds
    return (
        []
        if seconds is None
        else [f"Time left for the whole work: {seconds} second{'' if seconds == 1 else 's'}."]
    )
