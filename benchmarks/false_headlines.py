"""How often a report says "different" where nothing differs: the candidates for the test behind a headline.

Run by hand: ``python benchmarks/false_headlines.py > benchmarks/false_headlines.txt``. Each scenario has 20,000 studies
whose treatments all have the same mean of the response; numbers, spreads and shapes are those that real studies end
with once programs have failed. Columns, in per cent of studies, at alpha 5 %:

- ``F``: some term of the analysis of variance with the pooled variance, by Holm's rule (what a headline rested on);
- ``Welch``: Welch's test over all treatments;
- ``F*``: the ANOVA-type statistic with Box's degrees of freedom over all treatments (Brown & Forsythe 1974; Brunner,
  Dette & Munk 1997);
- ``terms``: some term by that statistic, by Holm's rule;
- ``headline``: what is printed as "different": a term that both find.

``-`` where a test needs two programs in every treatment. The last line is the largest rate of each column; the headline
must stay at 6 % or below.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from refinery_analysis._inference.anova_type import FEWEST, box_test, projection
from refinery_analysis._inference.rowwise import DataSets
from refinery_analysis._inference.welch import welch
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = np.ndarray[Any, np.dtype[np.float64]]
ALPHA, MOST = 0.05, 0.06
COLUMNS = ("F", "Welch", "F*", "terms", "headline")


def normal(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw the textbook's values."""
    return rng.standard_normal(shape)


def mixture(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw mostly fast algorithms, and one in five that is slower by four standard deviations."""
    return rng.standard_normal(shape) + 4 * (rng.random(shape) < 0.2) - 0.8


def tied(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw values of which half are one and the same: models write one program again and again."""
    return np.where(rng.random(shape) < 0.5, 0.0, rng.standard_normal(shape))


def skewed(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw log-normal values as they are, in seconds: a tail of slow programs, centred at its mean."""
    return np.asarray(np.exp(rng.standard_normal(shape)) - np.exp(0.5))


def heavy(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw Student's t with 3 degrees of freedom: logarithms of times with outliers on both sides."""
    return rng.standard_t(3, shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """Levels of each factor, programs and spread of every treatment in their order, and the shape of values."""

    name: str
    levels: tuple[int, ...]
    counts: tuple[int, ...]
    sds: tuple[float, ...]
    draw: Callable[[np.random.Generator, tuple[int, int]], Floats] = normal


SCENARIOS = (
    Scenario(name="3 v 12, SD 1.5 v 0.3", levels=(2,), counts=(3, 12), sds=(1.5, 0.3)),
    Scenario(name="5 v 20, SD 2 v 1", levels=(2,), counts=(5, 20), sds=(2, 1)),
    Scenario(name="5 v 20, equal spreads", levels=(2,), counts=(5, 20), sds=(1, 1)),
    Scenario(name="3 groups 3, 6, 12, SD 3:2:1", levels=(3,), counts=(3, 6, 12), sds=(3, 2, 1)),
    Scenario(name="3 groups of 5, mixture", levels=(3,), counts=(5, 5, 5), sds=(1, 1, 1), draw=mixture),
    Scenario(name="3 groups 4, 6, 8, half tied", levels=(3,), counts=(4, 6, 8), sds=(1, 1, 1), draw=tied),
    Scenario(name="4 v 8, log-normal seconds", levels=(2,), counts=(4, 8), sds=(1, 1), draw=skewed),
    Scenario(
        name="2 x 2, 2 to 6, heavy tails", levels=(2, 2), counts=(2, 3, 5, 6), sds=(1, 1, 1, 1), draw=heavy
    ),
    Scenario(name="2 x 2 with failures, 1 residual df", levels=(2, 2), counts=(2, 1, 1, 1), sds=(1, 1, 1, 3)),
    Scenario(name="2 x 2, twos", levels=(2, 2), counts=(2, 2, 2, 2), sds=(1, 1, 1, 1)),
    Scenario(name="2 x 2, twos, SD 4:1:1:1", levels=(2, 2), counts=(2, 2, 2, 2), sds=(4, 1, 1, 1)),
    Scenario(name="2 x 2, 3 to 12, SD 3:2:1:1", levels=(2, 2), counts=(3, 5, 10, 12), sds=(3, 2, 1, 1)),
    Scenario(
        name="3 x 4, 2 to 8, SD falls with n",
        levels=(3, 4),
        counts=(2, 3, 4, 8, 2, 5, 6, 8, 3, 4, 5, 8),
        sds=(3, 2, 1.5, 1, 3, 1.5, 1, 1, 2, 1.5, 1, 1),
    ),
    Scenario(name="3 x 4, fives", levels=(3, 4), counts=(5,) * 12, sds=(1,) * 12),
    Scenario(name="3 x 4, fives, mixture", levels=(3, 4), counts=(5,) * 12, sds=(1,) * 12, draw=mixture),
)


def holm_finds(p: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether Holm's rule rejects each of p values of shape (s, terms)."""
    order = np.argsort(p, axis=1)
    steps = np.take_along_axis(p, order, axis=1) * np.arange(p.shape[1], 0, -1)
    found = np.maximum.accumulate(steps, axis=1) < ALPHA
    return np.take_along_axis(found, np.argsort(order, axis=1), axis=1)


def rates(scenario: Scenario, studies: int, seed: int) -> dict[str, float | None]:
    """Return the share of studies in which each candidate finds a difference, None where it can't be done."""
    rng = np.random.default_rng(seed)
    counts = np.asarray(scenario.counts)
    y = scenario.draw(rng, (studies, int(counts.sum()))) * np.repeat(scenario.sds, counts)
    data = DataSets(counts=counts, y=y)
    factors = {f"f{i}": tuple(map(str, range(n))) for i, n in enumerate(scenario.levels)}
    cells = [dict(zip(factors, at, strict=True)) for at in itertools.product(*factors.values())]
    terms = [term for r in range(1, len(factors) + 1) for term in itertools.combinations(factors, r)]
    variance = data.squares / np.maximum(counts - 1, 1)
    pooled = data.squares.sum(axis=1) / (counts.sum() - counts.size)
    classic, robust = [], []
    for term in terms:
        found = projection(term, factors, cells)
        if found is None:
            raise ValueError(f"{scenario.name}: every treatment must be there")
        used, onto = found
        at, number = data.mean[:, used], counts[used]
        # The same hypothesis with one variance: the sum of squares of the term, type III.
        values, vectors = np.linalg.eigh(onto)
        basis = vectors[:, values > 0.5]
        inverse = np.linalg.inv(basis.T @ (basis / number[:, None]))
        size = basis.shape[1]
        with np.errstate(invalid="ignore", divide="ignore"):
            f = np.einsum("si,ij,sj->s", at @ basis, inverse, at @ basis) / size / pooled
        classic.append(special.fdtrc(size, int(counts.sum()) - counts.size, f))
        if counts.min() >= FEWEST:
            robust.append(box_test(at, variance[:, used], number, onto).p)
    first = holm_finds(np.stack(classic, axis=1))
    out: dict[str, float | None] = {"F": float(first.any(axis=1).mean())}
    if counts.min() < FEWEST:
        return {**out, "Welch": None, "F*": None, "terms": None, "headline": 0.0}
    second = holm_finds(np.nan_to_num(np.stack(robust, axis=1), nan=1.0))
    whole = np.eye(counts.size) - 1 / counts.size
    out["Welch"] = float(np.mean(np.nan_to_num(welch(data).p, nan=1.0) < ALPHA))
    out["F*"] = float(np.mean(np.nan_to_num(box_test(data.mean, variance, counts, whole).p, nan=1.0) < ALPHA))
    return {
        **out,
        "terms": float(second.any(axis=1).mean()),
        "headline": float((first & second).any(axis=1).mean()),
    }


def main() -> int:
    """Print one line a scenario; 1 where a headline is false too often."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--studies", type=int, default=20_000, help="a scenario (default: %(default)s)")
    studies = asked.parse_args().studies
    print(
        f"{studies:,} studies a scenario in which nothing differs; per cent that find a difference at 5 %\n"
    )
    print(f"{'':36}" + "".join(f"{name:>10}" for name in COLUMNS))
    largest = dict.fromkeys(COLUMNS, 0.0)
    for seed, scenario in enumerate(SCENARIOS, start=20261125):
        found = rates(scenario, studies, seed)
        largest = {name: max(largest[name], found[name] or 0.0) for name in COLUMNS}
        print(f"{scenario.name:36}" + "".join(f"{_percent(found[name]):>10}" for name in COLUMNS), flush=True)
    print(f"{'largest':36}" + "".join(f"{_percent(largest[name]):>10}" for name in COLUMNS))
    return int(largest["headline"] > MOST)


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.2%}".removesuffix("%")


if __name__ == "__main__":
    raise SystemExit(main())
