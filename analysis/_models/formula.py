"""Model formulas over factors, such as ``agents*optimization``: their terms and the columns of each term."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import itertools
import re
from typing import TYPE_CHECKING

import numpy as np

from .._errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from .._arrays import Floats, Integers

Term = tuple[str, ...]
Terms = tuple[Term, ...]
MACHINE = "machine"
TASK = "task"
BLOCKS = frozenset({MACHINE, TASK})
"""Names of terms that are blocks, where there are several: nobody asks whether machines or tasks differ."""

_MOST_TERMS = 512


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A formula as the user wrote it, and its terms, main effects first (as R orders them)."""

    formula: str
    terms: Terms

    def with_block(self, block: str) -> Model:
        """Return the model with the machine, or the task, as its first term, unless it has it already."""
        if any(block in term for term in self.terms):
            return self
        return dataclasses.replace(self, terms=((block,), *self.terms))


def name_of(term: Term) -> str:
    """Return the term as R writes it: ``agents:optimization``."""
    return ":".join(term)


def crossing(factors: Sequence[str]) -> str:
    """Return the formula of the full crossing."""
    return "*".join(_quoted(name) for name in factors) or "1"


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", name) else f"`{name}`"


def parse(formula: str, known: Collection[str]) -> Model:
    """Parse a formula of factor names, ``+``, ``*``, ``:``, ``-``, ``^`` and parentheses.

    Raises
    ------
    AnalysisError : the formula can't be read or names something that is no factor of the study.

    Examples
    --------
    >>> parse("a*b", ["a", "b"]).terms
    (('a',), ('b',), ('a', 'b'))
    >>> parse("(a + b + c)^2 - b:c", ["a", "b", "c"]).terms
    (('a',), ('b',), ('c',), ('a', 'b'), ('a', 'c'))
    """
    reader = _FormulaReader(formula, known)
    terms = [term for term in reader.whole() if term]
    ordered = sorted(terms, key=len)  # stable: as written within each order
    return Model(formula=formula.strip(), terms=tuple(ordered))


class _FormulaReader:
    """Recursive descent; each rule returns distinct terms, each a tuple of names in the order first met."""

    def __init__(self, formula: str, known: Collection[str]) -> None:
        self.formula = formula
        self.known = known
        self.tokens = list(self._tokens())
        self.at = 0

    def _tokens(self) -> Iterator[str]:
        names = "|".join(re.escape(name) for name in sorted(self.known, key=len, reverse=True)) or r"(?!)"
        pattern = re.compile(rf"\s*(?:(`[^`]+`)|({names})(?![\w.])|([A-Za-z_][\w.]*)|(\*\*|[-+*:^()]|\d+))")
        text, position = self.formula.rstrip(), 0
        while position < len(text):
            match = pattern.match(text, position)
            if match is None:
                raise self._error(f"can't read {text[position:].strip()[:20]!r}")
            quoted, name, unknown, sign = match.groups()
            if unknown is not None or (quoted is not None and quoted[1:-1] not in self.known):
                raise self._unknown(unknown if unknown is not None else quoted[1:-1])
            yield "^" if sign == "**" else (sign or f"`{name or quoted[1:-1]}")
            position = match.end()

    def _unknown(self, word: str) -> AnalysisError:
        near = difflib.get_close_matches(word, list(self.known), n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        return self._error(
            f"{word!r} is no factor of this study{hint}; it has {', '.join(self.known) or 'none'}"
        )

    def _error(self, problem: str) -> AnalysisError:
        return AnalysisError(f'model "{self.formula}": {problem}')

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self, *signs: str) -> str:
        token = self._next()
        if token in signs:
            self.at += 1
            return token
        return ""

    def whole(self) -> list[Term]:
        if not self.tokens:
            raise self._error("is empty; write for example agents*optimization, or 1 for the mean alone")
        terms = self._sum()
        if self.at < len(self.tokens):
            raise self._error(f"unexpected {self._next().lstrip('`')!r}")
        return terms

    def _sum(self) -> list[Term]:
        terms = self._product()
        while sign := self._take("+", "-"):
            others = self._product()
            if sign == "-" and () in others:
                raise self._error("the intercept can't be left out: means of treatments need it")
            terms = (
                _distinct([*terms, *others]) if sign == "+" else [t for t in terms if not _among(t, others)]
            )
        return terms

    def _product(self) -> list[Term]:
        terms = self._interaction()
        while self._take("*"):
            others = self._interaction()
            terms = self._bounded(_distinct([*terms, *others, *_crossed(terms, others)]))
        return terms

    def _interaction(self) -> list[Term]:
        terms = self._power()
        while self._take(":"):
            terms = self._bounded(_crossed(terms, self._power()))
        return terms

    def _power(self) -> list[Term]:
        terms = self._atom()
        while self._take("^"):
            degree = self._next()
            if not degree.isdigit() or not 1 <= int(degree) <= len(self.known) + 1:
                raise self._error("after ^ there must be a small whole number")
            self.at += 1
            base = terms
            for _ in range(int(degree) - 1):
                terms = self._bounded(_distinct([*terms, *_crossed(terms, base)]))
        return terms

    def _atom(self) -> list[Term]:
        if self._take("("):
            terms = self._sum()
            if not self._take(")"):
                raise self._error("a parenthesis is not closed")
            return terms
        token = self._next()
        self.at += 1
        if token.startswith("`"):
            return [(token[1:],)]
        if token == "1":  # noqa: S105 - the intercept
            return [()]
        raise self._error(f"expected a factor, got {token!r}" if token else "ends too early")

    def _bounded(self, terms: list[Term]) -> list[Term]:
        if len(terms) > _MOST_TERMS:
            raise self._error(f"has more than {_MOST_TERMS} terms")
        return terms


def _among(term: Term, others: Sequence[Term]) -> bool:
    return any(frozenset(term) == frozenset(other) for other in others)


def _distinct(terms: Sequence[Term]) -> list[Term]:
    return list({frozenset(term): term for term in reversed(terms)}.values())[::-1]


def _crossed(a: Sequence[Term], b: Sequence[Term]) -> list[Term]:
    return _distinct([tuple(dict.fromkeys((*left, *right))) for left, right in itertools.product(a, b)])


# -- columns


def columns(model: Model, codes: Mapping[str, tuple[Integers, int]], cells: int) -> list[Floats]:
    """Return the intercept and then the columns of each term, sum-to-zero coded, one row per cell.

    A factor is coded by contrasts where the term without it is in the model, by indicators otherwise: R's rule,
    under which any model has the terms that it says.
    """
    present: set[frozenset[str]] = {frozenset(term) for term in model.terms} | {frozenset[str]()}
    blocks = [np.ones((cells, 1))]
    for term in model.terms:
        parts = [_coded(*codes[name], contrasts=frozenset(term) - {name} in present) for name in term]
        blocks.append(functools.reduce(_rowwise, parts))
    return blocks


def _coded(level: Integers, size: int, *, contrasts: bool) -> Floats:
    indicators = np.eye(size)
    if contrasts:
        indicators = indicators[:, :-1] - (np.arange(size) == size - 1)[:, None]
    return np.asarray(indicators[level])


def _rowwise(a: Floats, b: Floats) -> Floats:
    return np.asarray((a[:, :, None] * b[:, None, :]).reshape(len(a), -1))
