"""The page in a real browser: quiet, self-contained, legible, and deaf to what generated programs say."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from report_browser import Browser

    from conftest import Report

PROBE = (Path(__file__).parent / "report_probe.js").read_text(encoding="utf-8")
WINDOWS = [(1280, False), (768, True), (360, False), (360, True), (320, False)]
STUDIES = ["pilot", "hostile", "one program", "all failed", "sixty treatments", "one factor"]


@pytest.mark.parametrize("study", STUDIES)
def test_a_page_is_quiet_asks_for_nothing_and_is_legible(
    study: str, report: Callable[[str], Report], browser: Browser
) -> None:
    """No error on the console, no request but for the file itself, no text small, clipped or overlapping."""
    page = report(study).page
    for width, dark in WINDOWS:
        browser.open(page, width=width, dark=dark)
        assert browser.errors == []
        assert browser.requests == [page.resolve().as_uri()]
        assert browser.run(PROBE) == [], f"at {width} px"


@pytest.mark.parametrize("face", ["monospace", "serif", "DejaVu Sans", "Verdana"])
def test_figures_are_legible_in_whatever_face_the_reader_has(
    face: str, report: Callable[[str], Report], browser: Browser
) -> None:
    """Text keeps the room that it was laid out with, also in a wider face than the one that we asked for."""
    for study in ("pilot", "hostile"):
        for width in (1280, 360):
            browser.open(report(study).page, width=width)
            browser.run(
                f"document.querySelectorAll('.picture svg').forEach(s => s.setAttribute('font-family', {face!r}))"
            )
            assert browser.run(PROBE) == [], f"{study} at {width} px"


def test_the_probe_sees_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    """The check of legibility can fail: on overlapping, tiny and clipped text, and on a page that is too wide."""
    text = "<text x='{x}' y='20' font-size='{size}' text-anchor='middle'>{words}</text>"
    drawn = "".join(
        text.format(x=x, size=size, words=words)
        for x, size, words in (
            (90, 12, "first"),
            (95, 12, "second"),
            (250, 5, "tiny"),
            (399, 12, "clipped away"),
        )
    )
    page = tmp_path / "report.html"
    page.write_text(
        f"<figure id=f><div class=picture><svg width=400 height=40>{drawn}</svg></div></figure>"
        "<p style='width:3000px'>wide</p>"
    )
    browser.open(page, width=1280)
    found = "\n".join(browser.run(PROBE))
    for problem in (
        '"first" and "second" overlap',
        "5.0 px small",
        '"clipped away" is clipped',
        "scrolls sideways",
    ):
        assert problem in found


def test_an_error_and_a_request_are_noticed(browser: Browser, tmp_path: Path) -> None:
    """The other two checks can fail as well."""
    page = tmp_path / "report.html"
    page.write_text("<img src='missing.png'><script>null.x</script>")
    browser.open(page)
    assert browser.errors
    assert any(url.endswith("missing.png") for url in browser.requests)


def test_hostile_text_stays_text(report: Callable[[str], Report], browser: Browser) -> None:
    """Names and reasons that are markup make no element, run nothing, and are still there to be read."""
    browser.open(report("hostile").page)
    assert browser.run("document.scripts.length") == 1
    assert (
        browser.run("document.querySelectorAll('img, iframe, object, embed, link[href^=http]').length") == 0
    )
    assert browser.run("document.body.textContent.includes('<script>alert(1)</script>')")
    assert "{{7*7}}" in report("hostile").html


def test_the_policy_refuses_a_script_that_was_smuggled_in(
    report: Callable[[str], Report], browser: Browser, tmp_path: Path
) -> None:
    """Even if escaping failed, the content security policy lets no foreign script run and no request leave."""
    page = tmp_path / "report.html"
    evil = "<script>window.evil = 1</script><img src='http://127.0.0.1:9/x' onerror='window.evil = 2'>"
    page.write_text(report("pilot").html.replace("<main>", "<main>" + evil), encoding="utf-8")
    browser.open(page)
    assert browser.run("window.evil === undefined")
    assert browser.errors  # the browser says that it refused


def test_pointing_at_a_program_names_it(report: Callable[[str], Report], browser: Browser) -> None:
    """The tip has program, value, verdict and hash, and the program's marks in all figures light up."""
    browser.open(report("pilot").page)
    shown = browser.run(
        """(() => {
          const mark = document.querySelector('#figure-times .wide [data-key][data-tip]');
          mark.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
          const tip = document.getElementById('tip'), box = tip.getBoundingClientRect();
          return { text: tip.textContent, hidden: tip.hidden, hot: document.querySelectorAll('.wide .hot').length,
                   inside: box.left >= 0 && box.right <= innerWidth };
        })()"""
    )
    name = report("pilot").analysis.results.programs["program"].iloc[0]
    assert str(name) in shown["text"]
    assert "correct" in shown["text"]
    assert "sha256" in shown["text"]
    assert not shown["hidden"]
    assert shown["inside"]
    assert shown["hot"] >= 2  # in the times and in the residuals


def test_arrow_keys_walk_through_the_marks(report: Callable[[str], Report], browser: Browser) -> None:
    """Without a mouse the marks can be read one after the other; Escape ends it."""
    browser.open(report("pilot").page)
    browser.run("document.querySelector('#figure-times .wide svg').focus()")
    seen = []
    for _ in range(3):
        for kind in ("keyDown", "keyUp"):
            browser.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key="ArrowRight",
                code="ArrowRight",
                windowsVirtualKeyCode=39,
            )
        seen.append(browser.run("document.getElementById('tip').textContent"))
    assert len(set(seen)) == 3
    browser.send(
        "Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape", windowsVirtualKeyCode=27
    )
    assert browser.run("document.getElementById('tip').hidden")


def test_the_table_of_programs_can_be_sorted(report: Callable[[str], Report], browser: Browser) -> None:
    """A click on a heading sorts by it, numbers as numbers, a second one the other way round."""
    browser.open(report("pilot").page)
    # A page may have several tables that can be sorted.
    browser.run(
        "window.of_programs = [...document.querySelectorAll('table.sortable')].find("
        "table => table.closest('details').querySelector('summary').textContent.startsWith('Every program'))"
    )
    column = """[...of_programs.querySelectorAll('tbody tr')]
                .map(row => parseFloat(row.cells[2].textContent)).filter(value => !Number.isNaN(value))"""
    browser.run("of_programs.closest('details').open = true")
    browser.run("of_programs.querySelectorAll('thead th')[2].click()")
    rising = browser.run(column)
    assert rising == sorted(rising)
    browser.run("of_programs.querySelectorAll('thead th')[2].click()")
    assert browser.run(column) == rising[::-1]


def test_a_screen_reader_gets_a_name_a_description_and_a_table(
    report: Callable[[str], Report], browser: Browser
) -> None:
    """Each picture is one image with a name and a description, and each figure has its table beside it."""
    browser.open(report("pilot").page)
    browser.send("Accessibility.enable")
    nodes = browser.send("Accessibility.getFullAXTree")["nodes"]
    browser.send("Accessibility.disable")
    images = [
        node
        for node in nodes
        if node.get("role", {}).get("value") in {"image", "img"} and not node.get("ignored")
    ]
    shown = browser.run(
        "[...document.querySelectorAll('.picture svg')].filter(s => s.getClientRects().length).length"
    )
    assert len(images) == shown > 5
    assert all(node["name"]["value"] and node["description"]["value"] for node in images)
    assert browser.run(
        "[...document.querySelectorAll('figure')].every(f => f.querySelector('table') || f.querySelector('.empty'))"
    )
    assert browser.run("[...document.querySelectorAll('th')].every(th => th.scope)")
    assert browser.run("document.documentElement.lang") == "en"


def test_the_page_prints_light_with_wide_figures(report: Callable[[str], Report], browser: Browser) -> None:
    """Paper is white, also for those who like it dark, and shows the wide pictures without the navigation."""
    browser.open(report("pilot").page, dark=True)
    browser.send(
        "Emulation.setEmulatedMedia",
        media="print",
        features=[{"name": "prefers-color-scheme", "value": "dark"}],
    )
    try:
        assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert browser.run("document.querySelector('#figure-times .wide svg').getClientRects().length") == 1
        assert browser.run("document.querySelector('nav').getClientRects().length") == 0
        paper = base64.b64decode(browser.send("Page.printToPDF", printBackground=True)["data"])
        assert paper.startswith(b"%PDF")
    finally:
        browser.send("Emulation.setEmulatedMedia", media="", features=[])


def test_dark_mode_changes_the_pictures_too(report: Callable[[str], Report], browser: Browser) -> None:
    """The figures' colours are the page's, so that they follow it into the dark."""
    colours = []
    for dark in (False, True):
        browser.open(report("pilot").page, dark=dark)
        colours.append(
            browser.run("getComputedStyle(document.querySelector('#figure-times .wide text')).fill")
            + browser.run("getComputedStyle(document.body).backgroundColor")
        )
    assert colours[0] != colours[1]
