"""Taking the program from a model's answer."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import TYPE_CHECKING

from refinery_plugin._generation.answer_blocks import (
    Blocks,
    bare_code,
    between_fences,
    code_lines,
    markdown_blocks,
)
from refinery_plugin._generation.prose import with_fences_on_lines, without_words
from refinery_plugin._generation.python_source import (
    TopLevelNames,
    binding,
    class_of_method,
    is_declaration,
    tree,
)
from refinery_plugin._generation.repairs import LONGEST, REPAIRS, REPAIRS_OF_WHOLES, plain_spaces, repaired
from refinery_plugin._generation.thinking import has_marks, without_thinking
from refinery_plugin._generation.wrapped_code import (
    in_any_tags,
    indented_stretches,
    marked_stretches,
    on_lines_of_its_own,
    tagged,
    texts_within,
    within_backticks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from refinery_plugin._generation.python_source import Binding
    from refinery_plugin._generation.repairs import Repair

_MOST_PIECES = 60
_MOST_TEXTS = 5
_LANGUAGE = re.compile(r"\A\s*(?:python|py)3?[ \t]*\n", re.IGNORECASE)
_MOST_JOINED = 20
_LAST_TOKENS = (
    "<|return|>",
    "<|im_end|>",
    "<|end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<end_of_turn>",
    "</s>",
)
"""What ends a turn of a model and a server should have kept."""

_MARK_LINES = re.compile(
    r"\A[ \t\n]*\[(?:BEGIN|PYTHON|CODE|ANSWER)\][ \t]*\n|\n[ \t]*\[/?(?:END|PYTHON|CODE|ANSWER)\]\s*\Z"
)
"""Marks around code that happen to be Python, too: they would only raise a NameError."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """A program taken from an answer, or the reason why there is none."""

    program: str | None
    reason: str | None


def extract_program(answer: str, entry_point: str) -> Extraction:
    """Take the program that defines ``entry_point`` from an answer.

    An answer that is Python as a whole is taken whole. Else thinking is left out, and the ways of ``_ways`` are tried
    in their order; of the pieces that one way finds the last that defines the entry point wins, together with
    those pieces that define what it needs. A piece that only repeats the signature, with nothing behind it, counts
    where none says more, and one that only imports the entry point where none defines it.
    A piece must parse to be usable, so an answer that was cut off in the middle of the program gives nothing.
    """
    answer = answer.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not answer.strip():
        return Extraction(program=None, reason="the answer is empty")
    answer = _LANGUAGE.sub("", answer)  # the rest of a fence that was lost
    if binding(answer, entry_point) is not None:
        return Extraction(program=_tidy(answer), reason=None)
    answer = _without_last_tokens(answer)
    said = answer
    if has_marks(answer):
        said = without_thinking(answer, code_lines=code_lines(answer))
        if not said.strip():
            return Extraction(program=None, reason="the answer holds nothing but thinking")
    # Signs that nobody sees, and blanks of other kinds, may stand where they hide a fence or a prompt.
    for text in dict.fromkeys((said, plain_spaces(said))):
        if (program := _program(text, entry_point)) is not None:
            return Extraction(program=_tidy(program), reason=None)
    return Extraction(program=None, reason=_why(said, markdown_blocks(said), entry_point))


def _program(said: str, name: str) -> str | None:
    whole = said.lstrip()
    if binding(whole, name) is not None:
        return whole
    said = with_fences_on_lines(said, code_lines)
    blocks = markdown_blocks(said)
    wanted: tuple[Binding, ...] = ("definition", "stub", "import")
    for kind in wanted:
        for way in _ways(said, blocks, name):
            if (program := _last(way(), name, kind)) is not None:
                return program if len(said) > LONGEST else _completed(program, said, blocks, name)
    return None


def _without_last_tokens(answer: str) -> str:
    text = answer.rstrip()
    while token := next(filter(text.endswith, _LAST_TOKENS), None):
        answer = text = text.removesuffix(token).rstrip()
    return answer


def _ways(said: str, blocks: Blocks, name: str) -> Iterator[Callable[[], Sequence[str]]]:
    """Yield the ways of finding pieces of code, from the surest to the boldest."""
    yield lambda: _fenced(said, blocks, name)
    yield lambda: blocks.indented
    if len(said) > LONGEST or name not in said:
        return  # what follows tries much
    yield lambda: _mended(blocks.fenced, name)
    yield lambda: _mended(tagged(said), name)
    yield lambda: _mended(between_fences(said), name)
    yield lambda: _mended(_with_fenced(texts_within([said, *blocks.fenced])), name)
    yield lambda: bare_code(said, name)
    yield lambda: _mended([said], name)
    yield lambda: [
        run for text in itertools.islice(repaired(said), _MOST_TEXTS) for run in bare_code(text, name)
    ]
    candidates = [text for text in (*indented_stretches(said), *marked_stretches(said)) if name in text]
    stretches = candidates[-_MOST_TEXTS:]
    yield lambda: _mended(stretches, name)
    yield lambda: [run for block in (*blocks.fenced, *stretches) for run in bare_code(block, name)]
    yield lambda: _mended(within_backticks(said), name)
    yield lambda: _mended(in_any_tags(said, name), name)
    yield lambda: bare_code(on_lines_of_its_own(said), name)


def _fenced(said: str, blocks: Blocks, name: str) -> Sequence[str]:
    """Return the fenced blocks, and what comes after the last whole program among them and is meant to replace it.

    That is a block which is Python once something small is mended, or a text in tags or JSON: an answer often begins
    with a draft. What a diff leaves is no such thing, since it may be a part of the program before it.
    """
    pieces = blocks.fenced
    whole = [index for index, piece in enumerate(pieces) if binding(piece, name) == "definition"]
    if not whole or len(said) > LONGEST:
        return pieces
    after = [
        text
        for piece in pieces[whole[-1] + 1 :][-_MOST_TEXTS:]
        if tree(piece) is None and name in piece
        for text in _repaired(piece, name, REPAIRS_OF_WHOLES)
    ]
    lines = said.rstrip().split("\n")
    if (
        not after
        and blocks.end >= len(lines)
        and tree(pieces[-1]) is None
        and not lines[-1].lstrip().startswith("```")
    ):
        after = bare_code(pieces[-1], name)  # the fence was left open, and words follow the code
    rest = "\n".join(lines[blocks.end :])
    if name in rest:
        after += [*_mended(tagged(rest), name), *_mended(_with_fenced(texts_within([rest])), name)]
    return [*pieces, *(piece for piece in after if binding(piece, name) == "definition")]


def _with_fenced(texts: Sequence[str]) -> list[str]:
    """Return texts, and the fenced blocks of those that are Markdown themselves."""
    return [
        piece for text in texts for piece in (text, *(markdown_blocks(text).fenced if "```" in text else ()))
    ]


def _mended(pieces: Iterable[str], name: str) -> list[str]:
    """Return the pieces that are Python, and of those that define ``name`` once repaired, the repaired ones."""
    candidates: list[str] = []
    for piece in list(pieces)[-_MOST_PIECES:]:
        if tree(piece) is not None:
            candidates.append(piece)
        else:
            candidates += _repaired(piece, name)
    return candidates


def _repaired(piece: str, name: str, repairs: Sequence[Repair] = REPAIRS) -> list[str]:
    first = None
    for text in repaired(piece, repairs):
        if tree(text) is None:
            continue
        if binding(text, name) == "definition":
            return [text]
        first = first or text
    return [] if first is None else [first]


def _last(pieces: Sequence[str], name: str, kind: Binding) -> str | None:
    """Return the last piece that binds ``name`` in this way, with those that it needs."""
    for index in reversed(range(len(pieces))):
        if binding(pieces[index], name) == kind:
            return _joined(pieces, index, name)
    return None


def _joined(pieces: Sequence[str], chosen: int, name: str) -> str:
    """Put before and after a piece those that bind what it needs and does not bind itself, in their order.

    The nearest one before it is asked first, then those after it, but no piece that imports the entry point or uses
    it while it is loaded: that is a test of the program, or an example.
    """
    program = pieces[chosen]
    if len(program) > LONGEST:
        return program
    own = TopLevelNames(program)
    if not own.needed:
        return program
    asked = [*reversed(range(chosen)), *range(chosen + 1, len(pieces))][:_MOST_PIECES]
    usable = [
        index for index in asked if len(pieces[index]) <= LONGEST and not _only_uses(pieces[index], name)
    ]
    others = {index: TopLevelNames(pieces[index]) for index in usable}
    taken, bound, needed = {chosen}, set(own.bound), set(own.needed)
    while (missing := needed - bound) and len(taken) < _MOST_JOINED:
        index = next((i for i, names in others.items() if i not in taken and names.bound & missing), None)
        if index is None:
            break
        taken.add(index)
        bound |= others[index].bound
        needed |= others[index].needed
    whole = _concatenated(pieces[index] for index in sorted(taken))
    return whole if binding(whole, name) == "definition" else program


def _completed(program: str, said: str, blocks: Blocks, name: str) -> str:
    """Put before a program the imports, functions, classes and constants that it needs, if they stand elsewhere.

    That is in blocks of other kinds, or with nothing around them; here anything else is left where it is.
    """
    if not (missing := TopLevelNames(program).needed):
        return program
    ways: tuple[Callable[[], Sequence[str]], ...] = (
        lambda: blocks.indented,
        lambda: tagged(said),
        lambda: _mended(blocks.fenced, name),
        lambda: bare_code(said),
        lambda: within_backticks(said),
    )
    for way in ways:
        for piece in list(way())[-_MOST_PIECES:]:
            if (
                TopLevelNames(piece).bound & missing
                and binding(piece, name) is None
                and is_declaration(piece)
            ):
                program = _concatenated((piece, program))
                missing = TopLevelNames(program).needed
    return program


def _only_uses(piece: str, name: str) -> bool:
    kind = binding(piece, name)
    return kind == "import" or (kind is None and name in TopLevelNames(piece).at_once)


def _concatenated(pieces: Iterable[str]) -> str:
    lines = "\n\n\n".join(piece.strip("\n").rstrip() for piece in pieces).split("\n")
    # Python wants these before all else.
    first = [line for line in lines if line.startswith("from __future__ import ")]
    return "\n".join([*dict.fromkeys(first), *(line for line in lines if line not in first)])


def _tidy(source: str) -> str:
    source = without_words(_MARK_LINES.sub("\n", _LANGUAGE.sub("", source)))
    return source.strip("\n").rstrip() + "\n"


def _why(said: str, blocks: Blocks, entry_point: str) -> str:
    pieces = blocks.fenced or blocks.indented or tuple(bare_code(said) if len(said) <= LONGEST else ())
    if not pieces:
        return "the answer holds no code"
    if all(tree(piece) is None for piece in pieces):
        return "no code block of the answer is complete, valid Python"
    owner = next(filter(None, (class_of_method(piece, entry_point) for piece in pieces)), None)
    as_method = "" if owner is None else f" as a function: there it is a method of class {owner}"
    return f"no code block of the answer defines {entry_point}{as_method}"
