"""The page for when something goes wrong quotes messages that the software has."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from examples import DOCS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = DOCS / "how-to" / "when-something-goes-wrong.md"
NOT_IN_ONE_TEXT = {"<=0.02"}  # made of a sign and a figure


def texts() -> Iterator[str]:
    """Yield every text of both packages; what is filled in when it is printed is left out."""
    for package in ("refinery_plugin", "analysis"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
                    yield "".join(part for part in parts if isinstance(part, str))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_message_of_the_page_is_one_that_is_printed() -> None:
    """The first column of its tables has words of the sources."""
    quoted = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(quoted) >= 15
    printed = "\n".join(texts())
    assert [words for words in quoted if words not in printed and words not in NOT_IN_ONE_TEXT] == []
