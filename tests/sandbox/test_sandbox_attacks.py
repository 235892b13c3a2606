"""A corpus of attacks on the sandbox, each a program with what must come of it, under every backend."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._sandbox import Limits

if TYPE_CHECKING:
    from sandbox_bench import Bench, Result

CORPUS = Path(__file__).with_name("corpus")
SECONDS = 20.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """``expect``: kinds of outcome, ``held`` for a program that says so, ``charged`` or ``spent`` for CPU seconds."""

    file: str
    family: str
    expect: str
    runs: int


ATTACKS = tuple(Attack(**row) for row in json.loads((CORPUS / "manifest.json").read_text()))
DATA = list(range(50_000))
MIB = 1 << 20
LIMITS = Limits(memory_bytes=256 * MIB)


def came_to(result: Result, expect: set[str]) -> str:
    """Say in the manifest's words what a run came to."""
    outcome, usage = result.outcome, result.usage
    if usage.tampering:
        return "tampering"
    if not outcome.ok:
        return outcome.kind
    if isinstance(outcome.value, float):
        # The program tells the CPU seconds that it burned; a tenth is left to the grain of the kernel's clocks.
        counted = usage.cpu_seconds if "charged" in expect else usage.wall_seconds
        assert counted is not None
        return min(expect) if counted >= 0.9 * outcome.value else f"{outcome.value} s for {counted} s"
    return str(outcome.value)


def test_the_manifest_names_every_program_of_the_corpus() -> None:
    """No attack lies there untried, and none is named that is not there."""
    assert sorted(attack.file for attack in ATTACKS) == sorted(path.name for path in CORPUS.glob("*.py"))


@pytest.mark.parametrize("attack", [pytest.param(each, id=each.file.removesuffix(".py")) for each in ATTACKS])
def test_an_attack_gets_what_the_manifest_says(bench: Bench, attack: Attack) -> None:
    """In each of its runs: a second one finds nothing that a first has left."""
    source, expect = (CORPUS / attack.file).read_bytes(), set(attack.expect.split())
    kind = float if expect & {"charged", "spent"} else str
    for _ in range(attack.runs):
        result = bench.run(source, DATA, result_type=kind, limits=LIMITS, seconds=SECONDS)
        assert came_to(result, expect) in expect, f"{result.outcome}\n{result.usage.stderr}"
