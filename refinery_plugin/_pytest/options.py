"""The command line of the plugin."""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.backend_table import AUTO, NAMES

if TYPE_CHECKING:
    import pytest

RECORD_MODES = ("none", "once", "all")
DEFAULT_CONCURRENCY = 8
PATHS = ("--refinery-study", "--refinery-programs", "--refinery-cassettes", "--refinery-tasks")
"""The options that take a path."""


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; use a whole number of at least 1")
    return value


def _dollars(text: str) -> Decimal:
    try:
        value = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; use dollars, such as 2.50")
    return value


def _ratio(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; use a number above 0, such as 1.2")
    return value


def _seed(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; use a whole number of 0 or more")
    return value


def _shard(text: str) -> tuple[int, int]:
    """Read which part of how many, such as ``1/4``."""
    try:
        number, parts = map(int, text.split("/"))
    except ValueError:
        number = parts = 0
    if not 1 <= number <= parts:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not allowed; use I/N, such as 1/4 for the first of four parts"
        )
    return number, parts


def _cluster(text: str) -> str:
    """Read where workers are: ``local:2``, or the address of a scheduler."""
    kind, _, rest = text.partition(":")
    if kind == "local":
        workers = int(rest) if rest.isascii() and rest.isdigit() else 0
        usable = workers >= 1
    else:
        usable = rest.startswith("//") and len(rest) > 2  # noqa: PLR2004
    if not usable:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not allowed; use local:N for N workers on this machine, or the address of a scheduler, such "
            "as tcp://host:8786"
        )
    return text


def prefer_what_was_typed(config: pytest.Config) -> None:
    """Let ``--benchmark-skip`` of a configuration give way to what asks for programs on the command line.

    Projects have it in ``addopts`` to leave benchmarks out of everyday runs; pytest-benchmark refuses it beside
    ``--benchmark-only``, and with it ``--refinery-generate`` would make programs and look at none.
    """
    typed = config.invocation_params.args
    if config.getoption("benchmark_skip", default=False) and "--benchmark-skip" not in typed:
        asked = bool(config.getoption("refinery_generate"))
        config.option.benchmark_skip = not (asked or "--benchmark-only" in typed)


def add_options(parser: pytest.Parser) -> None:
    """Add all options in one group."""
    group = parser.getgroup("refinery", "refinery: designed experiments on generated code")
    add = group.addoption
    add("--refinery-version", action="store_true", help="print the version of pytest-refinery and end")
    add(
        "--refinery-generate",
        action="store_true",
        help="make the selected programs (or replay them) and verify them",
    )
    add(
        "--refinery-study",
        metavar="FILE",
        help="the study, in TOML (default: [tool.refinery] of pyproject.toml)",
    )
    add(
        "--refinery-programs",
        metavar="DIR",
        help="where programs are, or a file of JSON lines with programs (default: tests/test_generated/programs)",
    )
    add(
        "--refinery-tasks",
        metavar="FILE",
        action="append",
        default=[],
        help="tasks in JSON lines (HumanEval, HumanEval+, MBPP+, ours); without a study their solutions are verified",
    )
    add(
        "--refinery-check-tasks",
        action="store_true",
        help="try the tasks themselves: references, inputs, cheap cheats, times; exit code 1 where something is wrong",
    )
    add(
        "--refinery-check-json",
        metavar="FILE",
        help="write what --refinery-check-tasks finds to this file, too",
    )
    add(
        "--refinery-cassettes",
        metavar="DIR",
        help="where recorded responses are (default: cassettes/<study>)",
    )
    add("--refinery-model", metavar="NAME", help="another model than the study's")
    add(
        "--refinery-record",
        choices=RECORD_MODES,
        help="none: replay only (default where CI is set); once: record what is missing (default elsewhere); "
        "all: record everything afresh",
    )
    add(
        "--refinery-concurrency",
        metavar="N",
        type=_count,
        default=DEFAULT_CONCURRENCY,
        help=f"how many trajectories run at once (default: {DEFAULT_CONCURRENCY})",
    )
    add(
        "--refinery-max-cost", metavar="USD", type=_dollars, help="never spend more than this in this session"
    )
    add(
        "--refinery-show-prompts",
        action="store_true",
        help="print what would be sent to the model, turn by turn, and do nothing else",
    )
    add("--refinery-turns", action="store_true", help="verify and time the program after each turn, too")
    add(
        "--refinery-sandbox",
        choices=NAMES,
        default=AUTO,
        help="what holds generated code (default: auto, the first that holds; none holds nothing)",
    )
    add(
        "--refinery-strict",
        action="store_true",
        help="an incorrect program fails its test (default: it is xfailed)",
    )
    add(
        "--refinery-max-ratio",
        metavar="X",
        type=_ratio,
        help="a program that takes more than X times the reference's time, beyond the noise, fails its test",
    )
    add("--refinery-resume", action="store_true", help="go on with an interrupted timing session")
    add(
        "--refinery-shard",
        metavar="I/N",
        type=_shard,
        help="only the I-th of N parts of the study's programs, for machines that share them",
    )
    add(
        "--refinery-cluster",
        metavar="WHERE",
        type=_cluster,
        help="have programs timed by workers of Dask: local:N here, or the address of a scheduler",
    )
    add(
        "--refinery-verify-seed",
        metavar="SEED",
        type=_seed,
        help="draw the same verification inputs again (default: a fresh seed in each session)",
    )
