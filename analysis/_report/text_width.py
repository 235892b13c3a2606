"""How wide text is in the face that figures are laid out with.

A figure's layout is fixed when it is written, its font is not: the reader's browser takes what it has, and DejaVu Sans
or Verdana are a sixth wider than Arial. So every text carries the width that it was given room for (``textLength``),
and a browser with another face makes the letters fit, instead of clipping them or letting them run into each other.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

_REGULAR: Final = {
    0.191: "'", 0.222: "ijl", 0.260: "|", 0.278: " !,./:;I[\\]ft", 0.333: "()-`r·", 0.334: "{}", 0.355: '"',
    0.389: "*", 0.400: "°", 0.469: "^", 0.500: "Jcksvxyz", 0.549: "≥≤±", 0.556: "#$0123456789?L_abdeghnopqu–",
    0.576: "µ", 0.584: "+<=>~−×", 0.611: "FTZ", 0.667: "&ABEKPSVXY", 0.722: "CDHNRUw", 0.778: "GOQ", 0.833: "Mm",
    0.889: "%", 0.944: "W", 1.000: "…", 1.015: "@",
}  # fmt: skip
"""Characters of Liberation Sans, and so of Arial and Helvetica, by their advance width in em."""

_BOLD: Final = {
    0.238: "'", 0.278: " ,./I\\ijl", 0.280: "|", 0.333: "!()-:;[]`ft·", 0.389: "*r{}", 0.400: "°", 0.474: '"',
    0.500: "z", 0.549: "≥≤±", 0.556: "#$0123456789J_aceksvxy–", 0.576: "µ", 0.584: "+<=>^~−×",
    0.611: "?FLTZbdghnopqu", 0.667: "EPSVXY", 0.722: "&ABCDHKNRU", 0.778: "GOQw", 0.833: "M", 0.889: "%m",
    0.944: "W", 0.975: "@", 1.000: "…",
}  # fmt: skip
_WIDE: Final = 1.0
_OTHER: Final = 0.63  # the mean of what is in neither table: Greek, Cyrillic, symbols


def text_width(text: str, *, size: float, bold: bool = False) -> float:
    """Return the width of one line of ``text`` at ``size`` pixels, in pixels, without kerning.

    Examples
    --------
    >>> round(text_width("120 s", size=12), 2)
    29.35
    """
    return size * sum(_advance(character, bold=bold) for character in text)


@cache
def _advance(character: str, *, bold: bool) -> float:
    known = _widths(bold=bold)
    base = unicodedata.normalize("NFD", character)[0]  # an accent adds no width
    if base in known:
        return known[base]
    if unicodedata.combining(character):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER


@cache
def _widths(*, bold: bool) -> dict[str, float]:
    return {
        character: width
        for width, characters in (_BOLD if bold else _REGULAR).items()
        for character in characters
    }
