"""Figures as files: what is drawn, where it is drawn, and that nothing is left out."""

from __future__ import annotations

import itertools
import math
import re
import struct
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from refinery_analysis._report.figure import CANVASES, NARROW, WIDE, Table
from refinery_analysis._report.figures import failures, interaction, noise, power, residuals, times, turns
from refinery_analysis._report.figures.rows import rows, spread
from refinery_analysis._report.figures.scales import linear_ticks, log_domain, log_ticks, tick_label, wrap
from refinery_analysis._report.page_blocks import Picture
from refinery_analysis._report.render import to_svg
from refinery_analysis._report.sections import page
from refinery_analysis._report.svg import drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_analysis import Analysis

    from conftest import Report

SVG = "{http://www.w3.org/2000/svg}"
NAMES = {
    "times",
    "interaction",
    "pass-rates",
    "failures",
    "trends",
    "power",
    "refinement",
    "residuals",
    "noise",
}
NO_TABLE = Table(caption="", columns=("a",), rows=())


def _svg(report: Report, name: str) -> ET.Element:
    return ET.parse(report.directory / f"{name}.svg").getroot()  # noqa: S314 - a file of ours


def _titles(report: Report, name: str) -> list[str]:
    """Return what the file says of each mark."""
    root = _svg(report, name)
    return [title.text or "" for mark in root.iter() for title in mark.findall(f"{SVG}title")][1:]


def test_every_figure_is_written_as_svg_png_and_csv(report: Callable[[str], Report]) -> None:
    """A study with everything in it has every figure, in three forms, and the PNG is twice the size of the SVG."""
    made = report("pilot")
    for name in NAMES:
        root = _svg(made, name)
        png = (made.directory / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert struct.unpack(">I", png[16:20])[0] == pytest.approx(2 * float(root.attrib["width"]), abs=2)
        assert (made.directory / f"figure-{name}.csv").read_text(encoding="utf-8").count("\n") > 1


def test_every_program_is_in_the_figure_of_times(report: Callable[[str], Report]) -> None:
    """One mark for each program, those that failed included, under its name, with verdict and hash."""
    made = report("pilot")
    titles = _titles(made, "times")
    assert titles
    for name, verdict, sha in made.analysis.results.programs[["program", "verdict", "sha256"]].itertuples(
        index=False
    ):
        found = [title for title in titles if title.startswith(f"{name}\n")]
        assert len(found) == 1
        assert verdict.replace("_", " ") in found[0]
        assert sha[:12] in found[0]


def test_times_are_on_a_log_axis(report: Callable[[str], Report]) -> None:
    """Equal ratios of seconds are equal distances on paper."""
    made = report("pilot")
    root = _svg(made, "times")
    seconds = dict(zip(made.analysis.sample.programs, made.analysis.sample.y, strict=True))
    spots = []
    for mark in root.iter(f"{SVG}path"):
        title = mark.find(f"{SVG}title")
        name = (title.text or "").split("\n")[0] if title is not None else ""
        place = re.match(r"translate\(([\d.]+),", mark.get("transform", ""))
        if name in seconds and place:
            spots.append((math.log(seconds[name]), float(place[1])))
    x, y = np.asarray(spots).T
    assert len(spots) == len(seconds)
    assert np.corrcoef(x, y)[0, 1] > 0.99999


def test_charts_obey_the_grammar(analysed: Callable[[str], Analysis]) -> None:
    """Drawing skips Altair's validation to save time; here every chart of a full report is validated."""
    figures = [
        block.figure
        for section in page(analysed("pilot")).sections
        for block in section.blocks
        if isinstance(block, Picture)
    ]
    charts = [figure.draw(canvas) for figure in figures if figure.draw for canvas in CANVASES]
    assert len(charts) == 2 * len(NAMES)
    for chart in charts:
        chart.to_dict(validate=True)


def test_a_picture_fits_its_canvas(report: Callable[[str], Report]) -> None:
    """No picture is noticeably wider than the column or the phone that it is made for."""
    for study in ("pilot", "hostile", "sixty treatments"):
        pictures = re.findall(
            r'<div class="picture (wide|narrow)"><svg[^>]* width="([\d.]+)"', report(study).html
        )
        assert pictures
        for canvas, width in pictures:
            assert float(width) <= {"wide": WIDE.width, "narrow": NARROW.width}[canvas] + 4


@pytest.mark.parametrize(
    "text", ["\x01", "\x00\x1f", "\ud800", "\ufffe", "\u202e", "]]>", "a\nb", "é☃💥", "\\u0000 ${x}"]
)
def test_any_text_can_be_drawn(text: str) -> None:
    """A control character would abort the renderer, and the process with it; all of them are replaced before."""
    frame = pd.DataFrame({"row": [text], "group": [text], "value": [1.0], "tip": [text]})
    figure = times.figure(_times_data(frame, rows=(text,)))
    assert figure.draw is not None
    drawing(to_svg(figure.draw(NARROW)), prefix="x")


def _times_data(points: pd.DataFrame, *, rows: tuple[str, ...], failed: int = 0) -> times.Times:
    lost = pd.DataFrame({"row": [rows[0]] * failed, "tip": ["lost"] * failed})
    nothing = pd.DataFrame(columns=["row", "mean", "low", "high", "tip"]).astype(
        {"mean": float, "low": float, "high": float}
    )
    return times.Times(
        rows=rows,
        groups=rows,
        group_title="group",
        points=points,
        failed=lost,
        means=nothing,
        reference=None,
        unit="seconds",
        table=NO_TABLE,
    )


def test_thousands_of_programs_are_counted_in_cells_and_none_is_lost() -> None:
    """Beyond what dots can show, the cells' counts add up to all programs, and the picture stays small."""
    random = np.random.default_rng(1)
    n = times.MOST_MARKS + 1
    points = pd.DataFrame(
        {"row": random.choice(["a", "b"], n), "group": "a", "value": np.exp(random.normal(size=n)), "tip": ""}
    )
    figure = times.figure(_times_data(points, rows=("a", "b"), failed=40))
    assert figure.draw is not None
    text = to_svg(figure.draw(WIDE))
    counts = [int(found.replace(",", "")) for found in re.findall(r"&#xA;([\d,]+) programs? between", text)]
    assert sum(counts) == n
    assert len(text) < 200_000


def test_power_is_drawn_as_it_is_computed(analysed: Callable[[str], Analysis]) -> None:
    """The solid line passes the target at the number of programs that the report calls needed."""
    power = analysed("pilot").power
    assert power is not None
    first = power.omnibus["extremes"]
    assert first.replicates_required is not None
    before, at = power.curve(first.name, [first.replicates_required - 1, first.replicates_required]).power
    assert before < power.target <= at


def test_power_figure_has_the_landmarks_and_the_axis_in_dollars(report: Callable[[str], Report]) -> None:
    """This study's n, the n needed and the prudent n stand in the picture, dollars above it."""
    made = report("pilot")
    text = (made.directory / "power.svg").read_text(encoding="utf-8")
    power = made.analysis.power
    assert power is not None
    first = power.omnibus["extremes"]
    assert f"needed: {first.replicates_required}" in text
    assert f"to be safe: {first.replicates_recommended}" in text
    assert "this study: " in text
    assert "cost of all programs" in text
    assert re.search(r">\$\d", text)


def test_where_no_price_is_known_there_is_no_axis_in_dollars() -> None:
    """The picture of power does without, and its caption says so."""
    n = [2, 4, 8, 16]
    data = power.PowerCurves(
        curves=pd.DataFrame({"test": "any", "n": n, "power": [0.1, 0.3, 0.6, 0.9]}),
        band=pd.DataFrame({"n": n, "low": [0.05, 0.2, 0.4, 0.7], "high": [0.2, 0.5, 0.8, 0.99]}),
        target=0.8,
        effect="0.5 s",
        here=2,
        required=13,
        recommended=None,
        dollars_per_n=None,
    )
    figure = power.figure(data)
    assert "No prices are known" in figure.caption
    assert figure.draw is not None
    assert "cost of all programs" not in to_svg(figure.draw(WIDE))


@pytest.mark.parametrize(
    ("figure", "sentence"),
    [
        (
            times.figure(_times_data(pd.DataFrame(columns=["row", "group", "value", "tip"]), rows=("a",))),
            "No program passed",
        ),
        (
            failures.figure(
                failures.FailureKinds(
                    rows=(),
                    kinds=(),
                    counts=pd.DataFrame(columns=["row", "column", "value", "tip"]),
                    programs=1,
                )
            ),
            "Nothing failed: the one program passed",
        ),
        (
            turns.figure(
                turns.RefinementCurves(
                    panels=(),
                    points=pd.DataFrame(columns=["panel", "program", "turn", "value", "passed", "tip"]),
                    unit="s",
                )
            ),
            "Only final programs were timed",
        ),
        (
            noise.figure(
                noise.Noise(
                    points=pd.DataFrame(columns=["order", "deviation", "machine", "tip"]),
                    typical=None,
                    largest=None,
                )
            ),
            "not timed",
        ),
        (
            residuals.figure(
                residuals.Residuals(points=pd.DataFrame(columns=["fitted", "residual", "tip"]), unit="s")
            ),
            "Fewer than three",
        ),
    ],
    ids=["times", "failures", "turns", "noise", "residuals"],
)
def test_where_there_is_nothing_to_draw_a_sentence_says_so(figure: object, sentence: str) -> None:
    """An empty chart would look like a fault."""
    assert getattr(figure, "draw", None) is None
    assert sentence in getattr(figure, "note", "")


def test_only_final_programs_timed_are_no_section_of_refinement(analysed: Callable[[str], Analysis]) -> None:
    """The section is there where programs on the way were timed, and nowhere else: nothing without content."""
    shown = {
        name: "refinement" in {section.ident for section in page(analysed(name)).sections}
        for name in ("pilot", "one factor")
    }
    assert shown == {"pilot": True, "one factor": False}


def test_many_levels_become_a_grid_of_means() -> None:
    """More lines than can be told apart are drawn as cells, each with its figure."""
    levels = [f"m{i}" for i in range(9)]
    cells = pd.DataFrame(
        [
            (x, line, 1.0 + i, 0.5, 2.0, "tip")
            for i, (x, line) in enumerate(itertools.product(["a", "b"], levels))
        ],
        columns=["x", "line", "mean", "low", "high", "tip"],
    )
    figure = interaction.figure(
        interaction.Interaction(
            across="x",
            across_levels=("a", "b"),
            lines="m",
            line_levels=tuple(levels),
            cells=cells,
            unit="s",
            log=False,
        )
    )
    assert figure.draw is not None
    text = to_svg(figure.draw(NARROW))
    assert all(f">{value:.0f}<" in text.replace(".0<", "<") for value in (1, 9, 18))


def test_labels_stand_above_their_rows_where_a_phone_has_no_room() -> None:
    """Long names never squeeze the plot on a narrow canvas."""
    assert rows(["short"], NARROW).label_px > 0
    assert rows(["a name that is much too long for a column"], NARROW).above
    assert not rows(["a name that is much too long for a column"], WIDE).above


def test_ticks_are_round_few_and_inside() -> None:
    """Whatever the range, an axis has a few round ticks within it."""
    for low, high in ((0.1, 10), (0.93, 1.04), (2, 3), (1e-6, 1e5), (4.99, 5.01), (0.3, 0.31)):
        ticks = log_ticks(low, high)
        assert 1 <= len(ticks) <= 8
        assert all(low <= tick <= high for tick in ticks)
    assert log_ticks(0.1, 10) == [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    assert linear_ticks(0, 1, most=6) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert [tick_label(tick) for tick in (0.05, 1500.0, 2.0, 0.0)] == ["0.05", "1,500", "2", "0"]


def test_a_log_axis_has_room_around_its_values() -> None:
    """A single value, or none, still gives an axis."""
    for values in ([], [1.0], [0.5, 5.0], [float("nan"), 2.0], [-1.0, 0.0]):
        low, high = log_domain(values)
        assert 0 < low < high
    low, high = log_domain([0.5, 5.0])
    assert low < 0.5
    assert high > 5.0


def test_neighbours_are_spread_and_loners_stay_put() -> None:
    """Marks that would lie on each other are moved apart, others are not."""
    assert spread([1.0, 9.0], gap=1.0) == [0.0, 0.0]
    offsets = spread([1.0, 1.1, 1.2, 9.0], gap=1.0)
    assert len(set(offsets[:3])) == 3
    assert offsets[3] == 0.0
    assert all(-1 <= offset <= 1 for offset in offsets)


def test_labels_are_wrapped_between_words_or_not_at_all() -> None:
    """A word that does not fit is never cut: the caller slants the labels instead."""
    assert wrap(["8 iterations", "60 s"], 70) == {"8 iterations": ["8", "iterations"], "60 s": ["60 s"]}
    assert wrap(["incomprehensibilities"], 70) is None


@pytest.mark.parametrize(
    ("spread", "words"),
    [
        ((1.0, 4.0), "there is a funnel: slower"),
        ((4.0, 1.0), "there is a funnel: faster"),
        ((1.0, 1.0), "no funnel"),
    ],
)
def test_a_funnel_in_the_residuals_is_said_in_words(spread: tuple[float, float], words: str) -> None:
    """Which treatments vary more, and that none does; nothing is claimed of a handful of programs."""
    normal = np.random.default_rng(5).standard_normal((2, 30))
    points = pd.DataFrame(
        {
            "fitted": np.repeat([1.0, 2.0], 30),
            "residual": (normal * np.asarray(spread)[:, None]).ravel(),
            "tip": "",
        }
    )
    assert words in residuals.funnel(points)
    assert "would mean" in residuals.funnel(points.head(5))
