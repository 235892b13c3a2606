"""A misbehaving model server, and cassettes that record from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab import Lab
from model_server import ModelServer

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
