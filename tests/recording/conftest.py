"""A misbehaving model server, and cassettes and projects that record from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab import KEY, Lab
from model_server import ModelServer, answer
from project import PROGRAM, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_account_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "BASE_URL", "ORG_ID", "ORGANIZATION", "PROJECT_ID", "ADMIN_KEY"):
        monkeypatch.delenv(f"OPENAI_{name}", raising=False)
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def lab(tmp_path: Path, server: ModelServer) -> Lab:
    return Lab.at(tmp_path / "cassettes", server.base_url)


@pytest.fixture
def project(tmp_path: Path, server: ModelServer) -> Project:
    """Return a project of 4 programs, 2 turns each, whose endpoint is the server."""
    made = Project.at(tmp_path / "project")
    made.environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url}
    server.default = answer(PROGRAM)
    return made
