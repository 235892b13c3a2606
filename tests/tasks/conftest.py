"""The sandbox in which programs of the core suite are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from refinery_plugin._sandbox import Sandbox, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Open the best backend of this machine."""
    with open_sandbox("auto", packages=("numpy",)) as opened:
        yield opened
