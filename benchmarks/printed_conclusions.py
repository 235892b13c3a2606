"""How often a report's first table, as it is printed, says "different" where nothing differs.

Run by hand: ``python benchmarks/printed_conclusions.py > benchmarks/printed_conclusions.txt`` (about half an hour of a
processor; ``--checkpoint FILE`` lets a killed run go on, ``--jobs`` says how many processes share it). Unlike
``false_headlines.py``, which compares candidates for one test, this asks the analysis itself: every study is drawn,
programs fail at random, and ``conclude`` and ``with_beside`` answer all of its questions with every veto: times, pass
rates of treatments and factors, trends over amounts (levels are numbers: three of them have one) and time-outs. In each
scenario all treatments have the same mean of the response and the same pass rate. Columns, in per cent of studies:

- ``times``: some question on the times is answered "different";
- ``passing``: some question on pass rates is;
- ``beside``: that on a trend or on time-outs is;
- ``table``: some line of the table is, whatever it is on.

None may be above 6 %.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import types
from typing import TYPE_CHECKING, Any, cast

import in_chunks
import numpy as np
from refinery_analysis._inference.anova_type import anova_type_tests
from refinery_analysis._inference.censored import FactorCensored
from refinery_analysis._inference.clearest_pair import Pooled
from refinery_analysis._inference.conclusions import Evidence, conclude
from refinery_analysis._inference.doubts import Doubts
from refinery_analysis._inference.passing import factors as by_factor
from refinery_analysis._inference.passing_together import together
from refinery_analysis._inference.secondary_conclusions import SecondaryEvidence, with_beside
from refinery_analysis._inference.trend import linear_contrasts, trends
from refinery_analysis._models.anova import anova, fit_model
from refinery_analysis._models.formula import crossing, name_of, parse
from refinery_analysis._models.freeman_halton import pass_test
from refinery_analysis._models.passing_table import PassingTable
from refinery_analysis._models.sample import LabelledTreatment, of_values
from refinery_analysis._models.survival import log_rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from refinery_analysis._inference.conclusions import Conclusion

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Integers = np.ndarray[Any, np.dtype[np.intp]]
ALPHA, MOST = 0.05, 0.06
COLUMNS = ("times", "passing", "beside", "table")


def normal(rng: np.random.Generator, n: int) -> Floats:
    """Draw the textbook's values."""
    return rng.standard_normal(n)


def mixture(rng: np.random.Generator, n: int) -> Floats:
    """Draw mostly fast algorithms, and one in five that is slower by four standard deviations."""
    return np.asarray(rng.standard_normal(n) + 4 * (rng.random(n) < 0.2) - 0.8)


def tied(rng: np.random.Generator, n: int) -> Floats:
    """Draw values of which half are one and the same: models write one program again and again."""
    return np.where(rng.random(n) < 0.5, 0.0, rng.standard_normal(n))


def skewed(rng: np.random.Generator, n: int) -> Floats:
    """Draw log-normal values as they are, in seconds, centred at their mean."""
    return np.asarray(np.exp(rng.standard_normal(n)) - np.exp(0.5))


def heavy(rng: np.random.Generator, n: int) -> Floats:
    """Draw Student's t with 3 degrees of freedom."""
    return rng.standard_t(3, n)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """Levels of each factor, programs made and spread of every treatment, the share that passes, the shape.

    Of one factor values may have a ``limit``: programs that take longer are stopped, and count as time-outs.
    """

    name: str
    levels: tuple[int, ...]
    made: tuple[int, ...]
    sds: tuple[float, ...]
    passing: float = 1.0
    draw: Callable[[np.random.Generator, int], Floats] = normal
    limit: float | None = None


SCENARIOS = (
    Scenario(name="3 v 12, SD 1.5 v 0.3", levels=(2,), made=(3, 12), sds=(1.5, 0.3)),
    Scenario(name="5 v 20, SD 2 v 1", levels=(2,), made=(5, 20), sds=(2, 1)),
    Scenario(name="12 v 12, half pass, SD 2 v 0.5", levels=(2,), made=(12, 12), sds=(2, 0.5), passing=0.5),
    Scenario(name="20 v 20, 80 % pass, equal", levels=(2,), made=(20, 20), sds=(1, 1), passing=0.8),
    Scenario(
        name="3 groups of 8, half pass, SD 3:2:1", levels=(3,), made=(8, 8, 8), sds=(3, 2, 1), passing=0.5
    ),
    Scenario(
        name="3 groups of 8, 70 % pass, mixture",
        levels=(3,),
        made=(8, 8, 8),
        sds=(1, 1, 1),
        passing=0.7,
        draw=mixture,
    ),
    Scenario(name="3 groups 4, 6, 8, half tied", levels=(3,), made=(4, 6, 8), sds=(1, 1, 1), draw=tied),
    Scenario(
        name="6 v 12, 70 % pass, log-normal", levels=(2,), made=(6, 12), sds=(1, 1), passing=0.7, draw=skewed
    ),
    Scenario(
        name="2 x 2 of 6, 60 % pass, heavy tails",
        levels=(2, 2),
        made=(6, 6, 6, 6),
        sds=(1, 1, 1, 1),
        passing=0.6,
        draw=heavy,
    ),
    Scenario(name="2 x 2 of 2, 60 % pass", levels=(2, 2), made=(2, 2, 2, 2), sds=(1, 1, 1, 3), passing=0.6),
    Scenario(name="2 x 2, twos, SD 4:1:1:1", levels=(2, 2), made=(2, 2, 2, 2), sds=(4, 1, 1, 1)),
    Scenario(name="2 x 2, 3 to 12, SD 3:2:1:1", levels=(2, 2), made=(3, 5, 10, 12), sds=(3, 2, 1, 1)),
    Scenario(name="3 x 4 of 5, 70 % pass", levels=(3, 4), made=(5,) * 12, sds=(3, 2, 1) * 4, passing=0.7),
    Scenario(
        name="3 groups of 10, 80 % pass, time-outs",
        levels=(3,),
        made=(10, 10, 10),
        sds=(1, 1, 1),
        passing=0.8,
        limit=1.0,
    ),
    Scenario(name="3 x 4 of 5, mixture", levels=(3, 4), made=(5,) * 12, sds=(1,) * 12, draw=mixture),
)


def study(scenario: Scenario, rng: np.random.Generator) -> tuple[Conclusion, ...]:
    """Draw one study and answer its questions."""
    made = np.asarray(scenario.made)
    cells = np.repeat(np.arange(made.size), made)
    right = rng.random(cells.size) < scenario.passing
    values = scenario.draw(rng, cells.size) * np.asarray(scenario.sds)[cells]
    stopped = np.zeros(cells.size, dtype=bool) if scenario.limit is None else values > scenario.limit
    # A program that is stopped is a time-out whether it would have been right or not.
    passed = right & ~stopped
    cell, y = cells[passed], values[passed]
    factors = {f"f{i}": tuple(map(str, range(n))) for i, n in enumerate(scenario.levels)}
    treatments = tuple(
        LabelledTreatment(label=",".join(at), levels=dict(zip(factors, at, strict=True)))
        for at in itertools.product(*factors.values())
    )
    sample = of_values(y, cell, treatments=treatments, factors=factors, generated=made)
    own = tuple(factors)
    fitted = fit_model(sample, parse(crossing(list(factors)), list(factors)))
    good = tuple(np.bincount(cell, minlength=made.size).tolist())
    failures, of_factors = passing_of(scenario, good)
    unequal = {}
    if fitted is not None:
        tests = anova_type_tests(sample, fitted.model.terms, own, np.full(y.size, -1))
        unequal = {name_of(term): test for term, test in tests.items()}
    doubt = (
        (lambda _: None)
        if fitted is None
        else Doubts(sample=sample, fitted=fitted, type=2, own=own, noise=None, alpha=ALPHA).about
    )
    table = None if fitted is None else anova(fitted, type=2)
    answered = conclude(
        Evidence(
            sample=sample,
            anova=table,
            contrasts=(),
            tests={},
            hc3=(),
            unequal=unequal,
            own=own,
            pooled=None
            if fitted is None or fitted.fit.mse is None
            else Pooled(variance=fitted.fit.mse, df=fitted.fit.df),
            doubt=doubt,
            failures=cast("Any", failures),
            notes=(),
            alpha=ALPHA,
        )
    )
    tested = set() if table is None else {term.term for term in table.terms}
    return with_beside(
        answered,
        SecondaryEvidence(
            passing=cast("Any", of_factors),
            censored=cast("Any", time_outs(values, passed, stopped, cells)) if stopped.any() else None,
            trends=trends(sample, linear_contrasts(sample, own), alpha=ALPHA),
            nested=(),
            turns=None,
            response=sample.response,
            unit=sample.unit,
            alpha=ALPHA,
            doubt=lambda factor: doubt(factor) if factor in tested else None,
        ),
    )


@functools.lru_cache(maxsize=100_000)
def passing_of(scenario: Scenario, good: tuple[int, ...]) -> tuple[object, object]:
    """Return what ``conclude`` asks failures for (their test, and whether anything passed), and tests of factors."""
    test = pass_test(list(scenario.made), list(good))
    failures = types.SimpleNamespace(test=test, rates=(types.SimpleNamespace(passed=sum(good)),))
    at = np.asarray(list(itertools.product(*map(range, scenario.levels))), dtype=np.intp)
    names = tuple(f"f{i}" for i in range(len(scenario.levels)))
    table = PassingTable(
        tasks=("t",),
        treatments=tuple(",".join(map(str, row)) for row in at.tolist()),
        factors={name: tuple(map(str, range(n))) for name, n in zip(names, scenario.levels, strict=True)},
        own=names,
        level={name: at[:, i] for i, name in enumerate(names)},
        generated=np.asarray([scenario.made], dtype=np.intp),
        passed=np.asarray([good], dtype=np.intp),
    )
    return failures, types.SimpleNamespace(
        factors=by_factor(table, alpha=ALPHA), together=together(table, alpha=ALPHA, random=False)
    )


def time_outs(values: Floats, passed: Flags, stopped: Flags, level: Integers) -> object:
    """Return the test of time-outs of the one factor; programs that failed otherwise are left out, as in reports."""
    use = passed | stopped
    time = np.where(stopped, np.inf, values)[use]
    found = log_rank(time, passed[use], level[use], np.zeros(int(use.sum()), np.intp), int(level.max()) + 1)
    p = None if found is None else found[1]
    return types.SimpleNamespace(factors=(FactorCensored(factor="f0", statistic=None, p=p, clearest=None),))


def column_of(conclusion: Conclusion) -> str:
    """Return which column counts a conclusion."""
    if conclusion.response == "passed":
        return "passing"
    return "times" if conclusion.kind == "times" else "beside"


def count(scenario: int, studies: int, rng: np.random.Generator) -> Mapping[str, int]:
    """Return in how many studies each column has something that is said to differ."""
    found: collections.Counter[str] = collections.Counter()
    for _ in range(studies):
        false = {column_of(c) for c in study(SCENARIOS[scenario], rng) if c.answer == "different"}
        found.update([*false, "table"] if false else false)
    return found


def main() -> int:
    """Print one line a scenario; 1 where a table is false too often."""
    wanted = in_chunks.asked(__doc__, studies=20_000, scenarios=len(SCENARIOS))
    print("Studies in which nothing differs; per cent with a false answer\n")
    print(f"{'':38}{'studies':>10}" + "".join(f"{name:>10}" for name in COLUMNS), flush=True)
    worst = 0.0
    for counts in in_chunks.counted(count, [scenario.name for scenario in SCENARIOS], wanted):
        rates = [counts.rate(name) for name in COLUMNS]
        worst = max(worst, *rates)
        told = f"{SCENARIOS[counts.scenario].name:38}{counts.studies:10,}"
        print(told + "".join(f"{100 * rate:10.2f}" for rate in rates), flush=True)
    print(f"{'largest':48}{100 * worst:40.2f}")
    return int(worst > MOST)


if __name__ == "__main__":
    raise SystemExit(main())
