"""How often passing, times over tasks, time-outs and credit are said to differ where nothing does.

Run by hand: ``python benchmarks/false_passes.py > benchmarks/false_passes.txt`` (``--checkpoint FILE`` lets a killed
run go on). Each line is one design in which treatments are all alike, with the share of its studies, in per cent at
alpha 5 %, in which the test finds a difference; ``conclusion`` is what the report's conclusion rests on, and must stay
at 6 % or below. The others are in the document beside it: they show why they are no conclusions.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import in_chunks
import numpy as np
from refinery_analysis._inference import passing, stratified, two_proportions
from refinery_analysis._inference.nested_budgets import nested
from refinery_analysis._inference.passing_together import together
from refinery_analysis._models import logistic_glmm, survival, turns
from refinery_analysis._models.formula import parse
from refinery_analysis._models.freeman_halton import pass_test
from refinery_analysis._models.nested_pairs import NestedPairs
from refinery_analysis._models.passing_table import PassingTable
from refinery_analysis._models.task_reml import CellTable, exact_f
from refinery_analysis._reading.judged_turns import JudgedTrajectory, JudgedTurn
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Mapping

ALPHA: Final = 0.05
Integers = np.ndarray[Any, np.dtype[np.int_]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Found = tuple[str, int, int]
"""What was tested, how many differences it found, and in how many studies."""
Run = Callable[[np.random.Generator, int], Iterator[Found]]


def table(passed: Integers, programs: int) -> PassingTable:
    """Return the counts of tasks and treatments of one factor."""
    tasks, arms = passed.shape
    levels = tuple(map(str, range(arms)))
    return PassingTable(
        tasks=tuple(map(str, range(tasks))),
        treatments=levels,
        factors={"a": levels},
        own=("a",),
        level={"a": np.arange(arms)},
        generated=np.full(passed.shape, programs),
        passed=passed,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tasks:
    """Tasks of unequal difficulty (SD of log odds), each treatment better in some of them (SD of the interaction)."""

    tasks: int
    arms: int
    programs: int
    difficulty: float
    interaction: float
    mean: float = 0.0

    def draw(self, rng: np.random.Generator) -> Integers:
        """Draw how many passed, shape (tasks, arms)."""
        odds = self.mean + self.difficulty * rng.standard_normal((self.tasks, 1))
        odds = odds + self.interaction * rng.standard_normal((self.tasks, self.arms))
        return np.asarray(rng.binomial(self.programs, special.expit(odds)))


def over_tasks(design: Tasks, rng: np.random.Generator, studies: int) -> Iterator[Found]:
    """Yield the rates of the conclusion over tasks, and of the mixed model's likelihood ratio by chi-square."""
    drawn = [design.draw(rng) for _ in range(studies)]
    p = [passing._between_tasks(table(x, design.programs)).p for x in drawn]  # noqa: SLF001 - the step by itself, without a study around it
    yield "conclusion", sum(value is not None and value < ALPHA for value in p), studies
    # A mixed model takes long: one study in ten shows what it does.
    some = drawn[: max(1, studies // 10)]
    x = np.column_stack([np.ones(design.arms), np.eye(design.arms)[:, 1:]])
    made = np.full((design.tasks, design.arms), float(design.programs))
    found = tried = 0
    for passed in some:
        if not 0 < passed.sum() < made.sum():
            continue
        tried += 1
        full = logistic_glmm.fit_glmm(x, passed.astype(float), made).log_likelihood
        none = logistic_glmm.fit_glmm(x[:, :1], passed.astype(float), made).log_likelihood
        found += bool(stats.chi2.sf(2 * (full - none), design.arms - 1) < ALPHA)
    yield "mixed model, chi-square", found, tried


def times_over_tasks(tasks: int, arms: int, programs: int) -> Run:
    """Return the exact F of log times over tasks in which treatments differ from task to task."""

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        x = np.column_stack([np.ones(arms), np.eye(arms)[:, 1:]])
        found = 0
        for _ in range(studies):
            mean = rng.standard_normal((tasks, 1)) + 0.3 * rng.standard_normal((tasks, arms))
            mean = mean + 0.4 / np.sqrt(programs) * rng.standard_normal((tasks, arms))
            count = np.full((tasks, arms), programs, dtype=np.intp)
            # What programs of a cell differ does not enter.
            made = CellTable(count=count, mean=mean, within=1.0, x=x)
            contrasts = np.eye(arms)[1:] - np.eye(arms)[:1]
            result = exact_f(made, contrasts)
            found += result is not None and result.p < ALPHA
        yield "conclusion", found, studies

    return run


def one_task(arms: int, programs: int, rate: float) -> Run:
    """Return the exact test of all treatments of one task; Boschloo's too where there are two."""

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        drawn = rng.binomial(programs, rate, (studies, arms))
        kinds, counts = np.unique(drawn, axis=0, return_counts=True)
        exact = [pass_test([programs] * arms, row.tolist()).p for row in kinds]
        below = np.asarray([value is not None and value < ALPHA for value in exact])
        yield "conclusion", int(counts @ below), studies
        if arms == 2:
            below = np.asarray(
                [two_proportions.boschloo((int(x), int(y)), (programs, programs)) < ALPHA for x, y in kinds]
            )
            yield "Boschloo", int(counts @ below), studies

    return run


def fixed_tasks(design: Tasks) -> Run:
    """Return the exact conditional test over tasks that are all that matters."""

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        found = 0
        for _ in range(studies):
            n = design.programs
            result = stratified.exact_conditional([(int(x), n, int(y), n) for x, y in design.draw(rng)])
            found += result is not None and result.p < ALPHA
        yield "conclusion", found, studies

    return run


def separated(programs: int, rates: tuple[float, float]) -> Run:
    """Return tests of a factor that does nothing beside one whose levels pass nearly always and nearly never.

    Outcomes of the 2 x 2 are separated in most studies. The conclusion is the exact test within strata, with that of
    all treatments; Firth's likelihood ratio stands in the document beside it.
    """

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        levels = {"a": np.asarray([0, 0, 1, 1]), "b": np.asarray([0, 1, 0, 1])}
        exact = penalised = 0
        model = parse("a*b", ["a", "b"])
        asked = passing.Asked(model=model, type=2, alpha=ALPHA, power=0.8)
        for _ in range(studies):
            passed = rng.binomial(programs, np.repeat(rates, 2))[None]
            made = PassingTable(
                tasks=("",),
                treatments=("0", "1", "2", "3"),
                factors={"a": ("0", "1"), "b": ("0", "1")},
                own=("a", "b"),
                level=levels,
                generated=np.full(passed.shape, programs),
                passed=passed,
            )
            (found,) = [factor for factor in passing.factors(made, alpha=ALPHA) if factor.factor == "b"]
            exact += found.p is not None and found.p < ALPHA
            terms = passing._terms(made, asked, random=False)  # noqa: SLF001 - the step by itself
            (term,) = [term for term in terms if term.term == "b"]
            penalised += term.p is not None and term.p < ALPHA
        yield "conclusion", exact, studies
        yield "Firth's likelihood ratio", penalised, studies

    return run


def alone(
    rates: Floats, programs: int, *, tasks: int = 1, difficulty: float = 0.0, random: bool = False
) -> Run:
    """Return the test of what all factors do together where some do something, and all do nothing together.

    ``rates`` has an axis for each factor and no interaction of all of them; tasks are harder and easier for all by up
    to ``difficulty`` (uniform), and where they are random each treatment does a little of its own.
    """

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        names = "abc"[: rates.ndim]
        level = dict(zip(names, np.indices(rates.shape).reshape(rates.ndim, -1), strict=True))
        found = 0
        for _ in range(studies):
            of = rates.reshape(-1) + rng.uniform(-difficulty, difficulty, (tasks, 1))
            if random:
                of = of + rng.uniform(-0.1, 0.1, (tasks, rates.size))
            made = PassingTable(
                tasks=tuple(map(str, range(tasks))),
                treatments=tuple(map(str, range(rates.size))),
                factors={name: tuple(map(str, range(n))) for name, n in zip(names, rates.shape, strict=True)},
                own=tuple(names),
                level=level,
                generated=np.full((tasks, rates.size), programs),
                passed=rng.binomial(programs, np.clip(of, 0, 1)),
            )
            *_, result = together(made, alpha=ALPHA, random=random)
            found += result.p is not None and result.p < ALPHA
        yield "conclusion", found, studies

    return run


def within_trajectories(
    made: tuple[int, ...], share: float, sds: tuple[float, ...], *, tails: bool = False
) -> Run:
    """Return the comparison of earlier and later programs of the same trajectories, which do not differ on average.

    ``sds`` of the differences, by treatment, of which a ``share`` is there as both programs passed; with ``tails`` they
    are those of a t distribution with 3 degrees of freedom.
    """

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        found = 0
        for _ in range(studies):
            both = rng.binomial(made, share)
            cell = np.repeat(np.arange(len(made)), both)
            noise = rng.standard_t(3, len(cell)) if tails else rng.standard_normal(len(cell))
            pairs = NestedPairs(
                factor="optimization",
                early="3 iterations",
                late="8 iterations",
                turn=3,
                y=noise * np.asarray(sds)[cell],
                cell=cell.astype(np.intp),
                task=np.zeros(len(cell), dtype=np.intp),
                treatments=tuple(map(str, range(len(made)))),
                generated=np.asarray(made, dtype=np.intp),
            )
            (row,) = nested([pairs], random=False)
            p = [value for value in (row.p, row.own_p) if value is not None]
            found += bool(p) and max(p) < ALPHA
        yield "conclusion", found, studies

    return run


def stopped(arms: int, programs: int, share: float) -> Run:
    """Return the log-rank test of log-normal times of which a share is stopped."""

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        limit = float(stats.norm.isf(share))
        group, stratum = np.repeat(np.arange(arms), programs), np.zeros(arms * programs, dtype=np.intp)
        permuted = asymptotic = 0
        for _ in range(studies):
            y = rng.standard_normal(arms * programs)
            result = survival.log_rank(np.minimum(y, limit), y < limit, group, stratum, arms)
            if result is not None:
                permuted += result[1] < ALPHA
                asymptotic += bool(stats.chi2.sf(result[0], arms - 1) < ALPHA)
        yield "conclusion", permuted, studies
        yield "chi-square", asymptotic, studies

    return run


def rotation(trajectories: int) -> Run:
    """Return how often a credit's interval excludes what an agent has: two alike take turns, some turns fail."""

    def run(rng: np.random.Generator, studies: int) -> Iterator[Found]:
        truth, missed = _usual_credit(), 0
        for _ in range(studies):
            values = np.asarray([_credit(rng) for _ in range(trajectories)])
            low, high = turns._bootstrap(values, ALPHA)  # noqa: SLF001 - the step by itself
            if low is not None and high is not None:
                missed += not low[0] <= truth <= high[0]
        yield "conclusion", missed, studies

    return run


@functools.cache
def _usual_credit() -> float:
    """Return what the first agent has on average, known from very many trajectories."""
    rng = np.random.default_rng(20261126)
    return float(np.mean([_credit(rng)[0] for _ in range(20_000)]))


def _credit(rng: np.random.Generator) -> tuple[float, float]:
    """Return the parts of both agents in a trajectory of four turns that ended with a correct program."""
    while True:
        made = []
        standing = 0.0
        for i in range(4):
            standing += float(rng.normal(-0.2, 0.3))
            good = bool(rng.random() < 0.75)
            made.append(
                JudgedTurn(
                    number=i + 1,
                    agent=1 + i % 2,
                    source=str(i),
                    verdict="correct" if good else "wrong_answer",
                    reason=None,
                    error_type=None,
                    ratio=float(np.exp(standing)) if good else None,
                )
            )
        one = JudgedTrajectory(
            file="",
            study="",
            task="",
            treatment={},
            replicate=1,
            settings={},
            turns=tuple(made),
            final_turn=4,
        )
        parts = turns.of_trajectory(one)
        if parts is not None:
            return parts[1], parts[2]


def designs() -> list[tuple[str, Run]]:
    """Return what is simulated, by names that are printed."""
    listed: list[tuple[str, Run]] = [
        ("one task, 2 arms x 8, rate 0.5", one_task(2, 8, 0.5)),
        ("one task, 2 arms x 20, rate 0.1", one_task(2, 20, 0.1)),
        ("one task, 6 arms x 5, rate 0.8", one_task(6, 5, 0.8)),
        (
            "4 fixed tasks, 2 arms x 5",
            fixed_tasks(Tasks(tasks=4, arms=2, programs=5, difficulty=1.5, interaction=0)),
        ),
    ]
    listed += [
        ("8 tasks, 2 arms x 5, times", times_over_tasks(8, 2, 5)),
        ("8 tasks, 4 arms x 5, times", times_over_tasks(8, 4, 5)),
        ("20 tasks, 3 arms x 5, times", times_over_tasks(20, 3, 5)),
        ("one task, 4 arms x 5, rate 0.95: often one-sided", one_task(4, 5, 0.95)),
    ]
    for tasks, arms, programs, difficulty, interaction, mean in (
        (8, 2, 5, 1.0, 0.5, 0.0),
        (8, 3, 5, 1.5, 1.0, 0.0),
        (20, 2, 5, 1.5, 0.7, 0.0),
        (20, 3, 5, 1.5, 0.7, 2.0),
        (20, 2, 5, 2.0, 0.0, 3.0),
        (6, 2, 3, 1.0, 1.0, -2.0),
    ):
        design = Tasks(
            tasks=tasks,
            arms=arms,
            programs=programs,
            difficulty=difficulty,
            interaction=interaction,
            mean=mean,
        )
        name = (
            f"{tasks} tasks, {arms} arms x {programs}, SD {difficulty:g} and {interaction:g}, mean {mean:g}"
        )
        listed.append((name, functools.partial(over_tasks, design)))
    listed += [
        ("20 % stopped, 2 arms x 8", stopped(2, 8, 0.2)),
        ("20 % stopped, 4 arms x 5", stopped(4, 5, 0.2)),
        ("rotation of 2 agents, 6 trajectories", rotation(6)),
        ("rotation of 2 agents, 20 trajectories", rotation(20)),
        ("2 x 2 separated, 5 programs, 97 % and 3 %", separated(5, (0.97, 0.03))),
        ("2 x 2 separated, 10 programs, 90 % and 2 %", separated(10, (0.9, 0.02))),
    ]
    flat, slope, edge = (
        np.full((2, 2), 0.5),
        np.asarray([[0.9, 0.6], [0.6, 0.3]]),
        np.asarray([[0.99, 0.5]] * 2),
    )
    listed += [
        ("together: 2 x 2, 6 programs, all 50 %", alone(flat, 6)),
        ("together: 2 x 2, 10 programs, 90, 60, 60, 30 %", alone(slope, 10)),
        ("together: 2 x 2, 10 programs, 99, 50, 99, 50 %", alone(edge, 10)),
        ("together: 2 x 2, 10 programs, 97, 97, 3, 3 %", alone(np.asarray([[0.97] * 2, [0.03] * 2]), 10)),
        ("together: 2 x 2, 40 programs, 90, 60, 60, 30 %", alone(slope, 40)),
        ("together: 3 x 3, 8 programs, all 60 %", alone(np.full((3, 3), 0.6), 8)),
        ("together: 2 x 2, 4 fixed tasks x 5, 70 %", alone(flat + 0.2, 5, tasks=4, difficulty=0.3)),
        ("together: 2 x 2, 8 random tasks x 5", alone(flat, 5, tasks=8, difficulty=0.3, random=True)),
        (
            "together: 2 x 3, 20 random tasks x 3",
            alone(np.full((2, 3), 0.6), 3, tasks=20, difficulty=0.3, random=True),
        ),
    ]
    listed += [
        ("nested: 1 treatment x 8, half have both", within_trajectories((8,), 0.5, (1.0,))),
        ("nested: 4 treatments x 5, 80 %, SD 1", within_trajectories((5,) * 4, 0.8, (1.0,) * 4)),
        ("nested: 3 and 12, SD 1.5 and 0.3", within_trajectories((3, 12), 1.0, (1.5, 0.3))),
        ("nested: 2 and 12, SD 1.5 and 0.3", within_trajectories((2, 12), 1.0, (1.5, 0.3))),
        ("nested: 3 and 6, SD 1.5 and 0.3", within_trajectories((3, 6), 1.0, (1.5, 0.3))),
        ("nested: 3 treatments x 6, t tails", within_trajectories((6,) * 3, 0.9, (1.0,) * 3, tails=True)),
    ]
    even = np.full((2, 2, 2), 0.5)
    pairs = np.asarray([[[0.9, 0.7], [0.5, 0.3]], [[0.5, 0.3], [0.9, 0.7]]])
    one_sided = np.broadcast_to(np.asarray([0.97, 0.5]), (2, 2, 2))
    listed += [
        ("together: 2 x 2 x 2, 5 programs, all 50 %", alone(even, 5)),
        ("together: 2 x 2 x 2, 10 programs, two of them act together", alone(pairs, 10)),
        ("together: 2 x 2 x 2, 10 programs, 97 and 50 %", alone(one_sided, 10)),
        ("together: 2 x 2 x 3, 8 programs, all 60 %", alone(np.full((2, 2, 3), 0.6), 8)),
        ("together: 2 x 2 x 2, 8 random tasks x 3", alone(even, 3, tasks=8, difficulty=0.3, random=True)),
        ("together: 2 x 2 x 2, 20 random tasks x 3", alone(even, 3, tasks=20, difficulty=0.3, random=True)),
    ]
    return listed


DESIGNS: Final = designs()


def count(scenario: int, studies: int, rng: np.random.Generator) -> Mapping[str, int]:
    """Return how many differences each test of a design finds, and in how many studies (``of`` and its name)."""
    return {
        name: number
        for what, found, of in DESIGNS[scenario][1](rng, studies)
        for name, number in ((what, int(found)), (f"of {what}", of))
    }


def main() -> None:
    """Print a line for each test of each design."""
    wanted = in_chunks.asked(__doc__, studies=2_000, scenarios=len(DESIGNS), chunk=250)
    print("Per cent of studies in which a difference is found where there is none\n")
    print(f"{'':55} {'':30} {'studies':>8} {'found':>6}", flush=True)
    for counts in in_chunks.counted(count, [name for name, _ in DESIGNS], wanted):
        for what in [name for name in counts.found if not name.startswith("of ")]:
            of = counts.found[f"of {what}"]
            rate = 100 * counts.found[what] / max(of, 1)
            print(f"{DESIGNS[counts.scenario][0]:55} {what:30} {of:8,} {rate:6.2f}", flush=True)


if __name__ == "__main__":
    main()
