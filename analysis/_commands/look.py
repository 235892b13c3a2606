"""A group-sequential look: stop or go on, at an error rate that all looks together keep."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .._models.sample import part_of
from .._models.sample import sample as take_sample
from .._power import effect_sizes
from .._power.power import check_rates
from .._sequential import combination, look_file
from .._sequential.bounds import Bound, Rules, Stage, bounds, check_stages
from .._sequential.look_file import Look, LookPlan
from .._sequential.schedule import check_looks, schedule
from .._sequential.statistic import Statistic, question_of, statistic
from .sequential_options import add_sequential_arguments

if TYPE_CHECKING:
    import argparse

    from .._analysis import Analysis
    from .._models.sample import Response, Sample
    from .._reading.frames import Results

SHOWN, FUTILE, NOT_SHOWN, GO_ON = (
    "stop: difference shown",
    "stop: futility",
    "stop: no difference shown",
    "go on",
)
_DEFAULT_LOOKS = 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LookResult:
    """The decision of a look.

    ``estimate`` with its repeated interval (valid at every look: the bound in place of the t quantile) is for
    contrasts; ``fraction`` is of the planned information; ``tasks`` is how many there are.
    """

    plan: LookPlan
    looks: tuple[Look, ...]
    path: Path
    unit: str
    df_num: int
    fraction: float
    estimate: float | None
    interval: tuple[float, float] | None
    tasks: int

    @property
    def look(self) -> Look:
        """This look."""
        return self.looks[-1]

    def document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "schema": 1,
            "decision": self.look.decision,
            "stop": self.look.decision != GO_ON,
            "look": self.look.number,
            "of": self.plan.looks,
            "plan": {**dataclasses.asdict(self.plan), "treatments": list(self.plan.treatments)},
            "fraction": self.fraction,
            "df_num": self.df_num,
            "estimate": self.estimate,
            "interval": None if self.interval is None else list(self.interval),
            "looks": [{k: v for k, v in look.document().items() if k != "programs"} for look in self.looks],
            "file": str(self.path),
            "note": self.note or None,
        }

    @property
    def note(self) -> str:
        """Return of which tasks the look speaks, and what its error rate owes to the way the plan was made."""
        return " ".join(note for note in (self._of_which_tasks, self._of_the_plan) if note)

    @property
    def _of_which_tasks(self) -> str:
        if self.tasks < 2:  # noqa: PLR2004 - several
            return ""
        return (
            f"All of this is about these {self.tasks} tasks only: differences are held against those between programs, "
            "not against what treatments do from task to task. Of other tasks like these the analysis speaks, at the "
            "planned end."
        )

    @property
    def _of_the_plan(self) -> str:
        """Return what the error rate owes to a plan that was made from the very data that it is for."""
        if not self.plan.own_spread:
            return ""
        if self.plan.blinded:
            return (
                "The planned end comes from the spread of the first look's own data, worked out as if the treatments "
                "did not differ: whoever plans so has not seen the answer, and the error rate stays at "
                f"{self.plan.alpha:g}."
            )
        return (
            "The planned end comes from the spread of the first look's own data, which can lift the error rate a "
            f"little above {self.plan.alpha:g}, the more the fewer programs that look had. Naming it with --replicates "
            "before the first look avoids that."
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``look`` takes beside the options of the analysis; the first look fixes all of it."""
    parser.add_argument("--looks", type=int, metavar="K", help="looks in all, 2 to 5 (default: 3)")
    add_sequential_arguments(parser)
    parser.add_argument(
        "--question",
        metavar="TEXT",
        help='what is tested: a contrast such as "agents: 1 - 3", or omnibus (default: the first planned contrast)',
    )
    parser.add_argument(
        "--replicates",
        type=int,
        metavar="N",
        help="passing programs per treatment at the planned end (default: what the power takes, given this spread)",
    )
    parser.add_argument(
        "--change",
        action="store_true",
        help="at a later look: another size than was planned, named with --replicates; from here on each stage is "
        "tested by itself, which keeps the error rate",
    )
    parser.add_argument(
        "--looks-file", type=Path, metavar="FILE", help="where looks are kept (default: beside the results)"
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user says at a look; None is the default at the first look, and the plan's at later ones."""

    looks: int | None = None
    spending: str | None = None
    futility: str | None = None
    question: str | None = None
    replicates: int | None = None
    change: bool = False


def run(analysis: Analysis, args: argparse.Namespace) -> LookResult:
    """Answer ``python -m analysis look``."""
    request = Request(
        looks=args.looks,
        spending=args.spending,
        futility=args.futility,
        question=args.question,
        replicates=args.replicates,
        change=args.change,
    )
    return take(analysis, request, path=args.looks_file)


def take(analysis: Analysis, request: Request, *, path: Path | None = None) -> LookResult:
    """Take a look, keep it in the file, and say what to do.

    Raises
    ------
    AnalysisError : the plan was changed, the study is over, nothing was added, or earlier programs were changed; or
        pass rates, or other tasks, are asked about.
    """
    if analysis.options.response == "passed":
        raise AnalysisError(
            "look: looks compare times, and the effect is a difference of pass rates here; give a ratio of times, such "
            "as --effect 25%, or seconds with --response seconds"
        )
    tasks = len(analysis.results.tasks)
    if tasks > 1 and analysis.options.tasks == "random":
        raise AnalysisError(
            "look: --tasks random: looks hold differences against those between programs, not against what treatments "
            f"do from task to task, so they can only speak of these {tasks} tasks. Look with --tasks fixed; of tasks "
            "like these the analysis speaks, at the planned end"
        )
    sample = analysis.sample
    where = path or look_file.default_path(analysis.results)
    known = look_file.read(where)
    earlier: tuple[Look, ...] = ()
    if known is None:
        plan = _first_plan(analysis, request)
    else:
        plan, earlier = known
        if request.change:
            plan = _changed(plan, request, number=len(earlier) + 1)
        _refuse_change(analysis, request, plan, where)
        if sample.response != plan.response:  # nobody asked for another: the plan says what is compared
            sample = take_sample(analysis.results, cast("Response", plan.response))
        _refuse_free(analysis.results, sample, plan, earlier, where)
    statistic_now = statistic(sample, question_of(sample, plan.question))
    if earlier and statistic_now.replicates <= earlier[-1].replicates:
        raise AnalysisError(
            f"look: there is no more information than at look {len(earlier)} ({where}); record more programs of every "
            "treatment first"
        )
    digest = look_file.digest(analysis.results, sample)
    if plan.changed_at is None:
        look = _look(sample, plan, earlier, statistic_now, digest=digest)
        interval = _repeated(look, statistic_now)
    else:
        called_now = tuple(
            dataclasses.replace(look, programs=look_file.found_again(look, analysis.results, sample).programs)
            for look in earlier
        )
        look, interval = _combined_look(sample, plan, called_now, statistic_now, where, digest=digest)
    look_file.write(where, plan, (*earlier, look))
    return LookResult(
        plan=plan,
        looks=(*earlier, look),
        path=where,
        unit=sample.unit,
        df_num=statistic_now.df_num,
        fraction=min(1.0, statistic_now.replicates / plan.planned_end),
        estimate=statistic_now.estimate,
        interval=interval,
        tasks=tasks,
    )


def _repeated(look: Look, statistic_now: Statistic) -> tuple[float, float] | None:
    """Return the interval that is valid at every look, the bound in place of the t quantile; None without one."""
    if look.efficacy is None or statistic_now.se is None or statistic_now.estimate is None:
        return None
    half = math.sqrt(look.efficacy) * statistic_now.se
    return statistic_now.estimate - half, statistic_now.estimate + half


def _first_plan(analysis: Analysis, request: Request) -> LookPlan:
    options, sample = analysis.options, analysis.sample
    if options.effect is None:
        raise AnalysisError(
            "look: the first look fixes the plan; say which difference matters to you, for example --effect 0.5"
        )
    effect_sizes.checked_effect(options.effect)
    check_rates(options.alpha, options.power)
    looks = _DEFAULT_LOOKS if request.looks is None else request.looks
    check_looks(looks)
    statistic_now = statistic(sample, question_of(sample, request.question))
    if request.change:
        raise AnalysisError("look: there is no plan to --change yet: this first look makes it")
    plan = LookPlan(
        study=analysis.results.study,
        response=options.scale,
        question=statistic_now.question,
        treatments=tuple(treatment.label for treatment in sample.treatments),
        effect=options.effect,
        alpha=options.alpha,
        power=options.power,
        looks=looks,
        spending=request.spending or "obrien-fleming",
        futility=request.futility or "non-binding",
        replicates=request.replicates or 0,
        # As if nothing differed: neither the end nor futility may follow the answer.
        sigma=statistic_now.blinded_sigma,
        own_spread=request.replicates is None,
        blinded=request.replicates is None,
    )
    replicates = (
        _end(plan, statistic_now, len(sample.treatments))
        if request.replicates is None
        else request.replicates
    )
    return dataclasses.replace(plan, replicates=replicates)


def _end(plan: LookPlan, statistic_now: Statistic, groups: int) -> int:
    planned = schedule(_rules(plan, statistic_now), groups, plan.looks)
    if planned is None:
        raise AnalysisError("look: the effect takes more than 10 million replicates; name a larger --effect")
    return planned.replicates_per_treatment[-1]


def _rules(plan: LookPlan, statistic_now: Statistic) -> Rules:
    return Rules(
        df_num=statistic_now.df_num,
        alpha=plan.alpha,
        target=plan.power,
        unit_ncp=statistic_now.unit * (plan.effect / plan.sigma) ** 2,
        spending=plan.spending,
        futility=plan.futility,
    )


def _refuse_change(analysis: Analysis, request: Request, plan: LookPlan, path: Path) -> None:
    # What several tasks are compared by is the analysis' choice, not the user's.
    options = analysis.asked
    asked = None if request.question is None else _question_name(analysis.sample, request.question)
    said = {
        "--effect": (options.effect, plan.effect),
        "--alpha": (options.alpha, plan.alpha),
        "--power": (options.power, plan.power),
        "--response": (None if options.response is None else options.scale, plan.response),
        "--looks": (request.looks, plan.looks),
        "--spending": (request.spending, plan.spending),
        "--futility": (request.futility, plan.futility),
        "--question": (asked, plan.question),
        "--replicates": (request.replicates, plan.planned_end),
        "study": (analysis.results.study, plan.study),
    }
    for name, (now, then) in said.items():
        if now is not None and now != then:
            raise AnalysisError(
                f"look: {name} is {now!r}, but the plan of the first look says {then!r} ({path}). A plan that follows "
                "the data keeps no error rate; go on with the planned value, or begin a new study with new programs"
                + ("; --change with it tests what is new by itself" if name == "--replicates" else "")
            )
    treatments = tuple(treatment.label for treatment in analysis.sample.treatments)
    if treatments != plan.treatments:
        changed = sorted(set(treatments) ^ set(plan.treatments)) or ["their order"]
        raise AnalysisError(
            f"look: the treatments are not those of the first look (differs: {changed[0]}; {path}). Give all results "
            "of the study, and no others"
        )


def _question_name(sample: Sample, question: str) -> str:
    contrast = question_of(sample, question)
    return question if contrast is None else contrast.name


def _refuse_free(
    results: Results, sample: Sample, plan: LookPlan, earlier: tuple[Look, ...], path: Path
) -> None:
    last = earlier[-1]
    over = last.decision != GO_ON and not (last.decision == FUTILE and plan.futility != "binding")
    if over or last.number >= plan.looks:
        raise AnalysisError(
            f'look: the study ended at look {last.number} of {plan.looks} with "{last.decision}" ({path}); there is no '
            "error left to spend on another look. A new question takes new programs"
        )
    seen = look_file.found_again(last, results, sample)
    if seen.missing:
        raise AnalysisError(
            f"look: {len(seen.missing)} programs of look {last.number} are missing now, for example "
            f"{min(seen.missing)} ({path}); give all results, the earlier ones too"
        )
    if not seen.unchanged:
        raise AnalysisError(
            f"look: times of programs that look {last.number} saw have changed since ({path}). Add new programs, but "
            "leave the old ones as they were measured"
        )
    if len(sample.programs) == len(last.programs):
        raise AnalysisError(
            f'look: these are the {len(last.programs)} programs of look {last.number}, which said "{last.decision}" '
            f"({path}). Looking twice at the same data is not free: record more programs of every treatment first"
        )


def _changed(plan: LookPlan, request: Request, *, number: int) -> LookPlan:
    """Return the plan with the size that is named at this look; stages are tested by themselves from here on."""
    if request.replicates is None:
        raise AnalysisError("look: --change: name the new size with --replicates N, per treatment at the end")
    return dataclasses.replace(plan, changed_at=plan.changed_at or number, end=request.replicates)


def _combined_look(
    sample: Sample,
    plan: LookPlan,
    earlier: tuple[Look, ...],
    statistic_now: Statistic,
    path: Path,
    *,
    digest: str,
) -> tuple[Look, tuple[float, float] | None]:
    """Take a look after a change of the size, by the stages' own tests; return it with a contrast's interval."""
    stages = _stages(sample, plan, earlier, path)
    past = [
        combination.PastLook(
            replicates=look.replicates,
            df_den=look.df_den,
            own_df=stage.df_den,
            efficacy=look.efficacy,
            futility=look.futility if plan.futility == "binding" else None,
            z_bound=look.z_bound,
        )
        for look, stage in zip(earlier, stages, strict=False)
    ]
    before = [look.replicates for look in earlier if look.number < (plan.changed_at or 0)]
    squared = combination.weights(before, plan.replicates, plan.looks)
    least, spent = combination.bound(
        past,
        squared,
        df_num=statistic_now.df_num,
        alpha=plan.alpha,
        spending=plan.spending,
        planned=plan.replicates,
    )
    z = combination.combined(stages, squared)
    number, one_sided = len(earlier) + 1, statistic_now.df_num > 1
    shown = (z if one_sided else abs(z)) >= least
    look = Look(
        number=number,
        replicates=statistic_now.replicates,
        df_den=statistic_now.df_den,
        statistic=statistic_now.f,
        efficacy=None,
        nominal_p=float(stats.norm.sf(least)) * (1 if one_sided else 2),
        spent=spent,
        futility=None,
        decision=SHOWN if shown else NOT_SHOWN if number == plan.looks else GO_ON,
        programs=sample.programs,
        digest=digest,
        z=z,
        z_bound=least if math.isfinite(least) else None,
    )
    known = not one_sided and math.isfinite(least)
    return look, combination.interval(stages, squared, least) if known else None


def _stages(sample: Sample, plan: LookPlan, earlier: tuple[Look, ...], path: Path) -> list[Statistic]:
    """Test the programs that were new at each look by themselves."""
    known: set[str] = set()
    stages = []
    for number, programs in enumerate([*(look.programs for look in earlier), sample.programs], start=1):
        new = np.asarray([name in set(programs) - known for name in sample.programs])
        known |= set(programs)
        part = part_of(sample, new)
        try:
            stages.append(statistic(part, question_of(part, plan.question)))
        except AnalysisError as exc:
            raise AnalysisError(
                f"look: the {int(new.sum())} programs that are new at look {number} can't be tested by themselves, "
                f"which a changed size needs ({path}): {exc}"
            ) from exc
    return stages


def _look(
    sample: Sample, plan: LookPlan, earlier: tuple[Look, ...], statistic_now: Statistic, *, digest: str
) -> Look:
    number = len(earlier) + 1
    stages = [
        *(Stage(replicates=look.replicates, df_den=look.df_den) for look in earlier),
        Stage(replicates=statistic_now.replicates, df_den=statistic_now.df_den),
    ]
    check_stages(stages, statistic_now.df_num)
    final = number == plan.looks or statistic_now.replicates >= plan.replicates
    bound = bounds(stages, _rules(plan, statistic_now), planned=plan.replicates, last=final)[-1]
    return Look(
        number=number,
        replicates=statistic_now.replicates,
        df_den=statistic_now.df_den,
        statistic=statistic_now.f,
        efficacy=bound.efficacy if math.isfinite(bound.efficacy) else None,
        nominal_p=bound.nominal_p,
        spent=bound.spent,
        futility=bound.futility,
        decision=_decision(statistic_now.f, bound, final=final),
        programs=sample.programs,
        digest=digest,
    )


def _decision(f: float, bound: Bound, *, final: bool) -> str:
    if f >= bound.efficacy:
        return SHOWN
    if final:
        return NOT_SHOWN
    return FUTILE if bound.futility is not None and f <= bound.futility else GO_ON
