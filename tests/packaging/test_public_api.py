"""What other people's code may import: one list in each public module, and nothing beside them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PUBLIC = {
    "refinery_analysis": {
        "Analysis",
        "AnalysisError",
        "Options",
        "Results",
        "analyse",
        "document",
        "read_results",
    },
    "refinery_plugin": {
        "Close",
        "FeedbackKind",
        "NextTurn",
        "Program",
        "RefineryError",
        "Task",
        "TeamProtocol",
        "Verification",
        "Verifier",
    },
    "refinery_plugin.hookspecs": {
        "pytest_refinery_feedback",
        "pytest_refinery_protocols",
        "pytest_refinery_tasks",
    },
    "refinery_plugin.rewards": {
        "TRLReward",
        "compute_score",
        "register",
        "reward",
        "verifiers_reward",
        "verifiers_rubric",
    },
    "refinery_plugin.tasks": {
        "LeftOut",
        "TaskFile",
        "TaskFileError",
        "from_class",
        "from_functions",
        "from_jsonl",
    },
    "refinery_plugin.testing": {
        "ChatRequest",
        "Cut",
        "Judged",
        "Message",
        "Outcome",
        "Reply",
        "ScriptedChat",
        "ScriptedJudge",
        "ScriptedProcess",
        "ScriptedSandbox",
        "Usage",
        "reply",
    },
}
FOR_PYTEST_ALONE = {
    "refinery_plugin.plugin"
}  # named by the entry point; its fixtures are documented, not imported
NAMES = [(module, name) for module, names in PUBLIC.items() for name in sorted(names)]


def public_modules() -> set[str]:
    """Every module without an underscore in its path."""
    found = set()
    for package in ("refinery_analysis", "refinery_plugin"):
        paths = importlib.import_module(package).__path__
        names = {module.name for module in pkgutil.walk_packages(paths, f"{package}.")}
        found |= {name for name in names if not any(part.startswith("_") for part in name.split("."))}
    return found | {"refinery_analysis", "refinery_plugin"}


@pytest.mark.parametrize("module", PUBLIC)
def test_each_public_module_lists_its_names_once(module: str) -> None:
    """``__all__`` is the list: in order, without repeats, and the one that the documentation is about."""
    exported = importlib.import_module(module).__all__
    assert set(exported) == PUBLIC[module]
    assert len(exported) == len(set(exported))


@pytest.mark.parametrize("module", PUBLIC)
def test_completion_in_a_shell_offers_what_is_exported(module: str) -> None:
    """Names that are imported on first use, too."""
    assert set(dir(importlib.import_module(module))) >= PUBLIC[module]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_each_exported_name_is_there_and_documented(module: str, name: str) -> None:
    """With a docstring of its own, not one that a base class or a dataclass made."""
    exported = getattr(importlib.import_module(module), name)
    assert not isinstance(exported, ModuleType)
    text = vars(exported).get("__doc__") if inspect.isclass(exported) else exported.__doc__
    assert text
    assert not text.startswith(f"{name}("), "that is the docstring that dataclasses make up"
    if inspect.isclass(exported):
        for label, member in vars(exported).items():
            if inspect.isfunction(member) and not label.startswith("_"):
                assert member.__doc__, f"{module}.{name}.{label} has no docstring"


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_each_exported_name_lives_in_its_own_package(module: str, name: str) -> None:
    """It comes from a private module of the same package, and keeps its name there."""
    exported = getattr(importlib.import_module(module), name)
    assert exported.__module__.partition(".")[0] == module.partition(".")[0]
    assert getattr(importlib.import_module(exported.__module__), name) is exported


def test_nothing_is_exported_twice() -> None:
    """One way to import each object."""
    objects = [getattr(importlib.import_module(module), name) for module, name in NAMES]
    assert len({id(exported) for exported in objects}) == len(objects)


@pytest.mark.parametrize("module", ["refinery_analysis", "refinery_plugin"])
def test_a_name_that_is_not_exported_is_an_attribute_error(module: str) -> None:
    """As for any module: ``hasattr`` and ``from x import y`` work as everybody expects."""
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nothing'"):
        _ = importlib.import_module(module).nothing


def test_no_other_module_looks_public() -> None:
    """A module without an underscore is a promise; ``__main__`` is reached by ``python -m`` alone."""
    assert public_modules() == {*PUBLIC, *FOR_PYTEST_ALONE}


def test_importing_the_plugin_for_its_task_stays_cheap() -> None:
    """A ``conftest.py`` that imports ``Task`` loads no numerical library, no client and no recorder."""
    heavy = (
        "numpy",
        "pandas",
        "scipy",
        "openai",
        "vcr",
        "httpx2",
        "hypothesis",
        "rich",
        "refinery_plugin._timing",
    )
    code = "import sys; from refinery_plugin import RefineryError, Task; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    loaded = set(done.stdout.split())
    assert "refinery_plugin" in loaded
    assert not set(heavy) & loaded


def test_the_projects_own_use_imports_what_is_public() -> None:
    """What this repository's own suite needs, any project can have."""
    root = Path(__file__).parents[2]
    for path in (root / "conftest.py", root / "tests" / "test_generated" / "test_programs.py"):
        assert "refinery_plugin._" not in path.read_text(), path
