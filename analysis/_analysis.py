"""The whole analysis of one study, step by step, as one value."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from ._errors import AnalysisError
from ._further import further
from ._inference import contrasts, pairwise
from ._inference.anova_type import anova_type_tests
from ._inference.conclusions import Evidence, conclude
from ._inference.hc3 import hc3_tests
from ._inference.over_tasks import said_of_tasks
from ._inference.registry import reported_tests
from ._models import marginal_means, noise_floor, pass_rates, variance_components
from ._models.anova import anova, choose_model, fit_model
from ._models.formula import name_of
from ._models.pseudoreplication import pseudoreplication
from ._models.sample import sample as take_sample
from ._models.tasks import task_results
from ._power import cost
from ._power.effect_sizes import checked_effect
from ._power.power import power
from ._power.published import as_published

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ._further import Further
    from ._inference.conclusions import Conclusion
    from ._inference.contrasts import Contrast, ContrastTest
    from ._inference.pairwise import Pair
    from ._inference.result import TestResult
    from ._models.anova import AnovaTable, Fitted
    from ._models.marginal_means import MarginalMean
    from ._models.noise_floor import Contamination, NoiseFloor
    from ._models.pass_rates import Failures
    from ._models.pseudoreplication import Pseudoreplication
    from ._models.sample import Response, Sample
    from ._models.tasks import TasksFound
    from ._models.variance_components import Components
    from ._power.cost import Cost
    from ._power.power import Power
    from ._power.published import Published
    from ._reading.frames import Results
    from ._reading.trajectories import Trajectory

RESPONSES = ("seconds", "log", "ratio", "cpu")
TYPES = (1, 2, 3)
MOST_ALPHA = 0.5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asked for; the defaults are those of the command line.

    ``model`` None is the full crossing of the study's own factors. ``contrasts`` None is the default ones.
    """

    response: Response = "seconds"
    type: int = 2
    model: str | None = None
    effect: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    contrasts: tuple[str, ...] | None = None
    means: tuple[float, ...] | None = None
    margin: float | None = None
    tasks: Literal["random", "fixed"] | None = None

    def __post_init__(self) -> None:
        if self.response not in RESPONSES:
            raise AnalysisError(f"response {self.response!r}: must be one of {', '.join(RESPONSES)}")
        if self.type not in TYPES:
            raise AnalysisError(f"type {self.type!r}: must be 1, 2 or 3")
        if not 0 < self.alpha <= MOST_ALPHA:
            raise AnalysisError(f"alpha {self.alpha!r}: must be above 0 and at most {MOST_ALPHA}")
        if not self.alpha < self.power < 1:
            raise AnalysisError(f"power {self.power!r}: must be above alpha ({self.alpha:g}) and below 1")
        if self.effect is not None:
            checked_effect(self.effect)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Every figure of the report, and what is concluded from them.

    None: that step had nothing to work on, and ``notes`` says why.

    ``fitted`` is the model of the analysis of variance, whose residuals are tested and drawn. ``tests`` has those of
    the registry by their names, ``hc3`` one for each term of the model. ``power`` and ``published`` are None without
    ``options.effect``.
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
    noise: tuple[NoiseFloor, ...]
    cost: Cost
    published: Published | None
    power: Power | None
    notes: tuple[str, ...]
    further: Further
    tasks: TasksFound | None = None


def analyse(
    results: Results, options: Options | None = None, *, trajectories: Sequence[Trajectory] = ()
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
    options = _for_several_tasks(options or Options(), results)
    model = choose_model(results, options.model)
    sample = take_sample(results, options.response)
    fitted = fit_model(sample, model)
    chosen = contrasts.planned_contrasts(sample, options.contrasts)
    paid = cost.cost(results)
    seconds = sample if options.response == "seconds" else take_sample(results, "seconds")
    published, planned = _powers(sample, chosen, paid, options)
    alpha, notes = options.alpha, tuple(_notes(results, sample, fitted))
    evidence = Evidence(
        sample=sample,
        anova=None if fitted is None else anova(fitted, type=options.type),
        contrasts=contrasts.contrast_tests(sample, chosen, alpha=alpha),
        tests=reported_tests(sample, fitted, alpha=alpha),
        hc3=hc3_tests(fitted, type=options.type, alpha=alpha),
        unequal=_unequal(results, sample, fitted),
        failures=pass_rates.failures(results, seconds, alpha=alpha),
        notes=notes,
        alpha=alpha,
    )
    tasks = task_results(
        results, sample, random=None if options.tasks is None else options.tasks == "random", alpha=alpha
    )
    return Analysis(
        options=options,
        results=results,
        sample=sample,
        conclusions=said_of_tasks(conclude(evidence), tasks, alpha=alpha),
        fitted=fitted,
        anova=evidence.anova,
        pseudoreplication=pseudoreplication(results, sample, model, type=options.type),
        variance=variance_components.variance_components(results, sample),
        means=marginal_means.marginal_means(sample, fitted, alpha=options.alpha),
        pairs=pairwise.tukey(fitted, alpha=options.alpha),
        games_howell=pairwise.games_howell(sample, fitted, alpha=options.alpha),
        contrasts=evidence.contrasts,
        tests=evidence.tests,
        hc3=evidence.hc3,
        failures=evidence.failures,
        contamination=noise_floor.contamination(results, options.response, model, type=options.type),
        noise=noise_floor.noise_floor(results),
        cost=paid,
        published=published,
        power=planned,
        notes=notes,
        further=further(
            results,
            sample,
            model,
            evidence.contrasts,
            options,
            paid=paid,
            floors=noise_floor.noise_floor(results),
            trajectories=trajectories,
        ),
        tasks=tasks,
    )


def _for_several_tasks(options: Options, results: Results) -> Options:
    """Compare ratios to each task's reference where there are several: their seconds mean nothing together."""
    if len(results.tasks) < 2 or options.response != "seconds" or options.effect is not None:  # noqa: PLR2004
        return options
    return dataclasses.replace(options, response="ratio" if len(results.reference) else "log")


def _unequal(results: Results, sample: Sample, fitted: Fitted | None) -> dict[str, TestResult]:
    """Test the model's terms without one variance for all, where the study's own factors are crossed."""
    if fitted is None:
        return {}
    own = [name for name in results.factors if name not in results.derived]
    texts = dict(zip(results.programs["program"], results.programs["sha256"], strict=True))
    found = anova_type_tests(
        sample, fitted.model.terms, own, [_text(texts[name]) for name in sample.programs]
    )
    return {name_of(term): test for term, test in found.items()}


def _text(checksum: object) -> str | None:
    return checksum if isinstance(checksum, str) and checksum else None


def _powers(
    sample: Sample, contrasts: tuple[Contrast, ...], cost: Cost, options: Options
) -> tuple[Published | None, Power | None]:
    """Plan from the user's effect; without one there is nothing to plan."""
    if options.effect is None:
        return None, None
    published = as_published(sample, effect=options.effect, alpha=options.alpha, target=options.power)
    planned = power(
        sample,
        contrasts,
        cost,
        effect=options.effect,
        alpha=options.alpha,
        target=options.power,
        means=options.means,
    )
    return published, planned


def _notes(results: Results, sample: Sample, fitted: Fitted | None) -> Iterator[str]:
    yield from results.notes
    if fitted is None:
        none = "No program that passed was timed" if results.programs["passed"].any() else "No program passed"
        yield f"{none}: there is no time to analyse, only failures."
        return
    empty = [t.label for t, n in zip(sample.treatments, sample.counts, strict=True) if n == 0]
    if empty:
        yield (
            f"No program passed in {len(empty)} of {len(sample.treatments)} treatments: {'; '.join(empty[:5])}"
            + (
                "; ..." if len(empty) > 5 else "."  # noqa: PLR2004 - enough to see which
            )
        )
    if len(sample.blocks) > 1:
        yield f"The {sample.block_name} is a block with {len(sample.blocks)} levels."
    single = [
        name for name, levels in results.factors.items() if len(levels) == 1 and name not in results.derived
    ]
    if single:
        yield f"Does not vary: {', '.join(single)}."
    many = [name for name, levels in fitted.levels.items() if len(levels) > pairwise.MAX_LEVELS]
    if many:
        yield f"No pairs for {', '.join(many)}: more than {pairwise.MAX_LEVELS} levels."
    if sample.response == "log":
        yield (
            "log compares means of logarithms: differences are ratios of geometric means, another question than "
            "differences of mean seconds."
        )
