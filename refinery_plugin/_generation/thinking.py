"""Taking the thinking out of an answer: what a model says to itself is no answer, whether it came to an end or not."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_WORDS = (
    "think|thinking|thought|thoughts|reasoning|reason|reflection|scratchpad|analysis|seed:think|antml:thinking"
    "|antthinking|reasoning_content|inner_monologue|cot"
)
_TAG = rf"</(?:{_WORDS})>"
_MARKS = (
    # How models and servers mark thinking: the opening mark, and the closing ones, the surest first.
    (rf"<(?:{_WORDS})(?:\s[^<>\n]*)?>", (_TAG,)),  # DeepSeek, Qwen and most others
    (rf"```(?:{_WORDS})>?[ \t]*$", (_TAG, r"```[ \t]*")),
    (r"\[THINK\]", (r"\[/THINK\]",)),  # Mistral
    (r"◁think▷", (r"◁/think▷",)),  # Kimi
    (r"<\|begin_of_(?:thought|thinking)\|>", (r"<\|end_of_(?:thought|thinking)\|>",)),
    (r"<\|START_THINKING\|>", (r"<\|END_THINKING\|>",)),  # Cohere
    (r"<\|inner_prefix\|>", (r"<\|inner_suffix\|>",)),  # Apertus
    (r"<unused94>thought", (r"<unused95>",)),  # MedGemma
    (
        r"<\|channel\|>analysis<\|message\|>",
        (
            r"(?:<\|end\|>)?(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>",
            r"<\|end\|>",
        ),
    ),  # gpt-oss
    (r"<details type=\"reasoning\"[^<>\n]*>", (r"</details>",)),  # gateways for people to read
)
_FLAGS = re.IGNORECASE | re.MULTILINE
_OPENING = re.compile("|".join(rf"(^[ \t]*{opening})" for opening, _ in _MARKS), _FLAGS)
_OPENING_ANYWHERE = re.compile("|".join(opening for opening, _ in _MARKS), re.IGNORECASE)


def _closing(mark: str) -> re.Pattern[str]:
    # In a program such a mark stands inside a text, so that something is before it and after it on its line.
    return re.compile(rf"(?:{mark})[ \t]*$|^[ \t]*(?:{mark})", _FLAGS)


def _among_words(mark: str) -> re.Pattern[str]:
    # One in quotes, or in single backticks, is only spoken of.
    return re.compile(rf"(?<![\"'])(?<![^`]`)(?:{mark})(?![\"']|`(?!``))", re.IGNORECASE)


_CLOSING = tuple(tuple(map(_closing, closings)) for _, closings in _MARKS)
_AMONG_WORDS = tuple(_among_words(closings[0]) for _, closings in _MARKS)
_WITHIN = tuple(tuple(re.compile(mark, re.IGNORECASE) for mark in closings) for _, closings in _MARKS)
_ALONE = tuple(closings[0] for closings in _CLOSING[:-1])  # </details> ends much that is no thinking
_ALONE_AMONG_WORDS = _AMONG_WORDS[:-1]

FENCE = re.compile(rf"(?:{_WORDS})>?", re.IGNORECASE)
"""The info text of a fenced block that holds thinking."""


def has_marks(answer: str) -> bool:
    """Whether anything in an answer looks like a mark of thinking."""
    return any(mark.search(answer) for mark in (_OPENING, *_ALONE, *_ALONE_AMONG_WORDS))


def without_thinking(answer: str, *, code_lines: Collection[int] = ()) -> str:
    r"""Return an answer without its thinking.

    Thinking that was never closed reaches to the end; where only the closing mark is there, since the prompt held the
    opening one, everything before it was thinking.

    Parameters
    ----------
    answer : the whole answer.
    code_lines : numbers of lines, from 0, that belong to a program: a mark there is part of it.

    Examples
    --------
    >>> without_thinking("<think>\nHm.\n</think>\nYes.").strip()
    'Yes.'
    >>> without_thinking("Hm.\n</think>\nYes.").strip()
    'Yes.'
    """
    inside = _Spans(answer, code_lines)
    kept: list[str] = []
    position = 0
    opening = inside.first_outside(_OPENING, 0)
    alone = inside.first_of(_ALONE)
    if alone is None and opening is None and (mark := inside.first_of(_ALONE_AMONG_WORDS)):
        alone = None if _OPENING_ANYWHERE.search(answer, 0, mark.start()) else mark
    if alone and (opening is None or alone.start() < opening.start()):
        position = alone.end()
    while opening := inside.first_outside(_OPENING, position):
        kept.append(answer[position : opening.start()])
        kind = (opening.lastindex or 1) - 1
        closings = (*_CLOSING[kind], _AMONG_WORDS[kind])
        closing = _on_the_line(answer, opening) or next(
            filter(None, (inside.first_outside(mark, opening.end()) for mark in closings)), None
        )
        if closing is None:
            return "".join(kept)
        position = closing.end()
    return "".join([*kept, answer[position:]])


def _on_the_line(answer: str, opening: re.Match[str]) -> re.Match[str] | None:
    """Return the end of thinking that ends on the line on which it began, whatever follows there."""
    end = answer.find("\n", opening.end())
    line = (opening.end(), len(answer) if end < 0 else end)
    closings = _WITHIN[(opening.lastindex or 1) - 1]
    return next(filter(None, (mark.search(answer, *line) for mark in closings)), None)


class _Spans:
    """A text, some of whose lines are a program's."""

    def __init__(self, text: str, code_lines: Collection[int]) -> None:
        self._text = text
        self._code: list[tuple[int, int]] = []
        start = 0
        for number, line in enumerate(text.split("\n") if code_lines else ()):
            if number in code_lines:
                self._code.append((start, start + len(line)))
            start += len(line) + 1

    def first_of(self, marks: Iterable[re.Pattern[str]]) -> re.Match[str] | None:
        """Return the first match of any of some marks that is in no program."""
        matches = filter(None, (self.first_outside(mark, 0) for mark in marks))
        return min(matches, key=re.Match.start, default=None)

    def first_outside(self, mark: re.Pattern[str], position: int) -> re.Match[str] | None:
        """Return the first match that is in no program."""
        for match in mark.finditer(self._text, position):
            index = bisect.bisect_right(self._code, (match.start(), len(self._text))) - 1
            if index < 0 or match.start() >= self._code[index][1]:
                return match
        return None
