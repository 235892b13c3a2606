"""Words of an answer that stand in the way of its program: before a fence, or as if they were Python (pure)."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from refinery_plugin._generation.python_source import TopLevelNames, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_FENCE = re.compile(r"```[ \t]*(?:python|py)[\d.]*[ \t]*", re.IGNORECASE)
_WORDS = (
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.Slice,
    ast.Subscript,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
)


def with_fences_on_lines(answer: str, code_lines: Callable[[str], Collection[int]]) -> str:
    """Give each opening fence a line of its own; one that follows words is none for Markdown, and hides its block.

    Parameters
    ----------
    code_lines : tells the numbers of lines, from 0, that belong to a program: what is there stays as it is.
    """
    lines = answer.split("\n")
    fences = {number: place for number, line in enumerate(lines) if (place := _fence_after_words(line))}
    code = code_lines(answer) if fences else ()
    for number in fences.keys() - set(code):
        line, place = lines[number], fences[number]
        lines[number] = f"{line[:place].rstrip()}\n{line[place:]}"
    return "\n".join(lines)


def _fence_after_words(line: str) -> int | None:
    """Return where on a line an opening fence of Python begins that has words before it."""
    place = line.find("```")
    # Marks alone, such as those of a diff, of a quotation and numbers of lines, are no words.
    is_behind_words = place > 0 and any(map(str.isalpha, line[:place]))
    return place if is_behind_words and _FENCE.fullmatch(line, place) else None


def without_words(source: str) -> str:
    r"""Leave out statements that are nothing but words nobody has defined: they could only raise a ``NameError``.

    ``Done``, ``- fast`` and ``{code:python}`` are Python.

    Examples
    --------
    >>> without_words("def f(): return 1\n\n- fast\n- simple\n")
    'def f(): return 1\n\n'
    """
    module = tree(source)
    words = [] if module is None else [node for node in module.body if _is_words(node)]
    if not words:
        return source
    needed = TopLevelNames(source).needed
    lines: list[str | None] = list(source.splitlines(keepends=True))
    for node in words:
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        whole = "".join(line or "" for line in lines[first : last + 1]).strip()
        if names & needed and whole == ast.get_source_segment(source, node):
            lines[first : last + 1] = [None] * (last + 1 - first)
    return "".join(line for line in lines if line is not None)


def _is_words(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.UnaryOp(op=ast.USub() | ast.UAdd()) as value):  # - O(n)
            return all(isinstance(inner, (*_WORDS, ast.Call)) for inner in ast.walk(value))
        case ast.Expr(value=value) | ast.AnnAssign(value=None, annotation=value):
            return all(isinstance(inner, _WORDS) for inner in ast.walk(value))
    return False
