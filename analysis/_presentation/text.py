"""Text for readers: figures rounded as people write them, and foreign text made harmless to lay out.

Names, reasons and error messages come from generated programs. Escaping is the template's and the XML writer's
business; what is dealt with here are characters that no XML or terminal may hold, and lengths.
"""

from __future__ import annotations

import math
import re
import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
"""Control characters, lone surrogates, non-characters, invisible and direction-changing ones."""

MISSING: Final = "–"
SEPARATOR: Final = "\u241f"
"""Between the key of a mark and its tip: one that no text of a file has."""

_ASCII: Final = str.maketrans(
    {
        "\u2212": "-",
        "\u00d7": "x",
        "\u2013": "-",
        "\u2026": "...",
        "\u201c": '"',
        "\u201d": '"',
        "\ufffd": "?",
    }
)
_LARGE, _SMALL, _TINY_P, _CENTS_MATTER = 1e6, 1e-4, 0.001, 100
_SMALL_P, _NEARLY_ONE = 0.0995, 0.995


def clean(text: object, *, limit: int = 4000) -> str:
    """``text`` without characters that break XML, a terminal or the reading direction, at most ``limit`` long."""
    plain = _FORBIDDEN.sub("\ufffd", str(text))
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def one_line(text: object, *, limit: int = 200) -> str:
    """`clean` on one line: runs of white space become a single space."""
    return clean(" ".join(clean(text).split()), limit=limit)


def in_ascii(text: str) -> str:
    """Replace our own dashes, quotes and signs by letters that every terminal has."""
    return text.translate(_ASCII)


def wrapped(text: str, width: int = 80, *, before: str = "", after: str = "") -> list[str]:
    """Break a text into lines of at most ``width`` columns; the first begins with ``before``, others with ``after``."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return textwrap.wrap(
        printable, width, initial_indent=before, subsequent_indent=after, break_on_hyphens=False
    ) or [before]


def whole(value: float | None) -> str:
    """Return a number of things, with commas; a dash where unknown."""
    return MISSING if value is None else f"{value:,.0f}"


def middle_cut(text: str, most: int) -> str:
    """Cut a name to ``most`` characters in its middle: names of treatments differ at their ends."""
    if len(text) <= most:
        return text
    tail = (most - 1) * 2 // 5
    return f"{text[: most - 1 - tail]}…{text[len(text) - tail :]}"


def sentence(text: object, *, limit: int = 600) -> str:
    """One line that begins with a capital and ends like a sentence."""
    line = one_line(text, limit=limit)
    if line[:1].islower() and line[1:2].isalpha():
        line = line[0].upper() + line[1:]
    return line if not line or line.endswith((".", "!", "?", "…", ":")) else line + "."


def number(value: float | None, *, digits: int = 3) -> str:
    """Return a figure to ``digits`` significant digits, without exponent where readable; a dash if undefined."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    size = abs(value)
    if size >= _LARGE or size < _SMALL:
        return f"{value:.{digits - 1}e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    return f"{value:,.{decimals}f}".replace("-", "−")


def p_value(value: float | None) -> str:
    """Return a p-value as journals print it: three decimals, or ``< 0.001``."""
    if value is None or not math.isfinite(value):
        return MISSING
    return "< 0.001" if value < _TINY_P else f"{value:.3f}"


def p_phrase(value: float | None) -> str:
    """``p = 0.241``, ``p < 0.001``."""
    shown = p_value(value)
    return f"p {shown}" if shown.startswith("<") else f"p = {shown}"


def by_chance(value: float | None) -> str:
    """Return in how many studies chance alone does as much, for who never met a p value: ``30 of 1,000 studies``.

    Empty where there is no p value.
    """
    if value is None or not math.isfinite(value):
        return ""
    if value < _TINY_P:
        return "fewer than 1 of 1,000 studies"
    if value < _SMALL_P:
        return f"{round(1000 * value)} of 1,000 studies"
    return "nearly all studies" if value >= _NEARLY_ONE else f"{round(100 * value)} of 100 studies"


def p_words(value: float | None) -> str:
    """Return a p value with what it means: ``p = 0.030: chance alone does as much in 30 of 1,000 studies``."""
    frequency = by_chance(value)
    return f"{p_phrase(value)}: chance alone does as much in {frequency}" if frequency else p_phrase(value)


def percent(share: float | None, *, decimals: int = 0) -> str:
    """Return a share of one as a percentage; 0 % and 100 % only when they are exact."""
    if share is None or not math.isfinite(share):
        return MISSING
    shown = f"{100 * share:.{decimals}f}"
    if 0 < share < 1 and float(shown) in (0.0, 100.0):
        return f"< {10**-decimals:g} %" if share < 1 / 2 else f"> {100 - 10**-decimals:g} %"
    return f"{shown} %"


def dollars(value: float | None) -> str:
    """Return an amount of money with as many digits as matter, never with an exponent: ``$0.000045``."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "$0"
    if abs(value) < 1:
        return f"${value:.{1 - math.floor(math.log10(abs(value)))}f}"
    return f"${value:,.2f}" if abs(value) < _CENTS_MATTER else f"${value:,.0f}"


def duration(seconds: float | None) -> str:
    """Return a length of time in the unit that a person would choose."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if abs(seconds) >= 2 * size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """``1 program``, ``24 programs``."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listing(items: Iterable[object], *, limit: int = 6) -> str:
    """Return ``a``, ``a and b``, ``a, b and 7 others``."""
    words = [one_line(item, limit=60) for item in items]
    if len(words) > limit:
        words = [*words[: limit - 1], count(len(words) - limit + 1, "other")]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
