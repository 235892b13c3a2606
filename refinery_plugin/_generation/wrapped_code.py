"""Code that stands inside something else: tags, JSON, texts in Python, a box; each way to find some is a function."""

from __future__ import annotations

import ast
import contextlib
import itertools
import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

from refinery_plugin._generation.python_source import tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TAG = re.compile(
    r"<((?:ant)?artifact|code|python|py|answer|solution|program|pre|script|final_answer|response|parameter|content|file"
    r"|function|implementation|python_code|source_code|source|execute_python|tool_code|output)\b[^<>\n]*>"
    r"|\[(PYTHON|CODE|ANSWER|BEGIN)\]|(\\boxed)\{|(<\|python_(?:tag|start)\|>)",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<([a-z_][\w.:-]*)(?:\s[^<>\n]*)?>", re.IGNORECASE)
_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"')
_TOKEN = re.compile(
    r"(?:<\|[\w/ ]{2,30}\|>|<\uff5c[^\uff5c\n]{2,30}\uff5c>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|assistantfinal)"
    r"[ \t]*"
)
"""What parts the turns of a conversation: DeepSeek's bars are of full width; the last is gpt-oss without its tokens."""

_BEHIND_WORDS = re.compile(
    r"^(?![ \t]*+from\b)([^\n#'\"]*[\w.*][:*\])>]*[ \t]*(?<![\w.]))"
    r"(?=(?:async def|def|class) \w+\s*[(:]|from [\w.]+ import |import \w+(?: as \w+)?$|@\w)",
    re.MULTILINE,
)
_END_OF_CALL = re.compile(r"<\|(?:python_end|eom_id|eot_id|eot|eom)\|>")
_ASSIGNMENT = re.compile(r"\w+ = r?[\"'({\[]")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_OPENS_JSON = re.compile(r"[{\[](?=\s*[\"{\[])")
_MOST_TAGS = 100
_MOST_TEXTS = 100
_MOST_DOCUMENTS = 20
_MOST_STRETCHES = 10
_DEEPEST = 4
_STATEMENT = re.compile(
    r"(?:async|class|def|if|elif|else|for|while|with|try|except|finally|match)\b.*:\s*(?:#.*)?$"
)
_MARKED = {"+": re.compile(r"\+(?!\+\+)"), ">": re.compile(r">(?!>)")}
_BACKTICKS = re.compile(r"(?<!`)(`{1,2})(?!`)([^`]+)(?<!`)\1(?!`)")
_METHOD = re.compile(r"^(?:async )?def \w+\(\s*(?:self|cls)\b", re.MULTILINE)
_LENIENT = json.JSONDecoder(strict=False)  # models write real line ends into texts


def tagged(answer: str) -> list[str]:
    """Return what stands between tags such as ``<code>``."""
    lowered = answer.lower()
    texts = []
    for match in itertools.islice(_TAG.finditer(answer), _MOST_TAGS):
        end = _end_of_tag(lowered, match)
        if end >= 0:
            texts.append(_CDATA.sub("", answer[match.end() : end]))
    return texts


def in_any_tags(answer: str, name: str) -> list[str]:
    """Return what stands between any tags, if it holds ``name``; inner ones first."""
    pieces = []
    for match in itertools.islice(_ANY_TAG.finditer(answer), _MOST_TAGS):
        end = answer.find(f"</{match[1]}>", match.end())
        if end >= 0 and name in answer[match.end() : end]:
            pieces.append(answer[match.end() : end])
    return pieces[::-1]


def on_lines_of_its_own(answer: str) -> str:
    """Take away the tokens of models, and give code that begins behind words a line of its own."""
    return _BEHIND_WORDS.sub(r"\1\n", _TOKEN.sub("\n", answer))


def _end_of_tag(lowered: str, match: re.Match[str]) -> int:
    if match[3]:
        return lowered.rfind("}", match.end())
    if match[4]:
        closing = _END_OF_CALL.search(lowered, match.end())
        return len(lowered) if closing is None else closing.start()
    if match[1]:
        return lowered.find(f"</{match[1]}>".lower(), match.end())
    end = lowered.find(f"[/{match[2]}]".lower(), match.end())
    return end if end >= 0 or match[2].upper() != "BEGIN" else lowered.find("[end]", match.end())


def texts_within(pieces: Sequence[str]) -> list[str]:
    """Return the texts in JSON documents and in Python's own notation: of models that answer in a given form."""
    texts: list[str] = []
    for piece in pieces:
        texts += itertools.islice(_texts_of(piece, 0), _MOST_TEXTS)
    return texts


def _texts_of(piece: str, depth: int) -> Iterator[str]:
    for value in _documents(piece):
        yield from _texts(value, depth)


def _documents(piece: str) -> Iterator[Any]:
    """Yield what a piece is as a whole, or else each JSON document in it, or else the long texts of a broken one."""
    start = piece.lstrip()
    if _ASSIGNMENT.match(start) and (literal := _literal(start)) is not None:
        yield literal
        return
    if start[:1] in {"{", "[", '"', "'", "("}:
        try:
            yield _LENIENT.decode(start)
        except (ValueError, RecursionError):
            if (literal := _literal(start)) is not None:
                yield literal
                return
        else:
            return
    documents = list(_inner_documents(piece))
    yield from documents or (_quoted_texts(start) if start[:1] in {"{", "["} else ())


def _inner_documents(piece: str) -> Iterator[Any]:
    position, tries = 0, 0
    while tries < _MOST_DOCUMENTS and (match := _OPENS_JSON.search(piece, position)):
        tries += 1
        try:
            value, position = _LENIENT.raw_decode(piece, match.start())
        except (ValueError, RecursionError):
            position = match.end()
        else:
            yield value


def _quoted_texts(piece: str) -> Iterator[str]:
    """Yield the texts of several lines in a JSON document that was cut off, or has a comma too many."""
    for match in itertools.islice(_JSON_TEXT.finditer(piece), _MOST_TEXTS):
        if "\\n" in match[0]:
            with contextlib.suppress(ValueError):
                yield str(_LENIENT.decode(match[0]))


def _literal(piece: str) -> object:
    module = tree(piece)
    if module is None or len(module.body) != 1 or not isinstance(module.body[0], ast.Expr | ast.Assign):
        return None
    try:
        return ast.literal_eval(module.body[0].value)  # code = """...""", too
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _texts(value: Any, depth: int) -> Iterator[str]:  # noqa: ANN401 - JSON
    match value:
        case str():
            yield value
            if depth < _DEEPEST and value.lstrip()[:1] in {"{", "[", '"'}:
                yield from _texts_of(value, depth + 1)  # arguments of a call are JSON in JSON
        case dict():
            for inner in value.values():
                yield from _texts(inner, depth)
        case list() | tuple():
            if len(value) > 1 and all(isinstance(line, str) for line in value):
                yield "".join(
                    line if line.endswith("\n") else f"{line}\n" for line in value
                )  # a notebook's cell
            for inner in value:
                yield from _texts(inner, depth)


def indented_stretches(answer: str, *, depth: int = 0) -> list[str]:
    """Return the stretches of lines that are indented, each without what its lines share: below a key, in a list.

    What is indented below a statement, such as the methods of a class, is its part, and no stretch. Stretches inside
    of others come before these.
    """
    runs: list[list[str]] = [[]]
    is_part = False
    for line in answer.split("\n"):
        if not line.strip() or line[:1] in {" ", "\t"}:
            runs[-1] += [] if is_part else [line]
        else:
            is_part = _STATEMENT.match(line) is not None
            runs.append([])
    stretches = [textwrap.dedent("\n".join(lines)) for lines in runs if any(line.strip() for line in lines)]
    kept = [text for text in stretches[-_MOST_STRETCHES:] if not _METHOD.search(text)]
    if depth == _DEEPEST:
        return kept
    return [text for each in kept for text in (*indented_stretches(each, depth=depth + 1), each)]


def marked_stretches(answer: str) -> list[str]:
    """Return the stretches of lines that all begin with one mark, without it: what a patch adds, and quotations."""
    stretches: list[str] = []
    for mark, is_line in _MARKED.items():
        lines: list[str] = []
        for line in [*answer.split("\n"), ""]:
            if is_line.match(line):
                lines.append(line.removeprefix(mark))
            elif lines:
                has_blank = all(text[:1] in {"", " "} for text in lines)
                stretches.append("\n".join(text[1:] if has_blank else text for text in lines))
                lines = []
    return stretches[-_MOST_STRETCHES:]


def within_backticks(answer: str) -> list[str]:
    """Return what stands between one or two backticks: a short program in the middle of a sentence."""
    return [match[2].strip("\n") for match in itertools.islice(_BACKTICKS.finditer(answer), _MOST_TEXTS)]
