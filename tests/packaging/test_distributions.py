"""The wheel holds the two packages and nothing else; the source distribution holds what makes it and tests it."""

from __future__ import annotations

import ast
import email
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wheel_lab import Built

pytestmark = pytest.mark.xdist_group("packaging")
ROOT = Path(__file__).parents[2]
PACKAGES = ("analysis", "refinery_analysis", "refinery_plugin")


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def on_disk(package: str) -> set[str]:
    files = (path.relative_to(ROOT) for path in (ROOT / package).rglob("*") if path.is_file())
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def project() -> dict[str, Any]:
    document: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return document


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def test_the_wheel_holds_the_two_packages_and_nothing_else(built: Built) -> None:
    """All modules, templates, styles and scripts of both, their type markers, and the metadata."""
    names = set(contents(built.wheel))
    metadata = {name for name in names if name.startswith("pytest_refinery-")}
    assert {name.split("/", 1)[1] for name in metadata} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }
    installed = {f"refinery_{name}" for name in on_disk("analysis")}
    assert names - metadata == installed | on_disk("refinery_plugin")
    assert {"refinery_analysis/py.typed", "refinery_plugin/py.typed"} <= names
    assert {Path(name).suffix for name in names if name.startswith("refinery_analysis/")} >= {
        ".py",
        ".j2",
        ".css",
        ".js",
    }


def test_the_source_distribution_builds_the_same_wheel(built: Built) -> None:
    """Byte for byte what a build straight from the tree gives."""
    assert contents(built.wheel) == contents(built.direct)


def test_the_source_distribution_holds_what_the_tests_and_the_pilot_need_and_no_rubbish(built: Built) -> None:
    """What is in the repository, nothing that a build, a test or a timing session has left in the tree."""
    with tarfile.open(built.sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    assert {
        "LICENSE",
        "README.md",
        "conftest.py",
        "pyproject.toml",
        "requirements-oldest.txt",
        "tests/conftest.py",
        "tests/support/model_server.py",
        "tests/test_generated/test_programs.py",
        "tox.ini",
    } <= names
    assert len([name for name in names if name.startswith("cassettes/pilot/")]) == 24
    assert names - {"PKG-INFO"} <= in_repository("--cached", "--others", "--exclude-standard")


def test_the_source_distribution_leaves_nothing_of_the_repository_behind(built: Built) -> None:
    """A new folder at the top, such as that of another study, is named in ``pyproject.toml`` or missed here."""
    with tarfile.open(built.sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    there = {name for name in in_repository("--cached") if (ROOT / name).is_file()}
    assert there - names == set()


def in_repository(*which: str) -> set[str]:
    """List files of the repository, or skip where there is none."""
    listed = subprocess.run(
        ["git", "ls-files", *which], cwd=ROOT, text=True, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git repository: what belongs to it is not known")
    return set(listed.stdout.splitlines())


def test_the_metadata_say_what_users_need(built: Built) -> None:
    """Entry points, supported Pythons, licence, and a description for the index's page."""
    files = contents(built.wheel)
    (points,) = (text.decode() for name, text in files.items() if name.endswith("entry_points.txt"))
    assert "refinery-analysis = refinery_analysis.__main__:main" in points
    assert "refinery = refinery_plugin.plugin" in points
    (raw,) = (text.decode() for name, text in files.items() if name.endswith("METADATA"))
    metadata = email.message_from_string(raw)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Framework :: Pytest" in metadata.get_all("Classifier", [])
    assert metadata.get_payload(), "the README is the description"


IMPORTED_AS = {  # where a distribution and its module have different names
    "markdown-it-py": "markdown_it",
    "python-dotenv": "dotenv",
    "vcrpy": "vcr",
    "vl-convert-python": "vl_convert",
}
HOSTS = {"verifiers"}  # imported where it calls us, and only then
USED_WITHOUT_IMPORT = {"pytest-timeout"}  # it reads the settings of a user's own tests


def imported(package: str) -> set[str]:
    """Top-level names of all that a package imports, wherever in its modules."""
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    """No dependency by luck (another one brings it along), and none that nothing uses any more."""
    declared = {name_of(text) for text in project()["dependencies"]}
    modules = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in declared - USED_WITHOUT_IMPORT}
    foreign = imported("analysis") | imported("refinery_plugin")
    foreign -= {*sys.stdlib_module_names, *PACKAGES, *HOSTS, "_typeshed", "_pytest"}
    assert foreign == modules


def test_the_oldest_versions_tested_are_those_that_the_metadata_allow() -> None:
    """``requirements-oldest.txt`` pins each dependency, no more and no less, to its bound in ``pyproject.toml``."""
    declared = {}
    for text in project()["dependencies"]:
        requirement = text.partition(";")[0].strip()
        assert ">=" in requirement, f"{requirement}: needs a lower bound"
        without_extra = re.sub(r"\[.*\]", "", requirement)  # pip takes no extras in constraints
        declared[name_of(requirement)] = without_extra.replace(">=", "==")
    lines = (ROOT / "requirements-oldest.txt").read_text().splitlines()
    pinned = [line.partition("#")[0].partition(";")[0].strip() for line in lines]
    assert {name_of(line): line for line in pinned if line} == declared


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_each_python_of_the_classifiers_has_an_environment(version: str) -> None:
    """Supported is what is tested: in ``tox.ini`` and in the workflow of hosted CI."""
    assert f"Programming Language :: Python :: {version}" in project()["classifiers"]
    environment = f"py{version.replace('.', '')}"
    assert environment in (ROOT / "tox.ini").read_text()
    assert version in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
