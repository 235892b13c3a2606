"""Old and new pytest-benchmark files: is a benchmark faster? The session is the unit, not the round."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .._inference.conclusions import RATIO, Answer, Conclusion
from .._inference.multiplicity import holm
from .._models.students_t import critical_t, two_sided_p
from .._reading.sessions import STATISTICS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

    from .._reading.sessions import Session

Values: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

Response: TypeAlias = Literal["seconds", "ratio"]
SECONDS: Final = "seconds"
_RATIO: Final = "ratio"

FEW: Final = 5
"""Sessions of a side, below which the degrees of freedom are those of the smaller side."""

_MOST: Final = 1_000
_TARGET: Final = 0.8
_WORTH: Final = 1.1
"""The ratio that the advice is about where no margin is given."""

_MOST_NAMES: Final = 3
_HOW: Final = "in turn (old, new, old, new), each with pytest --benchmark-only --benchmark-json=NAME.json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ComparedBenchmark:
    """One benchmark on both sides; seconds are geometric means over sessions, None where a side has none.

    ``old_ratio`` and ``new_ratio`` are to the reference of each session, where ratios are compared.
    """

    conclusion: Conclusion
    old_seconds: float | None
    new_seconds: float | None
    old_sessions: int
    new_sessions: int
    old_ratio: float | None = None
    new_ratio: float | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All benchmarks of both sides, the shared ones first; ``advice`` is what to run next, empty where all is said."""

    benchmarks: tuple[ComparedBenchmark, ...]
    old: tuple[str, ...]
    new: tuple[str, ...]
    machines: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    alpha: float
    margin: float | None
    statistic: str
    advice: str
    notes: tuple[str, ...]
    response: Response = SECONDS

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        conclusions = []
        for row in self.benchmarks:
            values = dataclasses.asdict(row.conclusion)
            del values["compared"], values["kind"]
            conclusions.append(
                {
                    **values,
                    "old_seconds": row.old_seconds,
                    "new_seconds": row.new_seconds,
                    "old_sessions": row.old_sessions,
                    "new_sessions": row.new_sessions,
                    "old_ratio": row.old_ratio,
                    "new_ratio": row.new_ratio,
                }
            )
        return {
            "schema": 1,
            "unit": "session",
            "old": list(self.old),
            "new": list(self.new),
            "machines": list(self.machines),
            "response": self.response,
            "statistic": self.statistic,
            "alpha": self.alpha,
            "margin": self.margin,
            "conclusions": conclusions,
            "missing": list(self.missing),
            "added": list(self.added),
            "next": self.advice or None,
            "notes": list(self.notes),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "old", nargs="+", metavar="OLD", help="pytest-benchmark JSON of the old side, a session each"
    )
    parser.add_argument(
        "--with", dest="new", nargs="+", required=True, metavar="NEW", help="those of the new side"
    )
    parser.add_argument(
        "--statistic",
        choices=STATISTICS,
        default="median",
        help="which figure of its rounds stands for a benchmark in a session (default: %(default)s)",
    )
    parser.add_argument(
        "--response",
        choices=(SECONDS, RATIO),
        help="what is compared: seconds, or their ratio to the reference that was timed beside them, which files of "
        "pytest-refinery have (default: ratio where all files have it)",
    )
    parser.add_argument(
        "--margin",
        type=float,
        metavar="R",
        help="the ratio that does not matter, such as 1.05, for equivalence",
    )
    parser.add_argument("--alpha", type=float, default=0.05, help="type I error rate (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def run(args: argparse.Namespace) -> Comparison:
    """Answer ``python -m analysis compare``."""
    from .._reading.read import each_once, read_sessions  # noqa: PLC0415 - only when there is something to read

    if not 0 < args.alpha <= 0.5:  # noqa: PLR2004
        raise AnalysisError(f"--alpha {args.alpha:g}: must be above 0 and at most 0.5")
    if args.margin is not None and not 1 < args.margin < math.inf:
        raise AnalysisError(f"--margin {args.margin:g}: must be a ratio above 1, such as 1.05")
    each_once((*args.old, *args.new))
    old, new = read_sessions(args.old, args.statistic), read_sessions(args.new, args.statistic)
    response: Response = args.response or (_RATIO if all(map(_has_ratios, (*old, *new))) else SECONDS)
    return compare(
        old, new, alpha=args.alpha, margin=args.margin, statistic=args.statistic, response=response
    )


def compare(
    old: Sequence[Session],
    new: Sequence[Session],
    *,
    alpha: float = 0.05,
    margin: float | None = None,
    statistic: str = "median",
    response: Response = SECONDS,
) -> Comparison:
    """Compare every benchmark that both sides have.

    Parameters
    ----------
    old, new : sessions of both sides; how much sessions of one side differ is what a difference is held against.
    alpha : of all "different" together, by Holm's rule over the benchmarks; likewise of all "equivalent".
    margin : a ratio above 1; equivalent is what is within it on both sides, by two one-sided tests.
    response : ``ratio`` compares multiples of the reference that was timed in the same session: how fast a machine is
        on one day is out of them.

    Raises
    ------
    AnalysisError : a session is there twice, or ratios are asked for and a file has no reference.
    """
    _not_the_same(old, new)
    if response == RATIO:
        _need_ratios((*old, *new))
    called = _called([*old, *new])
    sides = [[_by_key(session, called, response) for session in side] for side in (old, new)]
    names = list(dict.fromkeys(key for side in sides for one in side for key in one))
    shared = [name for name in names if all(any(name in one for one in side) for side in sides)]
    estimates = [_Estimate.of(name, old, new, sides) for name in shared]
    rows = _concluded(estimates, alpha, margin)
    if response == RATIO:
        seconds = [[_by_key(session, called, SECONDS) for session in side] for side in (old, new)]
        rows = [_as_ratios(row, seconds) for row in rows]
    gone = [name for name in names if not any(name in one for one in sides[1])]
    added = [name for name in names if not any(name in one for one in sides[0])]
    rows += [_alone(name, sides, "old") for name in gone] + [_alone(name, sides, "new") for name in added]
    machines = tuple(dict.fromkeys(session.machine or "unknown" for session in (*old, *new)))
    return Comparison(
        benchmarks=tuple(rows),
        old=tuple(session.file for session in old),
        new=tuple(session.file for session in new),
        machines=machines,
        missing=tuple(gone),
        added=tuple(added),
        alpha=alpha,
        margin=margin,
        statistic=statistic,
        advice=_advice(rows, estimates, alpha, margin),
        notes=tuple(_notes(machines, gone, added)),
        response=response,
    )


def _has_ratios(session: Session) -> bool:
    return bool(session.references) and session.references.keys() >= session.seconds.keys()


def _need_ratios(sessions: Sequence[Session]) -> None:
    """Refuse files without a reference, and references of different versions of a task."""
    tasks: dict[str, tuple[str, str]] = {}
    for session in sessions:
        if not session.references:
            raise AnalysisError(
                f"{session.file}: no reference was timed beside its benchmarks, so there are no ratios; leave "
                f"--response {RATIO} out"
            )
        for full, checksum in session.tasks.items():
            known, file = tasks.setdefault(full, (checksum, session.file))
            if known != checksum:
                raise AnalysisError(
                    f"{session.file}: the task of {full} is another version than in {file}, so its reference may be, "
                    f"too; compare seconds with --response {SECONDS}"
                )


def _as_ratios(row: ComparedBenchmark, seconds: list[list[dict[str, float]]]) -> ComparedBenchmark:
    """Return a row whose figures are ratios with the seconds beside them."""
    name = row.conclusion.question
    means = [
        math.exp(math.fsum(values) / len(values)) if values else None
        for values in ([one[name] for one in side if name in one] for side in seconds)
    ]
    return dataclasses.replace(
        row,
        conclusion=dataclasses.replace(row.conclusion, response=RATIO),
        old_ratio=row.old_seconds,
        new_ratio=row.new_seconds,
        old_seconds=means[0],
        new_seconds=means[1],
    )


def _not_the_same(old: Sequence[Session], new: Sequence[Session]) -> None:
    """Refuse copies of one session: they would pass for sessions that agree perfectly."""
    seen: dict[object, str] = {}
    for session in (*old, *new):
        key = (session.machine, session.datetime, tuple(sorted(session.seconds.items())))
        if key in seen:
            raise AnalysisError(
                f"{session.file}: the same session as {seen[key]}; a copy tells nothing new, run the benchmarks again"
            )
        seen[key] = session.file


def _called(sessions: Sequence[Session]) -> Mapping[str, str]:
    """Return for each full name what the benchmark is called: its short name where no other one has it."""
    full_names: dict[str, set[str]] = {}
    for session in sessions:
        within: dict[str, set[str]] = {}
        for full, name in session.names.items():
            within.setdefault(name, set()).add(full)
        for name, of in within.items():
            # A benchmark that moved to another file is the same one, unless a session has both.
            full_names.setdefault(name, set())
            if len(of) > 1:
                full_names[name] |= of
    return {
        full: full if full_names[name] else name
        for session in sessions
        for full, name in session.names.items()
    }


def _by_key(session: Session, called: Mapping[str, str], response: Response) -> dict[str, float]:
    """Return log seconds, or log ratios of what has a reference."""
    if response == SECONDS:
        return {called[full]: math.log(seconds) for full, seconds in session.seconds.items()}
    return {
        called[full]: math.log(session.seconds[full] / reference)
        for full, reference in session.references.items()
    }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """A log ratio new / old, its standard error and degrees of freedom; None where unknown, and why."""

    log_ratio: float | None = None
    se: float | None = None
    df: float | None = None
    sigma: float | None = None
    method: str = "none"
    why: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Estimate:
    """One benchmark that both sides have."""

    name: str
    fit: _Fit
    counts: tuple[int, int]
    means: tuple[float, float]

    @classmethod
    def of(
        cls, name: str, old: Sequence[Session], new: Sequence[Session], sides: list[list[dict[str, float]]]
    ) -> _Estimate:
        y: list[float] = []
        side: list[int] = []
        machine: list[str] = []
        for i, (sessions, values) in enumerate(zip((old, new), sides, strict=True)):
            for session, one in zip(sessions, values, strict=True):
                if name in one:
                    y.append(one[name])
                    side.append(i)
                    machine.append(session.machine)
        logs, which = np.asarray(y), np.asarray(side)
        both = sorted(_on(machine, side, 0) & _on(machine, side, 1))
        keep = np.asarray([m in both for m in machine])
        if not both:
            fit = _Fit(
                why="old and new are of different machines: their difference can't be told from that of the machine"
            )
        elif len(both) == 1:
            fit = _on_one(logs[keep & (which == 0)], logs[keep & (which == 1)])
        else:
            fit = _on_several(logs[keep], which[keep], [m for m in machine if m in both])
        return cls(
            name=name,
            fit=fit,
            counts=(int((which == 0).sum()), int((which == 1).sum())),
            means=(float(np.exp(logs[which == 0].mean())), float(np.exp(logs[which == 1].mean()))),
        )


def _on(machine: Sequence[str], side: Sequence[int], wanted: int) -> set[str]:
    return {m for m, s in zip(machine, side, strict=True) if s == wanted}


def _on_one(old: Values, new: Values) -> _Fit:
    """Welch's t, with the degrees of freedom of the smaller side while sessions are few: never too small a p."""
    n, m = len(old), len(new)
    ratio = float(new.mean() - old.mean())
    if min(n, m) < 2:  # noqa: PLR2004
        return _Fit(log_ratio=ratio, why=_once(n, m))
    parts = float(old.var(ddof=1)) / n, float(new.var(ddof=1)) / m
    total = sum(parts)
    if total <= 0:
        why = "sessions do not differ at all, which no clock does: are these copies?"
        return _Fit(log_ratio=ratio, why=why)
    few = min(n, m) < FEW
    return _Fit(
        log_ratio=ratio,
        se=math.sqrt(total),
        df=min(n, m) - 1.0 if few else total**2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (m - 1)),
        sigma=math.sqrt((float(old.var(ddof=1)) + float(new.var(ddof=1))) / 2),
        method="t test of log times over sessions, "
        + ("degrees of freedom of the smaller side" if few else "Welch's degrees of freedom"),
    )


def _once(n: int, m: int) -> str:
    which = "each side" if n == m == 1 else "the old side" if n == 1 else "the new side"
    return (
        f"one session on {which}: how much sessions differ among themselves is not known, and they do differ; "
        f"run at least {FEW} of each side"
    )


def _on_several(y: Values, side: np.ndarray[Any, np.dtype[np.int_]], machine: Sequence[str]) -> _Fit:
    """Least squares with the machine as a block."""
    names = sorted(set(machine))
    x = np.column_stack([*([m == name for m in machine] for name in names), side]).astype(float)
    df = len(y) - x.shape[1]
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    left = float(((y - x @ beta) ** 2).sum())
    ratio = float(beta[-1])
    if df < 1 or left <= 0:
        why = "one session of each side on each machine: how much sessions differ is not known"
        return _Fit(log_ratio=ratio, why=why)
    variance = left / df
    return _Fit(
        log_ratio=ratio,
        se=math.sqrt(variance * float(np.linalg.inv(x.T @ x)[-1, -1])),
        df=float(df),
        sigma=math.sqrt(variance),
        method=f"t test of log times over sessions, {len(names)} machines as blocks",
    )


def _concluded(estimates: Sequence[_Estimate], alpha: float, margin: float | None) -> list[ComparedBenchmark]:
    p = [_two_sided(e.fit) for e in estimates]
    inside = [_within(e.fit, margin) for e in estimates]
    rows = zip(estimates, p, holm(p), holm(inside), strict=True)
    return [_one(e, alone, of_many, same, alpha) for e, alone, of_many, same in rows]


def _two_sided(fit: _Fit) -> float | None:
    if fit.log_ratio is None or fit.se is None or fit.df is None:
        return None
    return two_sided_p(fit.log_ratio / fit.se, fit.df)


def _within(fit: _Fit, margin: float | None) -> float | None:
    """Return the larger p of two one-sided tests against the margin."""
    if margin is None or fit.log_ratio is None or fit.se is None or fit.df is None:
        return None
    edge = math.log(margin)
    sides = (
        stats.t.sf((fit.log_ratio + edge) / fit.se, fit.df),
        stats.t.cdf((fit.log_ratio - edge) / fit.se, fit.df),
    )
    return float(max(sides))


def _one(
    e: _Estimate, p: float | None, adjusted: float | None, same: float | None, alpha: float
) -> ComparedBenchmark:
    fit = e.fit
    answer: Answer = "untestable" if fit.log_ratio is None else "undecided"
    limits: tuple[float | None, float | None] = (None, None)
    if fit.log_ratio is not None and fit.se is not None and fit.df is not None and p is not None:
        if same is not None and same < alpha:
            answer = "equivalent"
        elif adjusted is not None and adjusted < alpha:
            answer = "different"
        # The level at which Holm's rule looked at this benchmark: the interval excludes 1 exactly if it is different.
        level = alpha * (p / adjusted) if adjusted else alpha
        half = critical_t(level, fit.df) * fit.se
        limits = math.exp(fit.log_ratio - half), math.exp(fit.log_ratio + half)
    why = fit.why
    if why is None and answer == "undecided":
        why = "the difference is within what sessions of one side differ by; that is no proof of equality"
    return ComparedBenchmark(
        conclusion=Conclusion(
            question=e.name,
            response="seconds",
            answer=answer,
            estimate=None if fit.log_ratio is None else math.exp(fit.log_ratio),
            ci_low=limits[0],
            ci_high=limits[1],
            unit=None if fit.log_ratio is None else RATIO,
            p=p,
            p_adjusted=adjusted,
            method=fit.method + ("; the estimate is new / old" if fit.log_ratio is not None else ""),
            why=why,
        ),
        old_seconds=e.means[0],
        new_seconds=e.means[1],
        old_sessions=e.counts[0],
        new_sessions=e.counts[1],
    )


def _alone(name: str, sides: list[list[dict[str, float]]], side: str) -> ComparedBenchmark:
    values = [[one[name] for one in of if name in one] for of in sides]
    means = [math.exp(math.fsum(of) / len(of)) if of else None for of in values]
    return ComparedBenchmark(
        conclusion=Conclusion(
            question=name,
            response="seconds",
            answer="untestable",
            method="none",
            why=f"only the {side} files have it",
        ),
        old_seconds=means[0],
        new_seconds=means[1],
        old_sessions=len(values[0]),
        new_sessions=len(values[1]),
    )


def _advice(
    rows: Sequence[ComparedBenchmark], estimates: Sequence[_Estimate], alpha: float, margin: float | None
) -> str:
    """Return what to run next: nothing where every shared benchmark has an answer."""
    shared = [row.conclusion.answer for row in rows[: len(estimates)]]
    if all(answer in {"different", "equivalent"} for answer in shared):
        return "" if shared else "no benchmark is in both: run the same benchmarks on both sides"
    if all(answer == "untestable" for answer in shared):
        return (
            "run both versions on one machine, several times each and in turn (old, new, old, new): "
            "pytest --benchmark-only --benchmark-json=old-1.json"
        )
    spreads = [e.fit.sigma for e in estimates if e.fit.sigma]
    if not spreads:
        return f"run at least {FEW} sessions of each side, {_HOW}"
    worth = margin or _WORTH
    n = _sessions(math.log(worth) / max(spreads), alpha / len(estimates))
    have = min(min(e.counts) for e in estimates)
    if n is None:
        return f"sessions differ too much here for a ratio of {worth:g}; use a quieter machine"
    enough = f"these sessions would show a ratio of {worth:g}; to see a smaller one, run more of them, {_HOW}"
    wanted = (
        f"to see a ratio of {worth:g} in 80 of 100 such comparisons, have {n} sessions of each side (now {have}), run "
        f"{_HOW}"
    )
    return enough if n <= have else wanted


def _sessions(d: float, alpha: float) -> int | None:
    """Return sessions of each side for 80 % power at a difference of ``d`` standard deviations."""
    low, high = 1, 2
    while _power(high, d, alpha) < _TARGET:
        low, high = high, 2 * high
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, d, alpha) >= _TARGET else (middle, high)
    return high


def _power(n: int, d: float, alpha: float) -> float:
    """Return about the power of n sessions a side, by the normal approximation."""
    df = 2.0 * (n - 1) if n >= FEW else n - 1.0
    return float(stats.norm.sf(critical_t(alpha, df) - d * math.sqrt(n / 2)))


def _notes(machines: Sequence[str], gone: Sequence[str], added: Sequence[str]) -> Iterable[str]:
    if len(machines) > 1:
        yield f"{len(machines)} machines: only sessions of one machine are compared with each other"
    for names, words in ((gone, "missing from the new files"), (added, "new, without old times")):
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield f"{words}: {', '.join(names[:_MOST_NAMES])}{more}"
