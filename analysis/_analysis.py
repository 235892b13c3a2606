"""The whole analysis of one study, step by step, as one value."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING, Literal

from ._errors import AnalysisError
from ._inference import contrasts, pairwise
from ._inference.anova_type import anova_type_tests
from ._inference.clearest_pair import Pooled
from ._inference.conclusions import Evidence, conclude
from ._inference.doubts import Doubts, noise_of
from ._inference.hc3 import hc3_tests
from ._inference.over_tasks import said_of_tasks
from ._inference.registry import reported_tests
from ._inference.secondary_conclusions import SecondaryEvidence, with_beside
from ._inference.settled_by_margin import settled
from ._inference.trend import linear_contrasts
from ._models import marginal_means, noise_floor, pass_rates, resolution, variance_components
from ._models.anova import anova, choose_model, fit_model
from ._models.formula import name_of
from ._models.pseudoreplication import pseudoreplication
from ._models.sample import sample as take_sample
from ._models.tasks import task_results
from ._power import cost
from ._power.arms import spreads_differ
from ._power.effect_sizes import checked_effect
from ._power.power import power
from ._power.published_reasoning import as_published, is_pilot2025
from ._secondary import Compared, further

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ._inference.conclusions import Conclusion
    from ._inference.contrasts import Contrast, ContrastTest
    from ._inference.pairwise import Pair
    from ._inference.result import TestResult
    from ._models.anova import AnovaTable, Fitted
    from ._models.marginal_means import MarginalMean
    from ._models.noise_floor import Contamination, NoiseFloor
    from ._models.pass_rates import Failures
    from ._models.pseudoreplication import Pseudoreplication
    from ._models.resolution import Bounds
    from ._models.sample import Response, Sample
    from ._models.tasks import TasksFound
    from ._models.variance_components import Components
    from ._power.cost import Cost
    from ._power.power import Power
    from ._power.published_reasoning import Published
    from ._reading.frames import Results
    from ._reading.judged_turns import JudgedTrajectory
    from ._secondary import SecondaryAnalyses

RESPONSES = ("seconds", "log", "ratio", "cpu", "passed")
TYPES = (1, 2, 3)
MOST_ALPHA = 0.5
_MOST_SETTLED = 8
"""Levels of a factor up to which a margin may settle it."""
_MOST_TOGETHER = 36
"""Pairs of pairs of levels up to which a margin may settle an interaction."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asked for; the defaults are those of the command line.

    Attributes
    ----------
    response : None is the study's own: times, as logarithms. ``passed`` puts pass rates first, beside log times.
    model : None is the full crossing of the study's own factors.
    effect : in the unit of the response. Without a response it is in seconds, and seconds are compared then; where the
        study's ``primary`` is ``passed``, effects and margins below 1 are differences of pass rates.
    contrasts : None is the default ones.
    nested : turns whose programs are compared with those that the same trajectories end with.
    """

    response: Response | Literal["passed"] | None = None
    type: int = 2
    model: str | None = None
    effect: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    contrasts: tuple[str, ...] | None = None
    means: tuple[float, ...] | None = None
    margin: float | None = None
    tasks: Literal["random", "fixed"] | None = None
    nested: tuple[int, ...] = ()

    @property
    def scale(self) -> Response:
        """How times are compared: as logarithms, unless something else is asked for."""
        if self.response is None:
            return "log" if self.effect is None else "seconds"
        return "log" if self.response == "passed" else self.response

    def __post_init__(self) -> None:
        if self.response is not None and self.response not in RESPONSES:
            raise AnalysisError(f"response {self.response!r}: must be one of {', '.join(RESPONSES)}")
        if self.type not in TYPES:
            raise AnalysisError(f"type {self.type!r}: must be 1, 2 or 3")
        if not 0 < self.alpha <= MOST_ALPHA:
            raise AnalysisError(f"alpha {self.alpha!r}: must be above 0 and at most {MOST_ALPHA}")
        if not self.alpha < self.power < 1:
            raise AnalysisError(f"power {self.power!r}: must be above alpha ({self.alpha:g}) and below 1")
        if self.effect is not None:
            checked_effect(self.effect)
        if any(turn < 1 for turn in self.nested):
            raise AnalysisError(f"nested {min(self.nested)}: turns are counted from 1")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Every figure of the report, and what is concluded from them.

    None: that step had nothing to work on, and ``notes`` says why.

    ``fitted`` is the model of the analysis of variance, whose residuals are tested and drawn. ``tests`` has those of
    the registry by their names, ``hc3`` one for each term of the model. ``power`` and ``published`` are None without
    ``options.effect``, and ``published`` where the data are not those of the 2025 pilot. ``asked`` is what the user
    said, ``options`` what follows from it for this study.
    """

    options: Options
    results: Results
    sample: Sample
    conclusions: tuple[Conclusion, ...]
    fitted: Fitted | None
    anova: AnovaTable | None
    pseudoreplication: Pseudoreplication | None
    variance: Components
    means: tuple[MarginalMean, ...]
    pairs: tuple[Pair, ...]
    games_howell: tuple[Pair, ...]
    contrasts: tuple[ContrastTest, ...]
    tests: Mapping[str, TestResult]
    hc3: tuple[TestResult, ...]
    failures: Failures
    contamination: Contamination
    bounds: Bounds
    noise: tuple[NoiseFloor, ...]
    cost: Cost
    published: Published | None
    power: Power | None
    notes: tuple[str, ...]
    further: SecondaryAnalyses
    tasks: TasksFound | None = None
    asked: Options = dataclasses.field(default_factory=Options)


def analyse(
    results: Results, options: Options | None = None, *, trajectories: Sequence[JudgedTrajectory] = ()
) -> Analysis:
    """Do every step of the analysis.

    Parameters
    ----------
    results : what ``read_results`` returned.
    options : what the user asked for; the command line's defaults where None.
    trajectories : of the study, for what their turns did.

    Returns
    -------
    Every figure; what the data do not bear is None with a note, never NaN.

    Raises
    ------
    AnalysisError : the files lack the response, or the model, a contrast or the means do not fit the study.
    """
    asked = options or Options()
    options = _for_several_tasks(_as_the_study_asks(asked, results), results)
    model = choose_model(results, options.model)
    sample = take_sample(results, options.scale)
    fitted = fit_model(sample, model)
    chosen = contrasts.planned_contrasts(sample, options.contrasts)
    paid = cost.cost(results)
    seconds = sample if options.scale == "seconds" else take_sample(results, "seconds")
    alpha, notes = options.alpha, tuple(_notes(results, sample, fitted))
    variance = variance_components.variance_components(results, sample)
    floors = noise_floor.noise_floor(results)
    tested = contrasts.contrast_tests(sample, chosen, alpha=alpha)
    compared, tasks = _compared(results, sample, tested, options)
    secondary = further(
        results, sample, model, compared, options, paid=paid, floors=floors, trajectories=trajectories
    )
    failures = pass_rates.failures(results, seconds, alpha=alpha)
    if len(results.tasks) > 1:
        failures = dataclasses.replace(failures, test=secondary.passing.omnibus)
    evidence = Evidence(
        sample=sample,
        anova=None if fitted is None else anova(fitted, type=options.type),
        contrasts=tested,
        tests=reported_tests(sample, fitted, alpha=alpha),
        hc3=hc3_tests(fitted, type=options.type, alpha=alpha),
        unequal=_unequal(results, sample, fitted),
        own=_own(results),
        pooled=None
        if fitted is None or fitted.fit.mse is None
        else Pooled(variance=fitted.fit.mse, df=fitted.fit.df),
        doubt=(lambda _: None)
        if fitted is None
        else Doubts(
            sample=sample,
            fitted=fitted,
            type=options.type,
            own=_own(results),
            noise=_noise(results, sample, variance, floors),
            alpha=alpha,
        ).about,
        failures=failures,
        notes=notes,
        alpha=alpha,
        primary=_primary(results, options),
    )
    return Analysis(
        options=options,
        results=results,
        sample=sample,
        conclusions=_concluded(evidence, secondary, tasks, options),
        fitted=fitted,
        anova=evidence.anova,
        pseudoreplication=pseudoreplication(results, sample, model, type=options.type),
        variance=variance,
        means=marginal_means.marginal_means(sample, fitted, alpha=options.alpha),
        pairs=pairwise.tukey(fitted, alpha=options.alpha),
        games_howell=pairwise.games_howell(sample, fitted, alpha=options.alpha),
        contrasts=evidence.contrasts,
        tests=evidence.tests,
        hc3=evidence.hc3,
        failures=evidence.failures,
        bounds=resolution.bounds(results, sample),
        contamination=noise_floor.contamination(results, options.scale, model, type=options.type),
        noise=floors,
        cost=paid,
        published=_published(seconds, options),
        power=_power(sample, chosen, paid, options, unequal=spreads_differ(evidence.tests, alpha)),
        notes=notes,
        further=secondary,
        tasks=tasks,
        asked=asked,
    )


def _as_the_study_asks(options: Options, results: Results) -> Options:
    """Take an effect or a margin as one of pass rates where the study puts these first and nothing else is said.

    What is 1 or more can't be a difference of pass rates: it stays one of times.
    """
    said = [value for value in (options.effect, options.margin) if value is not None]
    about_rates = bool(said) and all(0 < value < 1 for value in said)
    if options.response is not None or not about_rates or _primary(results, options) != "passed":
        return options
    return dataclasses.replace(options, response="passed")


def _for_several_tasks(options: Options, results: Results) -> Options:
    """Compare ratios to each task's reference where there are several: their seconds mean nothing together."""
    if len(results.tasks) < 2 or options.response is not None or options.effect is not None:  # noqa: PLR2004
        return options
    return dataclasses.replace(options, response=_shared_scale(results))


def _shared_scale(results: Results) -> Literal["ratio", "log"]:
    """Return the one scale that several tasks share: ratios where each run of a program that passed has its reference.

    Parts of a study may have been timed without it; logarithms of seconds are left then.
    """
    return "ratio" if len(results.reference) and not _runs_without_reference(results) else "log"


def _runs_without_reference(results: Results) -> int:
    """Count the runs of programs that passed beside which no reference was timed."""
    runs = results.runs
    passed = results.programs["passed"].to_numpy(dtype=bool)[runs["program"].cat.codes.to_numpy()]
    return int((passed & runs["reference_seconds"].isna().to_numpy()).sum())


def _compared(
    results: Results, sample: Sample, tested: Sequence[ContrastTest], options: Options
) -> tuple[Compared, TasksFound | None]:
    """Return what is held against a margin or followed over amounts, and what is known of several tasks.

    A margin settles a factor only where all pairs of its levels are within it, so all are compared then; an interaction
    where all that pairs of its factors' levels do together is.
    """
    linear = linear_contrasts(sample, _own(results))
    if options.margin is not None:
        planned = {test.contrast.name for test in tested}
        varying = _varying(results)
        pairs = (
            *contrasts.level_pairs(sample, varying, most=_MOST_SETTLED),
            *contrasts.interaction_pairs(sample, varying, most=_MOST_TOGETHER),
        )
        more = [pair for pair in pairs if pair.name not in planned]
        tested = [*tested, *contrasts.contrast_tests(sample, more, alpha=options.alpha)]
    asked = [test.contrast for test in tested] + [one.contrast for one in linear]
    tasks = _tasks(results, sample, options, asked)
    over = None if tasks is None or not tasks.random or tasks.response != sample.response else tasks.contrasts
    random = tasks is not None and tasks.random
    return Compared(contrasts=tested, linear=linear, over=over, random=random), tasks


def _concluded(
    evidence: Evidence, secondary: SecondaryAnalyses, tasks: TasksFound | None, options: Options
) -> tuple[Conclusion, ...]:
    """Answer every question: those on times and passing, the others beside them, and what a margin settles."""
    sample = evidence.sample
    tested = set() if evidence.anova is None else {term.term for term in evidence.anova.terms}
    answered = with_beside(
        said_of_tasks(conclude(evidence), tasks, alpha=evidence.alpha),
        SecondaryEvidence(
            passing=secondary.passing,
            censored=secondary.censored,
            trends=secondary.trend,
            nested=secondary.nested,
            turns=secondary.turns,
            response=sample.response,
            unit=sample.unit,
            alpha=evidence.alpha,
            margin=options.margin,
            margin_on="passed" if options.response == "passed" else "times",
            tasks=None if tasks is None else (len(tasks.by_task), tasks.random),
            doubt=lambda factor: evidence.doubt(factor) if factor in tested else None,
        ),
    )
    varying = [name for name in evidence.own if len(sample.factors[name]) > 1]
    return settled(
        answered,
        secondary.equivalence,
        pairs={
            ":".join(term): math.prod(math.comb(len(sample.factors[name]), 2) for name in term)
            for size in range(1, len(varying) + 1)
            for term in itertools.combinations(varying, size)
        },
        on_passing=options.response == "passed",
        alpha=evidence.alpha,
    )


def _tasks(
    results: Results, sample: Sample, options: Options, asked: Sequence[Contrast]
) -> TasksFound | None:
    """Compare several tasks on the one scale that they share, whatever else was asked for."""
    if len(results.tasks) < 2:  # noqa: PLR2004 - several
        return None
    scale = _shared_scale(results)
    shared = sample if sample.response == scale else take_sample(results, scale)
    random = None if options.tasks is None else options.tasks == "random"
    return task_results(
        results,
        shared,
        random=random,
        alpha=options.alpha,
        contrasts=[contrast.weights for contrast in asked],
    )


def _unequal(results: Results, sample: Sample, fitted: Fitted | None) -> dict[str, TestResult]:
    """Test the model's terms without one variance for all, where the study's own factors are crossed."""
    if fitted is None:
        return {}
    texts = results.programs["sha256"].factorize()[0][sample.rows]
    tests = anova_type_tests(sample, fitted.model.terms, _own(results), texts)
    return {name_of(term): test for term, test in tests.items()}


def _own(results: Results) -> tuple[str, ...]:
    """Return the study's own factors, none that was derived."""
    return tuple(name for name in results.factors if name not in results.derived)


def _varying(results: Results) -> tuple[str, ...]:
    return tuple(name for name in _own(results) if len(results.factors[name]) > 1)


def _primary(results: Results, options: Options) -> Literal["time", "passed"]:
    """Return which response the study, or the user, puts first."""
    asked = {source.study.get("primary") for source in results.sources}
    return "passed" if options.response == "passed" or asked == {"passed"} else "time"


def _noise(
    results: Results, sample: Sample, components: Components, floors: tuple[NoiseFloor, ...]
) -> float | None:
    timed = results.runs[["program", "list"]]
    runs = len(timed) / max(1, timed["program"].nunique())
    return noise_of(
        components, floors, sample, runs=max(1.0, runs), lists=max(1, int(timed["list"].nunique()))
    )


def _published(seconds: Sample, options: Options) -> Published | None:
    """Repeat the 2025 pilot's reasoning where the data are that pilot's, and an effect in seconds is asked for."""
    if options.effect is None or options.scale != "seconds" or not is_pilot2025(seconds):
        return None
    return as_published(seconds, effect=options.effect, alpha=options.alpha, target=options.power)


def _power(
    sample: Sample, contrasts: tuple[Contrast, ...], cost: Cost, options: Options, *, unequal: bool
) -> Power | None:
    """Plan from the user's effect; without one there is nothing to plan, nor where it is of pass rates."""
    if options.effect is None or options.response == "passed":
        return None
    return power(
        sample,
        contrasts,
        cost,
        effect=options.effect,
        alpha=options.alpha,
        target=options.power,
        means=options.means,
        unequal=unequal,
    )


def _notes(results: Results, sample: Sample, fitted: Fitted | None) -> Iterator[str]:
    yield from results.notes
    if fitted is None:
        yield (
            "No program that passed was timed: there are no times to analyse, only who passed."
            if results.programs["passed"].any()
            else "No program passed: there is no time to analyse, only failures."
        )
        return
    empty = [t.label for t, n in zip(sample.treatments, sample.counts, strict=True) if n == 0]
    if empty:
        yield (
            f"No program passed in {len(empty)} of {len(sample.treatments)} treatments: {'; '.join(empty[:5])}"
            + (
                "; ..." if len(empty) > 5 else "."  # noqa: PLR2004 - enough to see which
            )
        )
    if len(results.tasks) > 1 and len(results.reference) and (lacking := _runs_without_reference(results)):
        yield (
            "Tasks are compared by log seconds, not by ratios to their references: beside "
            f"{lacking} runs of programs that passed no reference was timed."
        )
    if len(sample.blocks) > 1:
        yield f"Programs are compared within each {sample.block_name} ({len(sample.blocks)}), never across them."
    single = [
        name for name, levels in results.factors.items() if len(levels) == 1 and name not in results.derived
    ]
    if single:
        yield f"Does not vary: {', '.join(single)}."
    many = [name for name, levels in fitted.levels.items() if len(levels) > pairwise.MAX_LEVELS]
    if many:
        yield f"Pairs of levels of {', '.join(many)} are not compared: more than {pairwise.MAX_LEVELS} levels."
