"""Every test of the sandbox runs under every backend that this machine has; CI names those that it must have."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from sandbox_bench import Bench

from refinery_plugin._sandbox import Sandbox, SandboxError, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", params=["bwrap", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Open a containing backend. Listed in REFINERY_REQUIRE_BACKENDS, it must start; else it may be missing."""
    try:
        opened = open_sandbox(request.param)
    except SandboxError as exc:
        if request.param in os.environ.get("REFINERY_REQUIRE_BACKENDS", "").split(","):
            pytest.fail(f"backend {request.param} is required and does not hold here: {exc}")
        pytest.skip(str(exc))
    with opened:
        yield opened


@pytest.fixture
def bench(sandbox: Sandbox) -> Bench:
    """Run programs in the backend."""
    return Bench(sandbox)
