"""Which experiments could come next: parts of a study's design, and the questions that each can answer."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import TYPE_CHECKING

import numpy as np

from .._inference.contrasts import planned_contrasts
from .._reading.levels import OPTIMIZATION
from . import effect_sizes
from .arms import shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .._arrays import Floats
    from .._inference.contrasts import Contrast
    from .._inference.nested_budgets import Nested
    from .._models.sample import LabelledTreatment, Sample

_ITERATIONS = re.compile(r"(?P<number>[0-9]+) iterations?")
_MOST_CHOICES = 64
_MOST_TREATMENTS = 400


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Some of the study's treatments, each with the same number of replicates.

    Attributes
    ----------
    kind : ``full``, ``levels`` (two of one factor), ``2 x 2``, ``alone`` (two treatments of each kind compared at one
        setting of everything else) or ``nested`` (small budgets are prefixes of large ones).
    label : for people.
    treatments : numbers into ``Sample.treatments``: the programs that are timed.
    paid : numbers of those whose trajectories are recorded; the same but for ``nested``.
    """

    kind: str
    label: str
    treatments: tuple[int, ...]
    paid: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """What is known of differences within trajectories: their spread, and the share of trajectories that have one.

    ``rate`` has one share for each treatment that is paid, shape (k,).
    """

    sd: float
    df: int
    rate: Floats


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A test of a design, as what one replicate per treatment adds to it.

    Attributes
    ----------
    name : the contrast's name, or ``omnibus: extremes`` and ``omnibus: half``.
    test : ``t`` or ``F``.
    df_num : numerator degrees of freedom.
    groups : of the residual, which has ``groups (n - 1)`` degrees of freedom with n replicates.
    squares : noncentrality of one replicate per treatment, for an effect and a sigma of 1.
    weights : of a contrast, over the treatments of the study, shape (k,); None for an omnibus test.
    pairs : treatments whose programs are an earlier and a later one of the same trajectory, where the question is
        about the differences within trajectories; empty for others.
    within : the spread of these differences, where the data hold them.
    """

    design: Design
    name: str
    test: str
    df_num: int
    groups: int
    squares: float
    note: str | None = None
    weights: Floats | None = None
    pairs: tuple[tuple[int, int], ...] = ()
    within: Within | None = None


def questions(
    sample: Sample, price: Callable[[Sequence[int]], float], nested: Sequence[Nested] = ()
) -> tuple[Question, ...]:
    """Return what could be asked, each in the cheapest design of its kind.

    Parameters
    ----------
    sample : the study's design; its values are not looked at.
    price : of one replicate of some treatments, to choose among equals.
    nested : what is known of differences within trajectories.
    """
    every = (*_all(sample, price), *_known_within(sample, nested))
    by_design = {(q.design.treatments, q.design.kind, q.name): q for q in every}
    return tuple(by_design.values())


def _all(sample: Sample, price: Callable[[Sequence[int]], float]) -> Iterator[Question]:
    everything = tuple(range(len(sample.treatments)))
    if len(everything) < 2:  # noqa: PLR2004
        return
    full = Design(
        kind="full", label=f"all {len(everything)} treatments", treatments=everything, paid=everything
    )
    yield _omnibus(full, "extremes", effect_sizes.extremes_f)
    yield _omnibus(full, "half", effect_sizes.half_f)
    contrasts = planned_contrasts(sample)
    for contrast in contrasts:
        yield _contrast(full, contrast)
    if len(everything) > _MOST_TREATMENTS:
        return
    for contrast in contrasts:
        yield from _smaller(sample, contrast, price)
    yield from _nested(sample)


def _omnibus(design: Design, pattern: str, shape: Callable[[float, float, int], float]) -> Question:
    k = len(design.treatments)
    return Question(
        design=design,
        name=f"omnibus: {pattern}",
        test="F",
        df_num=k - 1,
        groups=k,
        squares=k * shape(1.0, 1.0, k) ** 2,
    )


def _contrast(design: Design, contrast: Contrast, note: str | None = None) -> Question:
    return Question(
        design=design,
        name=contrast.name,
        test="t",
        df_num=1,
        groups=len(design.treatments),
        squares=1 / float(contrast.weights @ contrast.weights),
        note=note,
        weights=_spread_out(design, contrast.weights),
    )


def _spread_out(design: Design, weights: Floats) -> Floats:
    """Return weights over the study's treatments from those over a design's: the others have none."""
    if len(weights) != len(design.treatments) or not design.treatments:
        return weights
    counts = np.zeros(max(design.treatments) + 1)
    counts[list(design.treatments)] = weights
    return counts


def _smaller(
    sample: Sample, contrast: Contrast, price: Callable[[Sequence[int]], float]
) -> Iterator[Question]:
    """Ask the question of a contrast of fewer treatments: two levels, 2 x 2, and those two alone."""
    own = _own(sample)
    own_question = {contrast.factor} if contrast.factor in own else {OPTIMIZATION}
    others = [name for name in own if name not in own_question]
    levels = {contrast.factor: {contrast.a, contrast.b}}
    two = _where(sample, levels)
    if len(two) < len(sample.treatments):
        design = _design("levels", f"{contrast.factor} {contrast.a} and {contrast.b} only", two)
        yield from _asked(sample, design, contrast)
        yield _omnibus(design, "extremes", effect_sizes.extremes_f)
    for i, name in enumerate(others):
        fixed = others[:i] + others[i + 1 :]
        pairs = [set(pair) for pair in itertools.combinations(sample.factors[name], 2)]
        best = _cheapest(sample, levels, {name: pairs, **_single(sample, fixed)}, price)
        if best is not None:
            members = _where(sample, {**levels, **best})
            square = len(members) == 4  # noqa: PLR2004 - levels of a derived factor have several treatments each
            label = ("2 x 2: " if square else "") + _described(sample, levels, best)
            design = _design("2 x 2" if square else "levels", label, members)
            yield from _asked(sample, design, contrast)
            yield _omnibus(design, "extremes", effect_sizes.extremes_f)
    if others:
        best = _cheapest(sample, levels, _single(sample, others), price)
        if best is not None:
            label = _described(sample, levels, best)
            yield from _asked(sample, _design("alone", label, _where(sample, {**levels, **best})), contrast)


def _own(sample: Sample) -> list[str]:
    """Return the factors that the study itself varies: derived ones follow from ``optimization``."""
    derived = {"type", "level"} if OPTIMIZATION in sample.factors else set()
    return [name for name in sample.factors if name not in derived or not _follows(sample.treatments, name)]


def _follows(treatments: Sequence[LabelledTreatment], name: str) -> bool:
    pairs = {(t.levels[OPTIMIZATION], t.levels[name]) for t in treatments}
    return len(pairs) == len({optimization for optimization, _ in pairs})


def _single(sample: Sample, names: Sequence[str]) -> dict[str, list[set[str]]]:
    return {name: [{level} for level in sample.factors[name]] for name in names}


def _cheapest(
    sample: Sample,
    levels: Mapping[str, set[str]],
    choices: Mapping[str, list[set[str]]],
    price: Callable[[Sequence[int]], float],
) -> dict[str, set[str]] | None:
    """Choose the settings of the other factors at which one replicate of everything costs least."""
    best, least = None, float("inf")
    for chosen in itertools.islice(itertools.product(*choices.values()), _MOST_CHOICES):
        setting = dict(zip(choices, chosen, strict=True))
        members = _where(sample, {**levels, **setting})
        whole = all(
            any(sample.treatments[i].levels[name] == level for i in members)
            for name, wanted in {**levels, **setting}.items()
            for level in wanted
        )
        paid = price(members)
        if whole and (best is None or paid < least):
            best, least = setting, paid
    return best


def _where(sample: Sample, levels: Mapping[str, set[str]]) -> tuple[int, ...]:
    return tuple(
        i
        for i, treatment in enumerate(sample.treatments)
        if all(treatment.levels[name] in wanted for name, wanted in levels.items())
    )


def _design(kind: str, label: str, treatments: tuple[int, ...]) -> Design:
    return Design(kind=kind, label=label, treatments=treatments, paid=treatments)


def _described(sample: Sample, levels: Mapping[str, set[str]], setting: Mapping[str, set[str]]) -> str:
    def words(name: str, wanted: set[str]) -> str:
        return f"{name} " + " and ".join(level for level in sample.factors[name] if level in wanted)

    crossed = [words(name, wanted) for name, wanted in {**levels, **setting}.items() if len(wanted) > 1]
    fixed = [words(name, wanted) for name, wanted in setting.items() if len(wanted) == 1]
    return " x ".join(crossed) + (f", at {', '.join(fixed)}" if fixed else "")


def _asked(sample: Sample, design: Design, contrast: Contrast) -> Iterator[Question]:
    """Find the same comparison among a design's treatments."""
    part = _part(sample, design.treatments)
    for candidate in planned_contrasts(part):
        if (candidate.factor, candidate.a, candidate.b) == (contrast.factor, contrast.a, contrast.b):
            yield _contrast(design, candidate)


def _part(sample: Sample, treatments: Sequence[int]) -> Sample:
    """Return the design of some treatments; the values are those of the whole and must not be used."""
    kept = tuple(sample.treatments[i] for i in treatments)
    factors = {
        name: tuple(level for level in levels if any(t.levels[name] == level for t in kept))
        for name, levels in sample.factors.items()
    }
    return dataclasses.replace(sample, treatments=kept, factors=factors)


def _nested(sample: Sample) -> Iterator[Question]:
    """Ask of nested iterations: the program after 3 turns is a prefix of the trajectory of 8, and costs nothing."""
    for factor in _own(sample):
        budgets = {
            level: int(match["number"])
            for level in sample.factors[factor]
            if (match := _ITERATIONS.fullmatch(level)) is not None
        }
        if len(set(budgets.values())) < 2:  # noqa: PLR2004 - "3 iterations" and "03 iterations" are one
            continue
        small, large = min(budgets, key=budgets.__getitem__), max(budgets, key=budgets.__getitem__)
        treatments = _where(sample, {factor: set(budgets)})
        paid = _where(sample, {factor: {large}})
        pairs = _within(sample, factor, small, paid)
        if not paid or len(pairs) != len(paid):
            continue
        design = Design(
            kind="nested",
            label=f"{factor} up to {large}, smaller budgets as its prefixes",
            treatments=treatments,
            paid=paid,
        )
        yield Question(
            design=design,
            name=f"{factor}: {small} - {large}",
            test="t",
            df_num=1,
            groups=len(paid),
            squares=len(paid) / 2,
            note="by differences within trajectories, where both programs must pass; how much these vary is not known "
            f"here, so at most that of unrelated programs is taken: rather too many; {_do(large, budgets[small])}",
            pairs=pairs,
        )
        for contrast in planned_contrasts(_part(sample, paid)):
            if contrast.factor != factor and contrast.factor not in {"type", "level"}:
                base = dataclasses.replace(design, treatments=paid)
                asked = _contrast(
                    base, contrast, "counted by trajectories: prefixes add no independent programs"
                )
                yield dataclasses.replace(asked, design=design)


def _do(large: str, turn: int) -> str:
    """Return how such a study is made and analysed."""
    return f"record {large} alone, time with --refinery-turns and analyse with --nested {turn}"


def _known_within(sample: Sample, nested: Sequence[Nested]) -> Iterator[Question]:
    """Ask of nested budgets whose differences within trajectories are known here: they take the place of guesses."""
    place = {treatment.label: i for i, treatment in enumerate(sample.treatments)}
    for known in nested:
        paid = tuple(place[label] for label in known.treatments)
        if known.sd is None or not paid:
            continue
        early = _within(sample, known.factor, known.a, paid) if known.factor in sample.factors else ()
        treatments = tuple(sorted({*paid, *(i for i, _ in early)})) if len(early) == len(paid) else paid
        yield Question(
            design=Design(
                kind="nested",
                label=f"{known.factor} up to {known.b}, smaller budgets as its prefixes",
                treatments=treatments,
                paid=paid,
            ),
            name=known.name,
            test="t",
            df_num=1,
            groups=len(paid),
            squares=len(paid) / 2,
            note=f"by differences within trajectories (SD {known.sd:.3g} here), where both programs must pass; "
            + _do(known.b, known.turn),
            within=Within(
                sd=known.sd,
                df=known.sd_df,
                rate=shrunk(
                    np.asarray(known.both, dtype=float), np.asarray(known.generated_by_treatment, dtype=float)
                ),
            ),
        )


def _within(sample: Sample, factor: str, small: str, paid: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Pair each treatment of the large budget with that of the small one whose other factors are the same."""
    others = [name for name in _own(sample) if name != factor]
    early = {
        tuple(sample.treatments[i].levels[name] for name in others): i
        for i in _where(sample, {factor: {small}})
    }
    keys = [(i, tuple(sample.treatments[i].levels[name] for name in others)) for i in paid]
    return tuple((early[key], i) for i, key in keys if key in early)
