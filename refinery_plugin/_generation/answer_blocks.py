"""The pieces of an answer that may hold its program: each way of finding some is one function."""

from __future__ import annotations

import ast
import dataclasses
import functools
import itertools
import re
from typing import TYPE_CHECKING

from refinery_plugin._generation.python_source import TopLevelNames, binding, tree
from refinery_plugin._generation.thinking import FENCE as THINKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FENCE = re.compile(r"^[^\S\n]*+(```|~~~)", re.MULTILINE)
_DEEPEST = 3
_CODE_IN_INFO = re.compile(
    r"(?:(?:python|py)\d*\s+)?((?:async\s+def|def|class|import|from|@)\b.*|@\w.*|\w+ = .*)", re.IGNORECASE
)
_MOST_FENCES = 24


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The code blocks of a text in Markdown, in order; ``end`` is the line, from 0, after the last fenced one."""

    fenced: tuple[str, ...]
    indented: tuple[str, ...]
    end: int = 0


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
    end = 0
    # Blocks inside lists and quotes are tokens of the same flat stream, already without their indentation.
    for token in _parser().parse(answer):
        if token.type not in ("fence", "code_block") or not (token.content.strip() or token.info.strip()):
            continue
        if THINKING.match(token.info.strip()):
            continue
        inside = (
            Blocks(fenced=(), indented=())
            if depth == _DEEPEST or not _holds_a_fence(token.content)
            else markdown_blocks(token.content, depth=depth + 1)
        )
        end = token.map[1] if token.type == "fence" and token.map else end
        fenced += [*(_with_info(token) if token.type == "fence" else []), *inside.fenced]
        indented += [*([token.content] if token.type == "code_block" else []), *inside.indented]
    return Blocks(fenced=tuple(fenced), indented=tuple(indented), end=end)


def code_lines(answer: str) -> frozenset[int]:
    """Return the numbers of the lines, from 0, of fenced blocks that are Python."""
    lines: set[int] = set()
    for token in _parser().parse(answer):
        if token.type == "fence" and token.map and token.content.strip() and tree(token.content) is not None:
            lines.update(range(token.map[0] + 1, token.map[1]))
    return frozenset(lines)


def _with_info(token: Token) -> list[str]:
    """Return the content, and the content below code that stands on the line of the fence itself."""
    match = _CODE_IN_INFO.fullmatch(token.info.strip())
    return [
        *([token.content] if token.content.strip() else []),
        *([] if match is None else [f"{match[1]}\n{token.content}"]),
    ]


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


def bare_code(answer: str, name: str = "") -> list[str]:
    """Return the stretches of code that stand in the text with nothing around them.

    A stretch is as many whole statements as follow one another. One that goes on in something broken is left out:
    it was cut off. But where it defines ``name`` and all that this needs, and what is broken only uses ``name``, such
    as an example or a test, the program was whole before that.
    """
    runs: list[str] = []
    run: list[str] = []
    for chunk, is_fence in _statements(answer):
        if not is_fence and _is_code(chunk):
            run.append(chunk)
            continue
        if run and (
            is_fence
            or not _LOOKS_LIKE_CODE.match(chunk)
            or tree(chunk) is not None
            or (_is_use(chunk, name) and _is_whole("\n".join(run), name))
        ):
            runs.append("\n".join(run))
        run = []
    return [*runs, "\n".join(run)] if run else runs


def _is_use(chunk: str, name: str) -> bool:
    """Whether a broken part gives ``name`` no new meaning, and uses it or begins what is done when a file is run."""
    word = re.escape(name)
    if not name or re.match(rf"(?:async\s+)?(?:def|class)\s+{word}\b|@|{word}\s*=[^=]", chunk):
        return False
    return re.match(rf"if\s+__name__\b|(?s:.*)\b{word}\b", chunk) is not None


def _is_whole(run: str, name: str) -> bool:
    return binding(run, name) == "definition" and not TopLevelNames(run).needed


def _statements(answer: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text that may be one statement each, and the lines of fences, which are told apart."""
    parts = list(_parts(answer))
    index, tries = 0, _MOST_TRIES
    while index < len(parts):
        part, is_fence = parts[index]
        index += 1
        if is_fence or not _LOOKS_LIKE_CODE.match(part) or tree(part) is not None:
            yield part, is_fence
            continue
        # A text over several lines, or a decorator, goes on in the next parts, also beyond a fence in the text.
        whole = part
        for more in range(index, min(index + min(_MOST_PARTS, tries), len(parts))):
            tries -= 1
            whole += f"\n{parts[more][0]}"
            if tree(whole) is not None:
                part, index = whole, more + 1
                break
        yield part, False


def _parts(answer: str) -> Iterator[tuple[str, bool]]:
    part: list[str] = []
    for line in answer.split("\n"):
        if _MARK.match(line):
            if part:
                yield "\n".join(part), False
            yield line, True
            part = []
            continue
        text = _OPEN_MARK.sub("", line)
        ends = _MARK_AT_END.search(text) is not None
        text = _MARK_AT_END.sub("", text)
        if part and text.strip() and not _GOES_ON.match(text):
            yield "\n".join(part), False
            part = []
        part.append(text)
        if ends:
            yield "\n".join(part), False
            yield "```", True
            part = []
    if part:
        yield "\n".join(part), False


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
