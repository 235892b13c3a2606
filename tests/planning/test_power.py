"""What a study can show: the pilot's right figures, refusals, unequal sizes, degenerate data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_data import analysed, pilot, study
from refinery_analysis import AnalysisError
from refinery_analysis._inference.contrasts import planned_contrasts
from refinery_analysis._power import effect_sizes as effects
from refinery_analysis._power import noncentrality as information
from refinery_analysis._power.cost import Cost, cost
from refinery_analysis._power.noncentral_f import f_power
from refinery_analysis._power.power import balanced_power, power, replicates_required
from simulated_studies import experiments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FREE = Cost(usd=None, usd_per_replicate=None, by_treatment=())


def test_the_pilots_right_numbers_come_out() -> None:
    """By the right formulas 0.5 s takes 103 (extremes) or 18 (half) programs of each of the 12 treatments."""
    asked = pilot().power
    assert asked is not None
    extremes, half = asked.omnibus["extremes"], asked.omnibus["half"]
    assert (extremes.replicates_required, half.replicates_required) == (103, 18)
    assert (extremes.total_required, half.total_required) == (12 * 103, 12 * 18)
    assert asked.sigma == pytest.approx(0.870172803584)
    assert extremes.f == pytest.approx(0.5 / 0.870172803584 * math.sqrt(1 / 24))
    assert half.f == pytest.approx(0.5 / (2 * 0.870172803584))
    assert asked.contrasts["agents: 1 - 3"].replicates_required == 13


def test_the_required_number_has_an_interval_and_the_recommended_one_is_on_its_upper_side() -> None:
    """Replicates are in the order low, required, recommended, high, and the ends differ."""
    asked = pilot().power
    assert asked is not None
    tests = list(asked.tests())
    assert tests
    for test in tests:
        numbers = (
            test.replicates_low,
            test.replicates_required,
            test.replicates_recommended,
            test.replicates_high,
        )
        assert None not in numbers
        assert list(numbers) == sorted(n for n in numbers if n is not None)
        assert numbers[0] != numbers[-1]


def test_the_document_has_the_keys_of_the_interface_and_no_others() -> None:
    """The ``power`` of the document has the keys of the reference."""
    asked = pilot().power
    assert asked is not None
    document = asked.document()
    assert set(document) == {
        "effect", "alpha", "target", "groups", "sigma", "sigma_ci", "omnibus", "contrasts",
    }  # fmt: skip
    assert set(document["omnibus"]) == {"extremes", "half"}
    for record in (*document["omnibus"].values(), *document["contrasts"].values()):
        assert set(record) == {"f", "power", "replicates_required", "total_required", "cost_usd"}


def test_the_curve_goes_through_the_required_number() -> None:
    """The curve reaches the target first at the required number, within its band."""
    asked = pilot().power
    assert asked is not None
    tests = list(asked.tests())
    assert tests
    for test in tests:
        n = test.replicates_required
        assert n is not None
        curve = asked.curve(test.name, [n - 1, n])
        assert curve.power[0] < asked.target <= curve.power[1]
        assert (curve.low < curve.power).all()
        assert (curve.power < curve.high).all()


@pytest.mark.parametrize("text", ["observed", " Observed ", "post-hoc", "auto"])
def test_the_observed_effect_is_refused_with_the_reason(text: str) -> None:
    """An effect taken from the data is refused: its power is the p value in other words."""
    with pytest.raises(AnalysisError, match="p value in other words"):
        effects.parse_effect(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "much"])
def test_an_effect_that_makes_no_sense_is_refused(text: str) -> None:
    """An effect must be a positive, finite number."""
    with pytest.raises(AnalysisError, match="positive"):
        effects.parse_effect(text)


def test_the_observed_means_are_refused_as_means_to_plan_for() -> None:
    """Means equal to those observed are refused like the observed effect."""
    sample = pilot().sample
    with pytest.raises(AnalysisError, match="observed"):
        power(sample, (), FREE, effect=0.5, alpha=0.05, target=0.8, means=sample.means.tolist())


def test_means_of_the_user_have_their_own_f() -> None:
    """Means given as halves half a second apart have the f and the power of ``half``."""
    sample = pilot().sample
    means = [1.0] * 6 + [1.5] * 6
    asked = power(sample, (), FREE, effect=0.5, alpha=0.05, target=0.8, means=means)
    assert asked.omnibus["means"].f == pytest.approx(asked.omnibus["half"].f)
    assert asked.omnibus["means"].power == pytest.approx(asked.omnibus["half"].power)


@pytest.mark.parametrize("means", [[1.0], [1.0] * 12, [math.nan, *[1.0] * 11]])
def test_means_that_make_no_sense_are_refused(means: list[float]) -> None:
    """Too few means, equal means and NaN are refused."""
    with pytest.raises(AnalysisError, match="means"):
        power(pilot().sample, (), FREE, effect=0.5, alpha=0.05, target=0.8, means=means)


@pytest.mark.parametrize(("alpha", "target"), [(0, 0.8), (1, 0.8), (0.05, 0.05), (0.05, 1), (math.nan, 0.8)])
def test_rates_that_make_no_sense_are_refused(alpha: float, target: float) -> None:
    """Alpha and the target must be rates, the target above alpha."""
    with pytest.raises(AnalysisError, match="must be between"):
        power(pilot().sample, (), FREE, effect=0.5, alpha=alpha, target=target)


def test_one_replicate_leaves_sigma_unknown_and_says_so(tmp_path: Path) -> None:
    """With one program a treatment every figure of power is None, and a note says why."""
    analysis = analysed(study(tmp_path / "a.json", {"agents": [1, 2, 3]}, 1))
    asked = analysis.power
    assert asked is not None
    assert asked.sigma is None
    tests = list(asked.tests())
    assert tests
    for test in tests:
        assert (test.power, test.replicates_required, test.cost_usd) == (None, None, None)
        assert test.note is not None
        assert "cannot be estimated because" in test.note
    with pytest.raises(AnalysisError, match="cannot be estimated because"):
        asked.curve("omnibus: half", [2])


def test_programs_that_do_not_differ_leave_sigma_unknown(tmp_path: Path) -> None:
    """Programs with equal times leave sigma None, with a note."""
    asked = analysed(study(tmp_path / "a.json", {"agents": [1, 2]}, 3, sigma=0.0)).power
    assert asked is not None
    assert asked.sigma is None
    assert asked.note


def test_costs_are_what_was_paid_for_each_treatment(tmp_path: Path) -> None:
    """The cost of a design is each treatment's own price times its replicates."""
    factors: Mapping[str, Sequence[Any]] = {
        "agents": [1, 3],
        "optimization": ["3 iterations", "8 iterations"],
    }
    usd = {"3 iterations": 0.03, "8 iterations": 0.08}
    analysis = analysed(study(tmp_path / "a.json", factors, 4, usd=usd))
    assert analysis.power is not None
    half = analysis.power.omnibus["half"]
    assert half.cost_usd == pytest.approx((half.replicates_required or 0) * 2 * (0.03 + 0.08))
    assert cost(analysis.results).usd_per_replicate == pytest.approx(0.055)


@given(
    n=st.integers(2, 400), k=st.integers(2, 30), f=st.floats(0.001, 2), alpha=st.sampled_from([0.05, 0.001])
)
def test_power_grows_with_replicates_and_the_required_number_is_the_smallest(
    n: int, k: int, f: float, alpha: float
) -> None:
    """Power never falls with replicates, and one fewer than required misses the target."""
    before, after = balanced_power(f, k, k - 1, [n, n + 1], alpha=alpha)
    assert after >= before - 1e-9
    needed = replicates_required(f, k, k - 1, alpha=alpha, target=0.8)
    if needed is None:
        assert balanced_power(f, k, k - 1, [10_000_000], alpha=alpha)[0] < 0.8
    else:
        assert balanced_power(f, k, k - 1, [needed], alpha=alpha)[0] >= 0.8
        assert needed == 2 or balanced_power(f, k, k - 1, [needed - 1], alpha=alpha)[0] < 0.8


@given(counts=st.lists(st.integers(1, 30), min_size=2, max_size=9), seed=st.integers(0, 999))
def test_the_least_favourable_patterns_are(counts: list[int], seed: int) -> None:
    """No other choice of the two extreme groups, or of the halves, has a smaller sum of squares."""
    n = np.asarray(counts, dtype=float)
    k = n.size
    order = np.random.default_rng(seed).permutation(k)
    extremes = np.zeros(k)
    extremes[order[:2]] = -0.5, 0.5
    halves = np.where(np.isin(np.arange(k), order[: k // 2]), -0.5, 0.5)
    assert effects.extremes_spread(n) <= effects.means_spread(extremes, n) + 1e-9
    assert effects.half_spread(n) <= effects.means_spread(halves, n) + 1e-9


@pytest.mark.parametrize("k", [2, 3, 7, 12])
def test_cohens_f_is_the_sd_of_the_means_over_sigma(k: int) -> None:
    """The f of both patterns is the standard deviation of their means over sigma."""
    extremes = np.zeros(k)
    extremes[[0, -1]] = -0.25, 0.25
    halves = np.where(np.arange(k) < k // 2, 0.0, 0.5)
    assert effects.extremes_f(0.5, 0.8, k) == pytest.approx(extremes.std() / 0.8)
    assert effects.half_f(0.5, 0.8, k) == pytest.approx(halves.std() / 0.8)


def test_predicted_power_is_that_of_simulated_studies_of_unequal_groups(tmp_path: Path) -> None:
    """Within 4 Monte-Carlo standard errors of 20,000 studies: 1.4 points."""
    analysis = analysed(study(tmp_path / "a.json", {"agents": [1, 2, 3]}, 6), effect=1.5)
    sample = analysis.sample
    keep = np.isin(np.arange(18), [0, 1, 2, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17])
    counts = np.bincount(sample.cell[keep])
    f = np.asarray([-0.75, 0.75, 0.0])
    contrast = planned_contrasts(sample)[0].weights
    p = experiments(
        counts.tolist(), sigma=1.0, means=f.tolist(), contrasts={"c": contrast}, simulations=20_000
    )
    df = int(counts.sum()) - 3
    omnibus = float(f_power(effects.means_spread(f, counts.astype(float)), 2, df, alpha=0.05))
    single = float(f_power((contrast @ f) ** 2 / np.sum(contrast**2 / counts), 1, df, alpha=0.05))
    assert (p["f"] <= 0.05).mean() == pytest.approx(omnibus, abs=0.014)
    assert (p["c"] <= 0.05).mean() == pytest.approx(single, abs=0.014)


def test_machines_take_their_share_of_the_information(tmp_path: Path) -> None:
    """The noncentrality is the reduction of the residual by the treatments' means, beyond the machines' means."""
    factors = {"agents": [1, 2, 3]}
    paths = [
        study(tmp_path / "a.json", factors, 4, node="a"),
        study(tmp_path / "b.json", {"agents": [1, 2]}, 7, node="b", seed=2),
    ]
    sample = analysed(*paths).sample
    assert len(sample.blocks) == 2
    blocks = np.eye(2)[sample.block]
    for squares, pattern in (
        (information.of_means(sample, np.asarray([0.0, 0.4, 1.0])), np.asarray([0.0, 0.4, 1.0])),
        (information.half(sample, 1.0), np.asarray([0.5, 0.5, -0.5])),
    ):
        signal = pattern[sample.cell]
        left = signal - blocks @ np.linalg.lstsq(blocks, signal, rcond=None)[0]
        assert squares == pytest.approx(left @ left)
    weights = planned_contrasts(sample)[0].weights
    design = np.column_stack([np.eye(3)[sample.cell], blocks[:, 1]])
    padded = np.append(weights, 0.0)
    factor = information.of_contrast(sample, weights)
    assert factor == pytest.approx(padded @ np.linalg.inv(design.T @ design) @ padded)
    asked = power(sample, planned_contrasts(sample), FREE, effect=1.0, alpha=0.05, target=0.8)
    expected = f_power(1 / ((asked.sigma or 0) ** 2 * (factor or 1)), 1, sample.sigma.df, alpha=0.05)
    assert asked.contrasts["agents: 1 - 3"].power == pytest.approx(float(expected))
