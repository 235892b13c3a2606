"""The imports of both packages, read from their source: nothing is run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGES = ("refinery_plugin", "analysis")


@dataclass(frozen=True, order=True)
class Import:
    """One import of one module, absolute; ``typing`` where only a type checker runs it."""

    importer: str
    imported: str
    typing: bool


@cache
def modules() -> dict[str, Path]:
    """Find all modules of the two packages by dotted name; a package is named like its folder."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    """Parse the source of a module."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imports() -> tuple[Import, ...]:
    """Read every import that is written anywhere, in functions too."""
    return tuple(sorted({found for module in modules() for found in _imports_of(module)}))


def ours(*, typing: bool) -> dict[str, set[str]]:
    """Give for each module those of ours that it imports, with or without what only a type checker sees."""
    edges: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        if found.imported in edges and found.imported != found.importer and (typing or not found.typing):
            edges[found.importer].add(found.imported)
    return edges


def reached(edges: dict[str, set[str]], start: str) -> set[str]:
    """Find all modules that can be reached over one import or several."""
    seen: set[str] = set()
    ahead = [*edges[start]]
    while ahead:
        module = ahead.pop()
        if module not in seen:
            seen.add(module)
            ahead += edges[module]
    return seen


def _imports_of(module: str) -> Iterator[Import]:
    typing = {
        id(inner)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _names(module, node):
                yield Import(module, name, typing=id(node) in typing)


def _names(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        package = module if modules()[module].name == "__init__.py" else module.rpartition(".")[0]
        parts = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*parts, base] if base else parts)
    for alias in node.names:
        submodule = f"{base}.{alias.name}"
        yield submodule if submodule in modules() else base
