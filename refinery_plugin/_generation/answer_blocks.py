"""The pieces of an answer that may hold its program: each way of finding some is one function."""

from __future__ import annotations

import ast
import dataclasses
import functools
import itertools
import re
from typing import TYPE_CHECKING

from refinery_plugin._generation.python_source import tree
from refinery_plugin._generation.thinking import FENCE as THINKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FENCE = re.compile(r"^[^\S\n]*+(```|~~~)", re.MULTILINE)
_DEEPEST = 3
_CODE_IN_INFO = re.compile(
    r"(?:(?:python|py)\d*\s+)?((?:async\s+def|def|class|import|from|@)\b.*|@\w.*)", re.IGNORECASE
)
_MOST_FENCES = 24


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The code blocks of a text in Markdown, in order; ``code_lines`` are the lines of those that are Python."""

    fenced: tuple[str, ...]
    indented: tuple[str, ...]
    code_lines: frozenset[int] = frozenset()


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only when the first answer is read

    # Models put code between tags of their own (<answer>), which would hide the fences inside as HTML.
    # Only blocks count, so nothing within a paragraph is parsed: that takes a minute for 2 MB.
    return MarkdownIt("commonmark").disable(["html_block", "inline", "text_join"])


def markdown_blocks(answer: str, *, depth: int = 0) -> Blocks:
    """Return the fenced and the indented code blocks, those inside of others included, without any of thinking."""
    fenced: list[str] = []
    indented: list[str] = []
    # Blocks inside lists and quotes are tokens of the same flat stream, already without their indentation.
    for token in _parser().parse(answer):
        if token.type not in ("fence", "code_block") or not token.content.strip():
            continue
        if THINKING.match(token.info.strip()):
            continue
        inside = (
            Blocks(fenced=(), indented=())
            if depth == _DEEPEST or not _holds_a_fence(token.content)
            else markdown_blocks(token.content, depth=depth + 1)
        )
        fenced += [*(_with_info(token) if token.type == "fence" else []), *inside.fenced]
        indented += [*([token.content] if token.type == "code_block" else []), *inside.indented]
    return Blocks(fenced=tuple(fenced), indented=tuple(indented))


def code_lines(answer: str) -> frozenset[int]:
    """Return the numbers of the lines, from 0, of fenced blocks that are Python."""
    lines: set[int] = set()
    for token in _parser().parse(answer):
        if token.type == "fence" and token.map and token.content.strip() and tree(token.content) is not None:
            lines.update(range(*token.map))
    return frozenset(lines)


def _with_info(token: Token) -> list[str]:
    """Return the content, and the content below code that stands on the line of the fence itself."""
    match = _CODE_IN_INFO.fullmatch(token.info.strip())
    return [token.content] if match is None else [token.content, f"{match[1]}\n{token.content}"]


def _holds_a_fence(block: str) -> bool:
    return _FENCE.search(block) is not None and tree(block) is None


def between_fences(answer: str) -> list[str]:
    """Return what stands between any two fences: a docstring may hold fences that Markdown takes for its own."""
    lines = answer.split("\n")
    marks = [number for number, line in enumerate(lines) if _FENCE.match(line)][:_MOST_FENCES]
    return ["\n".join(lines[start + 1 : end]) for start, end in itertools.combinations(marks, 2)]


_MARK = re.compile(r"^\s*(?:`{3,}|~{3,})[\w.+#-]*(?:\s[^`]*)?$")
_OPEN_MARK = re.compile(r"^\s*`{3,}[ \t]*(?:(?:python|py)\d*[ \t]+)?(?=\S)", re.IGNORECASE)
_MARK_AT_END = re.compile(r"(?:`{3,}|~{3,})[ \t]*$")
_GOES_ON = re.compile(r"[ \t)\]}]|(?:else|elif|except|finally)\b")
_LOOKS_LIKE_CODE = re.compile(
    r"(?:async\s+)?(?:def|class|for|while|with|if)\b.*[:(,\\\[]\s*(?:#.*)?$|(?:async\s+)?def\s+\w+\s*\(|@\w|try:"
    r"|import\s+\w+|from\s+[\w.]+\s+import\b|\w[\w.\[\], ]*+(?::[^=\n]+)?[-+*/|&%]?=(?!=)|[\w.]++\("
)
_MOST_PARTS = 40
_MOST_TRIES = 200


def bare_code(answer: str) -> list[str]:
    """Return the stretches of code that stand in the text with nothing around them.

    A stretch is as many whole statements as follow one another. One that goes on in something broken is left out:
    it was cut off.
    """
    runs: list[str] = []
    run: list[str] = []
    for chunk in _statements(answer):
        if chunk is not None and _is_code(chunk):
            run.append(chunk)
            continue
        if run and not (chunk is not None and _LOOKS_LIKE_CODE.match(chunk) and tree(chunk) is None):
            runs.append("\n".join(run))
        run = []
    return [*runs, "\n".join(run)] if run else runs


def _statements(answer: str) -> Iterator[str | None]:
    """Yield the parts of a text that may be one statement each; ``None`` where a fence stands between."""
    parts = list(_parts(answer))
    index, tries = 0, _MOST_TRIES
    while index < len(parts):
        part = parts[index]
        index += 1
        if part is None or not _LOOKS_LIKE_CODE.match(part) or tree(part) is not None:
            yield part
            continue
        # A text over several lines, or a decorator, goes on in the next parts.
        whole = part
        for more in range(index, min(index + min(_MOST_PARTS, tries), len(parts))):
            following = parts[more]
            if following is None:
                break
            tries -= 1
            whole += f"\n{following}"
            if tree(whole) is not None:
                part, index = whole, more + 1
                break
        yield part


def _parts(answer: str) -> Iterator[str | None]:
    part: list[str] = []
    for line in answer.split("\n"):
        if _MARK.match(line):
            if part:
                yield "\n".join(part)
            yield None
            part = []
            continue
        text = _OPEN_MARK.sub("", line)
        ends = _MARK_AT_END.search(text) is not None
        text = _MARK_AT_END.sub("", text)
        if part and text.strip() and not _GOES_ON.match(text):
            yield "\n".join(part)
            part = []
        part.append(text)
        if ends:
            yield "\n".join(part)
            yield None
            part = []
    if part:
        yield "\n".join(part)


def _is_code(chunk: str) -> bool:
    """Whether a part is Python that no sentence is by chance: ``Done``, ``Note: this`` and ``a, b`` are Python, too."""
    module = tree(chunk)
    if module is None or not chunk.strip():
        return False
    return all(_means_something(statement) for statement in module.body)


def _means_something(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Constant(value=str())):
            return True
        case ast.Expr() | ast.AnnAssign(value=None):
            return False
        case _:
            return True
