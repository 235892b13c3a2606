"""Group-sequential bounds: R's for known sigma; for t and F the error of simulated raw data."""

from __future__ import annotations

import dataclasses
import itertools
import operator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from planning_data import r_rows
from refinery_analysis import AnalysisError
from refinery_analysis._sequential.bounds import Rules, Stage, bounds, check_stages, operating, paths
from refinery_analysis._sequential.schedule import check_looks, planned_looks, schedule
from refinery_analysis._sequential.spending import SPENDINGS, spent, z_bounds
from scipy import stats

if TYPE_CHECKING:
    from refinery_analysis._arrays import Floats

STUDIES = 20_000
ERROR = 0.00155  # Monte-Carlo standard error of 5 % in 20,000 studies


def stages(groups: int, replicates: list[int]) -> list[Stage]:
    return [Stage(replicates=n, df_den=groups * (n - 1)) for n in replicates]


def raw_f(groups: int, replicates: list[int], *, weights: Floats | None = None) -> Floats:
    """F at every look of studies without effects, from programs drawn one by one: (looks, studies)."""
    y = np.random.default_rng(7).standard_normal((STUDIES, groups, replicates[-1]))
    found = []
    for n in replicates:
        mean, mse = y[:, :, :n].mean(axis=2), y[:, :, :n].var(axis=2, ddof=1).mean(axis=1)
        if weights is None:
            found.append(n * mean.var(axis=1, ddof=1) / mse)
        else:
            found.append((mean @ weights) ** 2 / (mse * (weights @ weights) / n))
    return np.asarray(found)


def test_normal_bounds_are_those_of_r() -> None:
    """``r/bounds.R`` finds them by multivariate normal probabilities, another way than the recursion here."""
    rows = r_rows("bounds.csv")
    assert rows
    for (spending, alpha, _), group in itertools.groupby(
        rows, key=operator.itemgetter("spending", "alpha", "looks")
    ):
        design = list(group)
        found = z_bounds([float(row["fraction"]) for row in design], alpha=float(alpha), spending=spending)
        assert found == pytest.approx([float(row["bound"]) for row in design], rel=1e-5)


def test_five_equal_looks_have_the_bounds_that_are_widely_known() -> None:
    """Two-sided 5 %: the bounds of Lan and DeMets spending that textbooks tabulate to three places."""
    fifths = [0.2, 0.4, 0.6, 0.8, 1.0]
    known = {
        "obrien-fleming": [4.877, 3.357, 2.680, 2.290, 2.031],
        "pocock": [2.438, 2.427, 2.410, 2.397, 2.386],
    }
    for spending, expected in known.items():
        assert z_bounds(fifths, alpha=0.05, spending=spending) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("spending", SPENDINGS)
def test_spending_grows_to_alpha_and_stays_there(spending: str) -> None:
    """Every spending function rises to alpha at the planned end, and spends no more after it."""
    values = [spent(spending, t, 0.05) for t in (0.01, 0.2, 0.7, 0.999, 1.0, 1.3)]
    assert values == sorted(values)
    assert values[-2:] == [0.05, 0.05]


@pytest.mark.parametrize(
    ("groups", "df_num", "looks"), [(2, 1, [2, 4, 6]), (12, 11, [2, 3, 5]), (3, 2, [3, 6, 7])]
)
def test_simulated_paths_are_distributed_like_raw_data(groups: int, df_num: int, looks: list[int]) -> None:
    """Each look's F, and the change from look to look: what the shortcut of sufficient statistics must keep."""
    weights = np.asarray([1.0, -1.0]) if df_num == 1 else None
    raw = raw_f(groups, looks, weights=weights)
    rng = np.random.default_rng(3)
    drawn = np.asarray(list(paths(stages(groups, looks), df_num, 0.0, count=STUDIES, rng=rng)))
    for i in range(len(looks)):
        assert stats.ks_2samp(raw[i], drawn[i]).pvalue > 0.001
        if i:
            assert stats.ks_2samp(np.log(raw[i] / raw[i - 1]), np.log(drawn[i] / drawn[i - 1])).pvalue > 0.001
            both = [np.mean((f[i] > 2) & (f[i - 1] > 2)) for f in (raw, drawn)]
            assert both[0] == pytest.approx(both[1], abs=5 * np.sqrt(2 * 0.25 / STUDIES))


@pytest.mark.parametrize("spending", SPENDINGS)
@pytest.mark.parametrize(
    ("groups", "omnibus", "looks"), [(2, False, [2, 4, 6, 8]), (12, True, [2, 3, 4]), (4, True, [2, 9])]
)
def test_the_error_of_all_looks_together_is_at_most_nominal(
    spending: str, groups: int, looks: list[int], *, omnibus: bool
) -> None:
    """On raw data, where normal bounds would err far more often."""
    df_num = groups - 1 if omnibus else 1
    weights = None if omnibus else np.asarray([1.0, -1.0])
    rules = Rules(df_num=df_num, alpha=0.05, target=0.8, unit_ncp=0.3, spending=spending, futility="none")
    made = bounds(stages(groups, looks), rules, planned=looks[-1], count=200_000)
    raw = raw_f(groups, looks, weights=weights)
    crossed = (raw >= np.asarray([bound.efficacy for bound in made])[:, None]).any(axis=0).mean()
    assert crossed <= 0.05 + 3 * ERROR
    assert crossed >= 0.05 - 4 * ERROR
    if not omnibus:
        normal = np.square(z_bounds([n / looks[-1] for n in looks], alpha=0.05, spending=spending))
        assert (raw >= normal[:, None]).any(axis=0).mean() > 0.05 + 6 * ERROR


def test_binding_futility_keeps_the_error_only_when_obeyed_and_non_binding_always() -> None:
    """Error stays at 5 % with futility obeyed, and with it ignored only where it is not binding."""
    looks = stages(2, [10, 20, 30])
    for futility in ("binding", "non-binding"):
        rules = Rules(df_num=1, alpha=0.05, target=0.8, unit_ncp=0.35, spending="pocock", futility=futility)
        made = bounds(looks, rules, planned=30, count=200_000)
        obeyed = operating(looks, made, rules, unit_ncp=0.0, count=200_000, seed=5).power
        unheeded = [dataclasses.replace(bound, futility=None) for bound in made]
        ignored = operating(looks, unheeded, rules, unit_ncp=0.0, count=200_000, seed=5).power
        assert obeyed <= 0.0515
        assert (ignored <= 0.0515) == (futility == "non-binding"), ignored


def test_early_bounds_do_not_depend_on_what_comes_later() -> None:
    """The bounds of the first looks are the same whether or not others follow."""
    rules = Rules(df_num=1, alpha=0.05, target=0.8, unit_ncp=0.3, spending="pocock")
    all_looks = bounds(stages(2, [5, 10, 15]), rules, planned=15, count=50_000)
    first = bounds(stages(2, [5, 10]), rules, planned=15, count=50_000)
    assert all_looks[:2] == first


def test_a_schedule_reaches_its_power_with_fewer_programs_on_average() -> None:
    """A schedule keeps power and error, and on average needs fewer programs than one look."""
    rules = Rules(df_num=1, alpha=0.05, target=0.8, unit_ncp=2 * 0.3**2, spending="obrien-fleming")
    made = schedule(rules, 2, 3)
    assert made is not None
    assert made.power >= 0.8 - 0.01
    assert made.type_one <= 0.05 + 3 * made.type_one_error
    assert made.expected_if_effect < made.single_look_programs < made.most_programs
    assert made.normal_bounds is not None
    assert made.bounds[0].efficacy > made.normal_bounds[0] ** 2


@pytest.mark.parametrize("looks", [2, 3, 4, 5])
def test_planned_looks_grow_and_end_where_they_should(looks: int) -> None:
    """Looks are as many as asked for, strictly growing, the last at the end."""
    found = planned_looks(20, looks)
    assert len(found) == looks
    assert found[-1] == 20
    assert list(found) == sorted(set(found))


@pytest.mark.parametrize("wrong", [[], [5, 5], [5, 4], [1, 2, 3, 4, 5, 6]])
def test_looks_without_growth_or_too_many_are_refused(wrong: list[int]) -> None:
    """No look, looks that do not grow and more than five are refused."""
    rules = Rules(df_num=1, alpha=0.05, target=0.8, unit_ncp=0.3, spending="pocock")
    with pytest.raises(AnalysisError, match="look"):
        bounds([Stage(replicates=n, df_den=2 * n) for n in wrong], rules, planned=9, count=1000)


def test_unknown_spending_and_futility_are_refused() -> None:
    """An unknown name is refused with the names there are."""
    with pytest.raises(AnalysisError, match="choose from"):
        spent("linear", 0.5, 0.05)
    with pytest.raises(AnalysisError, match="choose from"):
        Rules(df_num=1, alpha=0.05, target=0.8, unit_ncp=0.3, spending="pocock", futility="maybe")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([Stage(replicates=2, df_den=0)], "look 1: 0 residual degrees of freedom; at least 1 are needed"),
        (
            [Stage(replicates=2, df_den=3), Stage(replicates=3, df_den=4)],
            "look 2: 4 residual degrees of freedom; at least 5 are needed.*one more program of every treatment",
        ),
    ],
    ids=["first", "second"],
)
def test_a_look_with_too_little_new_in_it_is_refused(given: list[Stage], message: str) -> None:
    """The message says how much is needed, and how to get it."""
    with pytest.raises(AnalysisError, match=message):
        check_stages(given, 2)


@pytest.mark.parametrize("looks", [1, 6])
def test_numbers_of_looks_that_are_not_planned_for_are_refused(looks: int) -> None:
    """One is an ordinary test; more than five gain nothing."""
    with pytest.raises(AnalysisError, match=f"looks: {looks} asked for; plan 2 to 5"):
        check_looks(looks)
