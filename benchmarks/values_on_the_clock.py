"""What it costs on the clock to take arguments of each type: ``python benchmarks/values_on_the_clock.py``.

A million ints, floats and items of an array are handed over by turns; what is told is the time from the first byte
until the worker has made objects of them, beside that of the ints, as medians of one run. Wanted: 1.5 times at most.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys

import numpy as np

from refinery_plugin._sandbox import encode_arguments, open_sandbox

WANTED = 1.5
PROGRAM = b"def take(values):\n    return 0\n"


def main() -> int:
    """Measure and print; exit code 1 where a type costs more than is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--items", type=int, default=1_000_000)
    options = parser.parse_args()
    stream = random.Random(5)  # noqa: S311 - data, no secret
    ints = [stream.randint(1, 100_000) for _ in range(options.items)]
    floats = [stream.random() for _ in range(options.items)]
    payloads = {
        "ints": encode_arguments((ints,)),
        "floats": encode_arguments((floats,)),
        "array of floats": encode_arguments((np.array(floats),)),
        "array of ints": encode_arguments((np.array(ints),)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in payloads}
    with open_sandbox() as sandbox:
        for _ in range(options.rounds):
            for name, payload in payloads.items():
                with sandbox.start(
                    PROGRAM, entry_point="take", result_type=int, arrays=payload.arrays
                ) as worker:
                    failure = worker.load() or worker.hand_over(payload, 60)
                    assert failure is None, failure
                    outcome = worker.go(60)
                    assert outcome.ok, outcome
                    seconds[name].append(worker.taking_seconds)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{name:16} {1e3 * median:7.2f} ms  {median / medians['ints']:.2f} times the ints")
    return int(max(medians.values()) > WANTED * medians["ints"])


if __name__ == "__main__":
    sys.exit(main())
