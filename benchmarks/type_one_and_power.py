"""Type-I error and power of every test that the report prints, by simulation under the pilot's variance.

    python benchmarks/type_one_and_power.py [--data-sets 20000] [--seed 1]

Each data set is a study of 3 agents x 4 optimizations with normal programs whose SD is the pilot's (0.870 s). Exact
tests must err at the nominal rate within Monte-Carlo error, and have the power that the tool predicts to within a
point; approximate tests are shown with what they really do. Ends with exit code 1 if something is out of bounds.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import math
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from refinery_analysis._inference.registry import TESTS
from refinery_analysis._inference.rowwise import DataSets, contrast_test
from refinery_analysis._inference.studentized_range import critical_values, range_quantile
from refinery_analysis._models.freeman_halton import pass_test
from refinery_analysis._models.pass_rates import shuffle_test
from refinery_analysis._power import effect_sizes as effects
from refinery_analysis._power.noncentral_f import f_power
from refinery_analysis._sequential.bounds import Rules, Stage, bounds, operating
from refinery_analysis._sequential.spending import SPENDINGS
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refinery_analysis._inference.rowwise import Moments

Floats = npt.NDArray[np.float64]

SIGMA = 0.870172803584
EFFECT = 0.5
ALPHA = 0.05
AGENTS, BUDGETS = 3, 4
GROUPS = AGENTS * BUDGETS
CHUNK = 2000
DEALS = 199  # of a permutation test: exact at 5 % with any multiple of 20, less one
EXACT, APPROXIMATE, FAMILY = "exact", "approximate", "familywise"
OMNIBUS = "F, all treatments"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One test: its rejection rate, and what it ought to be."""

    name: str
    kind: str
    rate: float
    error: float
    wanted: float | None
    sound: bool

    def __str__(self) -> str:
        wanted = "" if self.wanted is None else f"{self.wanted:8.2%}"
        mark = "" if self.sound else "  <- OUT OF BOUNDS"
        return f"{self.name:52} {self.kind:15} {self.rate:8.2%} +- {self.error:.2%} {wanted}{mark}"


def contrasts() -> dict[str, Floats]:
    """Return the pilot's planned contrasts, over treatments in the order agents, then optimization."""
    agents = np.repeat([1.0, 0.0, -1.0], BUDGETS) / BUDGETS
    kind = np.tile([1.0, 1.0, -1.0, -1.0], AGENTS) / (GROUPS / 2)
    level = np.tile([1.0, -1.0, 1.0, -1.0], AGENTS) / (GROUPS / 2)
    return {"agents: 1 - 3": agents, "type: iterations - time": kind, "level: tight - loose": level}


def terms() -> dict[str, Floats]:
    """Return orthonormal bases of the terms of agents*optimization, each (12, df)."""

    def split(size: int) -> tuple[Floats, Floats]:
        q = np.linalg.qr(np.column_stack([np.ones(size), np.eye(size)[:, : size - 1]]))[0]
        return q[:, :1], q[:, 1:]

    (one_a, a), (one_b, b) = split(AGENTS), split(BUDGETS)
    return {
        "agents": np.asarray(np.kron(a, one_b), dtype=np.float64),
        "optimization": np.asarray(np.kron(one_a, b), dtype=np.float64),
        "agents:optimization": np.asarray(np.kron(a, b), dtype=np.float64),
    }


def term_test(data: Moments, basis: Floats) -> Floats:
    """F test of a term of a balanced design: orthonormal columns of contrasts, (k, df), that span it: p, (s,)."""
    df, df_num = int(data.counts.sum()) - data.counts.size, basis.shape[1]
    explained = np.sum((data.mean @ basis) ** 2, axis=1) * data.counts[0]
    return np.asarray(special.fdtrc(df_num, df, explained / df_num / (data.squares.sum(axis=1) / df)))


def hc3_test(data: Moments, basis: Floats, relatives: Floats) -> Floats:
    """Wald F of a term with the covariance HC3, as the analysis computes it: p values, shape (s,).

    ``relatives`` are the columns of the terms that contain it, (12, 0) for type III: what they explain is taken off.
    """
    counts = data.counts
    variance = data.squares / (1 - 1 / counts) ** 2 / counts**2
    whole = np.column_stack([basis, relatives])
    wald = _wald(data.mean, variance, whole)
    if relatives.size:
        wald = wald - _wald(data.mean, variance, relatives)
    df = int(counts.sum()) - counts.size
    return np.asarray(stats.f.sf(wald / basis.shape[1], basis.shape[1], df))


def _wald(mean: Floats, variance: Floats, basis: Floats) -> Floats:
    effect = mean @ basis
    covariance = np.einsum("ki,sk,kj->sij", basis, variance, basis)
    return np.asarray(np.einsum("si,si->s", effect, np.linalg.solve(covariance, effect[..., None])[..., 0]))


def unequal_t_test(data: Moments, weights: Floats) -> Floats:
    """Welch and Satterthwaite's t of a contrast: p values, shape (s,)."""
    part = weights**2 * data.squares / (data.counts - 1) / data.counts
    variance = part.sum(axis=1)
    df = variance**2 / (part**2 / (data.counts - 1)).sum(axis=1)
    return np.asarray(2 * stats.t.sf(np.abs(data.mean @ weights) / np.sqrt(variance), df))


def pairs() -> dict[str, tuple[int, Floats]]:
    """Return for treatments and each factor the number of levels and the weights of all differences of their means."""
    by_agents = np.kron(np.eye(AGENTS), np.full(BUDGETS, 1 / BUDGETS))
    by_budget = np.kron(np.full(AGENTS, 1 / AGENTS), np.eye(BUDGETS))
    return {
        name: (len(means), np.stack([a - b for a, b in itertools.combinations(means, 2)]))
        for name, means in (
            ("treatments", np.eye(GROUPS)),
            ("agents", by_agents),
            ("optimization", by_budget),
        )
    }


def tukey(data: Moments, levels: int, weights: Floats) -> npt.NDArray[np.bool_]:
    """Whether Tukey's procedure finds any of the differences, shape (s,)."""
    df = int(data.counts.sum()) - data.counts.size
    variance = data.squares.sum(axis=1)[:, None] / df * (weights**2 / data.counts).sum(axis=1)
    critical = range_quantile(ALPHA, levels, df) / math.sqrt(2)
    return np.asarray((np.abs(data.mean @ weights.T) >= critical * np.sqrt(variance)).any(axis=1))


def games_howell(data: Moments, levels: int, weights: Floats) -> npt.NDArray[np.bool_]:
    """Whether Games and Howell's procedure finds any of the differences, shape (s,)."""
    parts = data.squares / (data.counts - 1) / data.counts
    variance = parts @ (weights**2).T
    df = variance**2 / ((parts**2 / (data.counts - 1)) @ (weights**4).T)
    critical = critical_values(ALPHA, levels, df) / math.sqrt(2)
    return np.asarray((np.abs(data.mean @ weights.T) >= critical * np.sqrt(variance)).any(axis=1))


def penalised(data_sets: int, rng: np.random.Generator) -> Iterator[Line]:
    """Yield the permutation test of penalised times: a fifth of the programs fail, wherever they are."""
    for treatments, replicates in ((GROUPS, 2), (3, 4)):
        cell = np.repeat(np.arange(treatments), replicates)
        found = 0
        for _ in range(data_sets):
            y = np.where(rng.random(cell.size) < 0.2, 12.0, 2 + SIGMA * rng.standard_normal(cell.size))
            found += shuffle_test(y, cell, deals=DEALS)[0] <= ALPHA
        rate = found / data_sets
        yield Line(
            name=f"PAR2, {treatments} treatments of {replicates}",
            kind="exact, discrete",
            rate=rate,
            error=error_of(rate, data_sets),
            wanted=ALPHA,
            sound=rate <= ALPHA + 3 * error_of(ALPHA, data_sets),
        )


def pass_rates(data_sets: int, rng: np.random.Generator) -> Iterator[Line]:
    """Yield the exact test of pass rates when all are the same; it errs at most at the nominal rate."""
    for made, rate in (((8, 8, 8), 0.7), ((4, 6, 12), 0.9), ((20, 20), 0.5)):
        p = functools.cache(lambda *passed, made=made: pass_test(made, passed).p)
        passed = rng.binomial(made, rate, (data_sets, len(made)))
        found = [p(*row) for row in passed.tolist()]
        share = sum(value is not None and value <= ALPHA for value in found) / data_sets
        yield Line(
            name=f"pass rates, {made} programs at {rate:.0%}",
            kind="exact, discrete",
            rate=share,
            error=error_of(share, data_sets),
            wanted=ALPHA,
            sound=share <= ALPHA + 3 * error_of(ALPHA, data_sets),
        )


def holm_rejects(p: Floats) -> npt.NDArray[np.bool_]:
    """Whether Holm's procedure rejects any of the hypotheses, shape (s,), from p values (s, m)."""
    return np.asarray(p.min(axis=1) * p.shape[1] <= ALPHA)


def rejections(data: DataSets, *, planned: bool) -> dict[str, tuple[str, npt.NDArray[np.bool_]]]:
    """Return for each test its kind and whether it rejects, shape (s,); only those that are planned for, if asked."""
    found: dict[str, tuple[str, npt.NDArray[np.bool_]]] = {}
    bases, of_contrasts = terms(), contrasts()
    for name, basis in bases.items():
        found[f"F, {name}"] = EXACT, term_test(data, basis) <= ALPHA
    p = {name: contrast_test(data, weights) for name, weights in of_contrasts.items()}
    for name, values in p.items():
        found[f"t, {name}"] = EXACT, values <= ALPHA
    found |= registered(data, planned=planned)
    if planned:
        return found
    found["contrasts with Holm, any"] = FAMILY, holm_rejects(np.column_stack(list(p.values())))
    for name, (levels, weights) in pairs().items():
        found[f"Tukey, any pair of {name}"] = EXACT, tukey(data, levels, weights)
        if name != "treatments":  # those are the registry's
            found[f"Games-Howell, any pair of {name}"] = APPROXIMATE, games_howell(data, levels, weights)
    both, none = bases["agents:optimization"], np.empty((GROUPS, 0))
    for name, basis, relatives in (
        ("agents, type II", bases["agents"], both),
        ("agents, type III", bases["agents"], none),
        ("optimization, type II", bases["optimization"], both),
        ("optimization, type III", bases["optimization"], none),
        ("agents:optimization", both, none),
    ):
        found[f"HC3, {name}"] = APPROXIMATE, hc3_test(data, basis, relatives) <= ALPHA
    for name, weights in of_contrasts.items():
        found[f"Welch-Satterthwaite t, {name}"] = APPROXIMATE, unequal_t_test(data, weights) <= ALPHA
    return found


def registered(data: DataSets, *, planned: bool) -> dict[str, tuple[str, npt.NDArray[np.bool_]]]:
    """Return the same for every test of the analysis' registry that these numbers of programs allow."""
    found = {}
    for test in TESTS:
        exact = test.name == "f"
        if test.impossible(data.counts) is not None or (planned and not exact):
            continue
        values = data.of(data.residuals) if test.of_residuals else data
        rejected = (
            test.figures(values).p <= ALPHA
            if test.has_figures
            else np.zeros(0, bool)
            if test.rejects is None
            else test.rejects(values, ALPHA)
        )
        found[OMNIBUS if exact else test.heading] = EXACT if exact else APPROXIMATE, rejected
    return found


def simulate(
    counts: npt.NDArray[np.intp],
    means: Floats,
    data_sets: int,
    rng: np.random.Generator,
    *,
    planned: bool = False,
) -> dict[str, tuple[str, float]]:
    """Return for each test its kind and its rejection rate."""
    total: dict[str, tuple[str, int]] = {}
    centre = np.repeat(means, counts)
    for start in range(0, data_sets, CHUNK):
        y = centre + SIGMA * rng.standard_normal((min(CHUNK, data_sets - start), centre.size))
        data = DataSets(counts=counts, y=y)
        for name, (kind, rejected) in rejections(data, planned=planned).items():
            total[name] = kind, total.get(name, (kind, 0))[1] + int(rejected.sum())
    return {name: (kind, count / data_sets) for name, (kind, count) in total.items()}


def error_of(rate: float, data_sets: int) -> float:
    """Monte-Carlo standard error of a rate."""
    return math.sqrt(max(rate * (1 - rate), 1 / data_sets) / data_sets)


def type_one(counts: npt.NDArray[np.intp], data_sets: int, rng: np.random.Generator) -> Iterator[Line]:
    """Yield every test when nothing differs; exact ones must be at 5 % within 3.5 standard errors."""
    error = error_of(ALPHA, data_sets)
    for name, (kind, rate) in simulate(counts, np.zeros(GROUPS), data_sets, rng).items():
        if kind == EXACT:
            sound = abs(rate - ALPHA) <= 3.5 * error
        elif kind == FAMILY:
            sound = rate <= ALPHA + 3.5 * error
        else:
            sound = True
        yield Line(
            name=name,
            kind=kind,
            rate=rate,
            error=error_of(rate, data_sets),
            wanted=None if kind == APPROXIMATE else ALPHA,
            sound=sound,
        )


def patterns() -> Iterator[tuple[str, str, Floats, int]]:
    """Yield the test that is aimed at, the pattern's name, its means, and the numerator's degrees of freedom."""
    extremes = np.zeros(GROUPS)
    extremes[[0, -1]] = EFFECT / 2, -EFFECT / 2
    yield OMNIBUS, "extremes", extremes, GROUPS - 1
    yield OMNIBUS, "half", np.repeat([EFFECT / 2, -EFFECT / 2], GROUPS // 2), GROUPS - 1
    for name, weights in contrasts().items():
        yield f"t, {name}", name, EFFECT * weights / float(weights @ weights), 1
    for name, basis in terms().items():
        direction = basis @ np.ones(basis.shape[1])
        yield f"F, {name}", name, EFFECT * direction / float(np.ptp(direction)), basis.shape[1]


def power(counts: npt.NDArray[np.intp], data_sets: int, rng: np.random.Generator) -> Iterator[Line]:
    """Yield the power of exact tests at their pattern; it must be within a point of the prediction."""
    df = int(counts.sum()) - GROUPS
    for test, pattern, means, df_num in patterns():
        squares = effects.means_spread(means, counts.astype(np.float64))
        predicted = float(f_power(squares / SIGMA**2, df_num, df, alpha=ALPHA))
        kind, rate = simulate(counts, means, data_sets, rng, planned=True)[test]
        error = error_of(rate, data_sets)
        yield Line(
            name=f"{test} [{pattern}]" if pattern not in test else test,
            kind=kind,
            rate=rate,
            error=error,
            wanted=predicted,
            sound=abs(rate - predicted) <= 0.01,
        )


def raw_looks(
    replicates: tuple[int, ...], weights: Floats | None, groups: int, data_sets: int, rng: np.random.Generator
) -> Floats:
    """Return F at every look of studies in which nothing differs, from programs one by one, (looks, s)."""
    parts = []
    for start in range(0, data_sets, CHUNK):
        y = rng.standard_normal((min(CHUNK, data_sets - start), groups, replicates[-1]))
        looks = []
        for n in replicates:
            mean, mse = y[:, :, :n].mean(axis=2), y[:, :, :n].var(axis=2, ddof=1).mean(axis=1)
            if weights is None:
                looks.append(n * mean.var(axis=1, ddof=1) / mse)
            else:
                looks.append((mean @ weights) ** 2 / (mse * float(weights @ weights) / n))
        parts.append(np.asarray(looks))
    return np.concatenate(parts, axis=1)


def sequential(data_sets: int, rng: np.random.Generator) -> Iterator[Line]:
    """Yield the error of all looks together on raw data, and the power against that of the design's own simulation."""
    agents = contrasts()["agents: 1 - 3"]
    error = error_of(ALPHA, data_sets)
    for spending in SPENDINGS:
        for name, weights, df_num in (
            ("t, agents: 1 - 3", agents, 1),
            (OMNIBUS, None, GROUPS - 1),
        ):
            for replicates in ((2, 4), (2, 4, 6), (3, 6, 9, 12, 15)):
                stages = [Stage(replicates=n, df_den=GROUPS * (n - 1)) for n in replicates]
                squares = EFFECT**2 * (2.0 if weights is not None else GROUPS / 4)
                rules = Rules(
                    df_num=df_num, alpha=ALPHA, target=0.8, unit_ncp=squares / SIGMA**2, spending=spending
                )
                made = bounds(stages, rules, planned=replicates[-1])
                f = raw_looks(replicates, weights, GROUPS, data_sets, rng)
                crossed = (f >= np.asarray([bound.efficacy for bound in made])[:, None]).any(axis=0)
                rate = float(crossed.mean())
                yield Line(
                    name=f"{name}, {len(replicates)} looks, {spending}",
                    kind="sequential",
                    rate=rate,
                    error=error_of(rate, data_sets),
                    wanted=ALPHA,
                    sound=rate <= ALPHA + 3 * error,
                )
                heeded = operating(stages, made, rules, unit_ncp=0.0, count=data_sets)
                yield Line(
                    name="  the same, stopping for futility",
                    kind="sequential",
                    rate=heeded.power,
                    error=heeded.error,
                    wanted=ALPHA,
                    sound=heeded.power <= ALPHA + 3 * error,
                )


def main() -> int:
    """Run everything and print it; 1 if something is out of bounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data-sets", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    started = time.process_time()
    good = True
    plans = (
        ("Type-I error, 12 treatments of 2 (the pilot)", type_one(np.full(GROUPS, 2), args.data_sets, rng)),
        ("Type-I error, 12 treatments of 5", type_one(np.full(GROUPS, 5), args.data_sets, rng)),
        ("Power for 0.5 s, 12 treatments of 2", power(np.full(GROUPS, 2), args.data_sets, rng)),
        ("Power for 0.5 s, 12 treatments of 13", power(np.full(GROUPS, 13), args.data_sets, rng)),
        ("Type-I error, pass rates", pass_rates(args.data_sets, rng)),
        ("Type-I error, failures counted as twice the time limit", penalised(args.data_sets, rng)),
        ("Type-I error of all looks together", sequential(args.data_sets, rng)),
    )
    for title, lines in plans:
        print(f"\n{title} ({args.data_sets:,} data sets, seed {args.seed})")
        print(f"{'test':52} {'kind':15} {'rate':>8} {'MC error':>8} {'wanted':>8}")
        for line in lines:
            print(line, flush=True)
            good &= line.sound
    print(
        f"\n{'all within bounds' if good else 'OUT OF BOUNDS'}; {time.process_time() - started:.0f} CPU seconds"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
