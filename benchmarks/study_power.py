"""The expected power of the feedback studies, simulated: ``python benchmarks/study_power.py``.

It prints the table of ``studies/README.md``: two treatments, whose programs pass at different rates, in thirteen tasks
that are a sample of such tasks. In each simulated study each task has its own rate (standard deviation 0.15) and its
own difference between the two (standard deviation 0.1); the differences of the pass rates by task are held against zero
by Student's t with twelve degrees of freedom, at alpha 0.05. Rates beyond 0 and 1 are cut off.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import stats

TASKS = 13
BETWEEN_TASKS = 0.15
OF_DIFFERENCES = 0.1
ALPHA = 0.05
REPLICATES = (2, 3, 4)
RATES = ((0.5, 0.8), (0.5, 0.7))


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rates",
        type=two_rates,
        nargs="+",
        default=RATES,
        metavar="LOW:HIGH",
        help="pass rates of the two treatments, such as 0.1:0.3",
    )
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    print("replicates  " + "  ".join(f"{low} v {high}" for low, high in options.rates))
    for replicates in REPLICATES:
        powers = [power(generator, options.studies, replicates, *rates) for rates in options.rates]
        print(f"{replicates:10}  " + "  ".join(f"{100 * each:7.1f} %" for each in powers))


def two_rates(text: str) -> tuple[float, float]:
    """Read ``LOW:HIGH``."""
    low, high = map(float, text.split(":"))
    return low, high


def power(generator: np.random.Generator, studies: int, replicates: int, low: float, high: float) -> float:
    """Return the share of simulated studies that tell two treatments apart."""
    of_task = generator.normal(0, BETWEEN_TASKS, (studies, TASKS))
    passed = []
    for rate in (low, high):
        of_treatment = generator.normal(0, OF_DIFFERENCES / np.sqrt(2), (studies, TASKS))
        rates = np.clip(rate + of_task + of_treatment, 0, 1)
        passed.append(generator.binomial(replicates, rates) / replicates)
    differences = passed[1] - passed[0]
    error = differences.std(axis=1, ddof=1) / np.sqrt(TASKS)
    t = np.divide(differences.mean(axis=1), error, out=np.zeros(studies), where=error > 0)
    return float(np.mean(2 * stats.t.sf(np.abs(t), TASKS - 1) <= ALPHA))


if __name__ == "__main__":
    main()
