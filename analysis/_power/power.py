"""Power and required replicates of the omnibus test and of each planned contrast, for an effect that a user names."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .._notes import noted
from . import effect_sizes, noncentrality
from .arms import arms
from .noncentral_f import f_power, required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .._arrays import Floats, Integers
    from .._inference.contrasts import Contrast
    from .._models.sample import Sample
    from .arms import Arms
    from .cost import Cost

UPPER_LIMIT = 0.8
"""Confidence of the upper limit of sigma that the recommended number of replicates is for (Browne 1995)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PowerCurve:
    """Power against replicates per treatment, each of shape (m,); ``low`` and ``high`` at sigma's 95 % limits."""

    replicates_per_treatment: tuple[int, ...]
    power: Floats
    low: Floats
    high: Floats


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPower:
    """One question to the study: what its programs can show, and how many it would take.

    ``replicates_*`` are programs to make **per treatment**, failures included, ``total_*`` programs of **all treatments
    together that the question takes**: two levels are priced for these two. ``low`` and
    ``high`` are at the 95 % limits of sigma, ``recommended`` at its upper 80 % limit. None: cannot be estimated, or
    out of reach; ``note`` says why.

    Attributes
    ----------
    df_num : numerator degrees of freedom of the F test (1: a two-sided t test).
    spread : SD of the treatments' means under the effect, in the unit of the response; f is this over sigma.
    f : Cohen's f at the estimated sigma.
    power : at the study's own programs.
    cost_usd, recommended_usd : price of ``total_required`` and ``total_recommended`` programs.
    """

    name: str
    df_num: int
    spread: float
    f: float | None
    power: float | None
    replicates_required: int | None
    replicates_low: int | None
    replicates_high: int | None
    replicates_recommended: int | None
    total_required: int | None
    total_recommended: int | None
    cost_usd: float | None
    recommended_usd: float | None
    note: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the record ``P`` of the JSON document."""
        keys = ("f", "power", "replicates_required", "total_required", "cost_usd")
        return noted({key: getattr(self, key) for key in keys}, self.note)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What the study can show of an effect, and what it would take.

    ``sigma`` is the SD between programs of one treatment; its ``sigma_ci`` (95 %) and ``sigma_upper`` (80 %, one
    sided) are from chi-square with ``df`` degrees of freedom. All None where unknown (``note``). ``omnibus`` is keyed
    ``extremes``, ``half`` and, where the user gave means, ``means``; ``contrasts`` by the contrasts' names. ``at`` has
    the power of each question, by its name, with so many programs made of each treatment and spreads so many times as
    large as estimated.
    """

    effect: float
    unit: str
    alpha: float
    target: float
    groups: int
    df: int
    sigma: float | None
    sigma_ci: tuple[float, float] | None
    sigma_upper: float | None
    omnibus: Mapping[str, QuestionPower]
    contrasts: Mapping[str, QuestionPower]
    at: Mapping[str, Callable[[int, float], float]]
    note: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the ``power`` object of the JSON document, but ``as_published``."""
        values = {
            "effect": self.effect,
            "alpha": self.alpha,
            "target": self.target,
            "groups": self.groups,
            "sigma": self.sigma,
            "sigma_ci": None if self.sigma_ci is None else list(self.sigma_ci),
            "omnibus": {name: test.document() for name, test in self.omnibus.items()},
            "contrasts": {name: test.document() for name, test in self.contrasts.items()},
        }
        return noted(values, self.note)

    def tests(self) -> Iterator[QuestionPower]:
        """Yield every question, the omnibus ones first."""
        yield from self.omnibus.values()
        yield from self.contrasts.values()

    def curve(self, name: str, replicates: Sequence[int]) -> PowerCurve:
        """Return the power of one question (``QuestionPower.name``) with so many programs made of each treatment.

        These are the programs that `QuestionPower` counts: those that will fail are among them.

        Raises
        ------
        AnalysisError : no such question, or sigma is unknown.
        """
        if name not in {test.name for test in self.tests()}:
            raise AnalysisError(
                f"power: no question {name!r}; there are {', '.join(t.name for t in self.tests())}"
            )
        if self.sigma is None or self.sigma_ci is None or name not in self.at:
            raise AnalysisError(f"power cannot be estimated because {self.note}")
        low, high = (limit / self.sigma for limit in self.sigma_ci)
        at = [np.asarray([self.at[name](n, times) for n in replicates]) for times in (1.0, high, low)]
        return PowerCurve(replicates_per_treatment=tuple(replicates), power=at[0], low=at[1], high=at[2])


def balanced_power(f: float, groups: int, df_num: int, replicates: Sequence[int], *, alpha: float) -> Floats:
    """Power with equal numbers of replicates per treatment, shape (m,); NaN where there are no residuals.

    Parameters
    ----------
    f : Cohen's f of the pattern of means.
    groups : treatments.
    df_num : ``groups - 1`` for the omnibus test, 1 for a contrast.
    replicates : per treatment, shape (m,).

    Notes
    -----
    Noncentrality ``groups n f^2``; the residual has ``groups (n - 1)`` degrees of freedom. R: ``pwr.anova.test``.

    Examples
    --------
    >>> balanced_power(0.25, 4, 3, [20, 45], alpha=0.05).round(4)
    array([0.4215, 0.806 ])
    """
    n = np.asarray(replicates, dtype=np.float64)
    return f_power(groups * n * f**2, df_num, groups * (n - 1), alpha=alpha)


def replicates_required(f: float, groups: int, df_num: int, *, alpha: float, target: float) -> int | None:
    """Return the replicates per treatment for a target power, at least 2; None if out of reach (10 million)."""
    return required(
        lambda n: float(balanced_power(f, groups, df_num, [n], alpha=alpha)[0]), target=target, least=2
    )


def upper_sigma(sigma: float, df: float, confidence: float = UPPER_LIMIT) -> float:
    """Return the one-sided upper limit of a standard deviation, from chi-square."""
    return sigma * float(np.sqrt(df / stats.chi2.isf(confidence, df)))


def power(
    sample: Sample,
    contrasts: Sequence[Contrast],
    cost: Cost,
    *,
    effect: float,
    alpha: float,
    target: float,
    means: Sequence[float] | None = None,
    unequal: bool = False,
) -> Power:
    """Ask what a study can show of an effect.

    Parameters
    ----------
    sample : the values of programs; only their spread and their numbers are used, never their means.
    contrasts : planned comparisons; ``effect`` is the value of each.
    cost : what programs cost.
    effect : smallest difference that matters, in the unit of the response.
    alpha, target : type I error rate and the power that is wanted.
    means : expected means of all treatments, for a pattern of the user's own.
    unequal : whether treatments spread differently, so that each has its own spread in the plan.

    Raises
    ------
    AnalysisError : an effect, a rate or means that make no sense, or that are the observed ones.
    """
    effect_sizes.checked_effect(effect)
    check_rates(alpha, target)
    present = sample.counts > 0
    groups = int(present.sum())
    given = None if means is None else effect_sizes.checked_means(means, sample.means)[present]
    value, df = sample.sigma.value, sample.sigma.df
    why = sample.sigma.note
    if groups < 2:  # noqa: PLR2004 - nothing to compare
        value, why = None, "programs of fewer than two treatments passed, so there is nothing to compare"
    ask = _QuestionContext(
        arms=arms(sample, unequal=unequal),
        present=np.flatnonzero(present),
        sample=sample,
        price=prices(sample, cost),
        sigmas=None if value is None else _sigmas(sample, value),
        groups=groups,
        alpha=alpha,
        target=target,
        why=why,
    )
    return Power(
        effect=effect,
        unit=sample.unit,
        alpha=alpha,
        target=target,
        groups=groups,
        df=df,
        sigma=value,
        sigma_ci=None if ask.sigmas is None else (ask.sigmas.low, ask.sigmas.high),
        sigma_upper=None if ask.sigmas is None else ask.sigmas.upper,
        omnibus={test.name.removeprefix("omnibus: "): test for test in _omnibus(ask, effect, given)},
        contrasts={contrast.name: _contrast(ask, contrast, effect) for contrast in contrasts},
        at=ask.at,
        note=why if value is None else None,
    )


def check_rates(alpha: float, target: float) -> None:
    """Refuse rates that make no sense.

    Raises
    ------
    AnalysisError : ``alpha`` is not between 0 and 1, or ``target`` not between ``alpha`` and 1.
    """
    if not 0 < alpha < 1:
        raise AnalysisError(f"alpha {alpha:g}: it must be between 0 and 1, for example 0.05")
    if not alpha < target < 1:
        raise AnalysisError(f"power {target:g}: it must be between alpha ({alpha:g}) and 1, for example 0.8")


def prices(sample: Sample, cost: Cost) -> Floats:
    """Return what one program of each treatment cost, shape (k,); the study's mean where unknown, else NaN."""
    known = {
        row.treatment: row.usd / row.programs
        for row in cost.by_treatment
        if row.usd is not None and row.programs > 0
    }
    mean = float("nan") if cost.usd_per_replicate is None else cost.usd_per_replicate
    return np.asarray([known.get(treatment.label, mean) for treatment in sample.treatments], dtype=np.float64)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Sigmas:
    value: float
    low: float
    high: float
    upper: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _QuestionContext:
    """What all questions have in common."""

    arms: Arms
    present: Integers
    sample: Sample
    price: Floats
    sigmas: _Sigmas | None
    groups: int
    alpha: float
    target: float
    why: str | None
    at: dict[str, Callable[[int, float], float]] = dataclasses.field(default_factory=dict)

    def test(
        self,
        name: str,
        *,
        df_num: int,
        spread: float,
        own: float | None,
        note: str | None = None,
        contrast: tuple[Floats, float] | None = None,
    ) -> QuestionPower:
        """Answer one question; ``own`` is the sum of squares at the study's own numbers.

        ``contrast`` has weights over all treatments of the study and the effect; None for an omnibus test.
        """
        if self.sigmas is None:
            return _unknown(name, df_num, spread, f"cannot be estimated because {self.why}")
        s = self.sigmas
        taken = self.present if contrast is None else np.flatnonzero(contrast[0])
        times = (1.0, s.low / s.value, s.high / s.value, s.upper / s.value)
        if self.arms.unequal:
            df = self.arms.sigma(self._ones(taken) if contrast is None else contrast[0])[1]
            low, high = stats.chi2.ppf([0.975, 0.025], df)
            times = (1.0, math.sqrt(df / low), math.sqrt(df / high), upper_sigma(1.0, df))
        self.at[name] = functools.partial(self._at, spread / s.value, taken.tolist(), contrast)
        needed = [
            required(functools.partial(self._with, name, each), target=self.target, least=2) for each in times
        ]
        if needed[0] is None:
            note = "more than 10 million programs per treatment would be needed"
        return QuestionPower(
            name=name,
            df_num=df_num,
            spread=spread,
            f=spread / s.value,
            power=None if own is None else self._own(own, df_num),
            replicates_required=needed[0],
            replicates_low=needed[1],
            replicates_high=needed[2],
            replicates_recommended=needed[3],
            total_required=None if needed[0] is None else needed[0] * len(taken),
            total_recommended=None if needed[3] is None else needed[3] * len(taken),
            cost_usd=self._price(needed[0], taken),
            recommended_usd=self._price(needed[3], taken),
            note=note,
        )

    def _ones(self, taken: Integers) -> Floats:
        ones = np.zeros(len(self.sample.treatments))
        ones[taken] = 1.0
        return ones

    def _with(self, name: str, times: float, generated: int) -> float:
        return self.at[name](generated, times)

    def _at(
        self,
        f: float,
        design: list[int],
        contrast: tuple[Floats, float] | None,
        generated: int,
        times: float,
    ) -> float:
        if contrast is None:
            return self.arms.omnibus_power(f / times, design, generated, alpha=self.alpha)
        weights, effect = contrast
        return self.arms.contrast_power(
            weights, effect, generated, alpha=self.alpha, design=design, times=times
        )

    def _own(self, squares: float, df_num: int) -> float | None:
        if self.sigmas is None:
            return None
        value = float(f_power(squares / self.sigmas.value**2, df_num, self.sample.sigma.df, alpha=self.alpha))
        return value if np.isfinite(value) else None

    def _price(self, replicates: int | None, taken: Integers) -> float | None:
        price = float(self.price[taken].sum())
        return None if replicates is None or not np.isfinite(price) else replicates * price


def _sigmas(sample: Sample, value: float) -> _Sigmas:
    df = sample.sigma.df
    low, high = sample.sigma.ci_low, sample.sigma.ci_high
    return _Sigmas(
        value=value,
        low=value if low is None else low,
        high=value if high is None else high,
        upper=upper_sigma(value, df),
    )


def _omnibus(ask: _QuestionContext, effect: float, means: Floats | None) -> Iterator[QuestionPower]:
    k, sample = ask.groups, ask.sample
    if k < 2:  # noqa: PLR2004
        yield from (
            _unknown(f"omnibus: {name}", 0, 0.0, f"cannot be estimated because {ask.why}")
            for name in ("extremes", "half")
        )
        return
    df_num = noncentrality.omnibus_df(sample)
    split = (
        None
        if df_num == k - 1
        else f"treatments and {sample.block_name}s can't be told apart, so not all are compared today"
    )
    for name, shape, own in (
        ("extremes", effect_sizes.extremes_f, noncentrality.extremes),
        ("half", effect_sizes.half_f, noncentrality.half),
    ):
        squares = own(sample, effect) if split is None else None
        yield ask.test(
            f"omnibus: {name}", df_num=k - 1, spread=shape(effect, 1.0, k), own=squares, note=split
        )
    if means is not None:
        squares = noncentrality.of_means(sample, means) if split is None else None
        yield ask.test(
            "omnibus: means", df_num=k - 1, spread=effect_sizes.means_f(means, 1.0), own=squares, note=split
        )


def _contrast(ask: _QuestionContext, contrast: Contrast, effect: float) -> QuestionPower:
    sample = ask.sample
    lost = [
        sample.treatments[i].label for i in np.flatnonzero((contrast.weights != 0) & (sample.counts == 0))
    ]
    weights = contrast.weights[sample.counts > 0]
    if lost or not weights.any():
        why = f"no program passed of {lost[0]}" if lost else "it compares nothing"
        return _unknown(contrast.name, 1, 0.0, f"cannot be estimated because {why}")
    factor = noncentrality.of_contrast(sample, contrast.weights)
    return ask.test(
        contrast.name,
        df_num=1,
        spread=effect_sizes.contrast_f(effect, 1.0, weights),
        own=None if factor is None else effect**2 / factor,
        note=f"treatments and {sample.block_name}s can't be told apart today" if factor is None else None,
        contrast=(contrast.weights, effect),
    )


def _unknown(name: str, df_num: int, spread: float, note: str) -> QuestionPower:
    return QuestionPower(
        name=name,
        df_num=df_num,
        spread=spread,
        f=None,
        power=None,
        replicates_required=None,
        replicates_low=None,
        replicates_high=None,
        replicates_recommended=None,
        total_required=None,
        total_recommended=None,
        cost_usd=None,
        recommended_usd=None,
        note=note,
    )
