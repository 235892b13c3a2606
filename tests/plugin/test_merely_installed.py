"""The plugin is loaded in every pytest run of its environment: where nobody asks for it, it must be hardly there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

LIGHT = {
    "refinery_plugin",
    "refinery_plugin.plugin",
    "refinery_plugin.hookspecs",
    "refinery_plugin._errors",
    "refinery_plugin._words",
    "refinery_plugin._pytest",
    "refinery_plugin._hook_names",
    "refinery_plugin._pytest.options",
    "refinery_plugin._pytest.session",
    "refinery_plugin._pytest.timing",
    "refinery_plugin._sandbox",
    "refinery_plugin._sandbox.backend_table",
    "refinery_plugin._study",
    "refinery_plugin._study.study_file",
}
"""All of ours that such a run may import."""

HEAVY = {
    "numpy",
    "openai",
    "vcr",
    "httpx2",
    "pandas",
    "hypothesis",
    "pytest_benchmark",
    "markdown_it",
    "rich",
}

TEST = """
import json, sys

def test_what_is_imported():
    print("IMPORTED " + json.dumps(sorted(sys.modules)))
"""


def test_a_run_that_has_no_use_for_it_imports_nothing_heavy(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options, the session and the hooks of timing are all: no study is read, and no library of ours is loaded."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins import what they like
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess("-p", "refinery_plugin.plugin", "-s")
    result.assert_outcomes(passed=1)
    line = next(line for line in result.outlines if "IMPORTED " in line)
    imported = set(json.loads(line.partition("IMPORTED ")[2]))
    assert {name for name in imported if name.startswith("refinery_")} <= LIGHT
    assert imported & HEAVY == set()


def test_it_says_its_version_and_does_nothing_else(pytester: pytest.Pytester) -> None:
    """``--refinery-version`` prints one line and ends with 0, whatever tests there are."""
    pytester.makepyfile("raise SystemError('nothing is collected')")
    result = pytester.runpytest_subprocess("--refinery-version")
    assert result.ret == 0
    assert [line.split()[0] for line in result.outlines] == ["pytest-refinery"]
