"""The page of trajectories: every turn of every program, to be read, and deaf to what models say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from refinery_analysis import AnalysisError
from refinery_analysis._cli import run
from refinery_analysis._reading.trajectories import read_trajectories
from refinery_analysis._report.story import ProgramOutcome, change, story
from report_studies import HOSTILE, write_study

if TYPE_CHECKING:
    from report_browser import Browser

PROBE = (Path(__file__).parent / "report_probe.js").read_text(encoding="utf-8")
SLOW = "def f(x):\n    total = 0\n    for item in x:\n        total += item\n    return total\n"
FAST = "def f(x):\n    return sum(x)\n"
WRONG = "def f(x):\n    return 0\n"


def turn(number: int, program: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    found = {"reason": None, "error_type": None, "cpu_ratio": None, "told": None, "ratio": None}
    feedback = more.pop("feedback", None)
    return {
        "turn": number,
        "agent": 1,
        "model": "m",
        "latency_ms": 1200,
        "prompt_tokens": 700,
        "completion_tokens": 50,
        "cost_usd": 0.00012,
        "remaining_seconds": None,
        "outcome": "kept" if program is None else "program",
        "reason": None,
        "program": program,
        "feedback": None if feedback is None else {**found, **feedback},
        **more,
    }


def trajectory(turns: list[dict[str, Any]], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "schema": 1,
        "study": "pilot",
        "task": "sums",
        "treatment": {"agents": 1},
        "replicate": 1,
        "settings": {"selection": "last", "protocol": "rotate", "feedback": "time"},
        "sha256": None,
        "reason": None,
        "cost_usd": 0.0004,
        "final_turn": turns[-1]["turn"],
        "turns": turns,
        **more,
    }


SETTLED = (
    "new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame("
    "() => requestAnimationFrame(done)))))"
)
BAD = {"verdict": "wrong_answer", "reason": "for [1] it returned 0, expected 1", "told": "It is wrong."}
GOOD = {"verdict": "correct", "ratio": 1.5, "told": "It is right and takes 1.5 times as long."}
BETTER = {"verdict": "correct", "ratio": 0.5}
MENDING = [
    turn(1, WRONG, feedback=BAD),
    turn(2, SLOW, feedback=GOOD, remaining_seconds=50),
    turn(3, FAST, feedback=BETTER),
    turn(4, None, reason="no code", outcome="kept"),
    turn(5, WRONG, feedback=BAD),
]


def make(folder: Path, documents: dict[str, dict[str, Any]], *, reason: str | None = None) -> Path:
    """Write trajectories, results that go with them, and the report; return the page."""
    place = folder / "programs"
    for name, document in documents.items():
        path = place / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
    results = write_study(folder / "results.json", factors={"agents": [1, 2]}, reason=reason, turns=False)
    run([str(results), "--trajectories", str(place), "--out", str(folder / "report")])
    return folder / "report" / "trajectories.html"


def test_what_a_turn_did_to_the_program_is_told(tmp_path: Path) -> None:
    """Mended, faster, broke, and what gave none; each turn with the one whose program it was given."""
    (tmp_path / "a.json").write_text(json.dumps(trajectory(MENDING)))
    (file,) = read_trajectories(tmp_path)
    found = story(file, ProgramOutcome(), {}, noise=0.05)
    assert [one.transition for one in found.turns] == ["first", "mended", "faster", "no program", "broke"]
    assert [one.base for one in found.turns] == [None, 1, 2, 3, 3]
    assert found.turns[1].feedback == "It is wrong."


def test_what_the_end_found_of_turns_counts_where_nobody_was_told_while_they_worked(tmp_path: Path) -> None:
    """Verdicts of turns then come from the results; times of one session count before those that were told."""
    (tmp_path / "a.json").write_text(json.dumps(trajectory([turn(1, SLOW), turn(2, WRONG), turn(3, FAST)])))
    (blind,) = read_trajectories(tmp_path)
    right = ProgramOutcome(verdict="correct", seconds=2.0)
    result = story(
        blind, right, {1: right, 2: ProgramOutcome(verdict="wrong_answer", why="for [1]")}, noise=0.05
    )
    assert [one.transition for one in result.turns] == ["first", "broke", "mended"]
    assert [one.result.why for one in result.turns] == ["", "for [1]", ""]
    told = [turn(1, SLOW, feedback=GOOD), turn(2, FAST, feedback=BETTER)]
    (tmp_path / "a.json").write_text(json.dumps(trajectory(told)))
    (judged,) = read_trajectories(tmp_path)
    for noise, transition in ((0.05, "slower"), (0.5, "changed")):
        end = story(judged, ProgramOutcome(verdict="correct", seconds=2.5), {1: right}, noise=noise).turns[-1]
        assert (end.transition, end.result.seconds, end.result.ratio) == (transition, 2.5, 0.5)


def test_the_base_of_a_turn_follows_from_protocol_and_selection(tmp_path: Path) -> None:
    """With ``best`` it is the fastest correct program so far, among independent agents one's own last."""
    turns = [
        turn(1, FAST, feedback=BETTER),
        turn(2, SLOW, feedback=GOOD, agent=2),
        turn(3, WRONG, feedback=BAD),
        turn(4, SLOW, feedback=GOOD, agent=2),
    ]
    bases = []
    for settings in ({"selection": "best"}, {"protocol": "independent"}):
        (tmp_path / "a.json").write_text(json.dumps(trajectory(turns, settings=settings)))
        (file,) = read_trajectories(tmp_path)
        bases.append([one.base for one in story(file, ProgramOutcome(), {}, noise=0.05).turns])
    assert bases == [[None, 1, 1, 1], [None, None, 1, 2]]


def test_a_change_shows_what_has_gone_and_what_is_new_with_a_few_lines_around() -> None:
    """Far from a change lines are left out."""
    before = "\n".join(f"line {number}" for number in range(20))
    lines = change(before, before.replace("line 10", "new line"))
    assert [line.text for line in lines if line.kind == "gone"] == ["line 10"]
    assert [line.text for line in lines if line.kind == "new"] == ["new line"]
    assert len(lines) == 8


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (None, "there is no such folder; name the one with the programs"),
        ({}, "there is no trajectory in it"),
        ({"a.json": "{}"}, "there is no trajectory in it"),
        ({"a.json": "{"}, r"a.json: cannot be read: .*; make it again with pytest --refinery-generate"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, files: dict[str, str] | None, said: str) -> None:
    """A wrong folder, one without trajectories and a damaged file are each refused in words."""
    place = tmp_path / "programs"
    if files is not None:
        place.mkdir()
        for name, text in files.items():
            (place / name).write_text(text)
    with pytest.raises(AnalysisError, match=said):
        read_trajectories(place)


def test_without_a_report_there_is_nowhere_to_write_it(tmp_path: Path) -> None:
    """The option asks for ``--out``."""
    results = write_study(tmp_path / "results.json")
    with pytest.raises(AnalysisError, match="--trajectories needs --out DIR"):
        run([str(results), "--trajectories", str(tmp_path)])


def test_the_report_links_to_it_and_an_earlier_one_does_not_stay(tmp_path: Path) -> None:
    """A report without trajectories leaves none of another study behind."""
    page = make(tmp_path, {"1_3_inf_1": trajectory(MENDING)})
    report = page.with_name("report.html")
    assert 'href="trajectories.html"' in report.read_text(encoding="utf-8")
    assert 'href="report.html"' in page.read_text(encoding="utf-8")
    run([str(tmp_path / "results.json"), "--out", str(page.parent)])
    assert not page.exists()
    assert "trajectories.html" not in report.read_text(encoding="utf-8")


def test_it_says_what_is_to_be_known_of_the_feedback_that_was_told(tmp_path: Path) -> None:
    """The results' own words for a kind of one's own; the placebo that ships is known without; others have a name."""
    documents = {
        kind: trajectory(MENDING, settings={"feedback": kind}, replicate=replicate)
        for replicate, kind in enumerate(("flattery", "sham", "verdict", "none"), start=1)
    }
    page = make(tmp_path, documents)
    path = tmp_path / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    results["refinery"]["feedback"] = [{"kind": "flattery", "note": "praise <b>whatever</b> the program is"}]
    path.write_text(json.dumps(results), encoding="utf-8")
    run([str(path), "--trajectories", str(tmp_path / "programs"), "--out", str(page.parent)])
    text = page.read_text(encoding="utf-8")
    notes = re.findall(r'<p class="placebo">(.*?)</p>', text)
    assert notes[0] == "Feedback flattery is praise &lt;b&gt;whatever&lt;/b&gt; the program is."
    assert notes[1].startswith(
        "Feedback sham is a placebo: the verdicts are true, and the times in the words were drawn"
    )
    assert len(notes) == 2
    assert [kind for kind in documents if f", feedback {kind}" in text] == ["flattery", "sham", "verdict"]


def hostile() -> dict[str, dict[str, Any]]:
    text = f"# {HOSTILE}\n</script><script>alert(3)</script>\ndef f(x):\n    return '{HOSTILE}'\n"
    found = {"verdict": "wrong_answer", "reason": HOSTILE, "told": HOSTILE}
    turns = [
        turn(1, text, feedback=found),
        turn(2, FAST, feedback=BETTER, model=HOSTILE),
        turn(3, None, reason=HOSTILE),
    ]
    return {
        "1_3_inf_1": trajectory(turns, treatment={HOSTILE: HOSTILE}, task=HOSTILE, final_turn=2),
        "1_3_inf_2": trajectory(MENDING, settings={"feedback": "sham"}, replicate=2),
    }


def test_a_program_has_the_verdict_and_the_time_that_verification_found(
    tmp_path: Path, browser: Browser
) -> None:
    """They are those of the same task, treatment, replicate and text; of another text nothing is said."""
    results = json.loads(
        write_study(tmp_path / "first.json", factors={"agents": [1, 2]}, turns=False).read_text()
    )
    known = results["refinery"]["programs"][0]
    documents = {
        "known": trajectory(MENDING, task="digit-sum-difference", sha256=known["sha256"]),
        "other": trajectory(MENDING, task="digit-sum-difference", sha256="0" * 64),
    }
    browser.open(make(tmp_path, documents))
    told = "document.querySelector('#{} > summary').textContent"
    assert "correct" in browser.run(told.format("known"))
    assert re.search(r"\d s ", browser.run(told.format("known")))
    assert "not verified" in browser.run(told.format("other"))
    assert known["verdict"] == "correct"


def test_nothing_of_a_model_is_markup(tmp_path: Path, browser: Browser) -> None:
    """Scripts, tags and quotes in programs, reasons, models and levels are text, and nothing is asked for."""
    page = make(tmp_path, hostile(), reason=HOSTILE)
    text = page.read_text(encoding="utf-8")
    assert text.count("<script") == 1
    assert "<img" not in text
    assert "\x1b" not in text
    for width, dark in ((1280, False), (360, True)):
        browser.open(page, width=width, dark=dark)
        browser.run("document.getElementById('open').click()")
        assert browser.errors == []
        assert browser.requests == [page.resolve().as_uri()]
        assert browser.run(PROBE) == [], f"at {width} px"
        assert browser.run("document.querySelectorAll('img, iframe, svg, object').length") == 0
    shown = browser.run("document.querySelector('.turn pre').textContent")
    assert "</script><script>alert(3)</script>" in shown


def test_filters_find_programs_by_treatment_verdict_and_transition(tmp_path: Path, browser: Browser) -> None:
    """What is chosen is kept in the address, and comes back with it."""
    documents = {
        "a": trajectory(MENDING),
        "b": trajectory([turn(1, FAST)], treatment={"agents": 2}, replicate=2),
        "c": trajectory(
            [turn(1, None, reason="no code")], treatment={"agents": 2}, replicate=3, final_turn=None
        ),
    }
    page = make(tmp_path, documents)
    visible = "[...document.querySelectorAll('.program:not([hidden])')].map(one => one.id).join(' ')"
    pick = (
        "((name, value) => { const one = document.querySelector(`[name=${name}]`); one.value = value; "
        "one.dispatchEvent(new Event('change', {bubbles: true})); })"
    )
    browser.open(page)
    assert browser.run(visible) == "a b c"
    browser.run(f"{pick}('transition', 'broke')")
    assert browser.run(visible) == "a"
    assert browser.run("location.hash") == "#?transition=broke"
    assert browser.run("document.getElementById('count').textContent") == "1 of 3 programs"
    browser.run(f"{pick}('treatment', 'agents 2')")
    assert browser.run(visible) == ""
    assert browser.run("document.getElementById('none').hidden") is False
    browser.run("document.querySelector('[type=reset]').click()")
    browser.run(SETTLED)
    assert browser.run(visible) == "a b c"
    browser.run("location.hash = '#?treatment=agents+2'")
    browser.run(SETTLED)
    assert browser.run(visible) == "b c"


def test_every_program_and_turn_has_an_address_that_opens_it(tmp_path: Path, browser: Browser) -> None:
    """All links lead to something on the page, and an address of a turn opens its program."""
    page = make(tmp_path, {"sums/a b": trajectory(MENDING), "sums/a_b": trajectory(MENDING, replicate=2)})
    text = page.read_text(encoding="utf-8")
    idents = re.findall(r' id="([^"]+)"', text)
    assert len(idents) == len(set(idents))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(idents)
    browser.open(page)
    browser.run("location.hash = '#sums_a_b.turn-3'")
    browser.run(SETTLED)
    assert browser.run("document.getElementById('sums_a_b').open") is True
    assert browser.run("document.querySelectorAll('.program[open]').length") == 1
    place = browser.run("document.getElementById('sums_a_b.turn-3').getBoundingClientRect().top")
    assert -1 <= place < 900


def test_it_can_be_used_with_the_keyboard(tmp_path: Path, browser: Browser) -> None:
    """Tab goes through filters, programs and changes; Enter opens a program."""
    page = make(tmp_path, {"a": trajectory(MENDING), "b": trajectory(MENDING, replicate=2)})
    browser.open(page)
    browser.run("document.querySelector('#a > summary').focus()")
    for kind in ("keyDown", "keyUp"):
        key = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        browser.send("Input.dispatchKeyEvent", **key)
    assert browser.run("document.getElementById('a').open") is True
    seen = []
    for _ in range(6):
        for kind in ("keyDown", "keyUp"):
            browser.send("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        seen.append(browser.run("document.activeElement.tagName"))
    assert "A" in seen
    assert "PRE" in seen


def test_two_thousand_turns_are_on_the_page_and_none_is_laid_out_before_it_is_opened(
    tmp_path: Path, browser: Browser
) -> None:
    """What is closed costs nothing: the page is as high as its programs are many."""
    long = "".join(f"def helper_{number}(x):\n    return x + {number}\n" for number in range(30))
    turns = [turn(number, f"{long}{FAST}# {number}\n", feedback=BETTER) for number in range(1, 21)]
    documents = {f"p{number:03}": trajectory(turns, replicate=number) for number in range(100)}
    page = make(tmp_path, documents)
    browser.open(page)
    assert browser.run("document.querySelectorAll('.turn').length") == 2000
    assert browser.run("document.documentElement.scrollHeight") < 100 * 100
    assert page.stat().st_size < 8_000_000
