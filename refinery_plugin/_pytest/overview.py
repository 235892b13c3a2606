"""What the terminal shows at the end: treatments with their times and costs, then why programs failed (pure)."""

from __future__ import annotations

import dataclasses
import statistics
import textwrap
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from refinery_plugin._words import count, dollars, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from refinery_plugin._study.units import Unit
    from refinery_plugin._timing.session import MeasuringSession

_MOST_TREATMENTS = 40
_MOST_REASONS = 12
_NONE = "-"
_OTHER = "other files"
_ONLY = "all programs"
_LONGEST_LEVEL = 40
_RATIO, _RANGE = "ratio", "least - most"
_AT_MOST = "<="


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShownTimes:
    """What is shown of a correct program that was timed.

    Parameters
    ----------
    seconds : by the clock.
    ratio : how many times the time of the reference beside it; ``None`` where there is none.
    bound : whether both are only told to be no more: it took no longer than can be told apart.
    """

    seconds: float
    ratio: float | None = None
    bound: bool = False


@dataclasses.dataclass(slots=True)
class _Row:
    programs: int = 0
    figures: list[ShownTimes] = dataclasses.field(default_factory=list)
    passed: int = 0
    cost: float | None = None

    def cells(self, label: str) -> tuple[str, ...]:
        seconds = [each.seconds for each in self.figures]
        bound = any(each.bound for each in self.figures)
        ratios = [(each.ratio, each.bound) for each in self.figures if each.ratio is not None]
        return (
            label,
            f"{self.passed}/{self.programs}",
            *_ratios(statistics.geometric_mean(ratio for ratio, _ in ratios) if ratios else None, ratios),
            _amount(statistics.median(seconds), bound=bound) if seconds else _NONE,
            _NONE if self.cost is None else dollars(self.cost),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class OnlyWorkers:
    """A session in which this process examined nothing: workers did, and told what they found.

    Parameters
    ----------
    is_by_task : whether the study has several tasks.
    verify_seed : that all workers were given.
    """

    is_by_task: bool
    verify_seed: int | None


def summary(
    session: MeasuringSession | OnlyWorkers,
    units: Iterable[Unit],
    remote: Sequence[Mapping[str, object]],
    *,
    width: int,
    details: bool = False,
) -> list[str]:
    """Return the lines of the note at the end.

    Parameters
    ----------
    units : the programs of the study, in its order.
    remote : entries of ``refinery.programs`` that other processes found.
    width : columns of the terminal.
    details : in a study of several tasks, show them below each treatment.
    """
    place = {unit.id: number for number, unit in enumerate(units)}
    own = None if isinstance(session, OnlyWorkers) else session
    programs = [*(own.programs() if own else ()), *remote]
    programs.sort(key=lambda program: place.get(str(program["id"]), len(place)))  # examined in random order
    verdicts = Counter(str(program["verdict"]) for program in programs).most_common()
    figures = {} if own is None else _times(own)
    if session.is_by_task:
        lines = tasks(programs, figures, width=width, details=details)
    elif any(program["treatment"] for program in programs):
        lines = treatments(programs, figures, width=width)
    else:  # nothing varies: each program speaks for itself
        lines = each(programs, figures, width=width)
    if figures and (notes := _notes(figures.values())):
        lines += notes
    in_words = ", ".join(f"{number} {name}" for name, number in verdicts)
    lines += ["", f"{count(len(programs), 'program')}: {in_words}; verification seed {session.verify_seed}"]
    lines += failures(programs, width=width)
    if own and own.repeated:
        lines.append(
            f"{count(own.repeated, 'test')} asked for a program that another test had: each counts once"
        )
    if remote:
        lines.append("they were verified in parallel and not timed; to time them, run without -n")
    if own and (quietness := own.quietness()) is not None:
        lines += ["", *quietness.lines(), *([] if own.is_elsewhere else [str(own.cores)])]
    return lines


def _times(session: MeasuringSession) -> dict[str, ShownTimes]:
    """Return what is shown of the programs that were timed, by ``id``."""
    return {
        finding.unit.id: ShownTimes(
            seconds=statistics.median(finding.seconds),
            ratio=session.ratio(finding),
            bound=finding.is_bound,
        )
        for finding in session.findings.values()
        if finding.seconds
    }


def treatments(
    programs: Sequence[Mapping[str, object]], figures: Mapping[str, ShownTimes], *, width: int
) -> list[str]:
    """Return a table with a line for each treatment.

    Parameters
    ----------
    programs : entries of ``refinery.programs``; treatments are listed in the order in which they come.
    figures : of the correct programs by ``id``, where they were timed.
    width : columns of the terminal; labels are cut to fit.
    """
    rows: dict[str, _Row] = defaultdict(_Row)
    for program in programs:
        row = rows[_label(program["treatment"])]
        row.programs += 1
        if program["verdict"] == "correct":
            row.passed += 1
            if (timed := figures.get(str(program["id"]))) is not None:
                row.figures.append(timed)
        if isinstance(cost := program.get("cost_usd"), int | float):
            row.cost = (row.cost or 0.0) + cost
    table: list[tuple[str, ...]] = [("treatment", "passed", _RATIO, _RANGE, "median s", "cost")]
    table += [row.cells(label) for label, row in list(rows.items())[:_MOST_TREATMENTS]]
    lines = _aligned(table, width)
    if len(rows) > _MOST_TREATMENTS:
        lines.append(f"... and {len(rows) - _MOST_TREATMENTS} more treatments")
    return lines


@dataclasses.dataclass(slots=True)
class _Line:
    """A line of the table of a study of several tasks."""

    programs: int = 0
    ratios: dict[str, list[tuple[float, bool]]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    passed: int = 0
    cost: float | None = None

    def add(self, program: Mapping[str, object], figures: ShownTimes | None) -> None:
        self.programs += 1
        self.passed += program["verdict"] == "correct"
        if figures is not None and figures.ratio is not None:
            self.ratios[str(program["task"])].append((figures.ratio, figures.bound))
        if isinstance(cost := program.get("cost_usd"), int | float):
            self.cost = (self.cost or 0.0) + cost

    def cells(self, label: str) -> tuple[str, ...]:
        each = [one for ratios in self.ratios.values() for one in ratios]
        # Each task weighs the same, however many of its programs are correct.
        middle = [statistics.geometric_mean(ratio for ratio, _ in ratios) for ratios in self.ratios.values()]
        return (
            label,
            f"{self.passed}/{self.programs}",
            *_ratios(statistics.geometric_mean(middle) if middle else None, each),
            _NONE if self.cost is None else dollars(self.cost),
        )


def _ratios(middle: float | None, each: Sequence[tuple[float, bool]]) -> tuple[str, str]:
    """Return the cells of a mean of ratios and of their range; with each stands whether it is a bound."""
    if middle is None:
        return _NONE, _NONE
    least, most = min(each), max(each)
    spread = f"{_amount(least[0], bound=least[1])} - {_amount(most[0], bound=most[1])}"
    return _amount(middle, bound=any(bound for _, bound in each)), spread if len(each) > 1 else _NONE


def _amount(value: float, *, bound: bool) -> str:
    """Return three digits; an instrument states its resolution."""
    return f"{_AT_MOST if bound else ''}{value:.3g}"


def _notes(figures: Iterable[ShownTimes]) -> list[str]:
    """Say what the columns mean that do not say it themselves."""
    shown = list(figures)
    lines = []
    if any(one.ratio is not None for one in shown):
        lines.append("(ratio: time over that of the reference, which was timed beside it)")
    if any(one.bound for one in shown):
        lines.append(f"({_AT_MOST}: no longer than the least time that can be told)")
    return lines


def tasks(
    programs: Sequence[Mapping[str, object]], figures: Mapping[str, ShownTimes], *, width: int, details: bool
) -> list[str]:
    """Return a table with a line for each treatment, over all tasks.

    Parameters
    ----------
    programs : entries of ``refinery.programs``; treatments and tasks are listed in the order in which they come.
    figures : of the correct programs by ``id``, where they were timed.
    details : with a line for each task below each treatment; always so where nothing varies.
    """
    rows: dict[str, _Line] = defaultdict(_Line)
    below: dict[str, dict[str, _Line]] = defaultdict(lambda: defaultdict(_Line))
    for program in programs:
        label, timed = _label(program["treatment"]), figures.get(str(program["id"]))
        rows[label].add(program, timed)
        below[label][str(program["task"])].add(program, timed)
    table: list[tuple[str, ...]] = [("treatment", "passed", _RATIO, _RANGE, "cost")]
    for label, row in list(rows.items())[:_MOST_TREATMENTS]:
        table.append(row.cells(label))
        if details or len(rows) == 1:
            table += [line.cells(f"  {printable(task)}") for task, line in below[label].items()]
    lines = _aligned(table, width)
    if len(rows) > _MOST_TREATMENTS:
        lines.append(f"... and {len(rows) - _MOST_TREATMENTS} more treatments")
    if not details and len(rows) > 1:
        lines.append("(over all tasks, each weighing the same; -v shows them one by one)")
    return lines


def each(
    programs: Sequence[Mapping[str, object]], figures: Mapping[str, ShownTimes], *, width: int
) -> list[str]:
    """Return a table with a line for each program: verdict, ratio to the reference, and time.

    Parameters
    ----------
    figures : of the correct programs by ``id``, where they were timed.
    """
    table = [("program", "verdict", _RATIO, "median s")]
    table += [
        (_program(program), str(program["verdict"]), *_of_one(figures.get(str(program["id"]))))
        for program in programs[:_MOST_TREATMENTS]
    ]
    lines = _aligned(table, width)
    if len(programs) > _MOST_TREATMENTS:
        lines.append(f"... and {len(programs) - _MOST_TREATMENTS} more programs")
    return lines


def _of_one(figures: ShownTimes | None) -> tuple[str, str]:
    if figures is None:
        return _NONE, _NONE
    ratio = _NONE if figures.ratio is None else _amount(figures.ratio, bound=figures.bound)
    return ratio, _amount(figures.seconds, bound=figures.bound)


def _program(program: Mapping[str, object]) -> str:
    """Name a program by its file; names are words of strangers."""
    turn = f" (turn {program['turn']})" if program.get("turn") is not None else ""
    return printable(str(program["file"]).removesuffix(".py")).replace("\n", "\\x0a") + turn


def failures(programs: Iterable[Mapping[str, object]], *, width: int) -> list[str]:
    """Return a line for each reason for which programs are not correct, the most frequent first."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for program in programs:
        if program["verdict"] != "correct":
            reason = printable(" ".join(str(program["reason"] or "").split()))
            groups[str(program["verdict"]), reason].append(_program(program))
    lines = []
    is_cut = False
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    for (verdict, reason), names in ordered[:_MOST_REASONS]:
        who = min(names) + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        line = f"{who}: {verdict}" + (f": {reason}" if reason else "")
        is_cut = is_cut or len(line) > width
        lines.append(_clipped(line, width))
    if is_cut:
        lines.append("(what ends in ... is cut; -rx shows the whole of it)")
    if len(ordered) > _MOST_REASONS:
        left = sum(len(names) for _, names in ordered[_MOST_REASONS:])
        lines.append(f"... and {left} more for other reasons (-rx shows all)")
    return lines


def wrapped(line: str, width: int) -> list[str]:
    """Break prose between words; what is indented is a command, or a line of a table, and stays as it is."""
    if len(line) <= width or line.startswith(" "):
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def _label(treatment: object) -> str:
    """Name a treatment: levels that are words speak for themselves, numbers need their factor."""
    if not isinstance(treatment, dict):
        return _OTHER
    return ", ".join(_level(name, level) for name, level in treatment.items()) or _ONLY


def _level(name: str, level: object) -> str:
    if not isinstance(level, str):
        return f"{name} {level}"
    words = printable(" ".join(level.split()))
    return _shortened(words, _LONGEST_LEVEL) if words else f"no {name}"


def _shortened(text: str, width: int) -> str:
    """Cut a text in the middle: long levels often begin alike."""
    if len(text) <= width:
        return text
    head = (width - 3) * 2 // 3
    return f"{text[:head]}...{text[head + 3 - width :]}"


def _aligned(table: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Align a table: the first column to the left and cut where the line would be too long, the others to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    widths[0] = max(len(table[0][0]), min(widths[0], width - 2 * (len(widths) - 1) - sum(widths[1:])))
    return [
        "  ".join(
            [
                _shortened(row[0], max(widths[0], 6)).ljust(widths[0]),
                *(cell.rjust(size) for cell, size in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in table
    ]


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."
