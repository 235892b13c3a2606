"""Taking the program from a model's answer."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_FENCE = re.compile(r"^\s*(```|~~~)", re.MULTILINE)
_DEEPEST = 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """A program taken from an answer, or the reason why there is none."""

    program: str | None
    reason: str | None


def extract_program(answer: str, entry_point: str) -> Extraction:
    """Take the program that defines ``entry_point`` from an answer in Markdown.

    An answer that is Python as a whole is taken whole. Else the last fenced code block that defines the entry point
    wins, whatever its language tag, also inside a block that holds Markdown itself; a block whose fence was never
    closed counts too. Where there is none, the last indented code block that does. A block must parse to be usable,
    so an answer that was cut off in the middle of the program gives nothing.
    """
    answer = answer.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not answer.strip():
        return Extraction(program=None, reason="the answer is empty")
    if _defines(answer, entry_point):
        return Extraction(program=_tidy(answer), reason=None)
    fenced, indented = _blocks(answer)
    for blocks in (fenced, indented):
        candidates = [block for block in blocks if _defines(block, entry_point)]
        if candidates:
            return Extraction(program=_tidy(candidates[-1]), reason=None)
    return Extraction(program=None, reason=_why(fenced or indented, entry_point))


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only when the first answer is read

    # Models put code between tags of their own (<answer>), which would hide the fences inside as HTML.
    # Only blocks count, so nothing within a paragraph is parsed: that takes a minute for 2 MB.
    return MarkdownIt("commonmark").disable(["html_block", "inline", "text_join"])


def _blocks(answer: str, *, depth: int = 0) -> tuple[list[str], list[str]]:
    """Return the fenced and the indented code blocks, in order, those inside of others included."""
    fenced: list[str] = []
    indented: list[str] = []
    # Blocks inside lists and quotes are tokens of the same flat stream, already without their indentation.
    for token in _parser().parse(answer):
        if token.type not in ("fence", "code_block") or not token.content.strip():
            continue
        inside = (
            ([], [])
            if depth == _DEEPEST or not _holds_a_fence(token.content)
            else _blocks(token.content, depth=depth + 1)
        )
        fenced += [*([token.content] if token.type == "fence" else []), *inside[0]]
        indented += [*([token.content] if token.type == "code_block" else []), *inside[1]]
    return fenced, indented


def _holds_a_fence(block: str) -> bool:
    return _FENCE.search(block) is not None and _tree(block) is None


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defines(source: str, entry_point: str) -> bool:
    if source.isascii() and entry_point not in source:
        return False  # parsing megabytes takes seconds
    tree = _tree(source)
    return tree is not None and any(_binds(node, entry_point) for node in tree.body)


def _binds(node: ast.stmt, name: str) -> bool:
    """Whether a statement of the top level makes ``name`` something that can be called."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name == name
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Name) and target.id == name for target in targets)
        case ast.AnnAssign(target=ast.Name(id=target_name), value=value):
            return target_name == name and value is not None
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return any((alias.asname or alias.name) == name for alias in names)
        case ast.If() | ast.Try() | ast.With():
            bodies = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
            handlers = [child for handler in getattr(node, "handlers", []) for child in handler.body]
            return any(_binds(child, name) for child in [*bodies, *handlers])
        case _:
            return False


def _tidy(source: str) -> str:
    return source.strip("\n").rstrip() + "\n"


def _why(blocks: list[str], entry_point: str) -> str:
    if not blocks:
        return "the answer holds no code"
    if all(_tree(block) is None for block in blocks):
        return "no code block of the answer is complete, valid Python"
    return f"no code block of the answer defines {entry_point}"
