"""The rules of the house: rooms in an order, arrows that point down, pure code that is pure."""

from __future__ import annotations

import ast
import configparser
import sys
from fnmatch import fnmatch

import pytest
from imports import ROOT, imports, modules, ours, reached, tree

# From top to bottom: a room imports those below it, and none above it. The rooms of one line do not know each other.
# ``docs/architecture.md`` says what each is for.
FLOORS = {
    "refinery_plugin": (
        ("plugin",),
        ("_hook_names",),
        ("hookspecs", "testing", "rewards", "tasks", "__main__"),
        ("_pytest",),
        ("_cluster", "_training"),
        ("_timing",),
        ("_recording",),
        ("_generation",),
        ("_verification",),
        ("_sandbox",),
        ("_tasks",),
        ("_study",),
        ("_files", "_sockets"),
        ("_syntax", "_words", "_errors"),
    ),
    "analysis": (
        ("__main__",),
        ("_cli",),
        ("_report",),
        ("_presentation",),
        ("_commands",),
        ("_analysis",),
        ("_secondary",),
        ("_sequential",),
        ("_power",),
        ("_inference",),
        ("_models",),
        ("_reading",),
        ("_command_name", "_arrays", "_files", "_notes", "_errors"),
    ),
}
# Rooms that the design has and nobody needed so far.
EMPTY: set[str] = set()
PYTEST = {"_pytest", "pytest", "pytest_benchmark", "pluggy", "xdist"}
KNOW_PYTEST = ("refinery_plugin.plugin", "refinery_plugin.hookspecs", "refinery_plugin._pytest")
INSIDE = "refinery_plugin._sandbox.inside"
# Files, processes, HTTP and clocks.
WRITING = "refinery_plugin._files"
EFFECTS = {
    "anyio", "ctypes", "fcntl", "filelock", "glob", "http", "httpx2", "importlib.resources", "mmap",
    "multiprocessing", "openai", "os", "pathlib", "pickle", "platform", "pty", "requests", "resource", "secrets",
    "select", "selectors", "shutil", "signal", "socket", "sqlite3", "subprocess", "tempfile", "termios", "threading",
    "time", "urllib.request", "vcr", "webbrowser",
}  # fmt: skip
CALLS = {
    "exists", "input", "is_dir", "is_file", "iterdir", "mkdir", "monotonic", "now", "open", "perf_counter", "print",
    "read_bytes", "read_text", "sleep", "stat", "to_thread", "unlink", "utcnow", "write_bytes", "write_text",
}  # fmt: skip

# What a rule does not hold for yet. Each line is a debt: a line that is not needed any more fails a test.
UPWARD: set[tuple[str, str]] = set()
CIRCLES: set[frozenset[str]] = set()


def floor(module: str) -> int:
    """Return the place of a module's room from the top; the package itself, with what it exports, is on top."""
    package, _, rest = module.partition(".")
    if not rest:
        return -1
    room = rest.partition(".")[0]
    return next(number for number, rooms in enumerate(FLOORS[package]) if room in rooms)


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("package", FLOORS)
def test_every_module_stands_in_a_room_of_the_order(package: str) -> None:
    """The rooms in the tree are those of the order, but for what is still empty."""
    found = {module.split(".")[1] for module in modules() if module.startswith(f"{package}.")}
    listed = [room for rooms in FLOORS[package] for room in rooms]
    assert len(listed) == len(set(listed))
    assert found - set(listed) == set()
    assert set(listed) - found <= EMPTY


def test_arrows_point_down_only() -> None:
    """No import leads to a room above or beside, those for type checkers included: who needs that has a port."""
    upward = {
        (importer, imported)
        for importer, targets in ours(typing=True).items()
        for imported in targets
        if room_of(importer) != room_of(imported)
        and importer.partition(".")[0] == imported.partition(".")[0]
        and floor(imported) <= floor(importer)
    }
    assert upward - UPWARD == set()
    assert UPWARD - upward == set(), "these are mended: take them from the list"


def test_no_two_files_import_each_other() -> None:
    """There is no circle of imports, long or short, those for type checkers included."""
    edges = ours(typing=True)
    ahead = {module: reached(edges, module) for module in edges}
    circles = {
        frozenset({module} | {other for other in ahead[module] if module in ahead[other]})
        for module in edges
        if module in ahead[module]
    }
    assert circles - CIRCLES == set()
    assert CIRCLES - circles == set(), "these are mended: take them from the list"


def test_only_the_rooms_of_pytest_import_it() -> None:
    """Outside ``plugin.py``, ``hookspecs.py`` and ``_pytest/`` nothing of pytest is imported at run time."""
    found = [
        one
        for one in imports()
        if one.imported.partition(".")[0] in PYTEST
        and not one.typing
        and not any(one.importer == name or one.importer.startswith(f"{name}.") for name in KNOW_PYTEST)
    ]
    assert found == []


def test_what_runs_in_the_sandbox_imports_nothing_else_of_ours() -> None:
    """Code of ``_sandbox/inside/`` knows its own folder, the standard library and NumPy."""
    within = [one for one in imports() if one.importer.startswith(INSIDE)]
    assert within
    for one in within:
        top = one.imported.partition(".")[0]
        assert one.imported.startswith(INSIDE) or top in {*sys.stdlib_module_names, "numpy"}, one


def test_the_two_packages_know_each_other_through_files_only() -> None:
    """Neither package imports the other, under any of its names."""
    names = {"refinery_plugin": "refinery_plugin", "analysis": "analysis", "refinery_analysis": "analysis"}
    for one in imports():
        other = names.get(one.imported.partition(".")[0])
        assert other in {None, one.importer.partition(".")[0]}, one


def pure_patterns() -> tuple[list[str], list[str]]:
    """Read the rooms that tox calls pure, and the modules at their edges that are not, as patterns of paths."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    return (
        tox["pure"]["modules"].replace("\\\n", "").split(","),
        tox["pure"]["edges"].replace("\\\n", "").split(","),
    )


def effects(module: str) -> set[str]:
    """Name what a module uses of files, processes, HTTP and clocks."""
    found = {
        one.imported
        for one in imports()
        if one.importer == module
        and not one.typing
        and ({one.imported, one.imported.partition(".")[0]} & EFFECTS or one.imported == WRITING)
    }
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.rpartition(".")[2] in CALLS:
                found.add(f"{name}()")
    return found


def matching(patterns: list[str]) -> set[str]:
    return {
        module
        for module, path in modules().items()
        if any(fnmatch(str(path.relative_to(ROOT)), pattern.strip()) for pattern in patterns)
    }


def test_pure_code_imports_no_effects() -> None:
    """What tox calls pure uses no files, processes, HTTP or clocks, and its exceptions all do."""
    rooms, edges = map(matching, pure_patterns())
    assert edges < rooms
    assert {module: found for module in rooms - edges if (found := effects(module))} == {}
    assert {module for module in edges if not effects(module)} == set(), (
        "these are pure: take them from the list"
    )


def test_each_pattern_of_pure_code_matches() -> None:
    """No pattern of tox' list names what is gone."""
    for patterns in pure_patterns():
        assert [pattern for pattern in patterns if not matching([pattern])] == []
