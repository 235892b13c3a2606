"""Builds, environments and tools that the tests of this folder share."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Built:
    """The files of one build: the wheel is built from the source distribution, as `pip` and indexes do it."""

    sdist: Path
    wheel: Path
    direct: Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Installed:
    """A virtual environment with the wheel."""

    root: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.root / "bin" / "python"

    def run(self, *command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment somewhere, with nothing of the caller's Python settings."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env={**kept, "PATH": path, **environment},
            text=True,
            capture_output=True,
            timeout=200,
            check=False,
        )


def need(module: str, variable: str) -> None:
    """Skip without a tool, or fail where the environment says that it must be there."""
    if importlib.util.find_spec(module):
        return
    message = f"{module} is not installed; it is in the dependency groups of pyproject.toml"
    if os.environ.get(variable):
        pytest.fail(f"{variable} is set, but {message}")
    pytest.skip(message)
