"""Code is taken from Markdown as a reader would take it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._generation.extract import extract_program

GOOD = "def solve(x):\n    return x\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{GOOD}```",
        f"```\n{GOOD}```",
        f"```py\n{GOOD}```",
        f"```Python3 title=solution.py\n{GOOD}```",
        f"~~~python\n{GOOD}~~~",
        f"````python\n{GOOD}````",
        f"Sure!\n\n```python\n{GOOD}```\n\nIt is fast.",
        f"```python\n{GOOD}",  # the fence was never closed
        GOOD,  # no fence at all
        f"\n\n{GOOD}\n\n",
        f"```bash\npip install numpy\n```\n```python\n{GOOD}```\n```python\nprint(solve(3))\n```",
        "1. First:\n\n   ```python\n   def solve(x):\n       return x\n   ```\n",
        "> ```python\n> def solve(x):\n>     return x\n> ```\n",
        f"```python\r\n{GOOD}```".replace("\n", "\r\n"),
        GOOD.replace("\n", "\r\n"),
        f"\ufeff```python\n{GOOD}```",
        f"```markdown\nHere it is:\n```python\n{GOOD}```\n```",  # a fence within a fence of the same length
        f"````markdown\nHere it is:\n\n```python\n{GOOD}```\n````",
        f"~~~~\n~~~python\n{GOOD}~~~\n~~~~",
        f"```\nnot Python\n```\n~~~\n{GOOD}",
        f"<answer>\n```python\n{GOOD}```\n</answer>",
        f"<think>\n```python\ndef solve(x):\n    return 0\n```\n</think>\n```python\n{GOOD}```",
        "Here it is:\n\n    def solve(x):\n        return x\n\nIt is fast.",
        "- Here:\n\n  ~~~\n  def solve(x):\n      return x\n  ~~~\n- Done.",
    ],
)
def test_the_program_is_found(answer: str) -> None:
    """Fences of every kind, nested, open, indented, quoted or missing, give the same program."""
    assert extract_program(answer, "solve").program == GOOD


def test_python_that_quotes_a_fence_is_taken_whole() -> None:
    """No Markdown: the fence stands in a docstring."""
    source = 'def solve(x):\n    """Return it.\n\n    ```\n    solve(1)\n    ```\n    """\n    return x\n'
    assert extract_program(source, "solve").program == source
    assert extract_program(f"```python\n{source}```", "solve").program == source


def test_an_indented_block_gives_way_to_a_fenced_one() -> None:
    """What is indented may be an example."""
    answer = f"```python\n{GOOD}```\n\nInstead of:\n\n    def solve(x):\n        return 0\n"
    assert extract_program(answer, "solve").program == GOOD


def test_the_last_block_that_defines_the_entry_point_wins() -> None:
    """Of several blocks the last that defines the entry point is taken, though another follows."""
    first, last = "def solve(x):\n    return 1\n", "def solve(x):\n    return 2\n"
    answer = f"```python\n{first}```\nBetter:\n```python\n{last}```\nUse it:\n```python\nsolve(1)\n```"
    assert extract_program(answer, "solve").program == last


@pytest.mark.parametrize(
    "source",
    [
        "solve = lambda x: x\n",
        "from math import floor as solve\n",
        "if True:\n    def solve(x): return x\n",
        "try:\n    import numba\nexcept ImportError:\n    def solve(x): return x\n",
        "class solve:\n    pass\n",
        "def other(): pass\nsolve: object = other\n",
    ],
)
def test_every_way_of_binding_the_entry_point_counts(source: str) -> None:
    """A lambda, an import, a branch, a class or an annotated name may define the entry point."""
    assert extract_program(f"```python\n{source}```", "solve").program == source


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty"),
        ("  \n ", "empty"),
        ("I cannot do that.", "no code"),
        ("```python\ndef solve(x):\n    return (\n```", "complete, valid Python"),
        ("```python\ndef other(x):\n    return x\n```", "defines solve"),
        ("```python\n\n```", "no code"),
        ("```python\ndef solve(x):\n    return '\\x00\0'\n```", "complete, valid Python|defines solve"),
        ("```python\nobj.solve = 3\n```", "defines solve"),
    ],
)
def test_an_answer_without_usable_code_says_why(answer: str, reason: str) -> None:
    """An answer from which nothing can be taken gets a reason that names the fault."""
    taken = extract_program(answer, "solve")
    if taken.program is None:
        assert taken.reason is not None
        assert re.search(reason, taken.reason)
    else:  # markdown replaces NUL by U+FFFD, inside a string that is still a program
        assert "\ufffd" in taken.program


def test_a_huge_answer_is_read_in_reasonable_time() -> None:
    """Two megabytes of code come through whole, before pytest-timeout ends the test."""
    filler = "x = 1\n" * 350_000
    assert extract_program(f"```python\n{filler}{GOOD}```", "solve").program == filler + GOOD


@given(st.text(alphabet=st.characters(), max_size=200))
def test_no_answer_raises(text: str) -> None:
    """Any text gives a program or a reason, never both and never an exception."""
    taken = extract_program(text, "solve")
    assert (taken.program is None) != (taken.reason is None)
