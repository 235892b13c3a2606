"""Sentences that the data bear."""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._inference.multiplicity import holm
from refinery_analysis._presentation.caveats import caveats
from refinery_analysis._presentation.findings import findings, on_passing, on_planning, on_times
from refinery_analysis._presentation.terminal import summary
from refinery_analysis._presentation.text import p_words
from refinery_analysis._report import tables
from refinery_analysis._report.page_blocks import Grid
from refinery_analysis._report.sections import page
from report_studies import write_study

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from refinery_analysis import Analysis

FORBIDDEN = re.compile(r"\bnan\b|\bNone\b(?! of)|\binf\b|  |(?<!\.)\.\.(?!\.)|−−")


def test_a_real_difference_is_told_with_its_size(analysed: Callable[[str], Analysis]) -> None:
    """Levels that differ by a factor of more than two, eight programs each: proven, with who was faster by how much."""
    told = on_times(analysed("one factor"))
    assert "differ by more than chance" in told
    assert told.startswith("1 agent took between ")
    assert "% less time than 3" in told


def test_no_difference_is_not_told_as_equality(analysed: Callable[[str], Analysis]) -> None:
    """Two programs a treatment and no effect: nothing was shown, which is no proof."""
    told = on_times(analysed("pilot"))
    assert "was shown" in told
    assert "no proof" in told
    assert "differ by more than chance" not in told


def test_a_chance_finding_among_many_questions_is_a_hint(tmp_path: Path) -> None:
    """A p below alpha that Holm's adjustment lifts above it is told as a hint, with both figures."""
    rows = ["agents,iterations,time_limit,replicate,list,run,seconds,passed"]
    for agents, iterations in itertools.product((1, 2), (3, 8)):
        for replicate, noise in enumerate((-0.1, 0.0, 0.1), start=1):
            seconds = 1 + 0.16 * agents + noise  # F(1, 8) = 7.68: p = 0.024, times three 0.073
            rows.append(f"{agents},{iterations},inf,{replicate},1,1,{seconds:.2f},True")
    path = tmp_path / "results.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    told = on_times(analyse(read_results([path]), Options(response="seconds")))
    assert told.startswith("2 agents took between ")
    assert "hint, but no proof" in told
    assert "p = 0.024" in told
    assert "p = 0.073" in told
    assert "3 questions" in told


@pytest.mark.parametrize(
    ("study", "times", "passing", "planning"),
    [
        ("one program", "Only one treatment has programs", "The one program passed", "can't be said"),
        ("all failed", "No program passed", "0 of 24 programs passed", "can't be said"),
        (
            "one factor",
            "The times differ by more than chance",
            "All 24 programs passed",
            "Say which difference matters",
        ),
        ("pilot", "No difference", "of 24 programs passed", "takes"),
    ],
)
def test_each_study_gets_three_sentences_that_fit_it(
    study: str, times: str, passing: str, planning: str, analysed: Callable[[str], Analysis]
) -> None:
    """What was found is told in three sentences, also where there is little to tell."""
    analysis = analysed(study)
    told = findings(analysis)
    for sentence, part in zip((*told[:2], told[-1]), (times, passing, planning), strict=True):
        assert part in sentence
    assert all(sentence.endswith(".") for sentence in told)
    assert (*told[:2], told[-1]) == (on_times(analysis), on_passing(analysis), on_planning(analysis))
    assert len(told) == 3 + (study == "pilot")  # whose trajectories of 8 iterations were timed after 3


def test_planning_counts_and_prices_what_is_needed(analysed: Callable[[str], Analysis]) -> None:
    """The last sentence has the total, the number per treatment, the price and this study's power."""
    analysis = analysed("pilot")
    assert analysis.power is not None
    first = analysis.power.omnibus["extremes"]
    told = on_planning(analysis)
    assert f"{first.total_required} programs" in told
    assert f"{first.replicates_required} per treatment" in told
    assert "about $" in told
    assert "this study's power was" in told


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0004, "p < 0.001: chance alone does as much in fewer than 1 of 1,000 studies"),
        (0.0512, "p = 0.051: chance alone does as much in 51 of 1,000 studies"),
        (0.733, "p = 0.733: chance alone does as much in 73 of 100 studies"),
        (1.0, "p = 1.000: chance alone does as much in nearly all studies"),
        (None, "p = –"),
    ],
)
def test_a_p_value_stands_beside_what_it_means(p: float | None, said: str) -> None:
    """In how many studies in which nothing differs chance alone does as much, near 5 % in thousandths."""
    assert p_words(p) == said


def two_factors(path: Path, *, effect: float = 1.0) -> Path:
    """Write 2 models, which differ, x 2 prompts, which do not, 6 programs each."""
    rng = np.random.default_rng(2)
    lines = ["model,prompt,replicate,list,run,seconds,passed"]
    for model, shift in (("a", 0.0), ("b", effect)):
        for prompt in ("short", "long"):
            lines += [
                f"{model},{prompt},{r},1,1,{float(np.exp(shift + 0.3 * rng.standard_normal())):.5f},True"
                for r in range(1, 7)
            ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_factor_that_stays_open_beside_others_has_a_sentence_of_its_own(tmp_path: Path) -> None:
    """What still fits, and how many more programs would decide on the difference that matters; once that is known."""
    results = read_results([two_factors(tmp_path / "r.csv")])
    (told,) = [words for words in findings(analyse(results)) if "undecided" in words]
    assert told.startswith("Prompt: undecided; prompt ")
    assert re.search(r"between [0-9.]+ % less and [0-9.]+ % more time than prompt ", told)
    assert "--effect 25%" in told
    options = Options(response="log", effect=math.log(1.1))
    planned = analyse(results, options)
    assert planned.power is not None
    needed = planned.power.contrasts["prompt: long - short"].total_required
    assert needed is not None
    (told,) = [words for words in findings(planned) if "undecided" in words]
    assert (
        f"{needed - 24:,} more programs would decide on a factor of 1.10 in 80 of 100 such studies." in told
    )
    enough = analyse(results, Options(response="log", effect=math.log(3)))
    (told,) = [words for words in findings(enough) if "undecided" in words]
    assert "This study had programs enough to find a factor of 3.00" in told


def test_where_nothing_is_proven_the_first_sentence_has_the_limits_already(tmp_path: Path) -> None:
    """No factor is told twice."""
    told = findings(analyse(read_results([two_factors(tmp_path / "r.csv", effect=0.0)])))
    assert not any("undecided" in words for words in told)
    assert "prompt " in told[0].lower()


def test_holm_agrees_with_r() -> None:
    """R: p.adjust(c(.01, .04, .03, .005), "holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.7, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@pytest.mark.parametrize(
    ("factor", "levels", "said"),
    [
        ("feedback", ["sham"], "Feedback sham is a placebo: its times were drawn."),
        ("team", ["pair", ""], "Feedback sham (team pair, (empty)) is a placebo: its times were drawn."),
        (None, [], "Feedback sham (of all programs) is a placebo: its times were drawn."),
    ],
)
def test_what_a_placebo_was_is_told_whichever_factor_sets_it(
    factor: str | None, levels: list[str], said: str, tmp_path: Path
) -> None:
    """The words are those of the file, with the levels that had it; other kinds need no words, and junk is left out."""
    path = write_study(tmp_path / "results.json", turns=False)
    document = json.loads(path.read_text())
    sham = {"kind": "sham", "factor": factor, "levels": levels, "note": "a placebo: its times were drawn"}
    document["refinery"]["feedback"] = [sham, {"kind": "time", "note": ""}, 3, {"kind": None}]
    path.write_text(json.dumps(document))
    told = caveats(analyse(read_results([path]), Options()))
    assert [one for one in told if "Feedback" in one] == [said]


def test_identical_and_disturbed_programs_are_told(analysed: Callable[[str], Analysis]) -> None:
    """Replicates that are the same file, and runs that waited for the processor, are among the caveats."""
    told = " ".join(caveats(analysed("pilot")))
    assert "byte for byte" in told
    assert "waited for the processor" in told
    assert "failed" in told


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    levels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    replicates=st.integers(1, 3),
    failing=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    options=st.sampled_from(
        [
            Options(),
            Options(effect=0.5),
            Options(response="log", effect=0.1),
            Options(response="ratio", type=3),
            Options(response="cpu", type=1, alpha=0.2),
        ]
    ),
    parts=st.tuples(st.booleans(), st.booleans()),
    seed=st.integers(0, 10_000),
)
def test_no_study_is_told_in_broken_sentences(  # noqa: PLR0917 - drawn by Hypothesis
    levels: tuple[int, int],
    replicates: int,
    failing: float,
    options: Options,
    parts: tuple[bool, bool],
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever the study, page and summary are made, without an undefined figure, and the summary fits a screen."""
    factors: dict[str, Sequence[object]] = {
        "agents": list(range(1, levels[0] + 1)),
        "speed": ["slow", "fast", "120 s"][: levels[1]],
    }
    path = write_study(
        tmp_path_factory.mktemp("any") / "study.json",
        factors=factors,
        replicates=replicates,
        failing=failing,
        costs=parts[0],
        turns=parts[1],
        lists=1,
        seed=seed,
    )
    analysis = analyse(read_results([path]), options)
    for sentence in (*findings(analysis), *caveats(analysis)):
        assert not FORBIDDEN.search(sentence), sentence
        assert "alone does as much" in sentence or not re.search(r"\bp [=<] ", sentence), sentence
    text = summary(analysis)
    assert len(text.splitlines()) <= 60
    assert max(len(line) for line in text.splitlines()) <= 80
    assert not re.search(r"\bnan\b|\bNone\b(?! of)|\binf\b", text)
    assert [section.ident for section in page(analysis).sections][:3] == ["found", "times", "factors"]


def test_every_approximate_test_stands_beside_how_often_it_errs(analysed: Callable[[str], Analysis]) -> None:
    """Welch's p of a contrast and Games and Howell's pairs have their simulated size, and a yes or no to belief."""
    analysis = analysed("one factor")
    for table, p in (
        (tables.contrasts(analysis), "p (Welch)"),
        (tables.pairs(analysis, analysis.games_howell), "p, adjusted"),
    ):
        by_name = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        assert by_name
        for row in by_name:
            assert row[p] != "–"
            assert re.fullmatch(r"\d\.\d % ± 0\.\d %", row["rejects by chance"])
            assert row["may be believed"] in {"yes", "no"}
    assert (
        "rejects by chance" not in tables.pairs(analysis, analysis.pairs).columns
    )  # Tukey's needs no excuse
    checks = next(section for section in page(analysis).sections if section.ident == "checks")
    shown = [block for block in checks.blocks if isinstance(block, Grid)]
    assert [row[0].partition(":")[0] for row in shown[0].table.rows[:4]] == [
        "Brown-Forsythe",
        "Shapiro-Wilk",
        "Welch",
        "Kruskal-Wallis",
    ]
    assert not shown[0].summary  # in the open


def test_penalised_times_are_asked_about_and_not_told_as_a_difference(
    analysed: Callable[[str], Analysis],
) -> None:
    """A p value above alpha never stands in a sentence that says that treatments differ."""
    told = " ".join(tables.failure_words(analysed("hostile")))
    assert "Do the treatments differ when each failed program counts as twice its time limit" in told
    assert "the treatments differ with" not in told
