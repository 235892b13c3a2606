"""The forms in which turns are exported, one row a form (pure)."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from refinery_plugin._training.turns import ExportedTurn

_ERRORS = 2.0
"""So many standard errors of a difference are taken for noise."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form: what a row is, and how rows are made of turns."""

    about: str
    rows: Callable[[Sequence[ExportedTurn]], Iterator[dict[str, Any]]]


def _said(turn: ExportedTurn) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": turn.answer}]


def _once(turns: Sequence[ExportedTurn]) -> Iterator[ExportedTurn]:
    """Leave out turns whose program another turn of the same task already gave."""
    seen = set()
    for turn in turns:
        key = (turn.task, turn.columns["sha256"] or turn.answer)
        if key not in seen:
            seen.add(key)
            yield turn


def _sft(turns: Sequence[ExportedTurn]) -> Iterator[dict[str, Any]]:
    for turn in _once([turn for turn in turns if turn.correct]):
        yield {"messages": [*turn.prompt, *_said(turn)], **turn.columns}


def _kto(turns: Sequence[ExportedTurn]) -> Iterator[dict[str, Any]]:
    for turn in _once(turns):
        yield {"prompt": list(turn.prompt), "completion": _said(turn), "label": turn.correct, **turn.columns}


def _grpo(turns: Sequence[ExportedTurn]) -> Iterator[dict[str, Any]]:
    seen = set()
    for turn in turns:
        key = (turn.task, turn.key)
        if key not in seen:
            seen.add(key)
            yield {"prompt": list(turn.prompt), "task_id": turn.task, **turn.columns}


def _preference(turns: Sequence[ExportedTurn]) -> Iterator[dict[str, Any]]:
    by_prompt: dict[tuple[str, str], list[ExportedTurn]] = defaultdict(list)
    for turn in turns:
        by_prompt[turn.task, turn.key].append(turn)
    for group in by_prompt.values():
        for one, other in itertools.combinations(_once(group), 2):
            why = better(one, other)
            chosen, rejected = (one, other) if why else (other, one)
            why = why or better(other, one)
            if why:
                yield {
                    "prompt": list(chosen.prompt),
                    "chosen": _said(chosen),
                    "rejected": _said(rejected),
                    "why": why,
                    **chosen.columns,
                    **{
                        f"rejected_{name}": rejected.columns[name]
                        for name in (
                            "verdict",
                            "ratio",
                            "noise",
                            "sha256",
                            "model",
                            "replicate",
                            "turn",
                            "agent",
                        )
                    },
                }


def better(one: ExportedTurn, other: ExportedTurn) -> str:
    """Say why a turn is better than another: it is ``correct`` and the other is not, or it is ``faster``; else nothing.

    Faster is what is so by more than two standard errors of the difference of log ratios; where nothing tells the
    noise, nothing is faster.
    """
    if one.correct and not other.correct:
        return "correct"
    if not (one.correct and other.correct):
        return ""
    ratios = [turn.columns["ratio"] for turn in (one, other)]
    noises = [turn.columns["noise"] for turn in (one, other)]
    if None in ratios or None in noises:
        return ""
    return "faster" if math.log(ratios[1] / ratios[0]) > _ERRORS * math.hypot(*noises) else ""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "sft": Format(about="correct answers, for supervised fine-tuning: messages", rows=_sft),
        "preference": Format(about="pairs with one prompt: prompt, chosen, rejected", rows=_preference),
        "kto": Format(about="single answers that are good or bad: prompt, completion, label", rows=_kto),
        "grpo": Format(about="prompts to answer, with the task of their reward: prompt, task_id", rows=_grpo),
    }
)
