"""Small things that keep code from being Python, and how each is taken away; all pure, from text to text."""

from __future__ import annotations

import html
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 40_000
"""No longer text is repaired: each try costs a parse. Some 10,000 tokens, far more than a program."""

_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " "
)
_NOTHING = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_QUOTES = {ord("\u201c"): '"', ord("\u201d"): '"', ord("\u2018"): "'", ord("\u2019"): "'"}
_ODD_INDENT = re.compile(r"^[^\S\n]+", re.MULTILINE)
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.|In \[\d+\]:|\.\.\.:)(?: |$)(.*)$")
_NUMBER = re.compile(r"^[ \t]*(\d{1,9})(?:[ \t]?[|:.])?(?=\s|$)")
_MAGIC = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)
_FENCE_AT_END = re.compile(r"(?:`{3,}|~{3,})[ \t]*$", re.MULTILINE)


def _without_prompts(source: str) -> str:
    """Keep what was typed at prompts, and drop what was printed between."""
    typed = [match[1] for line in source.split("\n") if (match := _PROMPT.match(line))]
    return "\n".join(typed) if typed else source


def _without_line_numbers(source: str) -> str:
    lines = [line for line in source.split("\n") if line.strip()]
    matches = [match for line in lines if (match := _NUMBER.match(line))]
    numbers = [int(match[1]) for match in matches]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(lines))):
        return source
    return textwrap.dedent("\n".join(match.string[match.end() :] for match in matches))


def _plain_indentation(source: str) -> str:
    return _ODD_INDENT.sub(lambda match: match[0].translate(_SPACES), source)


def _plain_spaces(source: str) -> str:
    return source.translate(_SPACES | _NOTHING)


def _plain_quotes(source: str) -> str:
    return source.translate(_QUOTES)


def _until_first_fence(source: str) -> str:
    match = _FENCE_AT_END.search(source)
    return source if match is None else source[: match.start()]


def _until_last_fence(source: str) -> str:
    matches = list(_FENCE_AT_END.finditer(source))
    return source[: matches[-1].start()] if matches else source


def _without_entities(source: str) -> str:
    return html.unescape(source) if "&" in source else source


def _without_magics(source: str) -> str:
    return _MAGIC.sub("", source)


def _without_first_blanks(source: str) -> str:
    return source.lstrip()


REPAIRS: tuple[Callable[[str], str], ...] = (
    _without_prompts,
    _without_line_numbers,
    _plain_indentation,
    _plain_spaces,
    _until_first_fence,
    _until_last_fence,
    _without_entities,
    _plain_quotes,
    _without_magics,
    textwrap.dedent,
    _without_first_blanks,
)
"""From the surest to the boldest."""


def repaired(source: str) -> Iterator[str]:
    """Yield a text with one repair each, then with more and more of them; only what differs, each once."""
    if len(source) > LONGEST:
        return
    seen = {source}
    together = source
    for text in [*(repair(source) for repair in REPAIRS), None]:
        if text is not None and text not in seen:
            seen.add(text)
            yield text
    for repair in REPAIRS:
        together = repair(together)
        if together not in seen:
            seen.add(together)
            yield together
