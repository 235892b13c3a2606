"""What every command takes that looks at data more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._sequential.bounds import FUTILITIES
from .._sequential.spending import SPENDINGS

if TYPE_CHECKING:
    import argparse


def add_sequential_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what group-sequential designs take; None stands for the default, so that a plan on file can be told."""
    parser.add_argument(
        "--spending",
        choices=SPENDINGS,
        help="how the error is spent over the looks: late, or evenly (default: obrien-fleming)",
    )
    parser.add_argument(
        "--futility",
        choices=FUTILITIES,
        help="stop where the effect has become unlikely; binding bounds are sharper but must be obeyed "
        "(default: non-binding)",
    )
