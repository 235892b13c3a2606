"""How often a study that is looked at three times ends as "different" where nothing differs.

Run by hand: ``python benchmarks/look_level.py > benchmarks/look_level.txt``. Every program is drawn by itself. Two ways
in which the data have a say in how long a study goes on:

- the end is worked out from the first look's spread: ``own`` within treatments, as it was once done, and ``blinded`` as
  if nothing differed, which is the default;
- the size is changed after the first look, by what that look saw: ``as planned`` uses the bounds for all data
  together as if the new size had been planned, and ``combined`` the inverse-normal combination of ``look --change``.

Per cent of studies. ``blinded`` and ``combined`` may be at most three Monte-Carlo standard errors above 5 %.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import math
from typing import Any

import numpy as np
from refinery_analysis._sequential import combination
from refinery_analysis._sequential.bounds import Rules, Stage, bounds
from refinery_analysis._sequential.schedule import planned_looks, schedule
from scipy import special

Floats = np.ndarray[Any, np.dtype[np.float64]]
ALPHA, LOOKS, PATHS = 0.05, 3, 100_000
GRID = 0.05
"""Steps of the logarithm of sigma in which ends are worked out: a table of them is quick."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """Treatments, programs of each at the first look, the contrast (None: any difference) and the effect in SD."""

    name: str
    groups: int
    first: int
    weights: tuple[float, ...] | None
    effect: float = 1.0
    spending: str = "obrien-fleming"

    @property
    def df_num(self) -> int:
        """Numerator degrees of freedom."""
        return 1 if self.weights else self.groups - 1

    @property
    def unit(self) -> float:
        """Noncentrality of a replicate per treatment for an effect and a sigma of 1."""
        return 1 / sum(w * w for w in self.weights) if self.weights else 0.5

    def rules(self, sigma: float) -> Rules:
        """Return what is fixed at the first look."""
        return Rules(
            df_num=self.df_num,
            alpha=ALPHA,
            target=0.8,
            unit_ncp=self.unit * (self.effect / sigma) ** 2,
            spending=self.spending,
        )


PAIR, SQUARE = (1.0, -1.0), (0.5, 0.5, -0.5, -0.5)
SCENARIOS = (
    Scenario(name="2 arms, 3 each at the first look", groups=2, first=3, weights=PAIR),
    Scenario(name="2 arms, 5 each", groups=2, first=5, weights=PAIR),
    Scenario(name="2 arms, 10 each", groups=2, first=10, weights=PAIR),
    Scenario(name="2 arms, 5 each, evenly spent", groups=2, first=5, weights=PAIR, spending="pocock"),
    Scenario(name="2 x 2, 2 each", groups=4, first=2, weights=SQUARE),
    Scenario(name="2 x 2, 4 each", groups=4, first=4, weights=SQUARE),
    Scenario(name="3 arms, 4 each, any difference", groups=3, first=4, weights=None, effect=1.2),
)


def f_of(scenario: Scenario, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return F, the signed root for a contrast, and the mean square of programs y, shape (s, groups, n)."""
    n = y.shape[2]
    mean, mse = y.mean(axis=2), y.var(axis=2, ddof=1).mean(axis=1)
    if scenario.weights is None:
        f = n * mean.var(axis=1, ddof=1) / mse
        return f, np.sqrt(f), mse
    w = np.asarray(scenario.weights)
    t = mean @ w / np.sqrt(mse * float(w @ w) / n)
    return t**2, t, mse


@functools.cache
def end_of(scenario: Scenario, step: int) -> int:
    """Return the end that is planned for a sigma of ``exp(step * GRID)``."""
    found = schedule(scenario.rules(math.exp(step * GRID)), scenario.groups, LOOKS)
    return 10_000 if found is None else found.replicates_per_treatment[-1]


def stages_of(scenario: Scenario, sizes: tuple[int, ...]) -> list[Stage]:
    """Return looks at these numbers of programs per treatment."""
    return [Stage(replicates=n, df_den=scenario.groups * (n - 1)) for n in sizes]


@functools.cache
def bounds_of(scenario: Scenario, sizes: tuple[int, ...], planned: int, step: int) -> Floats:
    """Return F's bounds at these looks."""
    rules = dataclasses.replace(scenario.rules(math.exp(step * GRID)), futility="none")
    made = bounds(stages_of(scenario, sizes), rules, planned=planned, last=True, count=PATHS)
    return np.asarray([bound.efficacy for bound in made])


def sizes_to(first: int, end: int) -> tuple[int, ...]:
    """Return looks at the first size and then equally far apart until the end."""
    if end <= first:
        return (first,)
    middle = max(first + 1, round((first + end) / 2))
    return (first, middle, max(end, middle + 1)) if end > first + 1 else (first, end)


def ends_from_spread(scenario: Scenario, studies: int, seed: int, *, blinded: bool) -> float:
    """Return the share of studies without effect that are stopped as different, with an end from the first look."""
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((studies, scenario.groups, scenario.first))
    f, _, mse = f_of(scenario, y)
    df = scenario.groups * (scenario.first - 1)
    if blinded:
        mse = mse * (df + scenario.df_num * f) / (df + scenario.df_num)
    steps = np.rint(np.log(np.sqrt(mse)) / GRID).astype(int)
    ends = np.asarray([end_of(scenario, int(step)) for step in steps])
    shown = 0
    for end in np.unique(ends).tolist():
        rows = np.flatnonzero(ends == end)
        sizes = sizes_to(scenario.first, end)
        least = bounds_of(scenario, sizes, max(end, scenario.first), 0)
        later = rng.standard_normal((rows.size, scenario.groups, sizes[-1] - scenario.first))
        whole = np.concatenate([y[rows], later], axis=2)
        crossed = np.zeros(rows.size, dtype=bool)
        for n, bound in zip(sizes, least, strict=True):
            crossed |= f_of(scenario, whole[:, :, :n])[0] >= bound
        shown += int(crossed.sum())
    return shown / studies


def changed(scenario: Scenario, studies: int, seed: int) -> tuple[float, float]:
    """Return the shares with the size changed by the first look: bounds as if it had been planned, and combined."""
    rng = np.random.default_rng(seed)
    planned = planned_looks(3 * scenario.first, LOOKS)
    first = planned[0]
    y = rng.standard_normal((studies, scenario.groups, first))
    f1, t1, _ = f_of(scenario, y)
    # Whoever wants to find something ends soon where it nearly shows, and dilutes the first look where it does not.
    ends = np.where(np.sqrt(f1 * scenario.df_num) > 1.0, first + 4, 8 * first)
    df = scenario.groups * (first - 1)
    rules = dataclasses.replace(scenario.rules(1.0), futility="none")
    early = bounds(stages_of(scenario, planned[:1]), rules, planned=planned[-1], count=PATHS)[0].efficacy
    squared = combination.weights([float(first)], planned[-1], LOOKS)
    bound_of = functools.partial(
        combination.bound,
        df_num=scenario.df_num,
        alpha=ALPHA,
        spending=scenario.spending,
        planned=planned[-1],
    )
    past = [combination.PastLook(replicates=first, df_den=df, own_df=df, efficacy=early)]
    second, _ = bound_of(past, squared)
    z1 = z_of(scenario, f1, t1, df)
    shown = np.zeros(2, dtype=int)
    for end in np.unique(ends).tolist():
        rows = np.flatnonzero(ends == end)
        sizes = sizes_to(first, end)
        whole = np.concatenate(
            [y[rows], rng.standard_normal((rows.size, scenario.groups, end - first))], axis=2
        )
        least = bounds_of(scenario, sizes, end, 0)
        crossed = np.zeros(rows.size, dtype=bool)
        for n, bound in zip(sizes, least, strict=True):
            crossed |= f_of(scenario, whole[:, :, :n])[0] >= bound
        own = [scenario.groups * (b - a - 1) for a, b in itertools.pairwise(sizes)]
        middle = combination.PastLook(
            replicates=sizes[1], df_den=scenario.groups * (sizes[1] - 1), own_df=own[0], z_bound=second
        )
        third, _ = bound_of([*past, middle], squared)
        sums, both = math.sqrt(squared[0]) * z1[rows], f1[rows] >= early
        for i, bound in enumerate((second, third)):
            f, t, _ = f_of(scenario, whole[:, :, sizes[i] : sizes[i + 1]])
            sums = sums + math.sqrt(squared[i + 1]) * z_of(scenario, f, t, own[i])
            z = sums / math.sqrt(sum(squared[: i + 2]))
            both |= (np.abs(z) if scenario.df_num == 1 else z) >= bound
        shown += [crossed.sum(), both.sum()]
    return float(shown[0] / studies), float(shown[1] / studies)


def z_of(scenario: Scenario, f: Floats, t: Floats, df: int) -> Floats:
    """Return tests as standard normal values."""
    if scenario.df_num == 1:
        return np.asarray(special.ndtri(special.stdtr(df, t)))
    return np.asarray(-special.ndtri(special.fdtrc(scenario.df_num, df, f)))


def main() -> int:
    """Print one line a scenario; 1 where the default errs too often."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--studies", type=int, default=20_000, help="a scenario (default: %(default)s)")
    asked.add_argument("--scenario", type=int, action="append", help="number, from 0 (default: all)")
    args = asked.parse_args()
    most = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / args.studies)
    print(f"{args.studies:,} studies a scenario in which nothing differs; per cent that end as different\n")
    print(f"{'':36}{'own':>8}{'blinded':>9}   {'as planned':>10}{'combined':>10}", flush=True)
    worst = 0.0
    for number in args.scenario or range(len(SCENARIOS)):
        scenario = SCENARIOS[number]
        own = ends_from_spread(scenario, args.studies, 100 + number, blinded=False)
        blinded = ends_from_spread(scenario, args.studies, 200 + number, blinded=True)
        naive, both = changed(scenario, args.studies, 300 + number)
        worst = max(worst, blinded, both)
        print(
            f"{scenario.name:36}{100 * own:8.2f}{100 * blinded:9.2f}   {100 * naive:10.2f}{100 * both:10.2f}",
            flush=True,
        )
    print(f"\nlargest of blinded and combined: {100 * worst:.2f} (may be {100 * most:.2f})")
    return int(worst > most)


if __name__ == "__main__":
    raise SystemExit(main())
