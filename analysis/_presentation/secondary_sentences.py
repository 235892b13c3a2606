"""What was found beside times and pass rates of all treatments, in sentences: time-outs, trends, teams and so on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from .._inference.conclusions import PASSED, RATIO
from .._models.nested_pairs import TURN
from .text import by_chance, count, listing, number, one_line, p_phrase, p_words, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._analysis import Analysis
    from .._inference.censored import Censored
    from .._inference.conclusions import Conclusion
    from .._inference.synergy import Turns
    from .._models.turns import Credit

_MOST_NESTED: Final = 2
"""Comparisons within trajectories of which the first screen tells."""
_MOST: Final = 2
"""Teams of whose agents the first screen tells."""


def beside(analysis: Analysis) -> tuple[str, ...]:
    """Return a sentence for each kind of question that the study has data for; none for the others."""
    sentences = (_on_nested(analysis), _on_teams(analysis), _on_time_outs(analysis), _on_agents(analysis))
    return tuple(words for words in sentences if words)


def factors_in_passing(analysis: Analysis) -> str:
    """Say which factors matter for passing, and how much at least; empty where that was not shown of any."""
    proven = [c for c in analysis.conclusions if c.kind == "passing" and c.answer == "different"]
    clauses = [words for c in proven[:3] if (words := more_passed(c))]
    return "; ".join((*clauses, *(words for c in proven if (words := _together(c, analysis)))))


def _together(conclusion: Conclusion, analysis: Analysis) -> str:
    """Say how much more one pair of levels does for passing beside one level of another factor than beside another.

    Of three factors and more: how much more that is beside one level of the last than beside another.
    """
    both = next((t for t in analysis.further.passing.together if t.term == conclusion.question), None)
    low, high = conclusion.ci_low, conclusion.ci_high
    if both is None or not both.pairs or low is None or high is None:
        return ""
    *beside_which, (x, y) = both.pairs
    if high < 0:
        x, y, low, high = y, x, -high, -low
    names = [one_line(name, limit=40) for name in both.factors]
    (a, b), *others = [(one_line(c, limit=40), one_line(d, limit=40)) for c, d in (*beside_which, (x, y))]
    amount = f"between {_points(low)} and {_points(high)} points more"
    if len(others) == 1:
        ((c, d),) = others
        return (
            f"{names[0]} {a} rather than {b} raises the pass rate by {amount} with {names[1]} {c} than with "
            f"{names[1]} {d}"
        )
    *between, (c, d) = others
    words = f"what {names[0]} {a} rather than {b} does for the pass rate"
    for name, (u, v) in zip(names[1:-1], between, strict=True):
        words = f"what {name} {u} rather than {v} adds to {words}"
    return f"{words} is {amount} with {names[-1]} {c} than with {names[-1]} {d}"


def more_passed(conclusion: Conclusion) -> str:
    """Return the interval of a difference of pass rates in words, the better level first.

    Where the difference is not sure it reads ``between 5 percentage points fewer and 20 more``.
    """
    low, high = conclusion.ci_low, conclusion.ci_high
    if conclusion.compared is None or low is None or high is None:
        return ""
    first, second = conclusion.compared
    if low + high < 0:
        first, second, low, high = second, first, -high, -low
    a, b = _named(conclusion, first), _named(conclusion, second)
    if low < 0:
        apart = f"between {_points(-low)} fewer and {_points(high)} more"
    else:
        apart = f"between {_points(low)} and {_points(high)} more"
    return f"{apart} of 100 programs passed with {a} than with {b}"


def apart(low: float, high: float, shown: Callable[[float], str]) -> str:
    """``between 45 % less and 20 % more``, ``between 20 % and 45 % less``."""
    if low < 0 < high:
        return f"between {shown(-low)} less and {shown(high)} more"
    near, far = map(shown, sorted((abs(low), abs(high))))
    word = "less" if high <= 0 else "more"
    return f"about {near} {word}" if near == far else f"between {near} and {far} {word}"


def _points(share: float) -> str:
    return f"{100 * share:.0f}"


def _named(conclusion: Conclusion, level: str) -> str:
    level = one_line(level, limit=60)
    factor = one_line(conclusion.question, limit=40)
    return level if conclusion.kind == "team" or factor == "treatment" else f"{factor} {level}"


# -- time-outs


def limits_of(late: Censored) -> str:
    """Return ``the limit of 3.00 s``, or ``their limits (up to 30.0 s)`` where programs were stopped at several."""
    least, most = late.stopped_at
    return f"the limit of {number(most)} s" if least == most else f"their limits (up to {number(most)} s)"


def _on_time_outs(analysis: Analysis) -> str:
    late = analysis.further.censored
    if late is None:
        return ""
    stopped = f"{count(late.timeouts, 'program')} {'was' if late.timeouts == 1 else 'were'} stopped at"
    head = f"{stopped} {limits_of(late)}; counted as slower than that, and not as missing"
    proven = [c for c in analysis.conclusions if c.kind == "time-outs" and c.answer == "different"]
    if proven:
        return f"{head}, {'; '.join(_longer(c) for c in proven)}."
    without = {c.question for c in analysis.conclusions if c.kind == "times" and c.answer == "different"}
    lost = [
        c
        for c in analysis.conclusions
        if c.kind == "time-outs" and c.answer == "undecided" and c.question in without
    ]
    if not lost:
        return ""
    shown = listing(one_line(c.question, limit=40) for c in lost)
    least = min(c.p_adjusted or 0.0 for c in lost)
    return (
        f"{head}, a difference by {shown} was not shown ({p_words(least)}): that among the programs that passed may "
        "come from which ones were stopped."
    )


def _longer(conclusion: Conclusion) -> str:
    """``agents 3 took between 1.4 and 3.2 times as long as agents 1``; open where nothing bounds it."""
    name, p = one_line(conclusion.question, limit=40), p_words(conclusion.p_adjusted)
    if conclusion.compared is None or conclusion.estimate is None:
        return f"{name} matters for the times ({p})"
    first, second = conclusion.compared
    low, high = conclusion.ci_low, conclusion.ci_high
    if conclusion.estimate < 1:
        first, second = second, first
        low, high = (None if v is None else 1 / v for v in (high, low))
    a, b = (f"{name} {one_line(level, limit=40)}" for level in (first, second))
    if low is None or low <= 1:
        return f"{name} matters for the times ({p}): {a} took longer than {b}"
    if high is None:
        return f"{a} took at least {number(low)} times as long as {b} ({p})"
    return f"{a} took between {number(low)} and {number(high)} times as long as {b} ({p})"


# -- trends


def on_trends(analysis: Analysis) -> str:
    """Say which amounts times rise or fall with; empty where that was shown of none."""
    asked = [c for c in analysis.conclusions if c.kind == "trend" and c.answer != "undecided"]
    return _sentence("; ".join(words for c in asked if (words := _trend(c, analysis))))


def _trend(conclusion: Conclusion, analysis: Analysis) -> str:
    low, high = conclusion.ci_low, conclusion.ci_high
    if conclusion.compared is None or low is None or high is None:
        return ""
    highest, lowest = (one_line(level, limit=40) for level in conclusion.compared)
    way = f"from {_factor(conclusion)} {lowest} to {highest}"
    if conclusion.answer == "equivalent":
        margin = analysis.options.margin or 0.0
        return f"{way} times change by less than the margin of {margin:g}, which you called small enough not to matter"
    p = p_words(conclusion.p_adjusted)
    if conclusion.unit == "ratio":
        word = "rise" if low >= 1 else "fall"
        near, far = sorted((abs(low - 1), abs(high - 1)))
        return f"{way} times {word} steadily, by {percent(near)} to {percent(far)} in all ({p})"
    word = "rise" if low >= 0 else "fall"
    near, far = sorted((abs(low), abs(high)))
    return f"{way} times {word} steadily, by {number(near)} to {number(far)} {conclusion.unit or ''} in all ({p})"


def _factor(conclusion: Conclusion) -> str:
    return one_line(conclusion.question.removesuffix(": linear"), limit=40)


# -- nested budgets


def _on_nested(analysis: Analysis) -> str:
    """Say what later programs of trajectories are like beside earlier ones of the same."""
    asked = [c for c in analysis.conclusions if c.kind == "nested"]
    sentences = [words for c in asked[:_MOST_NESTED] if (words := _nested(c, analysis))]
    return _sentence("; ".join(sentences))


def _nested(conclusion: Conclusion, analysis: Analysis) -> str:
    row = next(row for row in analysis.further.nested if row.name == conclusion.question)
    factor = one_line(row.factor, limit=40)
    early, late = one_line(row.a, limit=40), one_line(row.b, limit=40)
    what = f"programs after turn {early}" if row.factor == TURN else f"programs after {early}"
    end = (
        "what the same trajectories end with"
        if row.factor == TURN
        else f"those after {late} of the same trajectories"
    )
    low, high = conclusion.ci_low, conclusion.ci_high
    if conclusion.answer == "untestable" or low is None or high is None:
        why = one_line(conclusion.why or "too few trajectories have both", limit=200)
        return f"whether {what} take another time than {end} can't be told: {why}"
    is_ratio = conclusion.unit == RATIO
    near, far = (low - 1, high - 1) if is_ratio else (low, high)
    between = apart(
        near, far, percent if is_ratio else lambda value: f"{number(value)} {conclusion.unit or ''}".strip()
    )
    counted = f"{row.trajectories} of {row.generated} trajectories, in which both passed"
    if conclusion.answer == "equivalent":
        return f"{what} took {between} time than {end} ({counted}): small enough not to matter, as you said"
    if conclusion.answer == "different":
        return f"{what} took {between} time than {end} ({counted}; {p_words(conclusion.p_adjusted)})"
    return (
        f"that {factor} makes a difference within trajectories was not shown: {what} took {between} time than {end} "
        f"({counted}; {p_words(conclusion.p)})"
    )


# -- teams


def _on_teams(analysis: Analysis) -> str:
    """Say whether a team is better than its members would be by themselves on the same budget."""
    asked = [c for c in analysis.conclusions if c.kind == "team"]
    sentences = [_team(c) for c in asked if c.answer in {"different", "equivalent"}]
    missing = [c for c in asked if c.answer not in {"different", "equivalent"}]
    names = list(dict.fromkeys(c.question for c in missing))
    for name in names[:_MOST]:
        about = [c for c in missing if c.question == name]
        sentences.append(_unproven_team(about))
    if len(names) > _MOST:
        sentences.append(f"nor was it of {len(names) - _MOST} further comparisons like that")
    return _sentence("; ".join(sentences))


def _pair(conclusion: Conclusion) -> tuple[str, str]:
    team, _, nominal = conclusion.question.removeprefix("synergy: ").rpartition(" - ")
    return one_line(team, limit=60), one_line(nominal, limit=60)


def _team(conclusion: Conclusion) -> str:
    team, nominal = _pair(conclusion)
    against = f"the same agents each by themselves ({nominal})"
    low, high, p = conclusion.ci_low or 0.0, conclusion.ci_high or 0.0, p_words(conclusion.p_adjusted)
    if conclusion.answer == "equivalent":
        return f"{team} is as fast as {against}, within the margin that you called small enough not to matter"
    if conclusion.response == PASSED:
        better = low + high > 0
        near, far = sorted((abs(low), abs(high)))
        return (
            f"of 100 programs, {team} gets {_points(near)} to {_points(far)} "
            f"{'more' if better else 'fewer'} right than {against} ({p})"
        )
    near, far = sorted((abs(low - 1), abs(high - 1)))
    word = "faster" if high <= 1 else "slower"
    less = "less" if high <= 1 else "more"
    return (
        f"working together makes {'better' if word == 'faster' else 'worse'} programs: those of {team} took "
        f"{percent(near)} to {percent(far)} {less} time than those of {against} ({p})"
    )


def _unproven_team(of: Sequence[Conclusion]) -> str:
    team, nominal = _pair(of[0])
    shown = listing(
        f"{'correct programs' if c.response == PASSED else 'times'} {p_phrase(c.p)}"
        for c in of
        if c.p is not None
    )
    least = by_chance(min((c.p for c in of if c.p is not None), default=None))
    means = f"{shown}: chance alone does as much in {least}{' or more' if least[:1].isdigit() else ''}"
    why = f" ({means})" if shown else f": {one_line(of[0].why or 'there are too few of them', limit=120)}"
    what = "" if len(of) > 1 else " in correct programs" if of[0].response == PASSED else " in times"
    return f"that {team} differs from the same agents each by themselves ({nominal}){what} was not shown{why}"


# -- agents


def _on_agents(analysis: Analysis) -> str:
    """Say which agent's turns did what, in the teams whose trajectories ended well."""
    turns = analysis.further.turns
    if turns is None:
        return ""
    teams: dict[str, list[Credit]] = {}
    for row in turns.credit:
        teams.setdefault(row.treatment, []).append(row)
    several = {name: rows for name, rows in teams.items() if len(rows) > 1}
    sentences = [_agents(name, rows, turns) for name, rows in list(several.items())[:_MOST]]
    if len(several) > _MOST:
        sentences.append(f"of {len(several) - _MOST} further teams the tables tell")
    return _sentence("; ".join(sentences))


def _agents(team: str, rows: Sequence[Credit], turns: Turns) -> str:
    whole = math.fsum(row.log_ratio for row in rows)
    parts = listing(
        f"agent {row.agent} by {number(math.exp(row.log_ratio))}{_broke(team, row.agent, turns)}"
        for row in rows
    )
    return (
        f"programs of {one_line(team, limit=60)} took {number(math.exp(whole))} times as long as the reference in the "
        f"end; each agent's turns multiplied that time (below 1 is faster): {parts}"
    )


def _broke(team: str, agent: int, turns: Turns) -> str:
    row = next((t for t in turns.transitions if t.treatment == team and t.agent == agent), None)
    if row is None or not (row.mended or row.broke):
        return ""
    counts = [f"{verb} {n}" for verb, n in (("mended", row.mended), ("broke", row.broke)) if n]
    return f" ({' and '.join(counts)} in {row.turns} turns)"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def within_margin(conclusions: Sequence[Conclusion], margin: float | None) -> str:
    """Say which factors a margin settled; empty where it settled none."""
    names = [one_line(c.question, limit=40) for c in conclusions]
    if not names or margin is None:
        return ""
    settled = f"As to {listing(names)}, the times differ by less than the margin of {margin:g}"
    return f"{settled}: small enough not to matter, as you said."
