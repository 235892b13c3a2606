"""Contrasts and limits that hold together, also with unequal spreads and over machines, by R's emmeans."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._inference.clearest_pair import Pooled, clearest
from study_files import Made, benchmark_json, write

if TYPE_CHECKING:
    from refinery_analysis import Analysis

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "contrasts.json").read_text(encoding="utf-8"))
PAIRS = ("1 - 3", "1 - 8", "3 - 8")
ASKED = Options(contrasts=tuple(f"agents: {pair}" for pair in PAIRS))


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Analyse R's data as those of one machine: 3 x 2 treatments of 3 to 7 programs with spreads of 0.1 to 0.5."""
    lines = ["agents,prompt,replicate,list,run,seconds,passed"]
    lines += [f"{r['agents']},{r['prompt']},{r['replicate']},1,1,{r['seconds']},True" for r in R["data"]]
    path = tmp_path_factory.mktemp("one") / "r.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return analyse(read_results([path]), ASKED)


@pytest.mark.parametrize("pair", range(3), ids=PAIRS)
def test_contrasts_with_one_variance_are_those_of_emmeans(analysis: Analysis, pair: int) -> None:
    """Estimate, error, degrees of freedom, p and limits over unequal numbers, each prompt weighing the same."""
    found, known = analysis.contrasts[pair], R["pooled"][pair]
    assert found.contrast.name == f"agents: {PAIRS[pair]}"
    assert [found.estimate, found.se, found.df, found.p, found.ci_low, found.ci_high] == pytest.approx(
        [known[name] for name in ("estimate", "se", "df", "p", "low", "high")], rel=1e-6
    )


@pytest.mark.parametrize("pair", range(3), ids=PAIRS)
def test_contrasts_with_a_variance_for_each_treatment_are_those_of_emmeans(
    analysis: Analysis, pair: int
) -> None:
    """Satterthwaite's: to 1e-6 as R writes them out; emmeans' own, from variances that gls looks for, to 1e-3."""
    found, known = analysis.contrasts[pair], R["own_third"][pair]
    assert [found.robust_df, found.robust_p] == pytest.approx([known["df"], known["p"]], rel=1e-6)
    by_gls = R["gls"][pair]
    assert by_gls["contrast"] == PAIRS[pair]
    assert found.estimate == pytest.approx(by_gls["estimate"], rel=1e-6)
    assert known["se"] == pytest.approx(by_gls["se"], rel=1e-6)
    assert [found.robust_df, found.robust_p] == pytest.approx([by_gls["df"], by_gls["p"]], rel=1e-3)


def test_limits_of_the_clearest_pair_are_the_wider_of_tukeys_with_one_variance_and_with_each_their_own(
    analysis: Analysis,
) -> None:
    """At a third of alpha, as where three questions are asked: emmeans' ``adjust = "tukey"``, and ``qtukey``."""
    assert analysis.fitted is not None
    fit = analysis.fitted.fit
    assert fit.mse is not None
    found = clearest(
        analysis.sample,
        "agents",
        ("agents", "prompt"),
        pooled=Pooled(variance=fit.mse, df=fit.df),
        levels=(R["level"], R["level"]),
    )
    assert found is not None
    rows = [
        (abs(one["estimate"]) / half, pair, one["estimate"], half)
        for pair, one, other in zip(PAIRS, R["pooled_third"], R["own_third"], strict=True)
        for half in [max((r["tukey_high"] - r["tukey_low"]) / 2 for r in (one, other))]
    ]
    _, pair, estimate, half = max(rows)
    assert (f"{found.a} - {found.b}", found.of) == (pair, 3)
    assert [found.estimate, found.half] == pytest.approx([estimate, half], rel=1e-6)
    (concluded,) = [c for c in analysis.conclusions if (c.question, c.kind) == ("agents", "times")]
    assert concluded.answer == "different"
    assert [concluded.ci_low, concluded.ci_high] == pytest.approx(
        [math.exp(estimate - half), math.exp(estimate + half)], rel=1e-6
    )


def test_contrasts_within_machines_and_their_limits_are_those_of_emmeans(tmp_path: Path) -> None:
    """The machine as a block: each contrast, and the clearest one's limits by Bonferroni over all three."""
    files = [
        write(
            tmp_path / f"{node}.json",
            benchmark_json(
                [
                    Made(
                        treatment={"agents": int(r["agents"]), "prompt": r["prompt"]},
                        replicate=r["replicate"],
                        seconds=[[r["seconds"]]],
                    )
                    for r in R["data"]
                    if r["machine"] == node
                ],
                node=node,
            ),
        )
        for node in ("one", "two")
    ]
    analysis = analyse(read_results(files), ASKED)
    for found, known in zip(analysis.contrasts, R["blocks"], strict=True):
        assert [found.estimate, found.se, found.df, found.p, found.ci_low, found.ci_high] == pytest.approx(
            [known[name] for name in ("estimate", "se", "df", "p", "low", "high")], rel=1e-6
        )
    (concluded,) = [c for c in analysis.conclusions if (c.question, c.kind) == ("agents", "times")]
    best = min(R["blocks_third"], key=lambda row: row["p"])
    assert concluded.answer == "different"
    assert [concluded.estimate, concluded.ci_low, concluded.ci_high] == pytest.approx(
        [math.exp(best[name]) for name in ("estimate", "bonferroni_low", "bonferroni_high")], rel=1e-6
    )
