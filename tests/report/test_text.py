"""Figures and foreign text as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refinery_analysis._presentation.text import (
    clean,
    count,
    dollars,
    duration,
    listing,
    middle_cut,
    number,
    one_line,
    p_phrase,
    percent,
    sentence,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.12345, "0.123"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (0.0, "0"),
        (-0.5, "\u22120.500"),
        (1.5e9, "1.50e9"),
        (3e-7, "3.00e-7"),
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_numbers(value: float | None, shown: str) -> None:
    """Numbers have three digits that count, thousands commas, a true minus, and a dash where there is none."""
    assert number(value) == shown


def test_shares_are_0_or_100_percent_only_when_exact() -> None:
    """A share near either end is shown as below or above, never rounded to it."""
    assert [percent(x) for x in (0.0, 1.0, 0.001, 0.999, 0.346)] == [
        "0 %",
        "100 %",
        "< 1 %",
        "> 99 %",
        "35 %",
    ]
    assert [percent(x, decimals=1) for x in (0.0001, 0.9999, 0.346)] == ["< 0.1 %", "> 99.9 %", "34.6 %"]


def test_p_values() -> None:
    """A p has three places, is called below 0.001 beyond them, and a dash where there is none."""
    assert [p_phrase(p) for p in (0.2412, 0.0004, None)] == ["p = 0.241", "p < 0.001", "p = –"]


def test_money_and_time() -> None:
    """Dollars show more places below ten cents and none from a thousand on; durations get a fitting unit."""
    assert [dollars(x) for x in (0, 0.0261, 4.987, 98.999, 1234.5, None)] == [
        "$0",
        "$0.026",
        "$4.99",
        "$99.00",
        "$1,234",
        "–",
    ]
    assert [duration(x) for x in (1.5, 119, 600, 7200, 400_000)] == [
        "1.50 s",
        "119 s",
        "10.0 min",
        "2.00 h",
        "4.63 days",
    ]


def test_counts_and_lists() -> None:
    """One is singular, others plural, and long lists end in how many are left."""
    assert [count(n, "program") for n in (0, 1, 2400)] == ["0 programs", "1 program", "2,400 programs"]
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(map(str, range(9))) == "0, 1, 2, 3, 4 and 4 others"
    assert listing([]) == ""


def test_sentences() -> None:
    """A text becomes a sentence with its end, its first letter raised unless it is a symbol."""
    assert sentence("all programs passed") == "All programs passed."
    assert sentence("p = 0.2 is no proof") == "p = 0.2 is no proof."
    assert sentence("Done!") == "Done!"


def test_names_are_cut_in_their_middle() -> None:
    """A long name loses its middle, and keeps beginning, end and the width asked for."""
    assert middle_cut("abcdefghij", 20) == "abcdefghij"
    cut = middle_cut("a very long name, temperature 0.7", 20)
    assert len(cut) == 20
    assert cut.startswith("a very")
    assert cut.endswith("0.7")


@given(st.text(st.characters(), max_size=300))
def test_foreign_text_is_harmless(text: str) -> None:
    """No control character, no lone surrogate, no change of direction survives, and one line is one line."""
    for made in (clean(text), one_line(text)):
        made.encode("utf-8")
        assert not any(
            (ord(c) < 32 and c not in "\t\n\r") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\ufffe"
            for c in made
        )
    assert len(one_line(text).splitlines()) <= 1
    assert len(one_line(text)) <= 200
