"""The examples of the docs do what the docs say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from examples import DOCS, ROOT, Block, agrees, blocks, project, starting_point

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted(path for path in DOCS.rglob("*.md") if path.name != "tutorial.md")
TEXTS = [*PAGES, DOCS / "tutorial.md", *sorted(ROOT.glob("*.md"))]
_RUN = [page for page in PAGES if any(block.runs for block in blocks(page))]


def _name(page: Path) -> str:
    return str(page.relative_to(DOCS))


def _name_in_root(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_tutorial_ends_with_a_report_as_it_says(tutorial: Path) -> None:
    """Followed to the letter: all commands end as told, and their words are those of the page."""
    document = json.loads((tutorial / "results.json").read_text(encoding="utf-8"))
    verdicts = [program["verdict"] for program in document["refinery"]["programs"]]
    assert sorted(verdicts) == ["correct"] * 5 + ["wrong_answer"]
    assert (tutorial / "report" / "report.html").stat().st_size > 10_000
    assert len(list((tutorial / "cassettes" / "memory").glob("*.json"))) == 6


@pytest.mark.parametrize("page", _RUN, ids=_name)
def test_the_examples_of_a_page_do_what_it_says(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """In a fresh folder, or in the tutorial's where the page goes on with it."""
    like = request.getfixturevalue("tutorial") if starting_point(page) else None
    with project(tmp_path, like=like) as made:
        made.follow(page)


@pytest.mark.parametrize("page", TEXTS, ids=_name_in_root)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links name files that exist, with headings that exist."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in _anchors(there), f"{page}: {target}"


@pytest.mark.parametrize("page", TEXTS, ids=_name_in_root)
def test_what_a_page_names_is_there(page: Path) -> None:
    """Our options stand in the reference, and files of the repository exist; those of an example's project may not."""
    text = page.read_text(encoding="utf-8")
    reference = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(--refinery-[a-z-]+)", reference, flags=re.MULTILINE))
    assert len(known) > 15
    assert set(re.findall(r"--refinery-[a-z]+(?:-[a-z]+)*", text)) <= known
    paths = re.findall(r"(?<![\w/])((?:benchmarks|tests|analysis|refinery_plugin|docs)/[\w./-]*\w)", text)
    ours = {path for path in paths if "NAME" not in path and not path.startswith("tests/test_generated/")}
    assert {path for path in ours if not (ROOT / path).exists()} == set()


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_found_from_the_index() -> None:
    """``docs/index.md`` links to each page."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    missing = [name for page in PAGES if (name := _name(page)) != "index.md" and f"({name})" not in index]
    assert not missing
    assert "(tutorial.md)" in index


def test_numbers_may_differ_but_words_may_not() -> None:
    """What the comparison of output lets pass."""
    printed = ["8 passed in 3.51s", "sandbox landlock", "-- end --"]
    assert agrees(["7 passed in 12.3s", "sandbox bwrap", "------ end ------"], printed)
    assert agrees(["...", "-- end --"], printed)
    assert not agrees(["8 failed in 3.51s", "..."], printed)
    assert not agrees(["8 passed in 3.51s"], printed)


def test_a_block_knows_its_commands() -> None:
    """Lines after a command are what it prints; a backslash goes on."""
    block = Block(language="console", text="$ echo a \\\n    b\na b\n$ true\n", note="exit code 2", place="")
    assert block.steps == [("echo a \\\n    b", ["a b"]), ("true", [])]
    assert block.exit_code == 2
