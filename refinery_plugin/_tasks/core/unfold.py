"""Parsing: a text in which repeats are written short, written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-unfold"


def unfold(text: str) -> str:
    """Write out the first repeat that is left, until there is none; then take the commas away."""
    while "*" in text:
        star = text.index("*")
        start = text.rfind(",", 0, star) + 1
        end = text.find(",", star)
        if end < 0:
            end = len(text)
        written = ""
        for _ in range(int(text[star + 1 : end])):
            written += text[start:star]
        text = text[:start] + written + text[end:]
    return text.replace(",", "")


def sample(seed: int, *, size: int = 9_000) -> tuple[str]:
    """Return so many pieces, of one letter to five; two of seven have no number."""
    draw = Draw(NAME, seed)
    letters = draw.choices("abcdefghijklmnopqrstuvwxyz", 5 * size)
    numbers = draw.choices(("", "", "*0", "*2", "*3", "*4", "*13"), size)
    lengths = draw.integers(1, 5, size)
    return (
        ",".join(
            "".join(letters[5 * place : 5 * place + length]) + number
            for place, (length, number) in enumerate(zip(lengths, numbers, strict=True))
        ),
    )


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short texts: one piece, without a number, the number 0, numbers of two digits, equal pieces."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    number = st.sampled_from(("", "", "*0", "*1", "*2", "*3", "*9", "*10", "*12"))
    letters = st.text(alphabet="abcxyz", min_size=1, max_size=4)
    piece = st.builds(lambda word, times: word + times, letters, number)
    return st.tuples(st.lists(piece, min_size=1, max_size=6).map(",".join))


TASK = declare(
    unfold,
    name=NAME,
    version="2",
    prompt="""
        You are given `text`, a string of 1 to 80,000 characters: words with a comma between each two. A word is one or
        more lowercase letters. After a word there may be a star and a number, which say how many times the word is
        repeated: `ab*3` stands for `ababab`. The number has one or two digits, and may be 0: then the word is left out.
        A word without a star and a number is written once.

        Return the text with all words written out, without commas, stars and numbers. For example,
        `unfold("ab*3,cde,xyz*0,wo*10")` is `"abababcdewowowowowowowowowowo"`, and `unfold("abc")` is `"abc"`.
    """,
    examples=((("ab*3,cde,xyz*0,wo*10",), "abababcdewowowowowowowowowowo"), (("abc",), "abc")),
    sample=sample,
    strategy=strategy,
)
