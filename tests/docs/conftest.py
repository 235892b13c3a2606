"""The project of the tutorial, followed once for all pages that go on with it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from examples import DOCS, project
from filelock import FileLock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder as it is at the tutorial's end; with pytest-xdist the first worker to need it makes it."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if base.name.startswith("popen-") else base) / "tutorial"
    with FileLock(f"{shared}.lock"):
        if not (shared / "done").exists():
            shutil.rmtree(shared, ignore_errors=True)  # what an attempt that failed has left
            with project(shared) as made:
                made.follow(DOCS / "tutorial.md")
            (shared / "done").touch()
    return shared / "project"
