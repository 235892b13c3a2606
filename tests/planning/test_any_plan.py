"""No study, however small or odd, ends a command in anything but an answer or a clear error."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planning_data import study
from refinery_analysis import AnalysisError
from refinery_analysis import _cli as cli

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS = st.sampled_from(
    [
        ("agents", [1, 2, 3]),
        ("agents", [1]),
        ("optimization", ["3 iterations", "8 iterations", "60 s", "120 s"]),
        ("optimization", ["3 iterations", "8 iterations"]),
        ("optimization", ["1 iteration", "60 s"]),
        ("model", ["a", "b"]),
        ("type", ["x", "y"]),
        ("level", ["tight", "loose"]),
        ("temperature", [0.0, 0.5]),
    ]
)
NUMBERS = st.sampled_from(["0.5", "0.5", "0.5", "2", "1e-9", "1e9", "0", "-1", "nan", "inf", "observed"])


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    chosen=st.lists(LEVELS, min_size=1, max_size=3, unique_by=lambda pair: pair[0]),
    replicates=st.integers(0, 5),
    failing=st.integers(0, 2),
    sigma=st.sampled_from([0.0, 1e-14, 0.5, 30.0]),
    priced=st.booleans(),
    command=st.sampled_from(
        [
            ["plan"],
            ["plan", "--budget", "3", "--usd-per-program", "0.01"],
            ["plan", "--budget", "1e-9"],
            ["look", "--looks", "2", "--replicates", "9"],
            [
                "look",
                "--question",
                "omnibus",
                "--futility",
                "binding",
                "--spending",
                "pocock",
                "--replicates",
                "8",
            ],
            ["negative", "--resamples", "100"],
        ]
    ),
    effect=NUMBERS,
    response=st.sampled_from(["seconds", "seconds", "log", "ratio", "cpu"]),
    alpha=st.sampled_from(["0.05", "0.2", "0.01", "1e-6"]),
)
def test_every_command_answers_or_says_what_is_wrong(
    *,
    chosen: list[tuple[str, Sequence[Any]]],
    replicates: int,
    failing: int,
    sigma: float,
    command: list[str],
    effect: str,
    response: str,
    alpha: str,
    priced: bool,
) -> None:
    """Figures are finite or null, the text has 80 columns and no "nan"."""
    factors: Mapping[str, Sequence[Any]] = dict(chosen)
    last = list(factors.values())[-1]
    with tempfile.TemporaryDirectory() as name:
        path = study(
            Path(name) / "r.json",
            factors,
            replicates,
            sigma=sigma,
            failing=failing,
            usd=dict.fromkeys(last, 0.02) if priced else None,
        )
        common = [str(path), f"--effect={effect}", "--alpha", alpha, "--response", response]
        try:
            document = json.loads(cli.run([command[0], *common, *command[1:], "--json"]).text)
        except AnalysisError as error:
            assert str(error).strip()  # noqa: PT017 - either ending is right
            return
        _check(document)
        for file in Path(name).glob("*.looks"):
            file.unlink()
        text = cli.run([command[0], *common, *command[1:]]).text
        assert all(len(line) <= 80 or name in line for line in text.splitlines())
        assert "nan" not in text.replace(name, "").lower().split()


def _check(value: Any) -> None:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for part in value.values():
            _check(part)
    elif isinstance(value, list):
        for part in value:
            _check(part)
    elif isinstance(value, float):
        assert math.isfinite(value)
