"""No documented option on any data ends in a traceback, a silent NaN or a sentence that the data do not bear."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refinery_analysis import AnalysisError
from refinery_analysis._cli import run
from study_files import Document, damaged, studies, write

SETTINGS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)

options = st.fixed_dictionaries(
    {},
    optional={
        "--response": st.sampled_from(["seconds", "log", "ratio", "cpu"]),
        "--type": st.sampled_from(["1", "2", "3"]),
        "--model": st.sampled_from(
            ["1", "agents", "agents*optimization", "agents + optimization", "agents:optimization"]
        ),
        "--effect": st.sampled_from(["0.5", "1e-12", "1e12", "1e300", "0", "-1", "nan", "inf", "observed"]),
        "--alpha": st.sampled_from(["0.01", "0.5", "0", "1"]),
        "--power": st.sampled_from(["0.9", "0.999999", "0.04", "1"]),
        "--contrast": st.sampled_from(
            ["agents: 1 - 3", "agents: 1 - 2 at optimization=60 s", "x: 1 - 2", "agents"]
        ),
        "--means": st.sampled_from(["1,2", "1,1,1,1", "1e300,1", "nan,1", "x"]),
    },
)


def answer(
    documents: list[Document], chosen: dict[str, str], *more: str, command: tuple[str, ...] = ()
) -> str | None:
    """Return what is printed, or None after an error that the user can mend."""
    with tempfile.TemporaryDirectory() as directory:
        files = [str(write(Path(directory) / f"{i}.json", document)) for i, document in enumerate(documents)]
        words = [word for pair in chosen.items() for word in ("=".join(pair),)]
        try:
            return run([*command, *files, *words, *more]).text
        except AnalysisError as error:
            told = str(error)
    assert told.strip()
    return None


def figures(text: str) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} in the document")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def unexplained(value: object, way: str = "") -> list[str]:
    """Return where a record has an estimate that is null without a note."""
    if isinstance(value, list):
        return [place for i, inner in enumerate(value) for place in unexplained(inner, f"{way}[{i}]")]
    if not isinstance(value, dict):
        return []
    estimates = {"F", "p", "p_adjusted", "statistic", "estimate", "difference", "ci_low", "se"}
    silent = any(key in estimates and value[key] is None for key in value) and not value.get("note")
    return [
        *([way] if silent else []),
        *(p for k, inner in value.items() for p in unexplained(inner, f"{way}.{k}")),
    ]


@SETTINGS
@given(documents=studies(), chosen=options)
def test_any_study_is_analysed_or_refused_in_words(documents: list[Document], chosen: dict[str, str]) -> None:
    """The document of any study counts all programs, keeps p within 0 and 1, and explains each figure it lacks."""
    text = answer(documents, chosen, "--json")
    if text is None:
        return
    found = figures(text)
    assert (
        unexplained(
            {name: found[name] for name in ("anova", "assumptions", "robust", "pairwise", "contrasts")}
        )
        == []
    )
    assert found["data"]["passed"] + found["data"]["failed"] == found["data"]["programs"]
    for term in found["anova"]["terms"]:
        if term.get("F") is not None:
            assert 0 <= term["p"] <= 1
            assert term["F"] < 1e25
    for test in (
        found["robust"]["welch"],
        found["robust"]["kruskal"],
        found["assumptions"]["brown_forsythe"],
    ):
        assert (test["p"] is None) == (test["trusted"] is None)
    for name, component in found["variance"].items():
        if name in {"program", "list", "program_list", "run"} and component is not None:
            assert component >= 0


@SETTINGS
@given(documents=studies(), chosen=options)
def test_any_study_is_summed_up_without_nan(documents: list[Document], chosen: dict[str, str]) -> None:
    """The summary of any study has at most 60 lines of 80 columns, and none says nan, inf or null."""
    text = answer(documents, chosen)
    if text is None:
        return
    lines = text.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80
    words = set(text.lower().replace("(", " ").replace(",", " ").split())
    assert not words & {"nan", "inf", "-inf", "null"}


def test_no_difference_is_claimed_where_nothing_could_be_tested() -> None:
    """Where no term has a p, the first answer of the summary shows none."""
    untested = []

    @settings(SETTINGS, max_examples=20)
    @given(documents=studies())
    def check(documents: list[Document]) -> None:
        found = answer(documents, {}, "--json")
        if found is None or any(term.get("p") is not None for term in figures(found)["anova"]["terms"]):
            return
        first = (answer(documents, {}) or "").partition("  1. ")[2].partition("  2. ")[0]
        assert first
        assert "p = " not in first
        untested.append(first)

    check()
    assert untested


@settings(SETTINGS, max_examples=40)
@given(document=damaged())
def test_a_damaged_file_is_analysed_or_refused_with_its_name(document: Document) -> None:
    """A file with damaged entries gives finite figures or one error that names the file."""
    with tempfile.TemporaryDirectory() as directory:
        path = write(Path(directory) / "damaged.json", document)
        try:
            text = run([str(path), "--json", "--effect", "0.5"]).text
        except AnalysisError as error:
            told = str(error)
        else:
            assert math.isfinite(figures(text)["schema"])
            return
    assert "damaged.json" in told or "use another --response" in told


@settings(SETTINGS, max_examples=12)
@given(documents=studies(), command=st.sampled_from(["plan", "look", "negative"]), chosen=options)
def test_the_other_commands_answer_or_refuse_too(
    documents: list[Document], command: str, chosen: dict[str, str]
) -> None:
    """Plan, look and negative print strict JSON for any study, or one error in words."""
    text = answer(documents, {"--effect": "0.5", **chosen}, "--json", command=(command,))
    if text is not None:
        assert figures(text)
