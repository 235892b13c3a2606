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

_FALSE = 0.05
"""Of the pairs that are called faster so many are expected to be as fast as each other."""


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
    pairs = [
        _ordered(*pair) for group in by_prompt.values() for pair in itertools.combinations(_once(group), 2)
    ]
    p_values = {place: p for place, pair in enumerate(pairs) if (p := p_of_faster(*pair)) is not None}
    faster = discoveries(p_values)
    for place, (chosen, rejected) in enumerate(pairs):
        why = "faster" if place in faster else "correct" if chosen.correct and not rejected.correct else ""
        if why:
            yield {
                "prompt": list(chosen.prompt),
                "chosen": _said(chosen),
                "rejected": _said(rejected),
                "why": why,
                **chosen.columns,
                **{
                    f"rejected_{name}": rejected.columns[name]
                    for name in ("verdict", "ratio", "noise", "sha256", "model", "replicate", "turn", "agent")
                },
            }


def _ordered(one: ExportedTurn, other: ExportedTurn) -> tuple[ExportedTurn, ExportedTurn]:
    """Return the better of two turns first: what is correct, and then what took less."""

    def cost(turn: ExportedTurn) -> tuple[bool, float]:
        ratio = turn.columns["ratio"]
        return not turn.correct, math.inf if ratio is None else ratio

    return (other, one) if cost(other) < cost(one) else (one, other)


def p_of_faster(faster: ExportedTurn, slower: ExportedTurn) -> float | None:
    """Return the probability that two programs of the same speed differ as much: Student's t of their log ratios.

    ``None`` where one of them is not correct, was not timed, or nothing tells its noise.
    """
    ratios = [turn.columns["ratio"] for turn in (faster, slower)]
    noises = [turn.columns["noise"] for turn in (faster, slower)]
    if not (faster.correct and slower.correct) or None in ratios or None in noises:
        return None
    difference, error = math.log(ratios[1] / ratios[0]), math.hypot(*noises)
    if not error:
        return float(not difference)
    from scipy import special  # noqa: PLC0415 - slow to import, and needed only here

    return 2 * float(special.stdtr(min(faster.degrees, slower.degrees), -difference / error))


def discoveries(p_values: Mapping[int, float]) -> frozenset[int]:
    """Return which of many differences to believe, so that at most one in twenty of these is expected to be none.

    The procedure of Benjamini and Hochberg (1995). Of thousands of pairs that differ by nothing, hundreds differ by
    two standard errors: a fixed number of these would fill the rows with chance wherever few programs really differ.
    """
    by_size = sorted(p_values, key=p_values.__getitem__)
    believed = 0
    for rank, place in enumerate(by_size, start=1):
        if p_values[place] <= _FALSE * rank / len(by_size):
            believed = rank
    return frozenset(by_size[:believed])


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "sft": Format(about="correct answers, for supervised fine-tuning: messages", rows=_sft),
        "preference": Format(about="pairs with one prompt: prompt, chosen, rejected", rows=_preference),
        "kto": Format(about="single answers that are good or bad: prompt, completion, label", rows=_kto),
        "grpo": Format(about="prompts to answer, with the task of their reward: prompt, task_id", rows=_grpo),
    }
)
