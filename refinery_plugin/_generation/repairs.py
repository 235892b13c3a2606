"""Small things that keep code from being Python, and how each is taken away; all pure, from text to text."""

from __future__ import annotations

import html
import re
import textwrap
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Repair: TypeAlias = "Callable[[str], str]"

LONGEST = 40_000
"""No longer text is repaired: each try costs a parse. Some 10,000 tokens, far more than a program."""

_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u2800\u3000"),
    " ",
)
_NOTHING = dict.fromkeys(map(ord, "\0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_SPAN = re.compile(r"</?span\b[^<>]*>")
_QUOTES = {ord("\u201c"): '"', ord("\u201d"): '"', ord("\u2018"): "'", ord("\u2019"): "'"}
_ODD_INDENT = re.compile(r"^[^\S\n]+", re.MULTILINE)
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.|In \[\d+\]:|\.\.\.:)(?: |$)(.*)$")
_NUMBER = re.compile(r"^[ \t]*(?:L?(\d{1,9})(?:[ \t]?[|:.)→])?|\[(\d{1,9})\])(?:(?=\s|$)|(?<=→))")
_MAGIC = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)
_DIFF_HEAD = re.compile(r"---(?: |$)|\+\+\+(?: |$)|@@|diff |index |\\ No newline")
_REPLACEMENT = re.compile(r"^<{5,9} ?SEARCH.*?^={5,9}$\n(.*?)^>{5,9} ?REPLACE", re.MULTILINE | re.DOTALL)
_BREAK = re.compile(r"<br ?/?>[ \t]*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([_*\[\]<>#`])")
_LINE_ENDS = re.compile("[\u2028\u2029\x0b\x85]")
_SIGNS = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # full width, as in Chinese and Japanese texts
    **dict.fromkeys(map(ord, "\u2013\u2014\u2212\u2010\u2011"), "-"),
    ord("\u00d7"): "*",
    ord("\u2264"): "<=",
    ord("\u2265"): ">=",
    ord("\u2260"): "!=",
    ord("\u2192"): "->",
    ord("\u2026"): "...",
}
_FENCE_AT_END = re.compile(r"(?:`{3,}|~{3,})[ \t]*$|^[ \t]*(?:`{3,}|~{3,})", re.MULTILINE)


def _without_prompts(source: str) -> str:
    """Keep what was typed at prompts, and drop what was printed between."""
    typed = [match[1] for line in source.split("\n") if (match := _PROMPT.match(line))]
    return "\n".join(typed) if typed else source


def _without_line_numbers(source: str) -> str:
    """Leave out the numbers of lines, if all have one and they rise by one; empty lines may have theirs, or none."""
    lines = source.strip("\n").split("\n")
    for numbered in (lines, [line for line in lines if line.strip()]):
        matches = {place: match for place, line in enumerate(numbered) if (match := _NUMBER.match(line))}
        shifts = {int(match[1] or match[2]) - place for place, match in matches.items()}
        if len(shifts) == 1 and all(
            place in matches or not line.strip() for place, line in enumerate(numbered)
        ):
            kept = (
                line[matches[place].end() :] if line.strip() else "" for place, line in enumerate(numbered)
            )
            return textwrap.dedent("\n".join(kept))
    return source


def _of_a_diff(source: str) -> str:
    """Keep what a diff leaves: its added lines and those around them."""
    lines = [line for line in source.split("\n") if line.strip() and not _DIFF_HEAD.match(line)]
    if not any(line[0] == "+" for line in lines) or any(line[0] not in "+- " for line in lines):
        return source
    return textwrap.dedent("\n".join(line[1:] for line in lines if line[0] != "-"))


def _of_a_replacement(source: str) -> str:
    """Keep the second half of a block that says what to search for and what to write for it."""
    match = _REPLACEMENT.search(source)
    return source if match is None else match[1]


def _plain_indentation(source: str) -> str:
    return _ODD_INDENT.sub(lambda match: match[0].translate(_SPACES), source)


def plain_spaces(source: str) -> str:
    """Make all blanks plain ones, and take away signs that nobody sees."""
    return _COLOUR.sub("", source).translate(_SPACES | _NOTHING)


def _plain_quotes(source: str) -> str:
    return source.translate(_QUOTES)


def _until_first_fence(source: str) -> str:
    match = _FENCE_AT_END.search(source)
    return source if match is None else source[: match.start()]


def _until_last_fence(source: str) -> str:
    matches = list(_FENCE_AT_END.finditer(source))
    return source[: matches[-1].start()] if matches else source


def _without_entities(source: str) -> str:
    plain = _SPAN.sub("", source)  # the colours of a page
    return html.unescape(plain.replace("&nbsp;", " ")) if "&" in plain else plain


def _without_breaks(source: str) -> str:
    return _BREAK.sub("", source)


def _without_markdown_escapes(source: str) -> str:
    return _ESCAPED.sub(r"\1", source)


def _plain_signs(source: str) -> str:
    return source.translate(_SIGNS)


def _plain_line_ends(source: str) -> str:
    return _LINE_ENDS.sub("\n", source)


def _unescaped_line_ends(source: str) -> str:
    r"""Undo the \n of a text that was printed as a program's own notation: no line of a program holds so much."""
    if "\n" in source.strip() or "\\n" not in source:
        return source
    return source.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')


def _tabs_of(width: int) -> Callable[[str], str]:
    def with_blanks(source: str) -> str:
        return _ODD_INDENT.sub(lambda match: match[0].expandtabs(width), source)

    return with_blanks


def _without_magics(source: str) -> str:
    return _MAGIC.sub("", source)


def _without_first_blanks(source: str) -> str:
    return source.lstrip()


_OF_PARTS: tuple[Repair, ...] = (_of_a_diff, _of_a_replacement)
REPAIRS_OF_WHOLES: tuple[Repair, ...] = (
    _without_prompts,
    _without_line_numbers,
    _plain_line_ends,
    _plain_indentation,
    plain_spaces,
    _until_first_fence,
    _until_last_fence,
    _without_entities,
    _plain_quotes,
    _without_magics,
    textwrap.dedent,
    _without_first_blanks,
    _without_breaks,
    _without_markdown_escapes,
    _plain_signs,
    _unescaped_line_ends,
    _tabs_of(4),
    _tabs_of(8),
)
"""From the surest to the boldest."""
REPAIRS = (*_OF_PARTS, *REPAIRS_OF_WHOLES)
"""The same, with those whose result may be a part of something, first."""


def repaired(source: str, repairs: Sequence[Repair] = REPAIRS) -> Iterator[str]:
    """Yield a text with one repair each, then with more and more of them; only what differs, each once."""
    if len(source) > LONGEST:
        return
    seen = {source}
    together = source
    for text in [*(repair(source) for repair in repairs), None]:
        if text is not None and text not in seen:
            seen.add(text)
            yield text
    for repair in repairs:
        together = repair(together)
        if together not in seen:
            seen.add(together)
            yield together
