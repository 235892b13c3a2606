"""Whether planned studies find what they were planned to find: 20 designs with failures and unequal spreads.

Run by hand: ``python benchmarks/planned_power.py > benchmarks/planned_power.txt``. Each design goes through what users
go through: a pilot is written as CSV, read and analysed, and ``plan`` is asked. The pilot is large (``--pilot``
programs a treatment), and its spreads and pass rates are exactly those of the design, so that what is tried is the
plan and not the luck of a pilot. Then that many programs are made of every treatment, again and again: they fail at
random, those that pass differ by the design's spreads and by the effect, and the contrast is tested as the analysis
does it (Satterthwaite where the pilot's spreads differ, the pooled variance elsewhere). Studies in which a treatment
has too few programs for that find nothing.

Columns: programs of a treatment that are planned, the power that the plan says, and that of the simulated studies.
The last may be one point below what was asked for, at most.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._commands.plan import plan
from refinery_analysis._power.arms import spreads_differ
from scipy import stats

Floats = np.ndarray[Any, np.dtype[np.float64]]
ALPHA, BELOW = 0.05, 0.01


@dataclasses.dataclass(frozen=True, kw_only=True)
class Design:
    """Levels of each factor; spread (of log times) and pass rate of every treatment; effect (log ratio) and power.

    The question is about the first and the last level of the first factor.
    """

    levels: tuple[int, ...]
    sds: tuple[float, ...]
    rates: tuple[float, ...]
    effect: float
    power: float = 0.8


DESIGNS = (
    Design(levels=(2,), sds=(0.6, 1.5), rates=(0.9, 0.3), effect=0.8),
    Design(levels=(2,), sds=(1.5, 0.6), rates=(0.9, 0.3), effect=0.8),
    Design(levels=(2,), sds=(1.0, 1.0), rates=(0.5, 0.5), effect=1.0),
    Design(levels=(2,), sds=(1.0, 1.0), rates=(0.9, 0.4), effect=1.2),
    Design(levels=(2,), sds=(0.3, 0.9), rates=(0.7, 1.0), effect=0.4),
    Design(levels=(2,), sds=(2.0, 0.5), rates=(0.6, 0.6), effect=1.5),
    Design(levels=(2,), sds=(1.0, 0.5), rates=(0.4, 0.8), effect=1.5),
    Design(levels=(2,), sds=(0.5, 1.0), rates=(0.8, 0.8), effect=0.7, power=0.9),
    Design(levels=(2,), sds=(0.2, 0.6), rates=(0.95, 0.5), effect=0.7),
    Design(levels=(2,), sds=(1.2, 0.4), rates=(0.3, 0.9), effect=0.6, power=0.9),
    Design(levels=(3,), sds=(0.5, 1.0, 1.5), rates=(0.9, 0.7, 0.5), effect=1.0),
    Design(levels=(3,), sds=(1.5, 1.0, 0.5), rates=(0.5, 0.5, 0.5), effect=1.2),
    Design(levels=(3,), sds=(1.0, 1.0, 1.0), rates=(0.9, 0.6, 0.3), effect=1.0),
    Design(levels=(4,), sds=(0.4, 0.8, 1.2, 1.6), rates=(0.8, 0.8, 0.8, 0.8), effect=1.0),
    Design(levels=(2, 2), sds=(0.5, 0.5, 1.5, 1.5), rates=(0.9, 0.9, 0.6, 0.6), effect=0.8),
    Design(levels=(2, 2), sds=(2.0, 1.0, 1.0, 0.5), rates=(0.5, 0.7, 0.9, 1.0), effect=1.0),
    Design(levels=(2, 2), sds=(1.0, 1.0, 1.0, 1.0), rates=(0.6, 0.6, 0.6, 0.6), effect=0.8),
    Design(levels=(2, 3), sds=(0.5, 1.0, 1.5) * 2, rates=(0.9, 0.6, 0.5) * 2, effect=0.7),
    Design(levels=(3, 2), sds=(0.5, 1.0, 1.0, 1.0, 1.0, 2.0), rates=(0.7,) * 6, effect=1.0),
    Design(levels=(3, 4), sds=(1.5, 1.0, 0.7, 0.5) * 3, rates=(0.9, 0.8, 0.6, 0.4) * 3, effect=0.6),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
    """What the plan said: programs of each treatment, power, which treatments there are, and the test."""

    made: int
    power: float
    treatments: tuple[int, ...]
    weights: Floats
    unequal: bool


def write_pilot(path: Path, design: Design, made: int) -> None:
    """Write a pilot in which spreads and pass rates are exactly the design's, and nothing differs in the mean."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [*(f"f{i}" for i in range(len(design.levels))), "replicate", "list", "run", "seconds", "passed"]
        )
        for at, (sd, rate) in zip(
            treatments_of(design), zip(design.sds, design.rates, strict=True), strict=True
        ):
            passed = round(rate * made)
            values = stats.norm.ppf((np.arange(passed) + 0.5) / passed)
            values *= sd / values.std(ddof=1)
            for replicate in range(made):
                right = replicate < passed
                seconds = repr(float(np.exp(values[replicate]))) if right else ""
                writer.writerow([*at, replicate + 1, 1, 1, seconds, right])


def treatments_of(design: Design) -> list[tuple[str, ...]]:
    """Return the levels of each treatment, named ``a0``, ``a1``, ... and ``b0``, ..."""
    return list(
        itertools.product(
            *([f"{name}{i}" for i in range(n)] for name, n in zip("abc", design.levels, strict=False))
        )
    )


def planned(design: Design, pilot: Path) -> Planned:
    """Ask the plan, and take its row on the ends of the first factor with all that it needs.

    Raises
    ------
    LookupError : no row of the plan answers this question.
    """
    analysis = analyse(
        read_results([pilot]),
        Options(response="log", effect=design.effect, alpha=ALPHA, power=design.power),
    )
    last = design.levels[0] - 1
    for row in plan(analysis).rows:
        if (
            row.question not in {f"f0: a0 - a{last}", f"f0: a{last} - a0"}
            or row.replicates_per_treatment is None
        ):
            continue
        labels = [treatment.label for treatment in analysis.sample.treatments]
        used = tuple(labels.index(label) for label in row.treatments)
        first = np.asarray([treatments_of(design)[i][0] for i in used])
        if not {"a0", f"a{last}"} <= set(first.tolist()):
            continue
        weights = np.where(first == "a0", 1 / (first == "a0").sum(), 0.0)
        weights -= np.where(first == f"a{last}", 1 / (first == f"a{last}").sum(), 0.0)
        return Planned(
            made=row.replicates_per_treatment,
            power=float(row.power or 0.0),
            treatments=used,
            weights=weights,
            unequal=spreads_differ(analysis.tests, ALPHA),
        )
    raise LookupError(f"no row answers the question on f0 of {design}")


def found(design: Design, plan_: Planned, studies: int, rng: np.random.Generator) -> float:
    """Return the share of simulated studies whose contrast is found."""
    at = list(plan_.treatments)
    rate, sd, weights = np.asarray(design.rates)[at], np.asarray(design.sds)[at], plan_.weights
    passed = rng.binomial(plan_.made, rate, (studies, len(at)))
    used = weights != 0
    able = (passed[:, used] >= (2 if plan_.unequal else 1)).all(axis=1)
    m = passed[able].astype(float)
    centre = np.where(weights > 0, design.effect, 0.0)
    mean = centre + rng.standard_normal(m.shape) * sd / np.sqrt(np.maximum(m, 1))
    squares = sd**2 * rng.chisquare(np.maximum(m - 1, 1e-9))
    if plan_.unequal:
        parts = (weights**2 * squares / np.maximum(m - 1, 1) / np.maximum(m, 1))[:, used]
        variance = parts.sum(axis=1)
        df = variance**2 / (parts**2 / (m[:, used] - 1)).sum(axis=1)
    else:
        df = np.maximum(m - 1, 0).sum(axis=1)
        pooled = np.where(m > 1, squares, 0.0).sum(axis=1) / np.maximum(df, 1)
        variance = pooled * (weights**2 / np.maximum(m, 1)).sum(axis=1)
    p = 2 * stats.t.sf(np.abs(mean @ weights) / np.sqrt(variance), np.maximum(df, 1))
    return float(((p < ALPHA) & (df >= 1)).sum() / studies)


def main() -> int:
    """Print one line a design; 1 where one falls short."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--studies", type=int, default=20_000, help="a design (default: %(default)s)")
    asked.add_argument("--pilot", type=int, default=200, help="programs a treatment (default: %(default)s)")
    asked.add_argument("--design", type=int, action="append", help="number, from 0 (default: all)")
    args = asked.parse_args()
    print(f"{args.studies:,} studies a design; power in per cent\n")
    print(f"{'':44}{'each':>6}{'asked':>8}{'planned':>9}{'found':>8}", flush=True)
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in args.design or range(len(DESIGNS)):
            design = DESIGNS[number]
            pilot = Path(folder) / f"{number}.csv"
            write_pilot(pilot, design, args.pilot)
            made = planned(design, pilot)
            share = found(design, made, args.studies, np.random.default_rng([20261126, number]))
            worst = max(worst, design.power - share)
            name = f"{' x '.join(map(str, design.levels))}, SD {design.sds[0]:g} to {design.sds[-1]:g}, "
            name += f"{min(design.rates):.0%} to {max(design.rates):.0%} pass"
            figures = (100 * design.power, 100 * made.power, 100 * share)
            print(f"{name:44}{made.made:6}{figures[0]:8.1f}{figures[1]:9.1f}{figures[2]:8.1f}", flush=True)
    print(f"\nlargest shortfall: {100 * worst:.1f} points (at most {100 * BELOW:g})")
    return int(worst > BELOW)


if __name__ == "__main__":
    raise SystemExit(main())
