"""What the plugin costs those who do not use it, and what collecting a large study costs those who do.

Run by hand: ``python benchmarks/plugin_overhead.py``. Every figure is a ratio or a difference within one run, from
pairs of runs in turn, since machines are shared and noisy.

1. ``pytest --collect-only`` of an unrelated project, with the plugin and with ``-p no:refinery``: at most 30 ms more.
2. Which of the heavy libraries such a run imports: none.
3. Collecting a study of 10,000 programs against 10,000 plain parametrized tests: at most 1.5 times as long.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAIRS = 11
HEAVY = ("openai", "pandas", "statsmodels", "numpy", "vcr", "hypothesis")
COLLECT = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
STUDY = """
[tool.refinery]
name = "large"
replicates = 1000

[tool.refinery.factors]
agents = [1, 2, 3, 4, 5]
optimization = ["3 iterations", "60 s"]
"""
PLAIN_TEST = "import pytest\n@pytest.mark.parametrize('i', range(10_000))\ndef test_it(i, benchmark): pass\n"


def seconds(project: Path, *options: str) -> float:
    """Return how long one collection takes."""
    started = time.perf_counter()
    subprocess.run([*COLLECT, *options], cwd=project, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def pairs(first: tuple[Path, list[str]], second: tuple[Path, list[str]]) -> list[tuple[float, float]]:
    """Time two collections in turn, after one of each that does not count."""
    seconds(first[0], *first[1])
    seconds(second[0], *second[1])
    return [(seconds(first[0], *first[1]), seconds(second[0], *second[1])) for _ in range(PAIRS)]


def imported(project: Path) -> list[str]:
    """Return the heavy libraries that a collection of the project imports; Hypothesis' own plugin left out."""
    code = (
        "import pytest, sys\n"
        "pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', '-p', 'no:hypothesispytest'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, check=True, capture_output=True, text=True, env=os.environ
    )
    return [name for name in HEAVY if f"'{name}'" in done.stderr]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        unrelated, large, plain = (Path(folder, name) for name in ("unrelated", "large", "plain"))
        for project in (unrelated, large, plain):
            project.mkdir()
            (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
        (unrelated / "test_it.py").write_text("def test_it(): pass\n")
        (large / "pyproject.toml").write_text(STUDY)
        (large / "test_it.py").write_text("def test_program(refinery_program, benchmark): pass\n")
        (plain / "test_it.py").write_text(PLAIN_TEST)

        runs = pairs((unrelated, []), (unrelated, ["-p", "no:refinery"]))
        extra = statistics.median(with_it - without for with_it, without in runs)
        print(
            f"installed but unused: {1000 * extra:+.1f} ms a collection (median of {PAIRS} pairs; limit 30 ms)"
        )
        print(f"heavy libraries imported by it: {imported(unrelated) or 'none'}")

        runs = pairs((large, []), (plain, []))
        ratio = statistics.median(study / plain_tests for study, plain_tests in runs)
        print(f"10,000 programs / 10,000 plain tests: {ratio:.2f} (median of {PAIRS} pairs; limit 1.5)")


if __name__ == "__main__":
    main()
