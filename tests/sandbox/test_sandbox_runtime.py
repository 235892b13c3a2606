"""Where Python and its packages lie must not matter, even where only root may go."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sandbox_bench import Bench

from refinery_plugin._sandbox import Sandbox
from refinery_plugin._sandbox.backend_table import BACKENDS
from refinery_plugin._sandbox.backends.runtime import closed_ways, find_runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = """
    import first, second, os
    def solve():
        return [first.NAME, second.NAME, *(str(os.path.exists(path)) for path in {neighbours!r})]
"""


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Make a directory that others may enter; pytest's own are closed."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.fixture
def closed(open_directory: Path) -> dict[str, Path]:
    """Make two packages, each in a directory of its own that only its owner may enter, with a secret beside it."""
    packages = {}
    for name in ("first", "second"):
        folder = open_directory / f"only for the owner of {name}"
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"NAME = {name!r}\n")
        (folder / "secret").write_text("secret")
        folder.chmod(0o700)
        packages[name] = folder / name
    return packages


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs programs as another user")
def test_programs_run_where_several_directories_are_closed_to_other_users(
    sandbox: Sandbox, closed: dict[str, Path]
) -> None:
    """The interpreter behind one, packages behind others, as under ``/root`` or a closed checkout."""
    runtime = dataclasses.replace(find_runtime(()), packages=closed)
    neighbours = [str(path.parent / "secret") for path in closed.values()]
    with Sandbox(BACKENDS[sandbox.name], runtime) as opened:
        told = Bench(opened).call(SOURCE.format(neighbours=neighbours), result_type=list[str])
    assert told == ["first", "second", "False", "False"]


def test_closed_directories_are_told_with_what_lies_in_them(
    open_directory: Path, closed: dict[str, Path]
) -> None:
    """The topmost on each way; what is open to all is not mentioned."""
    if closed_ways([open_directory / "x"]):
        pytest.skip("the temporary directory of this user is closed to others")
    inside = closed["first"] / "__init__.py"
    assert closed_ways([open_directory / "x", *closed.values(), inside]) == {
        closed["first"].parent: [closed["first"], inside],
        closed["second"].parent: [closed["second"]],
    }
